"""Pictures: bytes from anywhere become upright RGB pixels, or one plain sentence.

Nothing is decoded before its format, its bytes and its pixels (as the header
gives them) are known to be within the limits.
"""

import hashlib
import io
import math
import re
import stat
import struct
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock

import numpy as np
import pillow_heif
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from explainer.errors import PictureError

MAX_BYTES = 20 * 2**20
MAX_PIXELS = 50_000_000

# A picture of more pixels waits until no other large one is being decoded: at 50 megapixels each takes some
# 300 MB for as long as that lasts, and a file of a few hundred bytes can hold one.
LARGE_PIXELS = 8_000_000
_one_at_a_time = Lock()

# A larger picture is reduced while it is opened: no network here looks at more than a few
# hundred pixels. A panorama may be longer, so that its short side is not lost.
MAX_SIDE = 2048
PANORAMA_SHORT_SIDE, PANORAMA_LONG_SIDE = 512, 8192

# What a file may be called, and the format that it then usually has; the bytes decide.
FORMATS = {
    "jpg": "JPEG",
    "jpeg": "JPEG",
    "png": "PNG",
    "webp": "WebP",
    "gif": "GIF",
    "bmp": "BMP",
    "tif": "TIFF",
    "tiff": "TIFF",
    "heic": "HEIC",
    "heif": "HEIC",
    "avif": "AVIF",
}

