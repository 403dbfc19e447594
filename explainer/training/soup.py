"""Two trained networks made into one by averaging their weights.

Where one began as the other, their weights lie in one valley, and halfway between them is
often better than at either end (Wortsman et al. 2022, "Model soups"). What batch
normalisation measured fits neither any more, so it is measured anew.
"""

import torch
from torch import Tensor

from explainer.training.normalised import NormalisedAlexNet

PART = 128


def mixed(one: NormalisedAlexNet, other: NormalisedAlexNet, share: float, views: Tensor) -> NormalisedAlexNet:
    """``share`` of one network's weights and the rest of the other's, ready to be asked.

    views: float [n, 3, 227, 227], what the channels' means and spreads are measured on.
    """
    ours, theirs = one.state_dict(), other.state_dict()
    network = NormalisedAlexNet()
    network.load_state_dict(
        {
            name: torch.lerp(theirs[name], ours[name], share) if theirs[name].is_floating_point() else theirs[name]
            for name in theirs
        }
    )
    for module in network.modules():
        if hasattr(module, "running_mean"):
            module.reset_running_stats()
            module.momentum = None  # the plain mean over all parts
    network.train()
    with torch.no_grad():
        for part in views.split(PART):
            network(part)
    return network.eval()
