"""Figures of projections: where a detector fires, its patch and projection, the way down, and weights on a picture."""

import base64
from collections.abc import Sequence
from html import escape

import numpy as np
from PIL import Image, ImageDraw

from explainer.attribution import Attribution, Behind
from explainer.comparing import Check
from explainer.corpus import Corpus, Index
from explainer.corpus import view as view_of
from explainer.deconvnet import Projection, Waypoint
from explainer.deconvnet.plate import projection_tiles
from explainer.figures.tiles import Palette, magma, png, rgb, sheet
from explainer.networks import Network

SIDE = 112  # pixels of a patch as it is sent
SILENT = 127


def resized(pixels: np.ndarray, side: int = SIDE) -> np.ndarray:
    """A square picture at another size, uint8 [side, side, 3]: crisp when it grows, averaged when it shrinks."""
    how = Image.Resampling.NEAREST if pixels.shape[0] <= side else Image.Resampling.BOX
    return np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).resize((side, side), how))


def pair_tiles(projections: Sequence[Projection]) -> np.ndarray:
    """Patch and projection side by side: uint8 [N, SIDE, 2·SIDE, 3]."""
    below = projection_tiles(projections)
    pairs = [(resized(one.patch), resized(tile)) for one, tile in zip(projections, below, strict=True)]
    return np.stack([np.concatenate(pair, axis=1) for pair in pairs])


def boxes_marked(projections: Sequence[Projection], chosen: int, palette: Palette, side: int = 480) -> np.ndarray:
    """The picture the network saw with every detector's box on it, the chosen one's thick."""
    view = projections[chosen].view
    image = Image.fromarray(view).resize((side, side), Image.Resampling.BICUBIC)
    draw, scale = ImageDraw.Draw(image), side / len(view)
    order = [i for i in range(len(projections)) if i != chosen] + [chosen]
    for i in order:
        left, top, right, bottom = (min(max(0, round(edge * scale)), side - 1) for edge in projections[i].box)
        if i == chosen:
            draw.rectangle((left, top, right, bottom), outline="#000000", width=5)
            draw.rectangle((left + 1, top + 1, right - 1, bottom - 1), outline=rgb(palette.positive), width=3)
        else:
            draw.rectangle((left, top, right, bottom), outline=(255, 255, 255), width=1)
    return np.asarray(image)


def place_words(projection: Projection) -> str:
    """HTML: which detector, how strongly and where it fires."""
    row, column = projection.position
    left, top, right, bottom = projection.box
    return (
        f"detector <b>{projection.unit}</b> of {escape(projection.layer)} fires with "
        f'<span class="number">{projection.value:.2f}</span> at row {row}, column {column} of its map; '
        f"it sees {right - left} × {bottom - top} pixels there."
    )


# --- the way down -----------------------------------------------------------------------------------------


def waypoint_tiles(way: Sequence[Waypoint]) -> np.ndarray:
    """Each step's signal where the unit sees, uint8 [N, SIDE, SIDE, 3].

    Its size over all maps on magma, each step up to its own largest; at the last, the pixels' colours.
    """
    tiles = []
    for point in way:
        signal = point.signal.numpy()
        if point.last:
            largest = max(float(np.quantile(np.abs(signal), 0.998)), 1e-9)
            shown = (127.5 + 127.5 * (signal / largest).clip(-1, 1)).round().astype(np.uint8).transpose(1, 2, 0)
        else:
            size = np.abs(signal).sum(0)
            shown = magma()[(255 * size / (size.max() or 1)).round().astype(np.uint8)]
        tiles.append(resized(shown))
    return np.stack(tiles)


def waypoint_label(point: Waypoint) -> str:
    """ "conv4 · filter"."""
    return "the pixels" if point.last else f"{point.stage} · {point.kind}"


def waypoint_sentence(point: Waypoint, value: float) -> str:
    """What the step did, in a sentence."""
    before, after = (f"{count:,} place{'' if count == 1 else 's'}" for count in point.places)
    window = f"{point.window.size} × {point.window.size}" if point.window else ""
    said = {
        "start": f"One activation, {value:.2f}, is kept; every other value of {point.stage} is set to zero.",
        "filter": f"The layer’s own {window} filters, turned about, spread the signal from {before} over {after}.",
        "rectify": f"Whatever is negative becomes zero: {point.lost:.0%} of the signal goes.",
        "unpool": f"Each value returns to the place that won its {window} window: from {before} to {after}.",
        "scale": "Each map is multiplied by the factor that batch normalisation gave it.",
        "normalise": "Each value is divided by what its neighbours in other maps had divided it by on the way up.",
        "block": f"The block’s branches take the signal down side by side and their results add up, over {after}.",
    }[point.kind]
    return f"{said} These are the pixels." if point.last else said


