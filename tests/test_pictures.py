"""Pictures: every format and mode in known colours, every bad input as a sentence."""

import io
import os
import pickle
import struct
import subprocess
import sys
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms, ImageFile

from explainer import pictures as pictures_module
from explainer.errors import PictureError
from explainer.networks.vision import torchvision
from explainer.pictures import (
    FORMATS,
    MAX_BYTES,
    MAX_PIXELS,
    Crop,
    Picture,
    crop_seen,
    load_picture,
    open_picture,
)

RED, GREEN, BLUE, YELLOW, WHITE, BLACK = (
    (255, 0, 0),
    (0, 255, 0),
    (0, 0, 255),
    (255, 255, 0),
    (255, 255, 255),
    (0, 0, 0),
)
KINDS = list(dict.fromkeys(FORMATS.values()))
LOSSY = {"JPEG", "WebP", "HEIC", "AVIF"}


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    file = io.BytesIO()
    if kind == "HEIC":
        pillow_heif.encode(image.mode, image.size, image.tobytes(), file, quality=90, **options)
    else:
        options = {"quality": 95, "subsampling": 0} | options if kind == "JPEG" else options
        image.save(file, kind, **options)
    return file.getvalue()


def quarters(width: int = 48, height: int = 32) -> np.ndarray:
    """Red and green above blue and yellow: no turn or flip leaves it as it is."""
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2], pixels[: height // 2, width // 2 :] = RED, GREEN
    pixels[height // 2 :, : width // 2], pixels[height // 2 :, width // 2 :] = BLUE, YELLOW
    return pixels


def assert_quarters(pixels: np.ndarray, shape=(32, 48, 3), tolerance: int = 0) -> None:
    assert pixels.shape == shape
    height, width = shape[:2]
    for (down, across), colour in {(1, 1): RED, (1, 3): GREEN, (3, 1): BLUE, (3, 3): YELLOW}.items():
        found = pixels[down * height // 4, across * width // 4].astype(int)
        assert np.abs(found - colour).max() <= tolerance, (down, across, found, colour)


def png(width, height, bits, colour, rows: bytes, before: bytes = b"") -> bytes:
    """A PNG file made by hand; ``rows`` with their filter bytes, ``before`` chunks ahead of the data."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + before
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


# --- formats and modes ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_every_format(kind):
    picture = open_picture(encoded(Image.fromarray(quarters()), kind), "a name")
    assert_quarters(picture.pixels, tolerance=25 if kind in LOSSY else 0)
    assert picture.name == "a name"
    assert (picture.height, picture.width) == (32, 48)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(1, 1), (7, 1), (1, 9)])
def test_the_smallest_pictures(kind, size):
    picture = open_picture(encoded(Image.new("RGB", size, (200, 200, 200)), kind))
    assert picture.pixels.shape == (size[1], size[0], 3)
    assert np.abs(picture.pixels.astype(int) - 200).max() <= 4


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"])
def test_tiff_compressions(compression):
    options = {"compression": compression, "quality": 95} if compression == "jpeg" else {"compression": compression}
    data = encoded(Image.fromarray(quarters()), "TIFF", **options)
    assert_quarters(open_picture(data).pixels, tolerance=40 if compression == "jpeg" else 0)


@pytest.mark.parametrize(
    ("mode", "value", "kind", "colour"),
    [
        ("1", 255, "PNG", WHITE),
        ("1", 0, "TIFF", BLACK),
        ("L", 77, "PNG", (77, 77, 77)),
        ("L", 77, "BMP", (77, 77, 77)),
        ("LA", (77, 255), "PNG", (77, 77, 77)),
        ("LA", (0, 51), "PNG", (204, 204, 204)),  # black, a fifth of it, on white
        ("RGBA", (255, 0, 0, 0), "PNG", WHITE),
        ("RGBA", (255, 0, 0, 51), "PNG", (255, 204, 204)),
        ("RGBA", (0, 0, 255, 102), "TIFF", (153, 153, 255)),
        ("CMYK", (255, 0, 0, 0), "TIFF", (0, 255, 255)),
        ("CMYK", (0, 255, 255, 0), "TIFF", RED),
        ("CMYK", (0, 0, 0, 255), "TIFF", BLACK),
        ("I", 0, "TIFF", BLACK),
        ("LAB", (255, 128, 128), "TIFF", WHITE),  # Pillow stores a and b as offsets from 128
    ],
)
def test_modes(mode, value, kind, colour):
    if mode == "LAB":
        colour_from_lab = ImageCms.profileToProfile(
            Image.new("RGB", (5, 4), WHITE),
            ImageCms.createProfile("sRGB"),
            ImageCms.createProfile("LAB"),
            outputMode="LAB",
        )
        data = encoded(colour_from_lab, kind)
    else:
        data = encoded(Image.new(mode, (5, 4), value), kind)
    pixels = open_picture(data).pixels
    assert pixels.shape == (4, 5, 3)
    assert np.abs(pixels.astype(int) - colour).max() <= 1


@pytest.mark.parametrize(
    ("ink", "colour"), [((255, 0, 0, 0), (0, 255, 255)), ((0, 255, 255, 0), RED), ((0, 0, 0, 255), BLACK)]
)
def test_cmyk_jpeg_as_adobe_writes_it(ink, colour):
    data = encoded(Image.new("CMYK", (16, 16), ink), "JPEG")
    assert b"Adobe" in data[:100]  # the marker that means: stored upside down
    assert np.abs(open_picture(data).pixels.astype(int) - colour).max() <= 3


def test_palette():
    image = Image.new("P", (2, 1))
    image.putpalette([*RED, *BLUE])
    image.putpixel((1, 0), 1)
    for kind in ("PNG", "GIF", "BMP", "TIFF"):
        assert open_picture(encoded(image, kind)).pixels.tolist() == [[list(RED), list(BLUE)]]


def test_palette_with_alpha_lies_on_white():
    palette = chunk(b"PLTE", bytes([*RED, *BLUE, *BLACK])) + chunk(b"tRNS", bytes([255, 0, 51]))
    data = png(3, 1, 8, 3, b"\0\0\1\2", palette)
    assert open_picture(data).pixels.tolist() == [[list(RED), list(WHITE), [204, 204, 204]]]


def test_one_transparent_colour():
    data = png(2, 1, 8, 2, bytes([0, *RED, *BLUE]), chunk(b"tRNS", bytes([0, 255, 0, 0, 0, 0])))
    assert open_picture(data).pixels.tolist() == [[list(WHITE), list(BLUE)]]


def test_colours_of_sixteen_bits():
    data = png(2, 1, 16, 2, b"\0" + struct.pack(">6H", 65535, 0, 0, 0, 0x8000, 0xFFFF))
    assert open_picture(data).pixels.tolist() == [[[255, 0, 0], [0, 128, 255]]]


def grey16(values: list[int]) -> bytes:
    return png(len(values), 1, 16, 0, b"\0" + struct.pack(f">{len(values)}H", *values))


@pytest.mark.parametrize(
    ("values", "greys"),
    [
        ([0, 257, 128 * 257, 254 * 257, 65535], [0, 1, 128, 254, 255]),
        ([0, 256, 40000, 65000], [0, 1, 156, 253]),  # 40000/257 = 155.6, 65000/257 = 252.9
        ([0, 1000, 4095], [0, 62, 255]),  # 12 bits: 1000 × 255 / 4095 = 62.3
        ([0, 512, 1023], [0, 128, 255]),  # 10 bits
        ([0, 7, 200], [0, 7, 200]),  # 8 bits
    ],
)
def test_grey_of_sixteen_bits_is_scaled_not_clipped(values, greys):
    assert open_picture(grey16(values)).pixels[0, :, 0].tolist() == greys
    for array in (np.array([values], np.uint16), np.array([values], np.int32)):
        pixels = open_picture(encoded(Image.fromarray(array), "TIFF")).pixels
        assert pixels[0].tolist() == [[grey] * 3 for grey in greys]


@pytest.mark.parametrize(
    ("values", "greys"),
    [
        ([0.0, 0.5, 1.0], [0, 128, 255]),
        ([0.0, 100.0, 255.0], [0, 100, 255]),
        ([-1.0, 0.0, 1.0], [0, 128, 255]),
        ([0.0, 1000.0, 4000.0], [0, 64, 255]),
        ([np.nan, 0.0, 1.0], [0, 0, 255]),
        ([np.inf, 0.0, 1.0], [255, 0, 255]),
        ([np.nan, np.nan], [0, 0]),
        ([-5.0, -5.0], [0, 0]),
    ],
)
def test_fractions(values, greys):
    data = encoded(Image.fromarray(np.array([values], np.float32)), "TIFF")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert open_picture(data).pixels[0, :, 1].tolist() == greys


def test_whole_numbers_beyond_sixteen_bits():
    data = encoded(Image.fromarray(np.array([[-1000, 0, 1000]], np.int32)), "TIFF")
    assert open_picture(data).pixels[0, :, 2].tolist() == [0, 128, 255]


def test_only_the_first_frame():
    frames = [Image.new("RGB", (8, 6), colour) for colour in (RED, BLUE, GREEN)]
    for kind, options in {"GIF": {}, "WebP": {"lossless": True}, "PNG": {}, "TIFF": {}}.items():
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options)
        assert np.array_equal(open_picture(data).pixels, np.full((6, 8, 3), RED)), kind
    assert (
        np.abs(
            open_picture(encoded(frames[0], "MPO", save_all=True, append_images=frames[1:])).pixels[3, 4] - [254, 0, 0]
        ).max()
        <= 1
    )


# --- orientation ---------------------------------------------------------------------------------

# EXIF 2.3, tag 274: which sides of the upright picture the first stored row and column are.
# Stored pixel (r, c) of an upright picture of h × w.
STORED_FROM = {
    1: lambda r, c, h, w: (r, c),  # top, left
    2: lambda r, c, h, w: (r, w - 1 - c),  # top, right
    3: lambda r, c, h, w: (h - 1 - r, w - 1 - c),  # bottom, right
    4: lambda r, c, h, w: (h - 1 - r, c),  # bottom, left
    5: lambda r, c, h, w: (c, r),  # left, top
    6: lambda r, c, h, w: (c, w - 1 - r),  # right, top
    7: lambda r, c, h, w: (h - 1 - c, w - 1 - r),  # right, bottom
    8: lambda r, c, h, w: (h - 1 - c, r),  # left, bottom
}


def stored(upright: np.ndarray, orientation: int) -> Image.Image:
    h, w = upright.shape[:2]
    shape = (h, w) if orientation < 5 else (w, h)
    row, column = STORED_FROM[orientation](*np.indices(shape), h, w)
    return Image.fromarray(np.ascontiguousarray(upright[row, column]))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP", "TIFF", "compressed TIFF", "HEIC", "AVIF"])
def test_orientation_is_applied(kind, orientation):
    image = stored(quarters(), orientation)
    exif = Image.Exif()
    exif[274] = orientation
    if kind == "TIFF":
        data = encoded(image, "TIFF", tiffinfo={274: orientation})
    elif kind == "compressed TIFF":
        data = encoded(image, "TIFF", tiffinfo={274: orientation}, compression="tiff_lzw")
    else:
        data = encoded(image, kind, exif=exif.tobytes())
    assert_quarters(open_picture(data).pixels, tolerance=25 if kind in LOSSY else 0)


def test_a_large_turned_photograph_is_reduced_and_upright():
    image = Image.fromarray(np.rot90(quarters(4000, 3000)))  # first row: the right side
    exif = Image.Exif()
    exif[274] = 6
    assert_quarters(open_picture(encoded(image, "JPEG", exif=exif.tobytes())).pixels, (1500, 2000, 3), 3)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_is_no_reason_to_refuse():
    data = encoded(Image.fromarray(quarters()), "JPEG")
    for note in (b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\x7f", b"Exif\0\0II*\0\x08\0\0\0\xff\xff"):
        marker = b"\xff\xe1" + struct.pack(">H", len(note) + 2) + note
        assert_quarters(open_picture(data[:2] + marker + data[2:]).pixels, tolerance=25)


# --- colour profiles -----------------------------------------------------------------------------


def profile_with_red_and_green_exchanged() -> bytes:
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = data.replace("sRGB".encode("utf-16-be"), "test".encode("utf-16-be"))
    return data.replace(b"rXYZ", b"tmp.").replace(b"gXYZ", b"rXYZ").replace(b"tmp.", b"gXYZ")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WebP"])
def test_a_colour_profile_is_applied(kind):
    data = encoded(Image.new("RGB", (16, 16), RED), kind, icc_profile=profile_with_red_and_green_exchanged())
    assert np.abs(open_picture(data).pixels.astype(int) - GREEN).max() <= 4


def test_an_unusable_profile_is_ignored():
    exchanged = profile_with_red_and_green_exchanged()
    for profile in (b"garbage", exchanged[:200], exchanged[:128] + b"\xff" * 300):
        data = encoded(Image.new("RGB", (3, 3), RED), "PNG", icc_profile=profile)
        assert open_picture(data).pixels[0, 0].tolist() == list(RED)
    data = encoded(Image.new("CMYK", (3, 3), (255, 0, 0, 0)), "TIFF", icc_profile=exchanged)  # of other colours
    assert open_picture(data).pixels[0, 0].tolist() == [0, 255, 255]


# --- size ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "kept"),
    [
        ((2048, 2048), (2048, 2048)),
        ((3000, 1500), (2048, 1024)),
        ((2400, 240), (2400, 240)),  # panoramas of 10 to 1
        ((20000, 2000), (5120, 512)),
        ((300, 3000), (300, 3000)),
        ((50000, 2), (8192, 1)),
        ((1, 30000), (1, 8192)),
    ],
)
def test_large_pictures_are_reduced_and_panoramas_keep_their_height(size, kept):
    picture = open_picture(encoded(Image.new("L", size, 90), "PNG", compress_level=1))
    assert (picture.width, picture.height) == kept
    assert np.all(picture.pixels == 90)


@pytest.mark.parametrize("mode", ["1", "P", "L", "LA", "RGBA", "CMYK", "I;16", "F"])
def test_large_pictures_of_every_mode(mode):
    image = Image.fromarray(quarters(2400, 1800)).convert("L" if mode in ("I;16", "F") else mode)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image).astype(np.uint16) * 257)
    elif mode == "F":
        image = Image.fromarray(np.asarray(image).astype(np.float32) / 255)
    pixels = open_picture(encoded(image, "TIFF" if mode in ("CMYK", "F") else "PNG")).pixels
    assert pixels.shape == (1536, 2048, 3)
    if mode in ("RGBA", "CMYK", "P"):
        assert_quarters(pixels, (1536, 2048, 3), 1)
    elif mode != "1":  # brightness by ITU-R 601: 0.299, 0.587, 0.114
        assert [pixels[400, 500, 0], pixels[400, 1500, 0], pixels[1200, 500, 0]] == [76, 150, 29]


def test_a_photograph_of_twelve_megapixels_keeps_its_looks():
    coarse = np.random.default_rng(0).integers(0, 256, (750, 1000, 3), dtype=np.uint8)
    photograph = Image.fromarray(coarse).resize((4000, 3000))
    data = encoded(photograph, "JPEG", quality=90, subsampling=2)
    assert len(data) > 2e6
    pixels = open_picture(data).pixels
    assert 1536 <= pixels.shape[1] <= 2048 and pixels.shape[0] * 4 == pixels.shape[1] * 3
    wanted, found = (
        np.asarray(image.resize((100, 75), Image.Resampling.BOX), int)
        for image in (photograph, Image.fromarray(pixels))
    )
    assert np.abs(found - wanted).mean() < 4


# --- bad input -----------------------------------------------------------------------------------


def refused(data: bytes) -> str:
    """The sentence with which the bytes are refused."""
    with pytest.raises(PictureError) as caught:
        open_picture(data)
    sentence = str(caught.value)
    assert sentence.endswith(".") and "\n" not in sentence and len(sentence) < 200
    return sentence


def test_empty():
    assert refused(b"") == (
        "The file is empty: choose a picture in JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC or AVIF format."
    )


@pytest.mark.parametrize(
    "data", [b"Dear diary,\n" * 50, b"\0", b"\0" * 5000, b"PK\3\4" + b"x" * 99, b"%PDF-1.7", b"<svg/>"]
)
def test_not_a_picture(data, tmp_path):
    assert refused(data).startswith("This is not a picture that can be opened here: choose")
    (tmp_path / "photo.jpg").write_bytes(data)
    with pytest.raises(PictureError, match="not a picture"):
        load_picture(tmp_path / "photo.jpg")


def test_too_many_bytes():
    assert refused(bytes(MAX_BYTES + 2**19)).startswith("The file has 20.5 MB and the limit is 20 MB:")
    assert refused(bytes(MAX_BYTES + 1)).startswith("The file has 20.1 MB and")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_truncated(kind, share):
    texture = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = encoded(Image.fromarray(texture), kind)
    assert open_picture(data).pixels.shape == (64, 64, 3)
    assert kind in refused(data[: int(share * len(data))])


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_after_the_signature(kind):
    data = encoded(Image.fromarray(quarters()), kind)
    for length in (12, 16, 24):
        refused(data[:length])


@pytest.mark.parametrize("options", [{"progressive": True}, {"quality": 10}])
def test_truncated_jpeg_anywhere(options):
    data = encoded(Image.fromarray(quarters(96, 64)), "JPEG", **options)
    for length in range(3, len(data) - 2, 7):
        refused(data[:length])


def tiff(width: int, height: int, tags: dict | None = None) -> bytes:
    """A TIFF file made by hand: grey, one deflated strip (or tile) of 64 × 64 zeros."""
    strip = zlib.compress(bytes(64 * 64))
    tags = {256: width, 257: height, 258: 8, 259: 8, 262: 1, 277: 1} | (tags or {})
    place, count = (324, 325) if 322 in tags else (273, 279)
    tags |= {place: 8, count: len(strip)}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, tags[tag]) for tag in sorted(tags))
    start = 8 + len(strip)
    return b"II*\0" + struct.pack("<I", start) + strip + struct.pack("<H", len(tags)) + entries + bytes(4)


def patched(data: bytes, place: int, replacement: bytes) -> bytes:
    return data[:place] + replacement + data[place + len(replacement) :]


def with_size(kind: str, width: int, height: int) -> bytes:
    """A small file of that kind whose header announces another size."""
    small = Image.fromarray(quarters(64, 64))
    data = encoded(small, kind)
    if kind == "JPEG":
        return patched(data, data.index(b"\xff\xc0") + 5, struct.pack(">HH", height, width))
    if kind == "PNG":
        return png(width, height, 8, 2, b"\0" * 1000)
    if kind == "WebP":
        data = encoded(small, "WebP", lossless=True)
        assert data[12:16] == b"VP8L" and data[20] == 0x2F
        return patched(data, 21, struct.pack("<I", (width - 1) | (height - 1) << 14))
    if kind == "GIF":
        return patched(data, 6, struct.pack("<HH", width, height))
    if kind == "BMP":
        return patched(data, 18, struct.pack("<ii", width, height))
    if kind == "TIFF":
        return tiff(width, height)
    while (place := data.find(b"ispe", 1)) >= 0:  # HEIC and AVIF: the box of the image's extent
        data = patched(data, place, b"ISPE\0\0\0\0" + struct.pack(">II", width, height))
    return data.replace(b"ISPE", b"ispe")


@pytest.mark.parametrize("kind", KINDS)
def test_sixty_megapixels_are_refused_before_decoding(kind, monkeypatch):
    def decoded(*_):
        raise AssertionError("it was decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", decoded)
    monkeypatch.setattr(pillow_heif.HeifImageFile, "load", decoded)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # Pillow's own alarm is not needed
        sentence = refused(with_size(kind, 10000, 6000))
    assert sentence == (
        "The picture has 60.0 megapixels (10000 × 6000) and the limit is 50: make it smaller and try again."
    )


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP", "GIF", "BMP", "TIFF"])
def test_far_more_megapixels(kind):
    side = 16000
    assert "megapixels" in refused(with_size(kind, side, side))


def test_a_real_bomb():
    data = encoded(Image.new("1", (10000, 6000)), "PNG")
    assert len(data) < 20_000
    assert "60.0 megapixels" in refused(data)


def test_a_huge_tile_in_a_small_tiff():
    assert open_picture(tiff(64, 64)).pixels.shape == (64, 64, 3)
    assert open_picture(tiff(50, 50, {322: 64, 323: 64})).pixels.shape == (50, 50, 3)
    assert "900.0 megapixels" in refused(tiff(50, 50, {322: 30000, 323: 30000}))


def test_a_huge_heic_that_is_cropped_to_a_small_one():
    data = encoded(Image.fromarray(quarters(50, 50)), "HEIC")
    assert b"clap" in data and open_picture(data).pixels.shape == (50, 50, 3)
    place = data.index(b"ispe") + 8
    assert "900.0 megapixels" in refused(patched(data, place, struct.pack(">II", 30000, 30000)))


def test_just_within_the_limit():
    picture = open_picture(encoded(Image.new("1", (10000, MAX_PIXELS // 10000)), "PNG"))
    assert (picture.width, picture.height) == (2048, 1024)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "HEIC", "AVIF"])
@pytest.mark.parametrize("size", [(0, 0), (0, 10), (10, 0)])
def test_no_pixels(kind, size):
    data = with_size(kind, *size)
    try:
        picture = open_picture(data)
    except PictureError:
        return
    assert picture.pixels.size > 0 and kind == "GIF"  # a GIF's frame may be larger than its screen


@pytest.mark.parametrize("failure", [MemoryError, struct.error, SyntaxError, RecursionError, zlib.error, KeyError])
def test_whatever_a_decoder_raises(failure, monkeypatch):
    data = encoded(Image.fromarray(quarters()), "PNG")

    def load(*_):
        raise failure("inside")

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    assert "inside" not in refused(data)


@pytest.mark.parametrize(
    ("kind", "options"),
    [(kind, {}) for kind in KINDS]
    + [
        ("JPEG", {"progressive": True}),
        ("WebP", {"lossless": True}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"compression": "jpeg"}),
        ("PNG", {"palette": True}),
    ],
)
def test_damaged_files_give_a_picture_or_a_sentence(kind, options):
    image = Image.fromarray(quarters(40, 24))
    image.info["exif"] = b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"
    options = dict(options)
    if options.pop("palette", False):
        image = image.convert("P")
    if kind in ("JPEG", "PNG", "WebP"):
        options |= {
            "icc_profile": profile_with_red_and_green_exchanged(),
            "exif": image.info.get("exif", b""),
        }
    data = encoded(image, kind, **options)
    random = np.random.default_rng(len(data))
    opened = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow remarks on the damage
        for _ in range(100):
            damaged = bytearray(data)
            for place in random.integers(0, len(damaged), random.integers(1, 9)):
                damaged[place] = random.integers(0, 256)
            start = random.integers(0, len(damaged))
            match random.integers(0, 5):
                case 0:
                    del damaged[start:]
                case 1:
                    del damaged[start : start + 20]
                case 2:
                    damaged[start : start + 40] = bytes(40)
                case 3:
                    damaged[start:start] = random.bytes(8)
            try:
                picture = open_picture(bytes(damaged))
            except PictureError:
                continue
            assert isinstance(picture, Picture) and picture.pixels.size <= 3 * 2048 * 2048
            opened += 1
    assert opened < 100


def test_nothing_global_is_changed():
    before = (ImageFile.LOAD_TRUNCATED_IMAGES, Image.MAX_IMAGE_PIXELS, list(warnings.filters))
    for kind in KINDS:
        data = encoded(Image.fromarray(quarters()), kind)
        open_picture(data)
        refused(data[: len(data) // 2])
    assert (ImageFile.LOAD_TRUNCATED_IMAGES, Image.MAX_IMAGE_PIXELS, list(warnings.filters)) == before
    assert "HEIF" not in Image.OPEN


def test_no_heavy_imports():
    heavy = "{'torch', 'streamlit', 'skimage', 'scipy'}"
    code = f"import sys, explainer.pictures; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- files ---------------------------------------------------------------------------------------


def test_load_picture(tmp_path):
    path = tmp_path / "quarters.png"
    path.write_bytes(encoded(Image.fromarray(quarters()), "PNG"))
    for given in (path, str(path)):
        picture = load_picture(given)
        assert_quarters(picture.pixels)
        assert picture.name == "quarters.png"


def test_load_picture_refuses_in_a_sentence(tmp_path):
    with pytest.raises(PictureError, match=r"^There is no file at .*none\.png: check the path\.$"):
        load_picture(tmp_path / "none.png")
    with pytest.raises(PictureError, match=r"is a folder: give the path of a picture in it\.$"):
        load_picture(tmp_path)
    with pytest.raises(PictureError, match="cannot be read"):
        load_picture("a\0b")
    with pytest.raises(PictureError, match="cannot be read"):
        load_picture(tmp_path / ("x" * 5000))
    (tmp_path / "empty.png").touch()
    with pytest.raises(PictureError, match="empty"):
        load_picture(tmp_path / "empty.png")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes on this system")
def test_load_picture_does_not_wait_for_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(PictureError, match="is not a file"):
        load_picture(tmp_path / "pipe")


def test_load_picture_does_not_read_a_file_that_is_too_large(tmp_path):
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.truncate(2**40)  # a hole on the disk: to read it would take minutes
    with pytest.raises(PictureError, match="the limit is 20 MB"):
        load_picture(path)


# --- Picture -------------------------------------------------------------------------------------


def test_a_picture_is_read_only_and_its_own():
    array = quarters()
    picture = Picture(array)
    array[:] = 0
    assert_quarters(picture.pixels)
    with pytest.raises(ValueError):
        picture.pixels[0, 0, 0] = 1
    assert array.flags.writeable
    flipped = Picture(quarters()[:, ::-1])
    assert flipped.pixels.flags.c_contiguous and flipped.pixels[0, 0].tolist() == list(GREEN)


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((2, 2, 3)),
        np.zeros((2, 2), np.uint8),
        np.zeros((2, 2, 4), np.uint8),
        np.zeros((0, 2, 3), np.uint8),
        [[[0, 0, 0]]],
    ],
)
def test_a_picture_of_other_arrays_is_refused(pixels):
    with pytest.raises(ValueError):
        Picture(pixels)


def test_digest_tells_pictures_apart():
    picture = Picture(quarters())
    assert picture.digest == Picture(quarters(), "another name").digest
    assert len(picture.digest) == 16 and int(picture.digest, 16) >= 0
    changed = quarters()
    changed[5, 5, 1] ^= 1
    reshaped = quarters().reshape(48, 32, 3)
    assert len({picture.digest, Picture(changed).digest, Picture(reshaped).digest}) == 3


def test_png_gives_the_same_picture_back():
    pixels = np.random.default_rng(1).integers(0, 256, (30, 50, 3), dtype=np.uint8)
    assert np.array_equal(open_picture(Picture(pixels).png()).pixels, pixels)


def test_a_pickled_picture_stays_read_only():
    picture = pickle.loads(pickle.dumps(Picture(quarters(), "me")))
    assert not picture.pixels.flags.writeable
    assert (picture.name, picture.digest) == ("me", Picture(quarters()).digest)


# --- what a network sees -------------------------------------------------------------------------

SHAPES = [
    (1, 1),
    (3, 2),
    (57, 64),
    (1, 20),
    (640, 20),
    (224, 224),
    (256, 401),
    (300, 227),
    (511, 640),
    (256, 256),
]


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize(("short_side", "size"), [(256, 227), (232, 224), (255, 100)])
def test_crop_seen_is_torchvisions_preset_to_the_byte(short_side, size):
    preset = torchvision().transforms._presets.ImageClassification(
        crop_size=size, resize_size=short_side, mean=(0, 0, 0), std=(1, 1, 1)
    )
    for height, width in SHAPES:
        pixels = noise(height, width)
        theirs = (preset(Image.fromarray(pixels)) * 255).round().numpy().astype(np.uint8)
        ours, crop = crop_seen(pixels, short_side, size)
        assert ours.dtype == np.uint8 and ours.shape == (size, size, 3)
        assert np.array_equal(ours, theirs.transpose(1, 2, 0)), (height, width)
        assert -1e-6 <= crop.left < crop.right <= width + 1e-6 and -1e-6 <= crop.top < crop.bottom <= height + 1e-6


@pytest.mark.parametrize(("height", "width"), [(2, 80), (90, 2), (10, 1000), (1200, 30)])
def test_crop_seen_of_extreme_shapes_is_the_same_but_for_rounding(height, width):
    pixels = noise(height, width)
    ours, _ = crop_seen(pixels, 256, 227)
    resized = (256, 256 * height // width) if width <= height else (256 * width // height, 256)
    left, top = (round((side - 227) / 2) for side in resized)
    whole = Image.fromarray(pixels).resize(resized, Image.Resampling.BILINEAR)
    wanted = np.asarray(whole.crop((left, top, left + 227, top + 227))).astype(int)
    difference = np.abs(ours - wanted)
    assert difference.max() <= 1 and difference.mean() < 0.35


@pytest.mark.parametrize("shape", [(2, 50000), (50000, 1), (1, 8192)])
def test_crop_seen_of_a_thread(shape):
    pixels, crop = crop_seen(np.full((*shape, 3), 50, np.uint8), 256, 227)
    assert np.all(pixels == 50)
    assert 0 < crop.right - crop.left < 3 and 0 < crop.bottom - crop.top < 3


def test_where_the_crop_lies():
    # 400 × 300: resized to 341 × 256 (256·400/300 = 341.3); 227 cut at left 57 and, 14.5 to even, top 14
    pixels, crop = crop_seen(Picture(noise(300, 400)), 256, 227)
    assert pixels.shape == (227, 227, 3)
    assert crop == Crop(
        left=pytest.approx(57 * 400 / 341),
        top=pytest.approx(14 * 300 / 256),
        right=pytest.approx(284 * 400 / 341),
        bottom=pytest.approx(241 * 300 / 256),
    )
    _, whole = crop_seen(noise(50, 50), 227, 227)
    assert whole == Crop(0, 0, 50, 50)


@pytest.mark.parametrize(("short_side", "size"), [(226, 227), (256, 0), (0, 0)])
def test_a_square_larger_than_the_picture_cannot_be_cut(short_side, size):
    with pytest.raises(ValueError):
        crop_seen(quarters(), short_side, size)


# --- a square of one's own ------------------------------------------------------------------------


@pytest.mark.parametrize(("height", "width"), [(300, 400), (400, 300), (1, 1), (7, 3), (30, 1200), (90, 90)])
@pytest.mark.parametrize("asked", [(0, 0, 1000), (400, 250, 500), (-50, 5000, 7), (999, 999, 999), (333, 667, 100)])
def test_a_square_always_lies_on_the_picture(height, width, asked):
    picture = Picture(noise(height, width)).framed(*asked)
    pixels, crop = crop_seen(picture, 256, 227)
    assert pixels.shape == (227, 227, 3) and picture.square == picture.framed(*picture.square).square
    assert 0 <= crop.left < crop.right <= width and 0 <= crop.top < crop.bottom <= height
    side = min(height, width) * max(100, min(1000, asked[2])) / 1000
    assert (crop.right - crop.left, crop.bottom - crop.top) == pytest.approx((side, side))


def test_the_square_is_what_the_network_sees():
    pixels = noise(300, 400)
    picture = Picture(pixels).framed(250, 500, 400)  # 100 to 220 across, 150 to 270 down
    seen, crop = crop_seen(picture, 256, 120)
    assert crop == Crop(100, 150, 220, 270)
    np.testing.assert_array_equal(seen, pixels[150:270, 100:220])


def test_the_square_tells_pictures_apart():
    picture = Picture(noise(30, 40), "mine")
    framed = picture.framed(100, 0, 900)
    assert len({picture.digest, framed.digest, picture.framed(90, 0, 900).digest}) == 3
    assert framed.digest == Picture(noise(30, 40), "another", (100, 0, 900)).digest
    again = pickle.loads(pickle.dumps(framed))
    assert again.square == (100, 0, 900) and again.digest == framed.digest and again.name == "mine"
    with pytest.raises(ValueError, match="no square"):
        Picture(noise(30, 40), "mine", (500, 0, 1000))


def test_large_pictures_are_decoded_one_at_a_time(monkeypatch):
    """However many visitors, or threads of one, open such a picture at once."""
    monkeypatch.setattr(pictures_module, "LARGE_PIXELS", 99)
    decode, inside, most = pictures_module._decode, [], []

    def watched(image):
        inside.append(image)
        most.append(len(inside))
        started.set()
        waiting.wait(0.2)
        inside.pop()
        return decode(image)

    monkeypatch.setattr(pictures_module, "_decode", watched)
    started, waiting = Event(), Event()
    file = io.BytesIO()
    Image.new("L", (10, 10)).save(file, "PNG")
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(pictures_module.open_picture, [file.getvalue()] * 4))
    assert len(opened) == 4 and most == [1, 1, 1, 1]