_NAMES = list(dict.fromkeys(FORMATS.values()))
_ANOTHER = f"choose a picture in {', '.join(_NAMES[:-1])} or {_NAMES[-1]} format."


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture as everything here reads it.

    ``pixels`` is uint8 [H, W, 3], red, green and blue, upright, contiguous and read-only;
    an array that could still be written to is copied. ValueError for any other array.

    ``square`` is the part that a network gets to see, as :meth:`framed` explains; without one
    it sees what its preprocessing cuts from the middle.
    """

    pixels: np.ndarray
    name: str = "picture"
    square: tuple[int, int, int] | None = None

    def __post_init__(self) -> None:
        pixels = self.pixels
        if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8:
            raise ValueError("a picture's pixels are an array of uint8")
        if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.size == 0:
            raise ValueError(f"a picture's pixels are [H, W, 3], not {list(pixels.shape)}")
        if pixels.flags.writeable or not pixels.flags.c_contiguous:
            pixels = pixels.copy(order="C")
            pixels.flags.writeable = False
            object.__setattr__(self, "pixels", pixels)
        if self.square is not None and self.square != fitted_square(*self.square, self.width, self.height):
            raise ValueError(f"no square {self.square} lies on a picture of {self.width} × {self.height}")

    def __reduce__(self):
        return Picture, (self.pixels, self.name, self.square)  # a copy is checked and read-only, too

    def framed(self, left: int, top: int, side: int) -> "Picture":
        """The same picture, of which a network sees one square: the nearest that lies on the picture.

        All in thousandths: ``left`` of the width, ``top`` of the height, ``side`` of the shorter side.
        """
        square = fitted_square(left, top, side, self.width, self.height)
        other = Picture(self.pixels, self.name, square)
        other.__dict__["pixels_digest"] = self.pixels_digest  # the same pixels need not be read again
        return other

    @property
    def height(self) -> int:
        return self.pixels.shape[0]

    @property
    def width(self) -> int:
        return self.pixels.shape[1]

    @cached_property
    def digest(self) -> str:
        """What tells two pictures apart: 16 hexadecimal digits of SHA-256 over shape, pixels and square."""
        if self.square is None:
            return self.pixels_digest
        return hashlib.sha256(f"{self.pixels_digest} {self.square}".encode()).hexdigest()[:16]

    @cached_property
    def pixels_digest(self) -> str:
        """The same of shape and pixels alone."""
        shape = f"{self.height}x{self.width}:".encode()
        return hashlib.sha256(shape + self.pixels.tobytes()).hexdigest()[:16]

    def png(self) -> bytes:
        """The picture as a PNG file."""
        file = io.BytesIO()
        Image.fromarray(self.pixels).save(file, "PNG", compress_level=3)
        return file.getvalue()


def load_picture(path: str | Path) -> Picture:
    """The picture in a file, named after it.

    Raises PictureError as `open_picture` does, and where there is no such file.
    """
    path = Path(path)
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise PictureError(f"{path} is a folder: give the path of a picture in it.")
        if not stat.S_ISREG(status.st_mode):
            raise PictureError(f"{path} is not a file: give the path of a picture.")
        _check_bytes(status.st_size)
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise PictureError(f"There is no file at {path}: check the path.") from error
    except (OSError, ValueError) as error:
        raise PictureError(f"{path} cannot be read: check the path and who may read it.") from error
    return open_picture(data, path.name)


def open_picture(data: bytes, name: str = "picture") -> Picture:
    """Decodes the bytes of a picture file.

    The first frame, turned as its EXIF orientation asks, as sRGB (a valid colour profile is
    applied), transparency on white. Grey of 16 bits is scaled by the smallest usual depth that
    holds its brightest value. A long side above 2048 is reduced to 2048 (above 8192 or a short
    side of 512 in panoramas), by the JPEG decoder itself where it can: then to 1536-2048.

    Raises PictureError, with one sentence, for everything that is not such a picture, is
    damaged or incomplete, or has more than MAX_BYTES or MAX_PIXELS.
    """
    _check_bytes(len(data))
    kind = _kind(data)
    if kind is None:
        raise PictureError(f"This is not a picture that can be opened here: {_ANOTHER}")
    try:
        with _OPENERS[kind](io.BytesIO(data), None) as image:
            _check_pixels(image, data)
            with _one_at_a_time if math.prod(image.size) > LARGE_PIXELS else nullcontext():
                pixels = _decode(image)
    except PictureError:
        raise
    except Image.DecompressionBombError as error:  # WebP and GIF measure themselves on opening
        raise PictureError(
            f"The picture has far more than {MAX_PIXELS // 10**6} megapixels: make it smaller and try again."
        ) from error
    except MemoryError as error:
        raise PictureError("The picture needs too much memory: make it smaller and try again.") from error
    except Exception as error:  # whatever a decoder trips over, the file is to blame
        raise PictureError(
            f"The {kind} file is damaged, incomplete or of an unusual kind: "
            "save it again as PNG or JPEG, or choose another picture."
        ) from error
    return Picture(pixels, name)


# --- before decoding ---------------------------------------------------------------------------


def _check_bytes(count: int) -> None:
    if count == 0:
        raise PictureError(f"The file is empty: {_ANOTHER}")
    if count > MAX_BYTES:
        found, limit = math.ceil(count / 2**20 * 10) / 10, MAX_BYTES // 2**20
        raise PictureError(
            f"The file has {found} MB and the limit is {limit} MB: save the picture smaller and try again."
        )


def _check_pixels(image: Image.Image, data: bytes) -> None:
    """Refuses what would decode to more than MAX_PIXELS, though it be cropped to fewer afterwards."""
    sizes = [image.size]
    if image.format == "TIFF" and 322 in image.tag_v2:  # a tile is decoded whole
        sizes.append((image.tag_v2[322], image.tag_v2[323]))
    if image.format in ("HEIF", "AVIF"):
        # The extent of each image inside: libheif holds its decoder to it, libavif to 16384 × 16384.
        extents = re.findall(rb"\0\0\0\x14ispe\0\0\0\0(.{8})", data, re.DOTALL)
        sizes += [struct.unpack(">II", extent) for extent in extents]
    width, height = max(sizes, key=math.prod)
    if width * height > MAX_PIXELS:
        raise PictureError(
            f"The picture has {width * height / 1e6:.1f} megapixels ({width} × {height}) and the limit "
            f"is {MAX_PIXELS // 10**6}: make it smaller and try again."
        )


def _kind(data: bytes) -> str | None:
    """The format that the first bytes announce, whatever the file is called."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WebP"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if data.startswith(b"BM"):
        return "BMP"
    if data.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return "TIFF"
    if data[4:8] == b"ftyp":
        brands = data[8 : min(int.from_bytes(data[:4], "big"), 256)]
        if b"avif" in brands:
            return "AVIF"
        if any(brand in brands for brand in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")):
            return "HEIC"
    return None


# Each reads a header and no more: the size and the mode are known, nothing is decoded. Image.open
# would warn of large pictures before they are refused here, and knows HEIC only once it is registered.
_OPENERS = {
    "JPEG": JpegImagePlugin.jpeg_factory,
    "PNG": PngImagePlugin.PngImageFile,
    "WebP": WebPImagePlugin.WebPImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
    "HEIC": pillow_heif.HeifImageFile,
    "AVIF": AvifImagePlugin.AvifImageFile,
}


# --- decoding ----------------------------------------------------------------------------------

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _decode(image: Image.Image) -> np.ndarray:
    """The upright RGB pixels of an opened picture, read-only."""
    size = _reduced(image.size)
    if size != image.size and image.format in ("JPEG", "MPO"):
        # libjpeg halves while it decodes, three times faster; a quarter less than asked for is fine.
        image.draft(None, (max(1, size[0] * 3 // 4), max(1, size[1] * 3 // 4)))
    image.load()
    turn = _TURNS.get(_orientation(image))
    profile = image.info.get("icc_profile")

    image = _plain(image)
    size = _reduced(image.size)
    if size != image.size:
        image = image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
    if image.mode == "RGBA":
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image)
        image = white
    if profile:
        image = _standard_colours(image, profile)
    if image.mode != "RGB":
        image = image.convert("RGB")
    if turn is not None:
        image = image.transpose(turn)
    pixels = np.array(image)
    pixels.flags.writeable = False
    return pixels


def _reduced(size: tuple[int, int]) -> tuple[int, int]:
    """The size at which a picture of this size is kept."""
    long, short = max(size), min(size)
    panorama = min(PANORAMA_SHORT_SIDE / short, PANORAMA_LONG_SIDE / long)
    scale = max(MAX_SIDE / long, panorama)
    if scale >= 1:
        return size
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _orientation(image: Image.Image) -> int:
    try:
        return image.getexif().get(0x0112, 1)
    except Exception:
        return 1  # a damaged note about the picture is no reason to refuse it


def _plain(image: Image.Image) -> Image.Image:
    """The same picture in one of four modes: L, RGB, CMYK, or RGBA where something is transparent."""
    if image.mode.startswith("I") or image.mode == "F":
        return _eight_bits(image)
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode == "1":
        return image.convert("L")
    if image.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
    return image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of more than 8 bits, from black to white of the range that it was measured in.

    Whole numbers: the smallest of 8, 10, 12, 14 and 16 bits that holds them all. Fractions: 0 to 1,
    or 0 to 255. Anything else: from its smallest to its largest value; not-a-number is black.
    """
    values = np.asarray(image)
    if image.mode == "F":
        finite = np.isfinite(values)
        low = float(values.min(where=finite, initial=np.inf))
        high = float(values.max(where=finite, initial=-np.inf))
        tops = [1, 255]
    else:
        low, high = float(values.min()), float(values.max())
        tops = [2**bits - 1 for bits in (8, 10, 12, 14, 16)]
    if low >= 0 and high <= tops[-1]:
        low, high = 0.0, float(next(top for top in tops if high <= top))
    grey = np.empty(values.shape, np.uint8)
    rows = max(1, 2**20 // values.shape[1])  # band by band, for memory's sake
    for top in range(0, len(values), rows):
        band = values[top : top + rows].astype(np.float64)
        band = np.nan_to_num(band, nan=low, posinf=high, neginf=low).clip(low, high)
        grey[top : top + rows] = np.rint((band - low) / max(high - low, 1e-300) * 255)
    return Image.fromarray(grey)


_SRGB = ImageCms.createProfile("sRGB")
_PROFILE_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}


def _standard_colours(image: Image.Image, data: bytes) -> Image.Image:
    """The picture's colours translated from its profile to sRGB; unchanged where the profile is unusable."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        if "sRGB" in (profile.profile.profile_description or ""):
            return image
        mode = _PROFILE_MODES.get(profile.profile.xcolor_space.strip())
        if mode == "RGB" and image.mode == "L":
            image = image.convert("RGB")
        if mode != image.mode:
            return image
        return ImageCms.profileToProfile(image, profile, _SRGB, outputMode="RGB")
    except Exception:
        return image  # profiles are broken more often than pictures, and the picture is fine without


# --- what a network sees -------------------------------------------------------------------------


@dataclass(frozen=True)
class Crop:
    """A rectangle on a picture, in its pixels: 0, 0 is the top left corner of the first one."""

    left: float
    top: float
    right: float
    bottom: float


SMALLEST_SQUARE = 100  # thousandths of the shorter side


def fitted_square(left: int, top: int, side: int, width: int, height: int) -> tuple[int, int, int]:
    """The square nearest to the one asked for that lies on a picture; see :meth:`Picture.framed`."""
    side = min(max(side, SMALLEST_SQUARE), 1000)
    across = side * min(width, height) / width
    down = side * min(width, height) / height
    return min(max(left, 0), int(1000 - across)), min(max(top, 0), int(1000 - down)), side


def crop_seen(picture: Picture | np.ndarray, short_side: int, size: int) -> tuple[np.ndarray, Crop]:
    """The square that a network sees of a picture, and where it lies on it.

    The short side is resized to ``short_side`` (bilinear, antialiased), then ``size`` × ``size``
    is cut from the centre: torchvision's ImageClassification preset, to the same bytes. Beyond an
    aspect ratio of 32 only the square is resized, which may round a value the other way. A picture
    with a square of its own gives that, resized to ``size`` × ``size`` in the same manner.

    Returns uint8 [size, size, 3] and the Crop. ValueError if ``size`` exceeds ``short_side``.
    """
    if not 1 <= size <= short_side:
        raise ValueError(f"a square of {size} cannot be cut from a short side of {short_side}")
    image = Image.fromarray(picture.pixels if isinstance(picture, Picture) else picture)
    width, height = image.size
    if isinstance(picture, Picture) and picture.square:
        left, top, side = picture.square
        side *= min(width, height) / 1000
        box = left * width / 1000, top * height / 1000
        box = *box, min(box[0] + side, width), min(box[1] + side, height)
        return np.array(image.resize((size, size), Image.Resampling.BILINEAR, box=box)), Crop(*box)
    if width <= height:
        resized = short_side, int(short_side * height / width)
    else:
        resized = int(short_side * width / height), short_side
    left, top = (round((side - size) / 2) for side in resized)
    across, down = width / resized[0], height / resized[1]
    box = left * across, top * down, (left + size) * across, (top + size) * down
    if max(resized) <= 32 * short_side:
        image = image.resize(resized, Image.Resampling.BILINEAR).crop((left, top, left + size, top + size))
    else:
        inside = box[0], box[1], min(box[2], width), min(box[3], height)
        image = image.resize((size, size), Image.Resampling.BILINEAR, box=inside)
    return np.array(image), Crop(*box)
