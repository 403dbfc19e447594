"""One lesson: views, what the teacher thinks of them, and how far the student is from that."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from explainer.training.lots import Lots
from explainer.training.normalised import NormalisedAlexNet
from explainer.training.recipe import Recipe
from explainer.training.sources import UNKNOWN
from explainer.training.teacher import CHANNELS, Opinion
from explainer.training.views import mix


@dataclass(frozen=True)
class Lesson:
    """n views with all that is known about them.

    views: [n, 3, S, S]. opinion: the teacher's, about these very views.
    labels: [n, 1000], the mixed true labels; a row sums to less than 1 as far as
    the pictures mixed into it have none.
    """

    views: Tensor
    opinion: Opinion
    labels: Tensor

    def mirrored(self) -> "Lesson":
        return Lesson(self.views.flip(3), self.opinion.mirrored(), self.labels)


class Student(nn.Module):
    """The network and, for the time of training, a translation of its maps into the teacher's."""

    def __init__(self, network: NormalisedAlexNet):
        super().__init__()
        self.network = network
        self.translation = nn.Conv2d(network.conv5.layer.out_channels, CHANNELS, kernel_size=1)

    def forward(self, views: Tensor) -> tuple[Tensor, Tensor]:
        """Views to (logits [n, 1000], translated maps [n, 512, H, W])."""
        maps = self.network.look(views)
        return self.network.verdict(maps), self.translation(maps)


def true_labels(categories: Tensor, lots: Lots, outputs: int = 1000) -> Tensor:
    """The views' labels as shares, float [n, outputs], mixed as the pictures are.

    categories: int [n], the pictures' own, ``UNKNOWN`` where there is none.
    """
    labels = functional.one_hot(categories.clamp(min=0), outputs).float() * (categories != UNKNOWN)[:, None]
    return mix(labels, torch.from_numpy(lots.partners), torch.from_numpy(lots.shares))


def loss(student: Student, lesson: Lesson, spread: Tensor, recipe: Recipe) -> dict[str, Tensor]:
    """What the student is to make small, and its parts.

    verdict: T²·KL(teacher ‖ student) at temperature T (Hinton et al. 2015).
    label: cross-entropy with the true labels, as far as there are any.
    maps: mean squared difference of the maps, each channel measured in its own
    ``spread`` [512], the teacher's maps averaged onto the student's grid.
    """
    logits, maps = student(lesson.views)
    logits, t = logits.float(), recipe.temperature
    teacher = (lesson.opinion.logits / t).log_softmax(1)
    verdict = t * t * functional.kl_div((logits / t).log_softmax(1), teacher, reduction="batchmean", log_target=True)
    label = -(lesson.labels * logits.log_softmax(1)).sum(1).mean()
    wanted = functional.adaptive_avg_pool2d(lesson.opinion.maps, maps.shape[-2:]).float()
    wanted = wanted / spread.reshape(1, -1, 1, 1)
    distance = functional.mse_loss(maps.float(), wanted)
    total = (1 - recipe.label) * verdict + recipe.label * label + recipe.maps * distance
    return {"loss": total, "verdict": verdict, "label": label, "maps": distance}
