"""What a visit leaves behind, and that it goes when it is told to."""

import numpy as np

from explainer.pictures import Picture
from explainer.workshop import store
from tests.test_pages import opened, sound, upload


def test_forget_it_now_leaves_nothing_of_ones_own_picture():
    app = opened("home")
    picture = Picture(np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8))
    upload(app, "own.png", picture.png())
    digest = app.session_state["own_picture"].digest
    assert any(digest in str(key) for key in store)
    app.toggle(key="present").set_value(True).run()  # a control whose value stands in the link
    app.button(key="forget_now").click().run()
    sound(app)
    assert "own_picture" not in app.session_state and not any(digest in str(key) for key in store)


def test_a_file_that_is_no_longer_kept_changes_nothing(monkeypatch):
    """A closed page's files are let go; when it comes back, its uploader holds but their traces."""
    from streamlit.elements.widgets.file_uploader import DeletedFile

    from explainer.ui import picture_taker

    visit = {"uploaded": DeletedFile("gone"), "picture": "cat"}
    monkeypatch.setattr(picture_taker.st, "session_state", visit)
    picture_taker.take("uploaded")
    assert visit["picture"] == "cat" and "own_picture" not in visit
