"""Four everyday pictures that any network worth shipping must name within five guesses."""

import torch
from torch import Tensor, nn

from explainer.gallery import sample
from explainer.training import evaluate

# Sample pictures → every category that names what is on them rightly.
NAMED_RIGHTLY = {
    "cat": {281, 282, 285},  # tabby, tiger cat, Egyptian cat
    "coffee": {504, 967, 968},  # coffee mug, espresso, cup
    "rocket": {657, 744, 812},  # missile, projectile, space shuttle
    "motorcycle": {665, 670},  # moped, motor scooter
}


def place_of(logits: Tensor, right: set[int]) -> int:
    """At which guess a right name comes: 1 is the first. logits: [categories]."""
    return 1 + min(logits.argsort(descending=True).tolist().index(category) for category in right)


@torch.no_grad()
def places(network: nn.Module) -> dict[str, int]:
    """The guess at which each of the four pictures is named rightly."""
    pictures = [sample(name).pixels for name in NAMED_RIGHTLY]
    answers = evaluate.logits_of(network, pictures)
    return {name: place_of(row, right) for (name, right), row in zip(NAMED_RIGHTLY.items(), answers, strict=True)}
