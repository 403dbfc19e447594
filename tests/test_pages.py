"""Every page, drawn by Streamlit's own test harness: with every network, presenting, and with bad files about."""

import contextlib
import io
import re
import tempfile
import urllib.error
import urllib.request
from functools import cache
from html import escape
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from explainer.chapters import chapters
from explainer.gallery import SAMPLES
from explainer.networks import ENTRIES, NAMES, Network, load_network, shared
from explainer.networks.zoo import imagenet_categories
from explainer.ui import state
from explainer.ui.foreign import as_text
from explainer.workshop import store
from tests.beside import SHARED, needs_shared
from tests.following import run_until
from tests.test_networks import scramble

ROOT = Path(__file__).resolve().parents[1]
SQUEEZENET = SHARED / "weights" / "squeezenet1_0-deep-compression.pth"
EVERY = [chapter.name for chapter in chapters()]
# Pages that show the network or the picture chosen at the side; the others are the same for all of them.
SHOWING = [name for name in EVERY if "current_" in (ROOT / "pages" / f"{name}.py").read_text("utf-8")]


@pytest.fixture(autouse=True)
def a_fresh_server(monkeypatch, tmp_path):
    """Only the network in the box, and nothing remembered from the test before."""
    monkeypatch.delenv("EXPLAINER_WEIGHTS", raising=False)
    monkeypatch.setenv("EXPLAINER_CACHE", str(tmp_path / "cache"))
    yield
    store.clear()
    st.cache_resource.clear()
    st.cache_data.clear()


def opened(name: str = "home", **link: str) -> AppTest:
    """A chapter's page, its address ending in ``?link``; with the cat, unless the link says otherwise."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    app.query_params.update({"picture": "cat", **link})
    app.run()
    if name != "home":
        app.switch_page(f"pages/{name}.py").run()
    return app


def html(app: AppTest) -> str:
    """All the page's own HTML and Markdown."""
    return "\n".join(element.proto.body for kind in ("html", "markdown") for element in app.get(kind))


def network_buttons(app: AppTest) -> list[str]:
    """What stands on the buttons that open something; the network's title is one."""
    return [block.proto.popover.label for block in app.get("popover")]


def sound(app: AppTest) -> str:
    """The page was drawn to its end, with every name in braces filled in; its text."""
    assert not app.exception and not app.error, [element.value for element in (*app.exception, *app.error)]
    written = html(app)
    assert written.count("<h1>") == 1
    assert not re.search(r"\{[a-z_]+\}", re.sub(r"<style.*?</style>", "", written, flags=re.DOTALL))
    return written


def upload(app: AppTest, name: str, data: bytes) -> None:
    """Give the app a file, as a visitor does."""
    app.file_uploader(key="uploaded").upload(name, data, "image/*").run()


def snippet(app: AppTest) -> str:
    """The lines under “Code”."""
    (code,) = (element.value for element in app.code if element.language == "python")
    return code


# --- every page ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERY)
def test_a_page(name):
    app = opened(name)
    chapter = next(chapter for chapter in chapters() if chapter.name == name)
    assert f"<h1>{chapter.title}</h1>" in sound(app) and not app.warning
    assert len(app.get("download_button")) >= 1
    for (step, _), apart in zip(chapter.steps, chapter.apart, strict=True):
        if apart:  # shown with its part alone
            continue
        assert re.sub(r"[*`]|\{.*?\}.*", "", step) in re.sub(r"</?(em|strong)>", "", html(app))


@pytest.mark.parametrize("name", EVERY)
def test_a_page_while_presenting(name):
    app = opened(name, present="true")
    written = sound(app)
    chapter = next(chapter for chapter in chapters() if chapter.name == name)
    assert app.session_state["present"] is True
    notes = app.session_state["chapter_notes"]
    assert len(notes) == len(chapter.notes.splitlines()) and "{" not in "".join(notes)
    assert "Notes for the teacher" not in written, "not on the wall: in a window of their own"


@pytest.mark.parametrize("name", EVERY)
def test_a_pages_code_runs_as_it_is_shown(name, monkeypatch):
    """In a folder of its own, with nothing but the app's folder to import from."""
    code = snippet(opened(name))
    monkeypatch.syspath_prepend(str(ROOT))
    printed = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), contextlib.redirect_stdout(printed):
        exec(compile(code, f"code of {name}", "exec"), {"__name__": "notebook"})
    assert "print(" not in code or printed.getvalue().strip()


