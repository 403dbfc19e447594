"""The card of one detector: its face, what it is built from, what it is tuned to."""

from collections.abc import Callable, Mapping, Sequence
from html import escape

import numpy as np
from PIL import Image

from explainer.atlas import tuning
from explainer.atlas.built import Built, User
from explainer.atlas.records import STEPS
from explainer.atlas.store import Atlas
from explainer.atlas.wires import wires_of
from explainer.figures.svg import rect, svg, text
from explainer.figures.tiles import Palette, activation_levels, address, diverging, filter_tiles, magma, signed_tiles
from explainer.networks import Network, Trace

SIDE = 72  # pixels of a face, and of a kernel beside it
COLOURS = ("red", "green", "blue")


# --- faces -----------------------------------------------------------------------------------------------


def faces(network: Network, atlas: Atlas | None, trace: Trace, layer: str, unit: int) -> list[np.ndarray]:
    """What stands for a detector, one picture or two, uint8 [s, s, 3]: its weights, its dreams, or else its map."""
    if layer == network.first_layer and (wires := wires_of(network, layer, [unit])).known:
        return [filter_tiles(wires.weights.numpy())[0]]
    page = atlas.layers.get(layer) if atlas else None
    if page is None or not page.sheet:
        return [magma()[activation_levels(trace[layer][unit : unit + 1].numpy())[0]]]
    return page.faces(unit)


def face(network: Network, atlas: Atlas | None, trace: Trace, layer: str, unit: int, side: int = SIDE) -> np.ndarray:
    """The first face of a detector at a size: uint8 [side, side, 3]."""
    return _sized(faces(network, atlas, trace, layer, unit)[0], side)


def face_tiles(
    network: Network, atlas: Atlas | None, trace: Trace, layer: str, units: Sequence[int], side: int = SIDE
) -> np.ndarray:
    """The faces of some detectors of a layer: uint8 [N, side, side, 3]."""
    return np.stack([face(network, atlas, trace, layer, unit, side) for unit in units])


def side_by_side(found: Sequence[np.ndarray], side: int = 240) -> np.ndarray:
    """One face large, or two beside each other with nothing between: uint8 [side, …, 4]."""
    each = side if len(found) == 1 else (side - 8) // 2
    drawn = np.zeros((each, side, 4), np.uint8)
    for place, one in enumerate(found):
        left = place * (each + 8)
        drawn[:, left : left + each, :3] = _sized(one, each)
        drawn[:, left : left + each, 3] = 255
    return drawn


def _sized(pixels: np.ndarray, side: int) -> np.ndarray:
    crisp = pixels.shape[0] < 20  # weights and maps are read cell by cell, dreams are looked at
    how = Image.Resampling.NEAREST if crisp else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).resize((side, side), how))


# --- built from, and used by ------------------------------------------------------------------------------


def part_tiles(
    network: Network, atlas: Atlas | None, trace: Trace, built: Built, parts: Sequence[int], palette: Palette
) -> np.ndarray:
    """Parts of a value: the face of the detector below, and beside it the kernel that joins the two.

    uint8 [N, SIDE, 2·SIDE, 3]. Of the picture's colours: what of that colour it saw, and its weights.
    """
    largest = float(np.abs(built.kernels).max())
    kernels = [_sized(signed_tiles(built.kernels[part], palette, largest), SIDE) for part in parts]
    if built.source is None:
        left = [_sized(_of_colour(built.seen[part], part), SIDE) for part in parts]
    else:
        left = [face(network, atlas, trace, built.source, part) for part in parts]
    return np.stack([np.concatenate(pair, 1) for pair in zip(left, kernels, strict=True)])


def user_tiles(
    network: Network, atlas: Atlas | None, trace: Trace, users: Sequence[User], palette: Palette
) -> np.ndarray:
    """Detectors of the next layer, each with the kernel through which it hears this one: uint8 [N, SIDE, 2·SIDE, 3]."""
    pairs = [
        (face(network, atlas, trace, user.layer, user.unit), _sized(signed_tiles(user.kernel, palette), SIDE))
        for user in users
    ]
    return np.stack([np.concatenate(pair, 1) for pair in pairs])


def part_name(built: Built, part: int) -> str:
    """What a part is called: a detector of the layer below, or a colour."""
    return COLOURS[part] if built.source is None else f"{built.source} · {part}"


