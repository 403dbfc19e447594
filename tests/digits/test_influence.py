"""What learning digits did for an answer: against autograd, against Captum, and against training without them."""

import pytest
import torch
from captum.influence import TracInCP
from torch import nn
from torch.utils.data import TensorDataset

from explainer.digits import Settings, small_digits
from explainer.digits.data import one_hot
from explainer.digits.influence import Checkpoint, influence
from explainer.digits.network import COSTS, Network, forward, new_network
from explainer.digits.training import learn

COUNT = 100  # digits learned from
ROUNDS = 60  # full-batch steps
RATE, HIDDEN = 1.0, 15
COST = COSTS["cross-entropy"]


@pytest.fixture(scope="module")
def digits():
    return small_digits()


def trained(digits, left_out: int | None = None, every: int = 2) -> list[Checkpoint]:
    """Full-batch gradient descent, a digit left out or not; what the others do stays the same."""
    kept = torch.tensor([i for i in range(COUNT) if i != left_out])
    rate = RATE * len(kept) / COUNT
    settings = Settings(hidden=(HIDDEN,), rate=rate, batch=len(kept), cost="cross-entropy", initial="scaled")
    network = new_network(settings.sizes, "scaled", 1)
    images, targets = digits.train_images[kept], one_hot(digits.train_labels[kept])
    found = [Checkpoint(network.copy(), 0, rate / len(kept))]
    for done in range(every, ROUNDS + 1, every):
        learn(network, images, targets, torch.arange(len(kept)).repeat(every), settings, rate)
        found.append(Checkpoint(network.copy(), done, rate / len(kept)))
    return found


def cost_of(network: Network, picture, answer: int) -> float:
    return COST.value(forward(network, picture[None])[1][-1], one_hot(torch.tensor([answer]))).item()


def correlation(one, other) -> float:
    return torch.corrcoef(torch.stack([torch.as_tensor(one).double(), torch.as_tensor(other).double()]))[0, 1].item()


def as_module(network: Network) -> nn.Sequential:
    layers = []
    for w, b in zip(network.weights, network.biases, strict=True):
        layers += [nn.Linear(w.shape[1], w.shape[0]), nn.Sigmoid()]
        layers[-2].weight.data, layers[-2].bias.data = w.clone(), b.clone()
    return nn.Sequential(*layers)


@pytest.mark.parametrize("name", list(COSTS))
def test_products_of_gradients_are_autograds(digits, name):
    network, cost = new_network((784, 6, 5, 10), "scaled", 2), COSTS[name]
    module = as_module(network)

    def gradient(x, y):
        value = cost.value(module(x[None]), one_hot(torch.tensor([y]))).sum()
        return torch.cat([g.flatten() for g in torch.autograd.grad(value, list(module.parameters()))])

    picture = digits.test_images[40]
    asked = gradient(picture, 3)
    expected = [
        gradient(x, y) @ asked for x, y in zip(digits.train_images[:12], digits.train_labels[:12].tolist(), strict=True)
    ]
    at = [Checkpoint(network, 2, 0.25), Checkpoint(network, 4, 0.25)]
    found = influence(at, digits.train_images[:12], digits.train_labels[:12], picture, 3, cost)
    assert torch.allclose(found, 0.25 * 2 * torch.stack(expected), rtol=1e-3, atol=1e-6)


def test_it_is_captums_tracin(digits, tmp_path):
    checkpoints = trained(digits, every=30)
    paths = []
    for number, checkpoint in enumerate(checkpoints):
        paths.append(str(tmp_path / f"{number}.pt"))
        torch.save(as_module(checkpoint.network).state_dict(), paths[-1])
    weight = {path: 15 * (2 if path == paths[1] else 1) * checkpoints[0].pace for path in paths}

    def load(module, path):
        module.load_state_dict(torch.load(path, weights_only=True))
        return weight[path]

    images, labels = digits.train_images[:COUNT], digits.train_labels[:COUNT]
    tracin = TracInCP(
        as_module(checkpoints[0].network), TensorDataset(images, one_hot(labels)), paths, load,
        loss_fn=nn.BCELoss(reduction="none"), batch_size=COUNT,
    )  # fmt: skip
    picture = digits.test_images[123]
    expected = tracin.influence((picture[None], one_hot(torch.tensor([1]))))[0]
    found = influence(checkpoints, images, labels, picture, 1, COST)
    # BCELoss without reduction is summed by Captum over digits and outputs alike, as our cost is over outputs.
    assert correlation(found, expected) > 0.9999
    assert torch.allclose(found, expected * (found @ expected) / (expected @ expected), rtol=1e-2, atol=1e-5)


def test_what_is_predicted_is_what_leaving_them_out_does(digits):
    """Each of 100 digits left out in turn, the network trained anew without it, and the answers' costs compared.

    An estimate: it follows the training that was, not the one that would have been.
    """
    checkpoints, labels = trained(digits), digits.train_labels[:COUNT]
    without = [trained(digits, left_out, every=ROUNDS)[-1].network for left_out in range(COUNT)]
    agreeing, most_for, most_against = [], [], []
    for index in range(20, 1000, 70):
        picture = digits.test_images[index]
        answer = int(forward(checkpoints[-1].network, picture[None])[1][-1].argmax())
        predicted = influence(checkpoints, digits.train_images[:COUNT], labels, picture, answer, COST)
        before = cost_of(checkpoints[-1].network, picture, answer)
        happened = torch.tensor([cost_of(network, picture, answer) - before for network in without])
        agreeing.append(correlation(predicted, happened))
        order = predicted.argsort(descending=True)
        most_for.append(happened[order[:5]].mean().item())
        most_against.append(happened[order[-5:]].mean().item())
        assert (labels[order[:5]] == answer).all() and not (labels[order[-5:]] == answer).any()
    print(agreeing, most_for, most_against)
    assert min(agreeing) > 0.4 and sum(agreeing) / len(agreeing) > 0.65, agreeing
    assert min(most_for) > 0 and sum(value < 0 for value in most_against) > len(most_against) / 2
