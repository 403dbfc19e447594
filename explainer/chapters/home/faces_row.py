"""The detectors that fire most on the picture, as a row of faces that open their cards."""

from collections.abc import Mapping

from explainer.attribution.evidence import evidence_layers
from explainer.networks import Network, Trace
from explainer.ui.atlas import atlas_of
from explainer.ui.card import show_card
from explainer.ui.card.figures import face_tiles
from explainer.ui.detector_names import and_names
from explainer.ui.tile_grid import sheet_of, tile_grid

COUNT = 6


def loudest(network: Network, trace: Trace, count: int = COUNT) -> tuple[str, dict[int, float]]:
    """The last layer with detectors, and of these the ones that fire most, each with how strongly."""
    layer = evidence_layers(network)[-1]
    peaks = trace[layer].flatten(1).amax(1)
    found = peaks.argsort(descending=True, stable=True)[:count].tolist()
    return layer, {unit: float(peaks[unit]) for unit in found if peaks[unit] > 0}


def faces_row(network: Network, trace: Trace, *, key: str, words: Mapping[str, str]) -> None:
    """The faces; a press opens the card."""
    layer, peaks = loudest(network, trace)
    units = list(peaks)
    if not units:
        return
    tile_grid(
        sheet_of(face_tiles(network, atlas_of(network), trace, layer, units), photographs=True),
        key=key,
        labels=and_names(
            [words["face"].format(layer=layer, unit=unit, peak=f"{peak:.2f}") for unit, peak in peaks.items()],
            layer,
            units,
        ),
        selected=None,
        on_select=lambda place: show_card(layer, units[place]),
        alt=words["faces"],
        columns=COUNT,
        smooth=True,
        invitation=words["faces"],
        acts=True,
    )