def test_the_code_for_a_picture_of_ones_own(monkeypatch):
    app = opened("first_layer")
    upload(app, "mine.png", state.sample("coffee").png())
    sound(app)
    code = snippet(app)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Image.fromarray(state.sample("coffee").pixels).save("my.jpg", quality=95)
        names = {}
        exec(code, names)
    assert names["trace"].view.shape == (227, 227, 3)


# --- every network ----------------------------------------------------------------------------------


@cache
def untrained(name: str) -> Network:
    """One of torchvision's networks with random weights that let numbers through."""
    torch.manual_seed(0)
    entry = ENTRIES[name]
    model = entry.build().eval()
    scramble(model)
    card = {"measured": {"ImageNet validation": {"top1": entry.top1, "top5": entry.top5}}}
    return Network(
        name, entry.title, entry.cut(model), entry.preprocessing, imagenet_categories(), entry.file, name, card
    )


@pytest.mark.parametrize("network", list(ENTRIES))
def test_every_page_with_every_network(network, monkeypatch):
    monkeypatch.setattr(state, "available", lambda: list(NAMES))
    monkeypatch.setattr(state, "find_weights", lambda name: Path(f"{name}.pth"))  # never read
    monkeypatch.setattr(
        shared, "load_network", lambda name, path=None: load_network() if name == "embedded" else untrained(name)
    )
    app = opened("home", network=network)
    assert app.session_state["network"] == network
    for name in SHOWING:
        app = app.switch_page(f"pages/{name}.py").run()
        sound(app)
        smooth = network in ("mobilenet", "efficientnet") and name == "deconvnet"
        assert ("a smooth relative of ReLU, and gates" in html(app)) == smooth
        assert ENTRIES[network].label in "\n".join(
            [html(app), *(block.proto.popover.label for block in app.get("popover"))]
        ), name
    if network == "vgg16":
        untrained.cache_clear()  # half a gigabyte


@needs_shared
def test_a_network_of_ones_own(monkeypatch, tmp_path):
    (tmp_path / "squeezenet-mine.pth").symlink_to(SQUEEZENET)
    monkeypatch.setenv("EXPLAINER_WEIGHTS", str(tmp_path))
    app = opened("home", network="squeezenet", picture="cat")
    best = load_network("squeezenet").classify(state.sample("cat"))
    written = sound(app)
    assert "SqueezeNet 1.0 guesses" in written and all(guess.category in written for guess in best)
    assert f"{best[0].probability:.1%}" in written and "how often it is right is not known" in written


# --- bad files about -----------------------------------------------------------------------------------


@needs_shared
@pytest.mark.parametrize("place", ["own folder", "cache"])
def test_the_app_goes_on_with_the_network_in_the_box(place, monkeypatch, tmp_path):
    if place == "own folder":
        path = tmp_path / "own" / "squeezenet-broken.pth"
        monkeypatch.setenv("EXPLAINER_WEIGHTS", str(path.parent))
    else:
        path = tmp_path / "cache" / "weights" / ENTRIES["squeezenet"].file
    path.parent.mkdir(parents=True)
    path.write_bytes(SQUEEZENET.read_bytes()[:-100])
    for name in SHOWING:
        app = opened(name, network="squeezenet")
        sound(app)
        (told,) = (warning.value for warning in app.warning)
        assert as_text(path.name) in told and "goes on with the network in the box" in told
        assert "The small AlexNet" in network_buttons(app)
    best = load_network().classify(state.sample("cat"))
    assert best[0].category in html(opened("home", network="squeezenet"))


def test_a_link_to_a_network_that_is_not_here():
    app = opened("home", network="resnet50")
    assert "The small AlexNet guesses" in sound(app)
    (told,) = (warning.value for warning in app.warning)
    assert "ResNet-50" in told and "not on this machine" in told
    assert app.selectbox(key="to_fetch").value == "resnet50"
    app.switch_page("pages/first_layer.py").run()
    assert len(app.warning) == 1, "still said in the next chapter"


