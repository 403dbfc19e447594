"""Six animals on 10 × 10 pixels, and as many different drawings of each as one likes.

A pixel is an amount of ink: 0 is blank paper, 100 full ink. The templates are drawn by
hand; :func:`drawings` moves, mirrors, fades, smudges and speckles them, so that no two
drawings are alike and a network can't learn them by heart.
"""

import numpy as np

SIDE = 10
FULL = 100  # a pixel full of ink

# The chapter's own cat. Each eye is a ring of four pixels of 85 and four of 80; between
# the ears, rows 0 to 3 and columns 3 to 6 are blank.
CAT = np.array([
    [60,  0,  0,  0,  0,  0,  0,  0,  0, 60],
    [60, 60,  0,  0,  0,  0,  0,  0, 60, 60],
    [60, 60, 60,  0,  0,  0,  0, 60, 60, 60],
    [ 0, 85, 80,  0,  0,  0,  0, 80, 85,  0],
    [85,  0, 50, 80,  0,  0, 80, 50,  0, 85],
    [80,  0, 50, 85,  0,  0, 85, 50,  0, 80],
    [ 0, 80, 85,  0,  0,  0,  0, 85, 80,  0],
    [ 0,  0,  0,  0, 90, 90,  0,  0,  0,  0],
    [40, 40,  0,  0, 70, 70,  0,  0, 40, 40],
    [ 0,  0,  0, 70,  0,  0, 70,  0,  0,  0],
])  # fmt: skip


def _drawn(text: str) -> np.ndarray:
    """A template from ten lines of ten characters: a digit is tens of ink, a dot none."""
    return np.array([[0 if mark == "." else 10 * int(mark) for mark in line] for line in text.split()])


TEMPLATES: dict[str, np.ndarray] = {
    "cat": CAT,
    "dog": _drawn("""
        ..777777..
        .7......7.
        888....888
        8889..9888
        888....888
        888.99.888
        88..99..88
        .7......7.
        .7.7777.7.
        ..777777.."""),
    "mouse": _drawn("""
        .88....88.
        8..8..8..8
        8..8888..8
        .88....88.
        .8.9..9.8.
        .8......8.
        ..8....8..
        44.8..8.44
        ....99....
        ....99...."""),
    "rabbit": _drawn("""
        ..7....7..
        .7.7..7.7.
        .7.7..7.7.
        .7.7..7.7.
        .7.7777.7.
        8........8
        8..9..9..8
        8........8
        .8..99..8.
        ..888888.."""),
    "bird": _drawn("""
        ....666...
        ...6...6..
        ...6.9.688
        ...6...6..
        .66....6..
        6..55..6..
        66.55.66..
        .666666...
        ...5.5....
        ..55.55..."""),
    "fish": _drawn("""
        ..........
        ....777...
        7..7...7..
        77.7....7.
        .77...9..7
        .77......7
        77.7....7.
        7..7...7..
        ....777...
        .........."""),
}  # fmt: skip
ANIMALS = tuple(TEMPLATES)


def drawings(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """``count`` different drawings of the six animals, in equal shares and mixed order.

    Each template may be mirrored and moved by up to a pixel each way; its ink is between
    half and a little more than full strength, uneven; one inked pixel in eight is missing
    and one pixel in twenty-five has a speck.

    Returns:
        Ink int64 [count, 10, 10] from 0 to 100, and the animals' places in ``ANIMALS``, int64 [count].
    """
    random = np.random.default_rng(seed)
    labels = random.permutation(np.arange(count) % len(ANIMALS))
    return np.stack([_varied(TEMPLATES[ANIMALS[label]], random) for label in labels]), labels


def _varied(template: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """One drawing after a template, [10, 10] → [10, 10]."""
    ink = template[:, ::-1] if random.random() < 0.5 else template
    padded = np.pad(ink, 1)
    top, left = random.integers(0, 3, size=2)
    ink = padded[top : top + SIDE, left : left + SIDE].astype(float)
    ink *= random.uniform(0.5, 1.15) * random.uniform(0.8, 1.2, ink.shape)
    ink[random.random(ink.shape) < 0.125] = 0
    specks = random.random(ink.shape) < 0.04
    ink[specks] = random.uniform(20, 90, specks.sum())
    return np.clip(np.rint(ink), 0, FULL).astype(np.int64)
