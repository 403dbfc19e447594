"""The gallery's pictures of things with a name: a network worth shipping has it among its five guesses."""

import torch
from torch import Tensor, nn

from explainer.gallery import SAMPLES, sample
from explainer.networks.zoo import imagenet_categories
from explainer.training import evaluate

# Sample pictures → every category that names something on them rightly.
NAMED_RIGHTLY = {
    name: {imagenet_categories().index(right) for right in item.shows} for name, item in SAMPLES.items() if item.shows
}


def place_of(logits: Tensor, right: set[int]) -> int:
    """At which guess a right name comes: 1 is the first. logits: [categories]."""
    return 1 + min(logits.argsort(descending=True).tolist().index(category) for category in right)


@torch.no_grad()
def places(network: nn.Module) -> dict[str, int]:
    """The guess at which each of the pictures is named rightly."""
    pictures = [sample(name).pixels for name in NAMED_RIGHTLY]
    answers = evaluate.logits_of(network, pictures)
    return {name: place_of(row, right) for (name, right), row in zip(NAMED_RIGHTLY.items(), answers, strict=True)}
