"""One lesson: views, what the teacher thinks of them, and how far the student is from that."""

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

from explainer.training.normalised import NormalisedAlexNet
from explainer.training.notebook import GRID
from explainer.training.recipe import Recipe
from explainer.training.sources import UNKNOWN
from explainer.training.teacher import CHANNELS, Opinion


@dataclass(frozen=True)
class Lesson:
    """n views with all that is known about them.

    views: [n, 3, S, S]. opinion: the teacher's, about these very views.
    labels: [n, 1000], 1 at the true label; a row of zeros where there is none.
    """

    views: Tensor
    opinion: Opinion
    labels: Tensor


class Student(nn.Module):
    """The network and, for the time of training, a translation of its maps into the teacher's."""

    def __init__(self, network: NormalisedAlexNet):
        super().__init__()
        self.network = network
        self.translation = nn.Conv2d(network.conv5.layer.out_channels, CHANNELS, kernel_size=1)

    def forward(self, views: Tensor, early: bool = True) -> tuple[Tensor, Tensor]:
        """Views to (logits [n, 1000], translated maps [n, 512, GRID, GRID]).

        early: whether gradients may reach the first two layers.
        """
        maps = self.network.look(views, early)
        return self.network.verdict(maps), self.translation(functional.adaptive_avg_pool2d(maps, GRID))


def true_labels(categories: Tensor, outputs: int = 1000) -> Tensor:
    """Labels as shares, float [n, outputs]. categories: int [n], ``UNKNOWN`` where there is none."""
    return functional.one_hot(categories.clamp(min=0), outputs).float() * (categories != UNKNOWN)[:, None]


def loss(student: Student, lesson: Lesson, spread: Tensor, recipe: Recipe, early: bool = True) -> dict[str, Tensor]:
    """What the student is to make small, and its parts.

    verdict: T²·KL(teacher ‖ student) at temperature T (Hinton et al. 2015).
    label: cross-entropy with the true labels, as far as there are any.
    maps: mean squared difference of the maps, each channel measured in its own
    ``spread`` [512], at the places that the notebook keeps.
    early: whether the first two layers are to learn from it.
    """
    logits, maps = student(lesson.views, early)
    logits, t = logits.float(), recipe.temperature
    teacher = (lesson.opinion.logits / t).log_softmax(1)
    verdict = t * t * functional.kl_div((logits / t).log_softmax(1), teacher, reduction="batchmean", log_target=True)
    label = -(lesson.labels * logits.log_softmax(1)).sum(1).mean()
    wanted = lesson.opinion.maps / spread.reshape(1, -1, 1, 1)
    distance = functional.mse_loss(maps.float(), wanted)
    total = (1 - recipe.label) * verdict + recipe.label * label + recipe.maps * distance
    return {"loss": total, "verdict": verdict, "label": label, "maps": distance}
