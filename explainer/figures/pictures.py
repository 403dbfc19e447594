"""Pictures with something marked on them."""

import numpy as np
from PIL import Image, ImageDraw

from explainer.pictures import Crop


def crop_marked(pixels: np.ndarray, crop: Crop, long_side: int = 640) -> tuple[np.ndarray, str]:
    """A picture with all dimmed but the part a network sees, and its alt text.

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
    share = (crop.right - crop.left) * (crop.bottom - crop.top) / (width * height)
    return np.asarray(dimmed), f"Your picture; the network sees the bright square, {share:.0%} of it"
