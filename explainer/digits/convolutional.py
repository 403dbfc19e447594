"""The small convolutional network for digits: three convolutions, and the strongest answer anywhere."""

import json
from pathlib import Path

import torch.nn.functional as F
from torch import Tensor, nn

from explainer.digits.data import SIDE
from explainer.places import NETWORKS


class SmallConvolutional(nn.Module):
    """Three convolutions and two poolings, then the strongest answer of each feature anywhere, and one vote.

    No padding: what a window of the picture gives is a window of what the whole picture gives.
    Input [N, 1, H, W], 0–1, of any size from 20×20; output logits [N, 10].
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 5)
        self.conv2 = nn.Conv2d(8, 24, 5)
        self.conv3 = nn.Conv2d(24, 64, 2)
        self.vote = nn.Linear(64, 10)

    def features(self, x: Tensor) -> Tensor:
        """The last feature map: [N, 64, 3, 3] for 28×28."""
        return self.features_of(self.conv1(x))

    def features_of(self, z: Tensor) -> Tensor:
        """The same from the first filters' sums: [N, 8, 24, 24] for 28×28."""
        x = F.max_pool2d(z.relu(), 2)
        x = F.max_pool2d(self.conv2(x).relu(), 2)
        return self.conv3(x).relu()

    def forward(self, x: Tensor) -> Tensor:
        return self.vote(self.features(x).amax((2, 3)))


def load_convolutional(path: Path = NETWORKS / "digits-convolutional.safetensors") -> SmallConvolutional:
    """The small convolutional network that ships.

    Raises:
        WeightsError: its file is missing or damaged.
    """
    from explainer.networks.weights import load_into, read_state

    model = SmallConvolutional()
    load_into(model, read_state(path), path, "the small convolutional network")
    return model.eval().requires_grad_(False)


def convolutional_card(path: Path = NETWORKS / "digits-convolutional.json") -> dict:
    """What is known of that network: ``parameters``, ``accuracy`` on MNIST's test digits, how it was trained."""
    return json.loads(path.read_text(encoding="utf-8"))


def read_convolutional(model: SmallConvolutional, picture: Tensor) -> Tensor:
    """The ten probabilities for one picture, [28, 28] or [784]."""
    return model(picture.reshape(1, 1, SIDE, SIDE)).softmax(1)[0]
