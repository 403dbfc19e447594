"""Figures of projections: where a detector fires, its patch and projection, the way down, and weights on a picture."""

from collections.abc import Sequence
from html import escape

import numpy as np
from PIL import Image, ImageDraw

from explainer.attribution import Attribution, Behind
from explainer.attribution.comparing import Check
from explainer.chapters.deconvnet.heat import blended
from explainer.corpus import Corpus, Index, patches
from explainer.deconvnet import Projection, Waypoint
from explainer.figures.patches import SIDE, resized
from explainer.figures.plate import projection_tiles
from explainer.figures.slide import Figure, Panel, plain
from explainer.figures.tiles import Palette, address, magma, sheet
from explainer.networks import Network

SILENT = 127


def pair_tiles(projections: Sequence[Projection]) -> np.ndarray:
    """Each patch above its projection: uint8 [N, 2·SIDE, SIDE, 3]."""
    below = projection_tiles(projections)
    pairs = [(resized(one.patch), resized(tile)) for one, tile in zip(projections, below, strict=True)]
    return np.stack([np.concatenate(pair) for pair in pairs])


def box_words(projection: Projection | None, weight: float = 0.9) -> str:
    """How much of what a detector sees its projection lies on, in sentences to answer with."""
    if projection is None or projection.value <= 0:
        return "Rarely."
    size = np.sort(projection.pixels.abs().sum(0).flatten().numpy())[::-1]
    left, top, right, bottom = projection.box
    needed = 1 + int(np.searchsorted(np.cumsum(size), weight * size.sum()))
    share = needed / ((right - left) * (bottom - top))
    said = "No" if share < 0.6 else "Nearly"
    return (
        f"{said}: {weight:.0%} of the projection of detector {projection.unit} lies on {share:.0%} of the box of "
        f"{right - left} × {bottom - top} pixels."
    )


def random_words(found: Sequence[Check], method: str) -> str:
    """How like the answer of random layers is to the trained one, in a sentence to answer with."""
    if len(found) < 2:
        return "Try *random*."
    return (
        f"Here, with {method}, the likeness to the trained answer is {found[-1].likeness:.2f} when layers down to "
        f"{found[-1].layer} are random (1 would be the same)."
    )


# --- the way down -----------------------------------------------------------------------------------------


def waypoint_tile(point: Waypoint, side: int = SIDE) -> np.ndarray:
    """The signal on its whole map, uint8 [side, side, 3].

    Its size over all maps on magma, up to its largest; at the last, the pixels' colours on grey.
    """
    signal = point.signal.numpy()
    if point.last:
        largest = max(float(np.quantile(np.abs(signal), 0.998)), 1e-9)
        shown = (127.5 + 127.5 * (signal / largest).clip(-1, 1)).round().astype(np.uint8).transpose(1, 2, 0)
    else:
        size = np.abs(signal).sum(0)
        shown = magma()[(255 * size / (size.max() or 1)).round().astype(np.uint8)]
    return resized(_on_the_map(shown, point), side)


def _on_the_map(shown: np.ndarray, point: Waypoint) -> np.ndarray:
    """What is known inside the box, laid on a map that is silent elsewhere: uint8 [side, side, 3]."""
    whole = np.empty((point.side, point.side, 3), np.uint8)
    whole[:] = SILENT if point.last else magma()[0]
    left, top, right, bottom = point.box
    inside = [max(0, left), max(0, top), min(point.side, right), min(point.side, bottom)]
    whole[inside[1] : inside[3], inside[0] : inside[2]] = shown[
        inside[1] - top : inside[3] - top, inside[0] - left : inside[2] - left
    ]
    return whole


def waypoint_tiles(way: Sequence[Waypoint]) -> np.ndarray:
    """Each step's signal on its whole map, uint8 [N, SIDE, SIDE, 3]."""
    return np.stack([waypoint_tile(point) for point in way])