# --- the nine -----------------------------------------------------------------------------------------------


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
    window, whole = network.layer(layer).window, network.preprocessing.size
    patches = []
    for seen in index.top(layer, unit)[:count]:
        pixels = view_of(network, corpus, seen.picture)
        if window.size < whole:
            top, left = (window.start + window.step * at for at in seen.position)
            cut = pixels[max(0, top) : top + window.size, max(0, left) : left + window.size]
            padded = np.full((window.size, window.size, 3), SILENT, np.uint8)
            rows, columns = max(0, -top), max(0, -left)
            padded[rows : rows + cut.shape[0], columns : columns + cut.shape[1]] = cut
            pixels = padded
        patches.append(resized(pixels, side))
    return patches


# --- on the object or behind it, and the methods ------------------------------------------------------------


def mask_shelf(projections: Sequence[Projection], found: Sequence[Behind], categories: Sequence[str]) -> str:
    """HTML: each picture with what is behind the object dimmed and the projection's weight on it."""
    figures = []
    for one, seen in zip(projections, found, strict=True):
        dimmed = np.where(seen.mask[..., None], one.view, (one.view * 0.25 + 96).astype(np.uint8))
        words = (
            f"<b>{seen.share:.0%}</b> of it on the object, {seen.area:.0%} of the box "
            f'<span class="quiet">({escape(categories[seen.category])})</span>'
        )
        figures.append(_figure(_framed(dimmed, one), f"the object of picture {len(figures) + 1}", words))
    return f'<div class="shelf">{"".join(figures)}</div>'


def behind_words(found: Sequence[Behind]) -> str:
    """What the nine have in common, in a sentence."""
    share, area = (float(np.mean([getattr(one, name) for one in found])) for name in ("share", "area"))
    if share > area + 0.1:
        verdict = "they share the object more than what is behind it"
    elif share < area - 0.1:
        verdict = "they share what is behind the object more than the object"
    else:
        verdict = "the projection favours neither the object nor what is behind it"
    return (
        f"On average {share:.0%} of the projection lies on the object, which fills {area:.0%} of the box: {verdict}. "
        "The object is where Grad-CAM finds the network’s first guess: its own idea, not the truth."
    )


def heat(attribution: Attribution) -> np.ndarray:
    """The weight of each pixel on magma, uint8 [H, W, 3]; the strongest 0.5 % share the ramp's end."""
    weight = attribution.weight
    largest = float(np.quantile(weight, 0.995)) or float(weight.max()) or 1.0
    return magma()[(255 * (weight / largest).clip(0, 1)).round().astype(np.uint8)]


def method_shelf(found: Sequence[Attribution], words: dict[str, str]) -> str:
    """HTML: each method's picture with its honest sentence."""
    figures = [
        _figure(heat(one), f"what {one.method} marks", f"<b>{one.method}</b>: {escape(words[f'method_{one.method}'])}")
        for one in found
    ]
    return f'<div class="shelf">{"".join(figures)}</div>'


def check_shelf(found: Sequence[Check]) -> str:
    """HTML: the answer as trained, then with ever more random layers."""
    figures = []
    for one in found:
        name = "as trained" if one.layer is None else f"random down to {one.layer}"
        words = f'<b>{escape(name)}</b> <span class="number">likeness {one.likeness:.2f}</span>'.replace("-", "−")
        figures.append(_figure(heat(one.answer), name, words))
    return f'<div class="shelf">{"".join(figures)}</div>'


def picture_row(pixels: Sequence[np.ndarray]) -> bytes:
    """Pictures of one size side by side, PNG, to download."""
    return png(sheet(np.stack(list(pixels)), min(len(pixels), 6), gap=4, fill=255))


def _framed(pixels: np.ndarray, projection: Projection) -> np.ndarray:
    image = Image.fromarray(np.ascontiguousarray(pixels))
    last = len(pixels) - 1
    ImageDraw.Draw(image).rectangle([min(max(0, side), last) for side in projection.box], outline="white", width=2)
    return np.asarray(image)


def _figure(pixels: np.ndarray, alt: str, words: str) -> str:
    address = "data:image/png;base64," + base64.b64encode(png(np.ascontiguousarray(pixels))).decode()
    return f'<figure><img src="{address}" alt="{escape(alt)}"><figcaption>{words}</figcaption></figure>'
