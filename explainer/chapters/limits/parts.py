"""The illusion that Peter Thompson found in 1980: parts of a face turned in place, and the whole turned."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from explainer.chapters.limits.sweep import distance, measured_layers
from explainer.networks import Guess, Network, best_guesses
from explainer.pictures import Crop, Picture

UNITS = 1000  # a box is given in thousandths of the side of what the network sees
MOST = 12
_SOFT = 0.2  # of a box's shorter side: the rim over which it fades into the picture
_AROUND = 2.0  # a closer look is so many times as wide as what is marked


@dataclass(frozen=True)
class Box:
    """A rectangle on what the network sees, in thousandths of its side."""

    left: int
    top: int
    width: int
    height: int


def encode_boxes(boxes: Iterable[Box]) -> str:
    """Boxes as a word for the link: "420-180-60-40_500-180-60-40"."""
    return "_".join(f"{box.left}-{box.top}-{box.width}-{box.height}" for box in boxes)


def decode_boxes(text: str) -> list[Box]:
    """The inverse of :func:`encode_boxes`; what is not a box is left out."""
    boxes = []
    for word in text.split("_")[:MOST]:
        numbers = word.split("-")
        if len(numbers) == 4 and all(number.isascii() and number.isdigit() and len(number) < 5 for number in numbers):
            left, top, width, height = map(int, numbers)
            if left + width <= UNITS and top + height <= UNITS:
                boxes.append(Box(left, top, width, height))
    return boxes


def on_picture(picture: Picture, crop: Crop, boxes: Iterable[Box]) -> list[Crop]:
    """The boxes in the picture's own pixels, whole ones; those too thin for a pixel are left out."""
    across, down = (crop.right - crop.left) / UNITS, (crop.bottom - crop.top) / UNITS
    found = []
    for box in boxes:
        left, right = (round(crop.left + x * across) for x in (box.left, box.left + box.width))
        top, bottom = (round(crop.top + y * down) for y in (box.top, box.top + box.height))
        left, top, right, bottom = max(left, 0), max(top, 0), min(right, picture.width), min(bottom, picture.height)
        if left < right and top < bottom:
            found.append(Crop(left, top, right, bottom))
    return found


def closer(picture: Picture, places: Sequence[Crop]) -> tuple[Picture, list[Crop]]:
    """The square around what is marked, twice as wide as it, as a picture of its own; and the places on it."""
    left, top = min(place.left for place in places), min(place.top for place in places)
    right, bottom = max(place.right for place in places), max(place.bottom for place in places)
    side = min(round(_AROUND * max(right - left, bottom - top)), picture.width, picture.height)
    x = min(max(round((left + right - side) / 2), 0), picture.width - side)
    y = min(max(round((top + bottom - side) / 2), 0), picture.height - side)
    cut = Picture(picture.pixels[y : y + side, x : x + side], f"{picture.name}, closer")
    return cut, [
        Crop(max(place.left - x, 0), max(place.top - y, 0), min(place.right - x, side), min(place.bottom - y, side))
        for place in places
    ]


def turned_parts(pixels: np.ndarray, places: Iterable[Crop]) -> np.ndarray:
    """Every place turned by 180° where it is, with a soft rim so that no new edge is seen: uint8 [H, W, 3]."""
    result = pixels.astype(np.float32)
    for place in places:
        rows, columns = slice(place.top, place.bottom), slice(place.left, place.right)
        part = result[rows, columns].copy()
        share = _soft_rim(*part.shape[:2])[..., None]
        result[rows, columns] = share * part[::-1, ::-1] + (1 - share) * part
    return np.rint(result).astype(np.uint8)


def _soft_rim(height: int, width: int) -> np.ndarray:
    """1 inside, fading towards the edge: float [height, width]."""
    rim = max(1.0, _SOFT * min(height, width))
    down, across = (np.minimum(np.arange(n) + 1, np.arange(n)[::-1] + 1) / rim for n in (height, width))
    return np.minimum(np.minimum(down[:, None], across), 1).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Four:
    """The picture as it is, with parts turned, all turned, and all turned with the parts turned besides.

    views: uint8 [4, size, size, 3], what the network sees; pictures: the same as sharp as the picture allows.
    guesses: the best of each. name: what the picture is called as it is; probabilities: what each
    gives to that name. layer: whose features are compared; apart: how far turning the parts moves
    them, with the whole upright and upside down (0 the same, 1 nothing in common).
    """

    views: np.ndarray
    pictures: np.ndarray
    guesses: list[list[Guess]]
    name: str
    probabilities: tuple[float, ...]
    layer: str
    apart: tuple[float, float]


def four_ways(network: Network, picture: Picture, places: Sequence[Crop], count: int = 3) -> Four:
    """Turn the parts, turn the whole, turn both; the picture as it is comes from its trace."""
    trace = network.trace(picture)
    parts = Picture(turned_parts(picture.pixels, places), picture.name, picture.square)
    turned = network.view(parts)[0]
    views = np.stack([trace.view, turned, trace.view[::-1, ::-1], turned[::-1, ::-1]])
    layer = features_layer(network)
    names = list(trace.activations)
    with torch.inference_mode():
        features = network.run(network.preprocessing.normalise(views[1:]), stop=layer)
        after = names[names.index(layer) + 1 :]
        logits = network.run(features, start=after[0]) if after else features
        rows = [trace.probabilities, *logits.softmax(dim=1)]
        upright, upside_down = 0.0, 0.0
        if places:
            upright = distance(features[:1], trace[layer]).item()
            upside_down = distance(features[2:], features[1]).item()
    sharp, sharp_parts = seen(picture, trace.crop), seen(parts, trace.crop)
    first = trace.top(1)[0]
    return Four(
        views, np.stack([sharp, sharp_parts, sharp[::-1, ::-1], sharp_parts[::-1, ::-1]]),
        [best_guesses(row, trace.categories, count) for row in rows], first.category,
        tuple(row[first.index].item() for row in rows), layer, (upright, upside_down),
    )  # fmt: skip


def features_layer(network: Network) -> str:
    """The last layer with weights before the one that scores the names."""
    return measured_layers(network)[-2:][0]


def seen(picture: Picture, crop: Crop) -> np.ndarray:
    """What the network sees of a picture, in the picture's own pixels: uint8 [h, w, 3]."""
    left, top = max(round(crop.left), 0), max(round(crop.top), 0)
    return picture.pixels[top : max(round(crop.bottom), top + 1), left : max(round(crop.right), left + 1)]
