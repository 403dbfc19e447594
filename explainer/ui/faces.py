"""All faces of a layer on one sheet."""

from collections.abc import Sequence

from explainer.figures.slide import Figure, tiles
from explainer.networks import Network, Trace
from explainer.ui.atlas import atlas_of
from explainer.ui.card.figures import face_tiles
from explainer.ui.tile_grid import Sheet, sheet_of
from explainer.workshop import once

SIDE = 48  # pixels of a face


def has_faces(network: Network, layer: str) -> bool:
    """Whether the atlas has faces of a layer's detectors; conv1's are its weights."""
    atlas = atlas_of(network)
    return bool(atlas) and layer in atlas.layers


def faces_figure(network: Network, trace: Trace, layer: str, units: Sequence[int], peaks: Sequence[float]) -> Figure:
    """The faces of some detectors of a layer to take away, each with its number and its strongest answer here."""
    shown = face_tiles(network, atlas_of(network), trace, layer, units, SIDE)
    return Figure(tiles(shown, [f"{unit}: {peaks[unit]:.1f}" for unit in units], crisp=False))


def faces_sheet(network: Network, trace: Trace, layer: str) -> Sheet:
    """The faces of all detectors of a layer, in the order of their numbers; made once for all visitors."""
    units = range(network.layer(layer).shape[0])
    key = ("faces", network.digest, layer)
    return once(
        key, lambda: sheet_of(face_tiles(network, atlas_of(network), trace, layer, units, SIDE), photographs=True),
        for_all=True,
    )  # fmt: skip