def waypoint_size(point: Waypoint) -> str:
    """ "256 maps of 13 × 13"."""
    return f"{len(point.signal):,} {'colours' if point.last else 'maps'} of {point.side} × {point.side}"


def waypoint_label(point: Waypoint) -> str:
    """ "conv4 · filter"."""
    return "the pixels" if point.last else f"{point.stage} · {point.kind}"


def waypoint_sentence(point: Waypoint, value: float) -> str:
    """What the step did, in a sentence."""
    before, after = (f"{count:,} place{'' if count == 1 else 's'}" for count in point.places)
    window = f"{point.window.size} × {point.window.size}" if point.window else ""
    said = {
        "start": f"One activation, {value:.2f}, is kept; every other value of {point.stage} is set to zero.",
        "filter": f"The layer’s own {window} filters, turned round, spread the signal from {before} over {after}.",
        "rectify": f"Whatever is negative becomes zero: {point.lost:.0%} of the signal goes.",
        "unpool": f"Each value returns to the place that won its {window} window: from {before} to {after}.",
        "scale": "Each map is multiplied by the factor that batch normalisation, which evens out the maps, gave it.",
        "normalise": "Each value is divided by what its neighbours in other maps had divided it by on the way up.",
        "gate": "Each map is turned up or down as its gate did on the way up.",
        "block": f"The block’s branches take the signal down side by side and their results add up, over {after}.",
    }[point.kind]
    return f"{said} These are the pixels." if point.last else said


# --- the nine -----------------------------------------------------------------------------------------------


