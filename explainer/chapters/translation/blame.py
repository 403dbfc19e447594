"""How the small convolutional network sees one digit, and how its first filters should change for it."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from explainer.chapters.translation.learning import on_paper
from explainer.digits.convolutional import SmallConvolutional


@dataclass(frozen=True, eq=False)
class Blame:
    """One digit forward and back through the first layer.

    ``filters`` [8, 5, 5] and their ``maps`` [8, H, W] after ReLU. ``errors`` [8, H, W]: how the cost changes as the
    sum at a place grows. ``gradient`` [8, 5, 5]: of the filters, the errors times what lay under the filter, added
    up over all places. ``probabilities`` [10] and the ``cost`` −ln p of the digit that it should have been.
    """

    filters: Tensor
    maps: Tensor
    errors: Tensor
    gradient: Tensor
    probabilities: Tensor
    cost: float

    @property
    def guess(self) -> int:
        """The digit it reads."""
        return int(self.probabilities.argmax())


def blame(model: SmallConvolutional, picture: Tensor, label: int, sheet: bool = False) -> Blame:
    """Show [28, 28] to the network and follow its cost back to the first filters."""
    x = on_paper(picture.reshape(1, 28, 28), sheet)
    with torch.enable_grad():
        z = model.conv1(x).detach().requires_grad_()
        logits = model.vote(model.features_of(z).amax((2, 3)))
        cost = F.cross_entropy(logits, torch.tensor([label]))
        (errors,) = torch.autograd.grad(cost, z)
    return Blame(
        model.conv1.weight.detach()[:, 0],
        z.detach()[0].relu(),
        errors[0],
        shared_gradient(x[0, 0], errors[0]),
        logits.detach().softmax(1)[0],
        cost.item(),
    )


def shared_gradient(picture: Tensor, errors: Tensor) -> Tensor:
    """The gradient of shared weights: picture [H, W] and errors [n, h, w] → [n, H − h + 1, W − w + 1].

    A filter's weight met one pixel at every place; its gradient is the sum of pixel × error over all of them.
    """
    return F.conv2d(picture[None, None], errors[:, None])[0]
