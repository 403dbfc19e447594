"""What the tests of dreams share: the shipped network and a toy one."""

from collections import OrderedDict

import pytest
import torch
from torch import nn

from explainer.networks import Network, Preprocessing, load_network


@pytest.fixture(scope="session")
def network() -> Network:
    return load_network()


def toy_network(bias: float = 0.0, last: nn.Module | None = None) -> Network:
    """Two small convolutions and a vote between four categories, with fixed random weights."""
    generator = torch.Generator().manual_seed(5)
    conv1, conv2 = nn.Conv2d(3, 6, 5, stride=2), nn.Conv2d(6, 8, 3, padding=1)
    linear = nn.Linear(8 * 14 * 14, 4)
    for module in (conv1, conv2, linear):
        fan = module.weight[0].numel()
        module.weight.data = torch.randn(module.weight.shape, generator=generator) * (2 / fan) ** 0.5
        module.bias.data.zero_()
    conv2.bias.data.fill_(bias)
    stages = OrderedDict(
        conv1=nn.Sequential(conv1, nn.ReLU()),
        conv2=nn.Sequential(conv2, nn.ReLU()),
        fc3=last or nn.Sequential(nn.Flatten(), linear),
    )
    names = ("red fox", "grey fox", "teapot", "dumbbell")
    return Network("toy", "Toy", nn.Sequential(stages), Preprocessing(32, 32), names, "none", "0" * 16, {})


@pytest.fixture
def toy() -> Network:
    return toy_network()