def _of_colour(seen: np.ndarray, colour: int) -> np.ndarray:
    """One colour of what was seen, float [k, k] around zero, as shades of it: uint8 [k, k, 3]."""
    shade = (127.5 + 127.5 * seen / 2.7).clip(0, 255)  # the network's input reaches from about −2.1 to 2.6
    shown = np.zeros((*seen.shape, 3), np.uint8)
    shown[..., colour] = shade.round()
    return shown


# --- what the atlas knows ---------------------------------------------------------------------------------


def stronger_than(quantiles: np.ndarray, peak: float) -> float:
    """The share of the photographs whose strongest answer is below ``peak``; quantiles as the atlas keeps them."""
    return float((quantiles < peak).mean()) if peak <= 0 else float(np.interp(peak, quantiles, STEPS))


def percent(share: float) -> str:
    """A share in percent, as many digits as say something: 3.2%, 41%."""
    if 0 < share < 0.0005:
        return "less than 0.1%"
    return f"{share:.1%}" if share < 0.1 else f"{share:.0%}"


def names_html(categories: Sequence[str], numbers: Sequence[int], likeness: Sequence[float], count: int = 5) -> str:
    """Names and how closely each goes along, strongest first, as a line of HTML."""
    return " · ".join(
        f'{escape(categories[number])} <span class="number">{close:+.2f}</span>'.replace("-", "−")
        for number, close in list(zip(numbers, likeness, strict=True))[:count]
    )


def tuning_chart(numbers: Mapping[str, np.ndarray], unit: int, words: Callable[..., str], palette: Palette) -> str:
    """Four small charts side by side, as HTML: the sums for angles, widths, colours, and places."""
    gratings, hues = numbers["gratings"][unit], numbers["hues"][unit]
    places = numbers["places"][unit] - numbers["grey"][unit]
    best = np.unravel_index(int(gratings.argmax()), gratings.shape)
    wheel = [_hex(tuning.colour_of(hue)) for hue in tuning.HUES]
    charts = [
        (words("angle"), _bars(gratings.max(1), dict(enumerate(["─", "╱", "│", "╲"])), 3, palette)),
        (words("width"), _bars(gratings.max(0), {0: "2", 3: "6", 7: "24"}, 1, palette)),
        (words("hue"), _bars(hues, {}, 1, palette, wheel)),
        (words("place"), _cells(places, palette)),
    ]
    alt = words("tuning_alt", angle=tuning.ANGLES[best[0]], width=tuning.WIDTHS[best[1]])
    drawn = "".join(
        f'<figure><img src="{address(one, "svg+xml")}" alt=""><figcaption>{escape(name)}</figcaption></figure>'
        for name, one in charts
    )
    return f'<div class="tuning" role="img" aria-label="{escape(alt)}">{drawn}</div>'


WIDE, HIGH, FOOT = 150, 84, 18  # of one chart


def _bars(
    values: np.ndarray, named: Mapping[int, str], every: int, palette: Palette, colours: Sequence[str] = ()
) -> bytes:
    """Bars up from zero where it fires, down where it does not; ``named``: what stands under every so-manieth."""
    top, low = max(0.0, float(values.max())), min(0.0, float(values.min()))
    scale = HIGH / max(top - low, 1e-9)
    zero, step = top * scale, WIDE / len(values)
    parts = []
    for place, value in enumerate(values.tolist()):
        colour = colours[place] if colours else palette.positive if value > 0 else palette.negative
        size = abs(value) * scale
        parts.append(rect(place * step + 1, zero - max(value, 0) * scale, step - 2, max(size, 0.5), f'fill="{colour}"'))
    parts.append(rect(0, zero - 0.5, WIDE, 1, f'fill="{palette.dim}"'))
    for place, name in named.items():
        parts.append(text((place * every + 0.5) * step, HIGH + 14, name, palette.ink, 12, "middle"))
    return svg(WIDE, HIGH + FOOT, "", parts)


def _cells(values: np.ndarray, palette: Palette) -> bytes:
    """Signed numbers [7, 7] as squares."""
    side = HIGH / len(values)
    ramp, largest = diverging(palette), float(np.abs(values).max()) or 1.0
    left = (WIDE - HIGH) / 2
    parts = [
        rect(
            left + column * side,
            row * side,
            side,
            side,
            f'fill="{_hex(ramp[round(127.5 + 127 * value / largest)] / 255)}"',
        )
        for row, line in enumerate(values.tolist())
        for column, value in enumerate(line)
    ]
    return svg(WIDE, HIGH + FOOT, "", parts)


def _hex(colour: Sequence[float]) -> str:
    return "#" + "".join(f"{round(255 * float(part)):02x}" for part in colour)
