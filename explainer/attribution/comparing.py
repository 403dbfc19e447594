"""The same question put to every method, to a network whose layers are made random one by one, and a race of answers.

All are generators that yield all they have after every answer, since some answers take a second.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from explainer.attribution import METHODS, Attribution, attribute, likeness, randomisable, randomised
from explainer.attribution.deletion import Race, race
from explainer.networks import Network
from explainer.pictures import Picture

CHECKED = ("deconvnet", "guided", "gradient", "gradcam")  # quick enough to ask once for every layer


def answer(
    network: Network,
    picture: Picture,
    category: int,
    method: str,
    random_to: str | None = None,
    layer: str | None = None,
) -> Attribution:
    """What one method marks for a category, with random weights from the output down to ``random_to``.

    layer: the one whose maps Grad-CAM weighs, the last if not given.
    """
    asked = network if random_to is None else randomised(network, random_to)
    return attribute(asked, picture, category, method, layer)


Ask = Callable[[Network, Picture, int, str, str | None, str | None], Attribution]


def compare(
    network: Network, picture: Picture, category: int, ask: Ask = answer, layer: str | None = None
) -> Iterator[tuple[Attribution, ...]]:
    """What each method says for a category, one more at every step, in the order of METHODS.

    ask: :func:`answer`, or something that remembers what it answered. layer: Grad-CAM's.
    """
    found: tuple[Attribution, ...] = ()
    for method in METHODS:
        found = (*found, ask(network, picture, category, method, None, layer if method == "gradcam" else None))
        yield found


def compete(
    network: Network, picture: Picture, category: int, by: str, ask: Ask = answer, layer: str | None = None
) -> Iterator[Race]:
    """The race of all methods' answers, see :mod:`explainer.attribution.deletion`."""
    (*_, answers) = compare(network, picture, category, ask, layer)
    yield from race(network, picture, answers, by)


@dataclass(frozen=True)
class Check:
    """A method's answer with random weights from the output down to ``layer`` (None: as trained).

    likeness: of its weights to those as trained: Spearman's rank correlation over the pixels.
    """

    layer: str | None
    answer: Attribution
    likeness: float


def check(
    network: Network, picture: Picture, category: int, method: str, ask: Ask = answer
) -> Iterator[tuple[Check, ...]]:
    """A method's answer as trained, then with one more layer random at every step, from the top.

    Source: Adebayo et al., "Sanity checks for saliency maps", NeurIPS 2018 (cascading randomisation).
    """
    trained = ask(network, picture, category, method, None, None)
    found = (Check(None, trained, 1.0),)
    yield found
    for layer in randomisable(network):
        given = ask(network, picture, category, method, layer, None)
        found = (*found, Check(layer, given, likeness(trained.weight, given.weight)))
        yield found