@needs_shared
def test_a_better_network_is_one_click_away(monkeypatch, tmp_path):
    (tmp_path / "squeezenet.pth").symlink_to(SQUEEZENET)
    app = opened("home")
    assert "MB and ask it" in app.button(key="better").label
    monkeypatch.setenv("EXPLAINER_WEIGHTS", str(tmp_path))
    app.run()
    assert app.button(key="better").label == "Ask it"
    assert any("right first time on 58 of 100" in caption.value for caption in app.caption)
    before = html(app)
    app.button(key="better").click().run()
    assert app.session_state["network"] == "squeezenet" and "SqueezeNet 1.0 guesses" in sound(app) != before
    assert "better" not in {button.key for button in app.button}  # nothing better to offer


def test_fetching_with_no_network(monkeypatch):
    def nobody(*_, **__):
        raise urllib.error.URLError("no route")

    monkeypatch.setattr(urllib.request, "urlopen", nobody)
    app = opened("home", network="resnet50")
    app.button(key="fetch").click().run()
    run_until(app, lambda: app.error)
    (told,) = (error.value for error in app.error)
    assert "ResNet-50 could not be fetched" in told and "Check the network connection" in told
    assert app.button(key="fetch")
    assert not opened("home", network="resnet50").error, "who did not ask is not told"
    app.switch_page("pages/first_layer.py").run()
    assert not app.error, "said once, not on every page from now on"


@pytest.mark.parametrize("link", [
    {"picture": "nobody"}, {"picture": "own"}, {"picture": ""}, {"network": "lenet"}, {"present": "perhaps"},
    {"unit": "²"}, {"unit": "-1"}, {"unit": "96"}, {"row": "1.5", "column": "99999999999999999999"},
    {"sheet": "nothing"}, {"panel": "<script>"}, {"unit": "", "row": "x"}, {"unheard": "of"},
])  # fmt: skip
def test_odd_links(link):
    for name in ("home", "first_layer"):
        sound(opened(name, **link))


@pytest.mark.parametrize("name, link", [
    ("first_layer", {"unit": "1e999"}), ("layers", {"unit": "1e999"}),
    ("layers", {"unit": "nan", "layer": "conv9"}),
    ("digits", {"test_digit": "1e999"}), ("backpropagation", {"lesson": "train", "learn_batch": "1e999"}),
    ("dream", {"seed": "1e999"}), ("verdict", {"why": "nobody", "and_not": "1e999"}), ("limits", {"follow": "nobody"}),
])  # fmt: skip
def test_odd_settings_in_the_link(name, link):
    sound(opened(name, **link))


def test_what_is_uploaded(tmp_path):
    app = opened("home", picture="coffee")
    before = html(app)

    upload(app, "notes.jpg", b"no picture at all")
    attempts, complaint = app.session_state["picture_attempts"]  # what the page's own component says
    assert attempts == 1 and "not a picture that can be opened" in complaint and "Traceback" not in complaint
    assert app.session_state["picture"] == "coffee" and sound(app)
    assert re.findall(r'class="name">(.*?)<', html(app)) == re.findall(r'class="name">(.*?)<', before)

    photograph = io.BytesIO()
    Image.fromarray(state.sample("rocket").pixels).save(photograph, "JPEG", quality=95)
    upload(app, "rocket.jpg", photograph.getvalue())
    assert "class" in sound(app) and app.session_state["picture"] == state.OWN
    own = app.session_state["own_picture"]
    assert own.name == "rocket.jpg" and own.pixels.shape == state.sample("rocket").pixels.shape
    expected = [guess.category for guess in load_network().classify(own)]
    shown = [name.replace("&#x27;", "'") for name in re.findall(r'class="name">(.*?)<', html(app))]
    assert shown == expected
    assert app.session_state["picture_attempts"] == (2, "")  # the old complaint is gone


def test_nothing_shows_a_trace(monkeypatch):
    """Whatever goes wrong inside, the visitor gets a sentence and a number to tell."""
    monkeypatch.setattr(state, "sample", lambda name: np.linalg.inv(np.zeros((2, 2))))
    app = opened("home")
    said = [error.value for error in app.error]
    assert len(said) == 1 and re.search(r"\*\*[0-9a-f]{8}\*\*", said[0]) and "Singular" not in said[0]
    assert not app.exception


# --- one picture and one network for all chapters --------------------------------------------------------


