"""All faces of a layer on one sheet."""

from collections.abc import Sequence
from functools import partial

from explainer.figures.slide import Figure, tiles
from explainer.figures.tiles import address, jpeg
from explainer.networks import Network, Trace
from explainer.ui.atlas import atlas_of
from explainer.ui.card.figures import face_tiles
from explainer.ui.tile_grid import Sheet, sheet_of
from explainer.workshop import once

SIDE, SMALL = 48, 30  # pixels of a face on the sheet of all, and beside a line
FEW = 64  # so many small faces travel finely


def has_faces(network: Network, layer: str) -> bool:
    """Whether the atlas has faces of a layer's detectors; conv1's are its weights."""
    atlas = atlas_of(network)
    return bool(atlas) and layer in atlas.layers


def faces_figure(network: Network, trace: Trace, layer: str, units: Sequence[int], peaks: Sequence[float]) -> Figure:
    """The faces of some detectors of a layer to take away, each with its number and its strongest answer here."""
    shown = face_tiles(network, atlas_of(network), trace, layer, units, SIDE)
    return Figure(tiles(shown, [f"{unit}: {peaks[unit]:.1f}" for unit in units], crisp=False))


def faces_beside(network: Network, trace: Trace, layer: str, units: Sequence[int]) -> Sheet | None:
    """Small faces of some detectors of a layer, to stand beside their numbers; None where the atlas has none."""
    if not len(units) or not has_faces(network, layer):
        return None
    every = once(
        ("small faces", network.digest, layer),
        lambda: face_tiles(network, atlas_of(network), trace, layer, range(network.layer(layer).shape[0]), SMALL),
        for_all=True,
    )
    key = ("faces beside", network.digest, layer, tuple(units))
    return once(key, lambda: sheet_of(every[list(units)], photographs=True, fine=len(units) <= FEW))


def face_addresses(network: Network, trace: Trace, layer: str, units: Sequence[int]) -> dict[int, str]:
    """Each one's face by itself, as an address; none where the atlas has none."""
    if not has_faces(network, layer):
        return {}

    def made(unit: int) -> str:
        (face,) = face_tiles(network, atlas_of(network), trace, layer, [unit], SIDE)
        return address(jpeg(face), "jpeg")

    return {unit: once(("face", network.digest, layer, unit), partial(made, unit), for_all=True) for unit in units}


def faces_sheet(network: Network, trace: Trace, layer: str) -> Sheet:
    """The faces of all detectors of a layer, in the order of their numbers; made once for all visitors."""
    units = range(network.layer(layer).shape[0])
    key = ("faces", network.digest, layer)
    return once(
        key, lambda: sheet_of(face_tiles(network, atlas_of(network), trace, layer, units, SIDE), photographs=True),
        for_all=True,
    )  # fmt: skip
