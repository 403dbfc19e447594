"""The gallery: photographs that our libraries carry, and patterns drawn to read detectors by.

The patterns are 454 × 454, so that a network that resizes to 256 and cuts 227 from the centre
sees the middle 403 of them; lengths below are in the pixels that it then sees.
"""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np

from explainer.errors import PictureError
from explainer.pictures import Picture, crop_seen, load_picture

SIDE = 454
SEEN = SIDE / 256  # one pixel of what a network sees, in pixels of the drawing
VISIBLE = 227 * SEEN  # the side of the square that it sees
GREY = 0.5


@dataclass(frozen=True)
class Sample:
    """One picture of the gallery. ``name`` is its word in links and commands.

    shows: every one of ImageNet's 1,000 names that is right for something on it.
    """

    name: str
    title: str
    kind: Literal["photograph", "probe"]
    note: str
    credit: str
    shows: tuple[str, ...] = ()


def sample(name: str) -> Picture:
    """The gallery's picture of that name. PictureError, listing the names, if there is none."""
    if name not in SAMPLES:
        raise PictureError(f"The gallery has no picture called {name!r}: choose {', '.join(SAMPLES)}.")
    return _sample(name)


# The photograph of grass is grey; these are its 256 greys in the colours of a lawn. [256, 3]
_LAWN = np.stack(
    [np.interp(np.arange(256), [0, 128, 255], ends) for ends in ([14, 84, 208], [30, 132, 224], [8, 44, 140])], axis=-1
).astype(np.uint8)


def titled(name: str) -> str:
    """What pages call a picture of the gallery: its title; any other word as it is."""
    return SAMPLES[name].title if name in SAMPLES else name


@cache
def _sample(name: str) -> Picture:
    source = _SOURCES[name]
    if callable(source):
        drawn = np.broadcast_to(source(), (SIDE, SIDE, 3))
        return Picture(np.rint(255 * drawn.clip(0, 1)).astype(np.uint8), name)
    # These libraries are slow to import, and their loaders may reach for the network.
    library, file = source.split("/", 1)
    folder = importlib.util.find_spec(library).submodule_search_locations[0]
    pixels = load_picture(Path(folder) / file).pixels
    return Picture(_LAWN[pixels[..., 0]] if name == "grass" else pixels, name)


def thumbnail(picture: Picture, side: int = 96) -> np.ndarray:
    """The picture's central square, uint8 [side, side, 3]."""
    return crop_seen(picture, side, side)[0]


# --- drawing: each returns [H, W, 1] or [H, W, 3], 0 black to 1 full -------------------------------


