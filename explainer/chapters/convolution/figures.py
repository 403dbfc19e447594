"""Pictures to take away from *Scanning by hand*, and a kernel's result in colours."""

from collections.abc import Sequence

import numpy as np

from explainer.chapters.convolution.drawings import FULL
from explainer.chapters.convolution.filtering import Filtered, Look, Sizes
from explainer.chapters.convolution.tiny_network import TinyNetwork, TinyTrace
from explainer.figures.slide import Figure, Panel
from explainer.figures.tiles import Palette, activation_levels, enlarge, magma, rgb, signed_tiles


def ink_tile(ink: np.ndarray, palette: Palette, paper: str | None = None) -> np.ndarray:
    """A drawing from paper (the page's colour, or another) to ink: [H, W] of 0 to 100 → uint8 [H, W, 3]."""
    paper, full = np.array(rgb(paper or palette.page)), np.array(rgb(palette.ink))
    return (paper + (full - paper) * (0.88 * ink / FULL)[..., None]).round().astype(np.uint8)


def small_drawings(inks: list[np.ndarray], palette: Palette) -> np.ndarray:
    """Drawings as small sheets of paper with a margin: n × [10, 10] → uint8 [n, 72, 72, 3]."""
    tiles = np.full((len(inks), 72, 72, 3), rgb(palette.soft), np.uint8)
    for tile, ink in zip(tiles, inks, strict=True):
        tile[6:-6, 6:-6] = enlarge(ink_tile(ink, palette, palette.soft), 6)
    return tiles


def scan_figure(ink: np.ndarray, weights: np.ndarray, feature_map: np.ndarray, palette: Palette) -> Figure:
    """Drawing, filter and map with all their numbers."""
    return Figure(
        [
            Panel(ink_tile(ink, palette), "the drawing: 0 is paper, 100 is ink", True, ink),
            Panel(signed_tiles(weights, palette), "the filter’s weights", True, weights),
            Panel(
                signed_tiles(feature_map, palette),
                f"the feature map: {feature_map.size} sums of {weights.size} products",
                True,
                feature_map,
            ),
        ],
        columns=3,
    )  # fmt: skip


def network_figure(
    ink: np.ndarray, network: TinyNetwork, trace: TinyTrace, names: Sequence[str], palette: Palette
) -> Figure:
    """The drawing, then ten columns: filter, map, map after ReLU, pooled map, and the second layer's map, where there
    is one; one scale a row; and the votes."""
    filters = network.filters.weight.detach()[:, 0].numpy()
    rows = [
        ("filter", signed_tiles(filters, palette)),
        ("map", signed_tiles(trace.maps.numpy(), palette)),
        ("after ReLU", magma()[activation_levels(trace.rectified.numpy(), shared=True)]),
        ("pooled", magma()[activation_levels(trace.pooled.numpy(), shared=True)]),
    ]
    if trace.second is not None:
        rows.append(("second layer", magma()[activation_levels(trace.second.numpy(), shared=True)]))
    panels = [Panel(tile, f"{name} {i + 1}", True) for name, drawn in rows for i, tile in enumerate(drawn)]
    said = sorted(zip(names, trace.probabilities.tolist(), strict=True), key=lambda one: -one[1])
    return Figure(
        panels,
        "Read as " + ", ".join(f"{name} {share:.0%}" for name, share in said[:3]) + ".",
        columns=len(filters),
        above=[Panel(ink_tile(ink, palette), "the drawing", True, ink)],
    )


def sizes_figure(sizes: Sizes, palette: Palette) -> Figure:
    """How often each pixel of the padded picture is looked at."""
    looks = sizes.looks.astype(float)
    tile = ink_tile(FULL * looks / max(1, looks.max()), palette)
    about = (
        f"A picture of {sizes.picture} × {sizes.picture}, a filter of {sizes.kernel} × {sizes.kernel}, stride "
        f"{sizes.stride}, padding {sizes.padding}. The number in a pixel says how many windows see it."
    )
    return Figure([Panel(tile, "", True, looks)], about)


def kernel_figure(pixels: np.ndarray, weights: np.ndarray, filtered: Filtered, look: Look, palette: Palette) -> Figure:
    """A picture, the kernel with its numbers, and what it makes of the picture."""
    side = len(weights)
    return Figure(
        [
            Panel(pixels, "the picture"),
            Panel(signed_tiles(weights, palette), f"the kernel, {side} × {side}", True, weights),
            Panel(result_picture(filtered, look, palette), f"through it, shown as {look}"),
        ],
        columns=3,
    )


def result_picture(filtered: Filtered, look: Look, palette: Palette) -> np.ndarray:
    """What a kernel makes of a picture, as colours: uint8 [rows, columns, 3].

    A signed map runs from blue over neutral zero to orange; after ReLU, from black (0)
    to pale yellow; both up to ``filtered.largest``. As a picture, each colour by itself,
    cut to 0 … 255.
    """
    if look == "signed map":
        return signed_tiles(filtered.values, palette, filtered.largest)
    if look == "after relu":
        return magma()[activation_levels(np.minimum(filtered.values, filtered.largest)[None])[0]]
    return np.clip(np.rint(filtered.colours), 0, 255).astype(np.uint8)