@needs_shared
def test_picture_and_network_stay_across_chapters(monkeypatch, tmp_path):
    (tmp_path / "squeezenet.pth").symlink_to(SQUEEZENET)
    monkeypatch.setenv("EXPLAINER_WEIGHTS", str(tmp_path))
    app = opened()
    app.selectbox(key="picture").select("coffee").run()
    app.selectbox(key="network").select("squeezenet").run()
    for name in [*SHOWING[1:], "home"]:
        app = app.switch_page(f"pages/{name}.py").run()
        sound(app)
        assert (app.session_state["picture"], app.session_state["network"]) == ("coffee", "squeezenet")


@pytest.mark.parametrize("name", SHOWING)
def test_every_chapter_follows_the_square_that_the_network_sees(name):
    app = opened(name, picture="coffee", square="267-75-847")
    sound(app)
    assert "267-75-847" in app.query_params["square"]
    code = snippet(app)
    assert 'sample("coffee").framed(267, 75, 847)' in code or "sample(" not in code
    app.selectbox(key="picture").select("rocket").run()
    assert "square" not in app.query_params and "framed" not in snippet(app)  # it belonged to the other picture


def test_without_a_word_in_the_link_the_first_picture_is_the_one_it_knows_best():
    app = opened("home", picture="")
    assert app.session_state["picture"] == state.default_picture() == state.best_known()[0]
    assert load_network().classify(state.sample(state.default_picture()))[0].category in html(app)


@pytest.mark.parametrize("square", ["", "1-2", "a-b-c", "-1-2-3", "1-2-99999", "９-1-1", "nan-0-1", "0-0-0-0", "0-0-0"])
def test_no_square_in_the_link_is_too_odd(square):
    sound(opened("home", picture="coffee", square=square))


def test_the_square_is_what_the_home_page_guesses_from():
    shown = re.findall(r'class="name">(.*?)<', html(opened(picture="coffee", square="400-250-500")))
    framed = state.sample("coffee").framed(400, 250, 500)
    assert shown == [escape(guess.category) for guess in load_network().classify(framed)]


def test_every_picture_of_the_gallery():
    app = opened("first_layer")
    for name in SAMPLES:
        app.selectbox(key="picture").select(name).run()
        assert f"{SAMPLES[name].title}" in {popover.proto.popover.label for popover in app.get("popover")}
        sound(app)


def test_turning_the_pages():
    app = opened()
    for name in EVERY[1:]:
        app.button(key="turn_right").click().run()
        chapter = next(chapter for chapter in chapters() if chapter.name == name)
        assert f"<h1>{chapter.title}</h1>" in sound(app)
    with pytest.raises(KeyError):
        app.button(key="turn_right")
    app.button(key="turn_left").click().run()
    assert f"<h1>{chapters()[-2].title}</h1>" in sound(app)


# --- the first layer -----------------------------------------------------------------------------------


def test_a_link_to_one_value():
    app = opened("first_layer", picture="coffee", unit="17", row="20", column="3", panel="every product")
    sound(app)
    assert [app.number_input(key=key).value for key in ("unit", "row", "column")] == [17, 20, 3]
    network = load_network()
    trace = network.trace(state.sample("coffee"))
    plain = network.stages.plain_state()
    patch = trace.input[:, 80:91, 12:23]
    (table,) = (element.value for element in app.dataframe)
    products = (patch * plain["conv1.weight"][17]).flatten()
    np.testing.assert_allclose(table["product"], products, atol=1e-6)
    value = max(0.0, float(products.sum() + plain["conv1.bias"][17]))
    assert value == pytest.approx(float(trace["conv1"][17, 20, 3]), abs=1e-4)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(snippet(app), {})
    total, shown = map(float, printed.getvalue().split("->"))
    assert shown == pytest.approx(value, abs=1e-4) and max(0.0, total) == pytest.approx(value, abs=1e-4)


@pytest.mark.parametrize("panel", ["one place", "two neighbours", "sharing", "every product"])
@pytest.mark.parametrize("sheet", ["filters", "maps", "strongest first"])
def test_every_view_of_the_first_layer(panel, sheet):
    written = sound(opened("first_layer", panel=panel, sheet=sheet))
    for figure in ("3,025", "363", "34,848", "105,415,200", "290,400", "neighbours share 7 columns"):
        assert figure in written
    if panel == "sharing":
        assert "60,965,224" in written and "659,272" in written
