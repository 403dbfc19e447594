"""Three sheets under the magnifier: what each colour adds to one sum."""

from collections.abc import Mapping

import numpy as np

from explainer.chapters.convolution.colour import COLOURS, ColourScan
from explainer.chapters.convolution.drawings import FULL
from explainer.figures.slide import Figure, Panel
from explainer.figures.tiles import Palette, diverging, signed_tiles
from explainer.ui.components import mount
from explainer.ui.theme import palette


def colour_view(scan: ColourScan, words: Mapping[str, str]) -> None:
    """Show the picture, its three sheets with their weights, and the one map."""
    mount("colour_scan", "colour_scan", {
        "picture": scan.picture.reshape(3, -1).tolist(), "weights": scan.weights.reshape(3, -1).tolist(),
        "parts": scan.parts.reshape(3, -1).tolist(), "colours": list(COLOURS), "full": FULL,
        "side": scan.picture.shape[-1], "kernel": scan.weights.shape[-1], "ramp": diverging(palette()).tolist(),
        "words": {name: text for name, text in words.items() if name.startswith("colour_")},
    })  # fmt: skip


def in_colours(picture: np.ndarray) -> np.ndarray:
    """[3, H, W] of light from 0 to 100 → uint8 [H, W, 3]."""
    return np.rint(picture.transpose(1, 2, 0) * 255 / FULL).astype(np.uint8)


def colour_figure(scan: ColourScan, palette: Palette) -> Figure:
    """The picture, its three sheets above their weights, with all numbers, and the map."""
    above = [
        Panel(in_colours(scan.picture), "the picture", True),
        *(
            Panel(_sheet(sheet, i), f"its {COLOURS[i]}, 0 to {FULL}", True, sheet)
            for i, sheet in enumerate(scan.picture)
        ),
    ]
    below = [
        *(Panel(signed_tiles(w, palette), f"weights for {COLOURS[i]}", True, w) for i, w in enumerate(scan.weights)),
        Panel(signed_tiles(scan.map, palette), "the map: all three sums in one", True, scan.map),
    ]
    return Figure([*above, *below], columns=4)


def _sheet(amounts: np.ndarray, colour: int) -> np.ndarray:
    """One colour's light alone, uint8 [H, W, 3]."""
    alone = np.zeros((3, *amounts.shape))
    alone[colour] = amounts
    return in_colours(alone)
