"""The picture with the square that the network sees of it, to be moved and sized."""

import io

import numpy as np
from PIL import Image

from explainer.figures.tiles import address
from explainer.pictures import SMALLEST_SQUARE, Crop, Picture
from explainer.ui import state
from explainer.ui.components import mount
from explainer.workshop import once

_MOST = 900  # pixels of the longer side, on the page
_TINY = 160  # a picture of fewer pixels a side is enlarged with its pixels in sight


def picture_frame(picture: Picture, crop: Crop, hint: str, *, key: str) -> None:
    """Show a picture, all dimmed but the square ``crop``; where the visitor puts it, every chapter looks."""
    shorter = min(picture.width, picture.height)
    square = picture.square or (
        round(1000 * crop.left / picture.width),
        round(1000 * crop.top / picture.height),
        round(1000 * (crop.right - crop.left) / shorter),
    )
    share = (crop.right - crop.left) * (crop.bottom - crop.top) / (picture.width * picture.height)
    data = {
        "image": _on_page(picture.pixels, picture.pixels_digest),
        "width": picture.width,
        "height": picture.height,
        "tiny": max(picture.width, picture.height) <= _TINY,
        "square": list(square),
        "chosen": picture.square is not None,
        "least": SMALLEST_SQUARE,
        "hint": hint,
        "alt": f"Your picture; the network sees the bright square, {share:.0%} of it. "
        "Arrow keys move the square, plus and minus size it, Home puts it back.",
    }

    def moved(given) -> None:
        if given == "middle":
            state.choose_square(None)
        elif (chosen := state.square_of(given)) is not None:
            state.choose_square(chosen)

    mount("picture_frame", key, data, on={"square": moved})


def _on_page(pixels: np.ndarray, digest: str) -> str:
    """A picture as an address of its own, small enough to travel; made once."""
    return once(("on page", digest), lambda: _address(pixels))


def _address(pixels: np.ndarray) -> str:
    image = Image.fromarray(pixels)
    image.thumbnail((_MOST, _MOST))
    file = io.BytesIO()
    small = max(image.size) <= _TINY
    image.save(file, "PNG") if small else image.save(file, "JPEG", quality=90)
    return address(file.getvalue(), "png" if small else "jpeg")
