"""Reading a digit: pictures of weights, votes that add up, verdicts, and what went wrong."""

import pytest
import torch

from explainer.digits.files import load_network
from explainer.digits.network import Network, new_network
from explainer.digits.reading import accuracy, confusion, hidden_pictures, mistakes, read, votes


@pytest.fixture(scope="module")
def network():
    return load_network("digits-15")[0]


def test_hidden_pictures_have_each_weight_at_its_pixel(network):
    pictures = hidden_pictures(network)
    assert pictures.shape == (15, 28, 28)
    for neuron, row, column in ((0, 0, 0), (3, 5, 7), (14, 27, 27)):
        assert pictures[neuron, row, column] == network.weights[0][neuron, row * 28 + column]
    # What pixel each weight belongs to shows in a sum by hand.
    x = torch.zeros(28, 28)
    x[5, 7] = 1
    z = read(network, x).sums[0]
    assert torch.allclose(z, pictures[:, 5, 7] + network.biases[0], atol=1e-6)


def test_votes_add_up_to_the_outputs(network, small):
    for i in (0, 321, 999):
        ballot = votes(network, small.test_images[i])
        assert ballot.votes.shape == (15, 10)
        for j, k in ((0, 0), (7, 3), (14, 9)):
            assert ballot.votes[j, k].item() == pytest.approx((ballot.activations[j] * network.weights[1][k, j]).item())
        assert torch.allclose(ballot.votes.sum(0) + ballot.bias, ballot.z, atol=1e-5)
        assert torch.allclose(1 / (1 + torch.exp(-ballot.z)), ballot.outputs, atol=1e-6)
        assert torch.equal(ballot.outputs, read(network, small.test_images[i].view(28, 28)).outputs)


def test_verdicts():
    """A network whose outputs are set by its biases alone."""

    def saying(*outputs):
        b = torch.logit(torch.tensor(outputs))
        return Network([torch.zeros(10, 784)], [b])

    ink = torch.ones(784)
    low = [0.01] * 8
    assert read(saying(0.9, 0.2, *low), ink).verdict == "sure"
    assert read(saying(0.3, 0.2, *low), ink).verdict == "unsure"
    assert read(saying(0.7, 0.8, *low), ink).verdict == "torn"
    torn = read(saying(0.7, 0.8, *low), ink)
    assert (torn.guess, torn.runner_up) == (1, 0)
    assert read(saying(0.9, 0.2, *low), torch.zeros(28, 28)).verdict == "blank"


def test_confusion_and_mistakes(network, small):
    images, labels = small.test_images, small.test_labels
    table = confusion(network, images, labels)
    assert table.sum(1).tolist() == [100] * 10
    assert table.trace().item() / 1000 == pytest.approx(accuracy(network, images, labels))
    wrong = mistakes(network, images, labels)
    assert len(wrong) == 1000 - table.trace().item()
    assert [m.said for m in wrong] == sorted((m.said for m in wrong), reverse=True)
    tally = torch.zeros(10, 10, dtype=torch.long)
    for m in wrong:
        assert read(network, images[m.index]).guess == m.guess != m.label == labels[m.index]
        assert m.said >= m.said_of_label
        tally[m.label, m.guess] += 1
    assert torch.equal(tally + torch.diag(table.diagonal()), table)
    assert mistakes(network, images, labels, most=3) == wrong[:3]


def test_confusion_by_hand():
    """A network that says the first of its pixels, as a digit."""
    w = torch.zeros(10, 784)
    w[:, :10] = torch.eye(10) * 10
    network = Network([w], [torch.full((10,), -5.0)])
    images = torch.zeros(4, 784)
    images[range(4), [3, 3, 5, 0]] = 1
    table = confusion(network, images, torch.tensor([3, 8, 5, 5]))
    expected = torch.zeros(10, 10, dtype=torch.long)
    expected[3, 3] = expected[8, 3] = expected[5, 5] = expected[5, 0] = 1
    assert torch.equal(table, expected)
    assert [(m.index, m.label, m.guess) for m in mistakes(network, images, torch.tensor([3, 8, 5, 5]))] == [
        (1, 8, 3),
        (3, 5, 0),
    ]


def test_deeper_networks_can_be_read():
    network = new_network((784, 6, 5, 10))
    reading = read(network, torch.rand(784))
    assert [len(a) for a in reading.hidden] == [6, 5] and [len(z) for z in reading.sums] == [6, 5, 10]
    assert votes(network, torch.rand(784)).votes.shape == (5, 10)
