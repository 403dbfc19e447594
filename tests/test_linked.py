"""Controls whose value stands in the link: odd links, other networks, other chapters, other pictures."""

import pytest
from streamlit.testing.v1 import AppTest


def page():
    import streamlit as st

    from explainer.ui.linked import choice, forget, number, segments

    default = st.session_state.get("its_default", 3)
    if not st.session_state.get("elsewhere"):
        n = number("how many", "how_many", 0, st.session_state.get("most", 9), default)
        word = choice("word", ["red", "green"], "word", "green")
        side = segments("side", ["left", "right"], "side")
        bend = segments("bend", ["none", "relu"], "bend", called={"none": "nothing", "relu": "ReLU"}.get)
        st.html(f"{n} {word} {side}{'' if bend == 'none' else ' ' + bend}")
        st.button("forget", key="forget", on_click=forget, args=("how_many",))


def said(app: AppTest) -> str:
    assert not app.exception
    return app.get("html")[-1].proto.body


def told(app: AppTest) -> list[str]:
    """What is said beside the number."""
    found = (element.proto.body for element in app.get("html"))
    return [body.split(">")[1].split("<")[0] for body in found if "told" in body]


def opened(**link: str) -> AppTest:
    app = AppTest.from_function(page)
    app.query_params.update(link)
    return app.run()


def test_defaults_and_what_the_link_says():
    assert said(opened()) == "3 green left"
    assert said(opened(how_many="0", word="red", side="right")) == "0 red right"


def test_a_button_may_be_called_otherwise_than_the_links_word():
    app = opened(bend="relu")
    assert said(app) == "3 green left relu" and app.query_params["bend"] in ("relu", ["relu"])
    group = next(group for group in app.get("button_group") if group.key == "bend")
    assert [option.content for option in group.proto.options] == ["nothing", "ReLU"]
    group.set_value("none").run()
    assert said(app) == "3 green left" and "bend" not in app.query_params
    assert said(opened(bend="ReLU")) == "3 green left", "the link has the word, not the label"


@pytest.mark.parametrize("odd", ["1e999", "-1e999", "nan", "-1", "10", "²", "three", "", "1.5", "9" * 400])
def test_odd_numbers_in_the_link(odd):
    assert said(opened(how_many=odd)) == "3 green left"


def test_a_number_out_of_range_is_answered_with_the_range_and_the_last_good_one_stays():
    app = opened(how_many="6")
    assert told(app) == []
    app.number_input(key="how_many").set_value(1200).run()
    assert told(app) == ["1,200: only 0 to 9"] and said(app).startswith("6 ")
    assert app.number_input(key="how_many").value == 6
    app.run()
    assert told(app) == ["1,200: only 0 to 9"], "until another number is given"
    app.number_input(key="how_many").set_value(-1).run()
    assert told(app) == ["-1: only 0 to 9"] and said(app).startswith("6 ")
    app.number_input(key="how_many").set_value(9).run()
    assert told(app) == [] and said(app).startswith("9 ")
    assert told(opened(how_many="<b>")) == ["&lt;b&gt; in the link: only 0 to 9"]
    assert told(opened(how_many="10")) == ["10 in the link: only 0 to 9"]


def test_odd_words_in_the_link():
    assert said(opened(word="blue", side="<b>")) == "3 green left"


def test_a_number_too_large_for_another_network_gives_way():
    app = opened(how_many="8")
    app.session_state["most"] = 5
    assert said(app.run()) == "3 green left"


def test_untouched_it_follows_its_default_and_touched_it_stays():
    app = opened()
    app.session_state["its_default"] = 4
    assert said(app.run()).startswith("4 ")
    app.number_input(key="how_many").set_value(7).run()
    app.session_state["its_default"] = 5
    assert said(app.run()).startswith("7 ")
    app.button(key="forget").click().run()
    assert said(app).startswith("5 ")


def test_it_is_as_it_was_after_a_visit_elsewhere():
    app = opened()
    app.number_input(key="how_many").set_value(7).run()
    app.selectbox(key="word").set_value("red").run()
    app.session_state["elsewhere"] = True
    app.run()
    app.session_state["elsewhere"] = False
    assert said(app.run()) == "7 red left"


def asking():
    import streamlit as st

    from explainer.ui.linked import among, kept, whole

    st.html(f"{kept('at', whole(0, 9), 5)} {kept('word', among(['a', 'b']), 'b')}")


@pytest.mark.parametrize("odd", ["", "x", "10", "-1", "1.5", "nan", "9" * 5_000])
def test_what_is_no_control_is_kept_in_the_session_then_in_the_link(odd):
    app = AppTest.from_function(asking)
    app.query_params.update(at=odd, word=odd)
    assert said(app.run()) == "5 b"
    app.query_params.update(at="3", word="a")
    assert said(app.run()) == "3 a"
    app.session_state["at"], app.session_state["word"] = 4, odd
    assert said(app.run()) == "4 a"


def with_a_handout():
    import streamlit as st

    from explainer.ui.linked import number
    from explainer.ui.told import tell_figure

    st.html(f"{number('how many', 'how_many', 0, 9, 3)}")
    st.button("again")
    tell_figure("neuron", None, "a title", "", [])


def test_a_refused_number_is_still_answered_after_another_control_was_used():
    app = AppTest.from_function(with_a_handout).run()
    app.number_input(key="how_many").set_value(77).run()
    before = told(app)
    assert before == ["77: only 0 to 9"]
    app.button[0].click().run()
    assert told(app) == before
