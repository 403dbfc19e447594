"""The tiny network learns from noise: alike for a seed, right about new drawings, and on the page."""

import numpy as np
import pytest
import torch

from explainer.chapters.convolution.drawings import drawings
from explainer.chapters.convolution.tiny_learning import STEPS, learn_tiny, untrained
from explainer.chapters.convolution.tiny_network import as_input
from tests.following import run_until
from tests.test_pages import opened, sound


@pytest.fixture(scope="module")
def states():
    return list(learn_tiny(3))


def test_from_noise_to_animals(states):
    first, last = states[0], states[-1]
    assert first.step == 0 and first.share == 0 and last.step == STEPS and last.share == 1 and len(states) == 41
    assert first.right < 0.4 and last.right > 0.85
    assert torch.equal(first.network.filters.weight, untrained(3).filters.weight)
    assert not torch.equal(first.network.filters.weight, last.network.filters.weight)
    ink, labels = drawings(500, 77)  # drawings of its own, counted here
    votes = [int(last.network(as_input(each[None])).argmax()) for each in ink]
    assert np.mean(np.array(votes) == labels) > 0.8
    assert [len(state.history) for state in states] == list(range(1, 42)) and last.history[0][1] == first.right


def test_a_seed_gives_the_same_numbers_whatever_else_is_drawn(states):
    torch.manual_seed(99)
    (*_, again) = learn_tiny(3)
    for one, other in zip(again.network.parameters(), states[-1].network.parameters(), strict=True):
        assert torch.equal(one, other)
    assert not torch.equal(untrained(4).filters.weight, untrained(3).filters.weight)


@pytest.mark.parametrize("seed", range(5))
def test_it_learns_from_any_noise(seed):
    (*_, last) = learn_tiny(seed)
    assert last.right > 0.85


def test_step_by_step_on_the_page():
    app = opened("convolution", scan="ten filters", tiny_from="from noise", tiny_seed="3")
    assert "Nobody drew these filters" in sound(app) and app.number_input(key="tiny_seed").value == 3
    assert "Nobody drew these filters" not in sound(opened("convolution"))
    app.button(key="tiny_learning_step").click().run()
    app.button(key="tiny_learning_step").click().run()
    work = app.session_state["tiny_learning_work"]
    sound(app)
    assert work.latest.step == 4 and not work.running
    app.button(key="tiny_learning_continue").click().run()
    run_until(app, lambda: app.session_state["tiny_learning_work"].whole)
    assert app.session_state["tiny_learning_work"].latest.step == STEPS
    assert sound(app.run())
