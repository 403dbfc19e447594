"""What the chapter on projections computes once for all visitors."""

import numpy as np

from explainer.attribution import Attribution, Behind, Vote, look_behind, votes
from explainer.attribution.comparing import answer
from explainer.corpus import Corpus, Exemplar, Index, exemplars
from explainer.deconvnet import Projection, project, strongest
from explainer.networks import Network
from explainer.pictures import Picture
from explainer.workshop import once


def strongest_here(
    network: Network, picture: Picture, layer: str, records: np.ndarray | None = None
) -> list[Projection]:
    """The nine strongest detectors of a layer in a picture; with ``records``, those nearest to theirs."""
    key = ("strongest", network.digest, picture.digest, layer, records is not None)
    return once(key, lambda: strongest(network, picture, layer, records=records))


def projection_at(
    network: Network, picture: Picture, layer: str, unit: int, position: tuple[int, int] | None
) -> Projection:
    """One projection from a place, by default where the detector fires most."""
    key = ("projection", network.digest, picture.digest, layer, unit, position)
    return once(key, lambda: project(network, picture, layer, unit, position))


def opened_up(network: Network, picture: Picture, layer: str, unit: int) -> Projection:
    """One projection with its way down."""
    key = ("opened up", network.digest, picture.digest, layer, unit)
    return once(key, lambda: project(network, picture, layer, unit, waypoints=True))


def nine(network: Network, corpus: Corpus, index: Index, layer: str, unit: int) -> list[Exemplar]:
    """A detector's page."""
    key = ("nine", network.digest, corpus.digest, index.done, layer, unit)
    return once(key, lambda: exemplars(network, corpus, index, layer, unit))


def behind(network: Network, corpus: Corpus, index: Index, layer: str, unit: int) -> list[Behind]:
    """For each of a detector's nine, how much of the projection lies on the object."""
    key = ("behind", network.digest, corpus.digest, index.done, layer, unit)
    return once(
        key, lambda: look_behind(network, [one.projection for one in nine(network, corpus, index, layer, unit)])
    )


def speakers(network: Network, picture: Picture, category: int, layer: str) -> list[Vote]:
    """What each detector of a layer adds to a category."""
    key = ("speakers", network.digest, picture.digest, category, layer)
    return once(key, lambda: votes(network, picture, category, layer))


def answered(
    network: Network, picture: Picture, category: int, method: str, random_to: str | None, layer: str | None
) -> Attribution:
    """What a method marks for a category, with random weights down to a layer or none; Grad-CAM at a layer."""
    key = ("answered", network.digest, picture.digest, category, method, random_to, layer)
    return once(key, lambda: answer(network, picture, category, method, random_to, layer))
