"""A detector's page: the nine patches that excite it most, beside their projections."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch

from explainer.corpus.index import KEPT, Index
from explainer.corpus.pictures import Corpus
from explainer.deconvnet import Projection, project_all
from explainer.networks import Network
from explainer.networks.feature_maps import cut
from explainer.workshop import once


@dataclass(frozen=True)
class Exemplar:
    """One of a detector's best pictures: its number and name in the corpus, and the projection.

    recorded: the activation that the index holds; ``projection.value`` is it, computed again.
    """

    picture: int
    name: str
    recorded: float
    projection: Projection


def exemplars(
    network: Network, corpus: Corpus, index: Index, layer: str, unit: int, method: str = "deconvnet"
) -> list[Exemplar]:
    """A unit's strongest pictures so far, at most nine, strongest first, with their projections.

    Raises:
        NetworkError: there is no such layer, unit or method.
        PictureError: a picture of the corpus has gone, or can no longer be opened.
    """
    sightings = index.top(layer, unit)
    with ThreadPoolExecutor(4) as pool:
        views = list(pool.map(lambda sighting: view(network, corpus, sighting.picture), sightings))
    inputs = list(network.preprocessing.normalise(np.stack(views))) if views else []
    positions = [sighting.position for sighting in sightings]
    projections = project_all(network, inputs, layer, [unit] * len(inputs), positions, method)
    return [
        Exemplar(sighting.picture, corpus.label(sighting.picture), sighting.value, projection)
        for sighting, projection in zip(sightings, projections, strict=True)
    ]


def patches(
    network: Network, corpus: Corpus, index: Index, layer: str, unit: int, count: int = KEPT
) -> list[np.ndarray]:
    """What a unit saw where it fired most, strongest first, without projections: uint8 [k, k, 3] each.

    Mid-grey beside the picture; the whole picture where the unit sees no less.

    Raises:
        NetworkError: the layer is not indexed, or has no such unit.
        PictureError: a picture of the corpus has gone, or can no longer be opened.
    """
    window = network.layer(layer).window
    found = []
    for sighting in index.top(layer, unit)[:count]:
        pixels = view(network, corpus, sighting.picture)
        if window.size >= len(pixels):
            found.append(pixels)
            continue
        shown = torch.from_numpy(pixels).movedim(-1, 0)
        found.append(cut(shown, window.box(*sighting.position), fill=128).movedim(0, -1).contiguous().numpy())
    return found


def view(network: Network, corpus: Corpus, number: int) -> np.ndarray:
    """What the network sees of a picture of the corpus: uint8 [H, W, 3]. The latest are remembered.

    Raises:
        PictureError: it has gone, or can no longer be opened.
    """
    key = ("view", corpus.digest, number, network.preprocessing.short_side, network.preprocessing.size)
    return once(key, lambda: network.view(corpus.picture(number))[0])
