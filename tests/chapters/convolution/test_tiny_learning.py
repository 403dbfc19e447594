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


@pytest.mark.parametrize("seed", range(3))
def test_two_layers_learn_too(seed):
    *_, last = learn_tiny(seed, layers=2)
    assert last.right > 0.75
    ink = drawings(1, 5)[0][0]
    trace, network = last.network.trace(ink), last.network
    joined = np.zeros((10, 2, 2))
    for n, row, column in np.ndindex(joined.shape):
        window = trace.pooled[:, row : row + 2, column : column + 2].numpy()
        total = (window * network.second.weight[n].numpy()).sum() + float(network.second.bias[n])
        joined[n, row, column] = max(0.0, total)
    np.testing.assert_allclose(trace.second, joined, atol=1e-5)
    votes = network.vote.weight.numpy() @ joined.ravel() + network.vote.bias.numpy()
    np.testing.assert_allclose(trace.votes, votes, atol=1e-4)
    np.testing.assert_allclose(network(as_input(ink[None]))[0].numpy(), votes, atol=1e-4)
    assert network.parameters_count == 170 + 410 + 246


def test_two_layers_on_the_page():
    app = opened("convolution", scan="ten filters", tiny_from="from noise", tiny_layers="two layers")
    assert sound(app) and any("pooled maps together, 2 × 2 places at a time" in each.value for each in app.caption)
    app.button(key="tiny_learning_step").click().run()
    assert app.session_state["tiny_learning_work"].latest.network.second is not None
    assert "tiny_layers" in app.query_params


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