def halves(drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A plate's projections and its patches, without what lies between them."""
    width = (drawn.shape[1] - 12) // 2
    return drawn[:, :width], drawn[:, -width:]


def first_patches(network: Network, corpus: Corpus, index: Index, layer: str, units: Sequence[int]) -> np.ndarray:
    """The best patch of each detector so far, uint8 [N, 64, 64, 3]; grey for those that never fired."""
    return np.stack([(_patches(network, corpus, index, layer, unit, 1, 64) or [_grey(64)])[0] for unit in units])


def nine_patches(network: Network, corpus: Corpus, index: Index, layer: str, units: Sequence[int]) -> np.ndarray:
    """Each detector's nine patches as one tile, three by three: uint8 [N, 148, 148, 3]."""
    tiles = []
    for unit in units:
        found = _patches(network, corpus, index, layer, unit, 9, 48)
        tiles.append(sheet(np.stack([*found, *[_grey(48)] * (9 - len(found))]), 3, gap=2, fill=255))
    return np.stack(tiles)


def _grey(side: int) -> np.ndarray:
    return np.full((side, side, 3), SILENT, np.uint8)


def _patches(network, corpus, index, layer, unit, count, side) -> list[np.ndarray]:
    return [resized(patch, side) for patch in patches(network, corpus, index, layer, unit, count)]


# --- on the object or behind it, and the methods ------------------------------------------------------------


def mask_shelf(
    projections: Sequence[Projection], found: Sequence[Behind], categories: Sequence[str], palette: Palette
) -> str:
    """HTML: each picture with what is behind the object dimmed, and a bar for the projection's weight on each."""
    figures = []
    for one, seen in zip(projections, found, strict=True):
        dimmed = _dimmed(one, seen)
        words = (
            f"{share_bar(seen.share, seen.area, palette)}<b>{seen.share:.0%}</b> on the object, "
            f'{seen.area:.0%} expected<br><span class="quiet">{escape(categories[seen.category])}</span>'
        )
        figures.append(_figure(_framed(dimmed, one), f"the object of picture {len(figures) + 1}", words))
    return f'<div class="shelf small">{"".join(figures)}</div>'


def _dimmed(projection: Projection, seen: Behind) -> np.ndarray:
    """What is behind the object, pale."""
    view = projection.view
    return np.where(seen.mask[..., None], view, (view * 0.25 + 96).astype(np.uint8))


def mask_figure(projections: Sequence[Projection], found: Sequence[Behind]) -> Figure:
    """Each picture with what is behind the object pale, and the projection’s share on it."""
    panels = [
        Panel(_framed(_dimmed(one, seen), one), f"{seen.share:.0%} on the object, {seen.area:.0%} expected")
        for one, seen in zip(projections, found, strict=True)
    ]
    return Figure(panels, plain(behind_words(found)))


def share_bar(share: float, area: float, palette: Palette) -> str:
    """HTML: a bar filled to ``share``, with a line at ``area``."""
    box = "display: block; position: absolute; top: 0; bottom: 0;"
    return (
        f'<span style="display: block; position: relative; height: 7px; margin: 0.1rem 0; background: {palette.line}">'
        f'<span style="{box} left: 0; width: {share:.1%}; background: {palette.positive}"></span>'
        f'<span style="{box} left: {min(area, 0.985):.1%}; width: 2px; background: {palette.ink}"></span></span>'
    )


def behind_words(found: Sequence[Behind]) -> str:
    """What the nine have in common, in a sentence."""
    share, area = (float(np.mean([getattr(one, name) for one in found])) for name in ("share", "area"))
    if share > area + 0.1:
        verdict = "what they share is on the object rather than behind it"
    elif share < area - 0.1:
        verdict = "what they share is behind the object rather than on it"
    else:
        verdict = "too small a difference to say that it favours either"
    return (
        f"On average <b>{share:.0%}</b> of the projection lies on the object. If it did not care, that would be "
        f"{area:.0%}, the object’s share of the box: {verdict}. The object is where Grad-CAM finds the network’s "
        "first guess: its own idea, not the truth."
    )


def check_captions(found: Sequence[Check]) -> list[tuple[str, str]]:
    """For each answer which layers were random, and how like it is to the trained one."""
    captions = []
    for one in found:
        name = (
            "as trained" if one.layer is None else f"{one.layer} random" if len(captions) == 1 else f"and {one.layer}"
        )
        captions.append((name, f"likeness {one.likeness:.2f}".replace("-", "−")))
    return captions


def heat_figure(
    view: np.ndarray, found: Sequence[Attribution], captions: Sequence[tuple[str, str]], palette: Palette
) -> Figure:
    """The picture, and each answer over it with its name."""
    panels = [Panel(blended(view, one, palette), name) for one, (name, _) in zip(found, captions, strict=True)]
    return Figure([Panel(view, "the picture as the network sees it"), *panels])


def plate_figure(projections: Sequence[Projection], names: Sequence[str] = ()) -> Figure:
    """Each patch above its projection, strongest first: detector and value, or the pictures’ ``names``, under them."""
    drawn = projection_tiles(projections)
    largest = max(one.patch.shape[0] for one in projections)
    patches = [Panel(resized(one.patch, largest), names[i] if names else "") for i, one in enumerate(projections)]
    below = [
        Panel(resized(tile, largest), f"{one.value:.2f}" if names else f"detector {one.unit}: {one.value:.2f}")
        for one, tile in zip(projections, drawn, strict=True)
    ]
    return Figure([*patches, *below], columns=len(projections))


def way_figure(projection: Projection) -> Figure:
    """The signal after every step down, with the step’s name."""
    way = projection.waypoints
    return Figure([Panel(waypoint_tile(one, 224), f"{i} · {waypoint_label(one)}", True) for i, one in enumerate(way)])


def _framed(pixels: np.ndarray, projection: Projection) -> np.ndarray:
    image = Image.fromarray(np.ascontiguousarray(pixels))
    last = len(pixels) - 1
    ImageDraw.Draw(image).rectangle([min(max(0, side), last) for side in projection.box], outline="white", width=2)
    return np.asarray(image)


def _figure(pixels: np.ndarray, alt: str, words: str) -> str:
    return f'<figure><img src="{address(pixels)}" alt="{escape(alt)}"><figcaption>{words}</figcaption></figure>'
