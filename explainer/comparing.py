"""The same question put to every method, and to a network whose layers are made random one by one.

Both are generators that yield all they have after every answer, since some answers take a second.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from explainer.attribution import METHODS, Attribution, attribute, likeness, randomisable, randomised
from explainer.networks import Network
from explainer.pictures import Picture

CHECKED = ("deconvnet", "guided", "gradient", "gradcam")  # quick enough to ask once for every layer


def compare(network: Network, picture: Picture, category: int) -> Iterator[tuple[Attribution, ...]]:
    """What each method says for a category, one more at every step, in the order of METHODS."""
    found: tuple[Attribution, ...] = ()
    for method in METHODS:
        found = (*found, attribute(network, picture, category, method))
        yield found


@dataclass(frozen=True)
class Check:
    """A method's answer with random weights from the output down to ``layer`` (None: as trained).

    likeness: of its weights to those as trained: Spearman's rank correlation over the pixels.
    """

    layer: str | None
    answer: Attribution
    likeness: float


def check(network: Network, picture: Picture, category: int, method: str, seed: int = 0) -> Iterator[tuple[Check, ...]]:
    """A method's answer as trained, then with one more layer random at every step, from the top.

    Source: Adebayo et al., "Sanity checks for saliency maps", NeurIPS 2018 (cascading randomisation).
    """
    trained = attribute(network, picture, category, method)
    found = (Check(None, trained, 1.0),)
    yield found
    for layer in randomisable(network):
        answer = attribute(randomised(network, layer, seed), picture, category, method)
        found = (*found, Check(layer, answer, likeness(trained.weight, answer.weight)))
        yield found