def _plane(finer: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """x to the right and y downwards, [1, W] and [H, 1], from the centre, in pixels of the drawing."""
    along = (np.arange(SIDE * finer) + 0.5) / finer - SIDE / 2
    return along[None, :], along[:, None]


def _smooth(draw: Callable[[np.ndarray, np.ndarray], np.ndarray], finer: int = 3) -> np.ndarray:
    """A drawing made three times finer, then averaged: its edges come out without stairs."""
    return draw(*_plane(finer)).reshape(SIDE, finer, SIDE, finer, -1).mean(axis=(1, 3))


# Around the wheel from red by yellow, green, cyan, blue and magenta. [12, 3]
_TWELVE_HUES = np.clip(2 - np.abs((np.arange(12)[:, None] - [0, 4, 8] + 6) % 12 - 6) / 2, 0, 1)


def _cells(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """What is seen, in count × count cells: each pixel's row and column, x and y from the cell's centre."""
    x, y = np.broadcast_arrays(*_plane())
    cell = VISIBLE / count
    column, row = (np.clip((at + VISIBLE / 2) // cell, 0, count - 1).astype(int) for at in (x, y))
    return row, column, x + VISIBLE / 2 - (column + 0.5) * cell, y + VISIBLE / 2 - (row + 0.5) * cell


def _gratings() -> np.ndarray:
    """Columns: six orientations. Rows: periods from 4 to 22."""
    row, column, x, y = _cells(6)
    angle = np.pi * column / 6
    period = SEEN * 4 * (22 / 4) ** (row / 5)
    wave = np.cos(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / period)
    disc = np.clip((VISIBLE / 12 - 2 - np.hypot(x, y)) / 6, 0, 1)
    return (GREY + 0.5 * wave * disc * disc * (3 - 2 * disc))[..., None]


def _grating() -> np.ndarray:
    x, y = _plane()
    return (GREY + 0.5 * np.cos(2 * np.pi * (x + y) / np.sqrt(2) / (8 * SEEN)))[..., None]


def _checkerboard() -> np.ndarray:
    square = VISIBLE / 14
    return _smooth(lambda x, y: (x // square + y // square) % 2)


def _star() -> np.ndarray:
    def draw(x, y):
        wedges = (np.arctan2(y, x) / (2 * np.pi) * 24) // 1 % 2
        return np.where(np.hypot(x, y) < 10 * SEEN, GREY, wedges)

    return _smooth(draw)


def _zone_plate() -> np.ndarray:
    """Rings whose period shrinks outwards, to 4 at the edge of what is seen."""
    return GREY + 0.5 * _smooth(lambda x, y: np.cos(np.pi * (x * x + y * y) / (4 * SEEN * VISIBLE / 2)))


def _dots() -> np.ndarray:
    """Columns: white, black, red, green, blue, yellow. Rows: standard deviations from 1 to 8."""
    row, column, x, y = _cells(6)
    ink = np.array([[1, 1, 1], [0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]])[column]
    radius = SEEN * 8 ** (row / 5)
    blob = np.exp(-0.5 * (x * x + y * y) / radius**2)[..., None]
    return GREY + (ink - GREY) * blob


def _colours() -> np.ndarray:
    """Twelve hues, then black, two greys and white, on grey."""
    row, column, x, y = _cells(4)
    inks = np.concatenate([_TWELVE_HUES, np.repeat([[0], [0.25], [0.75], [1]], 3, axis=1)])
    patch = np.maximum(np.abs(x), np.abs(y)) < VISIBLE / 8 - 6
    return np.where(patch[..., None], inks[4 * row + column], GREY)


def _opponents() -> np.ndarray:
    """Left to right green to red, bottom to top blue to yellow; red + green + blue is 1.5 throughout."""
    x, y = np.broadcast_arrays(*(at / (SIDE / 2) for at in _plane()))
    return GREY + np.stack([x - y, -x - y, 2 * y], axis=-1) / 4


def _pinwheel() -> np.ndarray:
    def draw(x, y):
        wedge = np.floor(np.arctan2(y, x) / (2 * np.pi) * 12).astype(int)
        opposite = 6 * (np.hypot(x, y) > 0.28 * VISIBLE)
        return _TWELVE_HUES[(wedge * 5 + opposite) % 12]

    return _smooth(draw)


def _ramp() -> np.ndarray:
    """Above, black to white without a step; below, the same in twelve steps."""
    x, y = np.broadcast_arrays(*_plane())
    along = np.clip(x / VISIBLE + 0.5, 0, 1)
    return np.where(y < 0, along, np.minimum(along * 12 // 1, 11) / 11)[..., None]


def _noise() -> np.ndarray:
    """Every second pixel a colour of its own, so that some of it survives the resizing."""
    return np.random.default_rng(0).random((SIDE // 2, SIDE // 2, 3)).repeat(2, axis=0).repeat(2, axis=1)


# --- what there is -------------------------------------------------------------------------------

_LIBRARIES = {"skimage": "scikit-image", "sklearn": "scikit-learn", "matplotlib": "Matplotlib"}

_PHOTOGRAPHS = [  # name, title, file, what it is good for, whose it is, its names among the 1,000
    (
        "cat",
        "Cat",
        "skimage/data/chelsea.png",
        "fur, whiskers, eyes: texture and edges in many directions",
        "Stefan van der Walt, CC0",
        ("tabby", "tiger cat", "Egyptian cat"),
    ),
    (
        "coffee",
        "Cup of coffee",
        "skimage/data/coffee.png",
        "round shapes, smooth china on coarse wood",
        "Rachel Michetti, courtesy of Pikolo Espresso Bar, CC0",
        ("espresso", "cup", "coffee mug"),
    ),
    (
        "astronaut",
        "Astronaut",
        "skimage/data/astronaut.png",
        "a face, stripes, strong orange against white",
        "Eileen Collins by NASA, public domain",
    ),
    (
        "rocket",
        "Rocket",
        "skimage/data/rocket.jpg",
        "thin uprights and lights before an empty sky",
        "DSCOVR's launch by SpaceX, public domain",
        ("missile", "projectile", "space shuttle"),
    ),
    (
        "motorcycle",
        "Motorcycle",
        "skimage/data/motorcycle_left.png",
        "many parts, shiny red, a busy background",
        "Middlebury stereo benchmark 2014 (Scharstein and others)",
        ("moped", "motor scooter"),
    ),
    (
        "photographer",
        "Photographer",
        "skimage/data/camera.png",
        "no colour at all: which detectors stay silent?",
        "Lav Varshney, CC0",
        ("tripod", "trench coat", "reflex camera"),
    ),
    (
        "admiral",
        "Admiral",
        "matplotlib/mpl-data/sample_data/grace_hopper.jpg",
        "a face, gold on dark cloth, stripes behind",
        "Grace Hopper by James S. Davis for the U.S. Navy, public domain",
        ("military uniform",),
    ),
    (
        "temple",
        "Chinese temple",
        "sklearn/datasets/images/china.jpg",
        "roofs, columns, many small edges",
        "danielbuechele on Flickr, CC BY 2.0",
        ("palace", "monastery"),
    ),
    (
        "coins",
        "Coins",
        "skimage/data/coins.png",
        "the same shape many times, in several sizes",
        "Brooklyn Museum, no known copyright restrictions",
    ),
    (
        "dahlia",
        "Dahlia",
        "sklearn/datasets/images/flower.jpg",
        "petals in a spiral: a flower that is not among the 1,000",
        "vultilion on Flickr, CC BY 2.0",
    ),
    (
        "retina",
        "Retina",
        "skimage/data/retina.jpg",
        "one hue, a sharp rim, fine branching lines",
        "Mikael Häggström, CC0",
    ),
    (
        "galaxies",
        "Galaxies",
        "skimage/data/hubble_deep_field.jpg",
        "small coloured spots on black",
        "Hubble eXtreme Deep Field, NASA, public domain",
    ),
    (
        "tissue",
        "Stained tissue",
        "skimage/data/ihc.png",
        "brown against blue, and like nothing that the networks learned from",
        "Center for Microscopy and Molecular Imaging, no known copyright restrictions",
    ),
    (
        "bricks",
        "Brick wall",
        "skimage/data/brick.png",
        "long parallel edges",
        "CC0Textures, Bricks 25, CC0",
    ),
    (
        "grass",
        "Grass",
        "skimage/data/grass.png",
        "fine texture, the background of many an animal",
        "linolafett on DeviantArt, CC0, coloured by this program",
    ),
    (
        "gravel",
        "Gravel",
        "skimage/data/gravel.png",
        "coarse texture without a direction",
        "CC0Textures, Gravel 04, CC0",
    ),
]

_PROBES = [  # name, title, how it is drawn, what it is good for
    ("gratings", "Gratings", _gratings, "six orientations across, fine to coarse downwards"),
    ("grating", "Stripes", _grating, "one orientation and one width: only their detectors answer"),
    ("star", "Star", _star, "edges between black and white in twelve orientations"),
    ("checkerboard", "Checkerboard", _checkerboard, "flat, edge and corner, again and again"),
    ("zone-plate", "Zone plate", _zone_plate, "every orientation, and finer and finer outwards"),
    ("dots", "Dots", _dots, "spots in six colours, small to large downwards"),
    ("colours", "Colour patches", _colours, "twelve hues, black, greys and white, one at a time"),
    ("opponents", "Colour plane", _opponents, "green to red, blue to yellow, and no edge anywhere"),
    ("pinwheel", "Pinwheel", _pinwheel, "edges between two colours"),
    ("ramp", "Grey ramp", _ramp, "black to white, without a step above, in twelve steps below"),
    ("noise", "Noise", _noise, "nothing to see: what answers all the same?"),
]

SAMPLES: dict[str, Sample] = {
    name: Sample(name, title, "photograph", note, f"{credit}; carried by {_LIBRARIES[file.split('/')[0]]}", *shows)
    for name, title, file, note, credit, *shows in _PHOTOGRAPHS
} | {name: Sample(name, title, "probe", note, "drawn by this program") for name, title, _, note in _PROBES}

# As a picker shows them: a heading, and the names below it.
GROUPS: dict[str, tuple[str, ...]] = {
    "Things with a name among the 1,000": tuple(name for name, item in SAMPLES.items() if item.shows),
    "Without one: what will it say?": tuple(
        name for name, item in SAMPLES.items() if item.kind == "photograph" and not item.shows
    ),
    "Drawn, to find out what a detector answers to": tuple(
        name for name, item in SAMPLES.items() if item.kind == "probe"
    ),
}

_SOURCES = {name: source for name, _, source, *_ in [*_PHOTOGRAPHS, *_PROBES]}
