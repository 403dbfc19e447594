"""Pictures with something marked on them."""

import numpy as np
from PIL import Image, ImageDraw

from explainer.figures.slide import Figure, Panel, bars
from explainer.figures.tiles import Palette
from explainer.networks import Trace
from explainer.pictures import Crop, Picture


def crop_marked(pixels: np.ndarray, crop: Crop, long_side: int = 1024) -> np.ndarray:
    """A picture with all dimmed but the part a network sees.

    uint8 [H, W, 3] → uint8 [h, w, 3] whose longer side is at most ``long_side`` pixels.
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, long_side / max(height, width))
    image = Image.fromarray(pixels)
    if scale < 1:
        image = image.resize((max(1, round(width * scale)), max(1, round(height * scale))), Image.Resampling.BOX)
    box = [round(side * scale) for side in (crop.left, crop.top, crop.right, crop.bottom)]
    dimmed = Image.blend(image, Image.new("RGB", image.size, (128, 128, 128)), 0.72)
    if box[2] > box[0] and box[3] > box[1]:
        dimmed.paste(image.crop(box), box[:2])
        ImageDraw.Draw(dimmed).rectangle((box[0], box[1], box[2] - 1, box[3] - 1), outline="white", width=2)
    return np.asarray(dimmed)


def guessed(picture: Picture, trace: Trace, palette: Palette, count: int = 5) -> Figure:
    """A picture, the square of it that the network sees, and the network's guesses."""
    marked = crop_marked(picture.pixels, trace.crop)
    size = trace.view.shape[0]
    best = [(guess.category, guess.probability) for guess in trace.top(count)]
    return Figure(
        [
            Panel(marked, "the picture; the network sees the bright square"),
            Panel(trace.view, f"what the network gets: {size} × {size} pixels"),
            Panel(bars(best, palette, 480), "its best guesses and their probabilities"),
        ],
        columns=3,
    )
