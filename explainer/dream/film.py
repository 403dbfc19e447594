"""Dreams as files: a PNG that carries its settings, a GIF or an MP4 of how it grew."""

import io
import json

import numpy as np
from PIL import Image, PngImagePlugin

from explainer.dream.checks import DreamError
from explainer.dream.frame import Frame

PROGRAM = "How Machines See"
MAX_FRAMES = 120
GIF_FRAMES = 60  # a GIF packs noise badly
LONGEST_SIDE = 480  # of a GIF, whose bytes grow with every pixel
SHORTEST_SIDE = 640  # of an MP4, at least, for the back row; smaller pictures are enlarged by a whole factor
TINY = 128  # smaller pictures keep their pixels as squares, larger ones are smoothed
HOLD = 2.0  # seconds that the last picture stays


class Film:
    """Pictures of a dream as it grows, never more than ``limit``.

    When the film is full every second picture is dropped, and from then on only every
    second one is taken, and so on: a long dream becomes a faster film, not a longer one.
    """

    def __init__(self, limit: int = MAX_FRAMES):
        self.limit, self.every, self.seen = limit, 1, 0
        self._frames: list[bytes] = []  # as JPEGs: a large picture's film would take 100 MB
        self._latest: np.ndarray | None = None
        self._latest_is_in = False

    def copy(self) -> "Film":
        """The film so far; what is added later to one is not added to the other."""
        other = Film(self.limit)
        vars(other).update(vars(self), _frames=list(self._frames))
        return other

    def add(self, frame: Frame | np.ndarray) -> None:
        """Take a frame, or pixels uint8 [H, W, 3], if its turn has come."""
        pixels = frame.pixels if isinstance(frame, Frame) else frame
        if isinstance(frame, Frame) and not frame.whole:
            return
        self._latest_is_in = self.seen % self.every == 0
        if self._latest_is_in:
            self._frames.append(_packed(pixels))
        self.seen += 1
        self._latest = pixels
        if len(self._frames) > self.limit:
            self._latest_is_in = len(self._frames) % 2 == 1
            self._frames = self._frames[::2]
            self.every *= 2

    @property
    def frames(self) -> list[np.ndarray]:
        """What the film shows, the latest picture always last, and exactly as it is."""
        if self._latest is None:
            return []
        before = self._frames[:-1] if self._latest_is_in else self._frames
        return [*map(_unpacked, before), self._latest]

    def gif(self, seconds: float = 6.0) -> bytes:
        """An endless GIF that takes about ``seconds``; DreamError without a picture."""
        frames = self._uniform()
        skip = -(-len(frames) // GIF_FRAMES)
        images = [_fitting(Image.fromarray(pixels), LONGEST_SIDE) for pixels in frames[:-1:skip] + frames[-1:]]
        each = max(20, round(1000 * seconds / len(images)))
        file = io.BytesIO()
        images[0].save(
            file, "GIF", save_all=True, append_images=images[1:], loop=0,
            duration=[each] * (len(images) - 1) + [round(1000 * HOLD)],
        )  # fmt: skip
        return file.getvalue()

    def mp4(self, seconds: float = 6.0) -> bytes:
        """An H.264 film that takes about ``seconds``; DreamError without a picture."""
        import av

        frames = [_even(_large(pixels)) for pixels in self._uniform()]
        rate = int(np.clip(round(len(frames) / seconds), 4, 30))
        frames += [frames[-1]] * round(HOLD * rate)
        file = io.BytesIO()
        with av.open(file, "w", format="mp4") as container:
            stream = container.add_stream("libx264", rate=rate, options={"crf": "18", "threads": "1"})
            stream.height, stream.width = frames[0].shape[:2]
            stream.pix_fmt = "yuv420p"
            for pixels in frames:
                for packet in stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")):
                    container.mux(packet)
            for packet in stream.encode():
                container.mux(packet)
        return file.getvalue()

    def _uniform(self) -> list[np.ndarray]:
        """The frames, all of the last one's size."""
        frames = self.frames
        if not frames:
            raise DreamError("There is no picture yet to make a film of: dream a step first.")
        height, width = frames[-1].shape[:2]
        return [_resized(pixels, width, height) for pixels in frames]


def png(frame: Frame) -> bytes:
    """A frame's picture (several side by side) as a PNG that carries its settings as text."""
    about = PngImagePlugin.PngInfo()
    for name, text in facts(frame).items():
        about.add_itxt(name, text)
    file = io.BytesIO()
    Image.fromarray(np.concatenate(frame.pictures, axis=1)).save(file, "PNG", pnginfo=about)
    return file.getvalue()


def facts(frame: Frame) -> dict[str, str]:
    """What a PNG of a frame says of how it came about; :func:`settings_in` reads it."""
    settings = {**frame.settings.values(), "step": frame.step, "objective_reached": frame.objective}
    return {
        "Software": PROGRAM,
        "Description": f"{frame.settings.objective}, after {frame.step} steps",
        "Settings": json.dumps(settings),
    }


def settings_in(data: bytes) -> dict | None:
    """The settings that :func:`png` wrote into a PNG; None if the file carries none."""
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            image.load()
            settings = json.loads(image.text["Settings"])
    except (OSError, KeyError, ValueError, SyntaxError):
        return None
    return settings if isinstance(settings, dict) else None


def _packed(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=95, subsampling=0)
    return file.getvalue()


def _unpacked(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data), formats=["JPEG"]))


def _resized(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    if pixels.shape[:2] == (height, width):
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC))


def _fitting(image: Image.Image, longest: int) -> Image.Image:
    """A picture whose longer side is about ``longest``: made smaller to it, or enlarged by a whole factor below it."""
    factor = longest / max(image.size)
    if factor >= 1:
        return _times(image, int(factor))
    return image.resize([max(1, round(side * factor)) for side in image.size], Image.Resampling.LANCZOS)


def _large(pixels: np.ndarray, shortest: int = SHORTEST_SIDE) -> np.ndarray:
    """Pictures large enough for a wall, tiny ones with each pixel as a square: video blurs single ones."""
    return np.asarray(_times(Image.fromarray(pixels), -(-shortest // min(pixels.shape[:2]))))


def _times(image: Image.Image, factor: int) -> Image.Image:
    if factor == 1:
        return image
    how = Image.Resampling.NEAREST if min(image.size) < TINY else Image.Resampling.LANCZOS
    return image.resize((image.width * factor, image.height * factor), how)


def _even(pixels: np.ndarray) -> np.ndarray:
    """One more row or column where there is an odd number: H.264 stores colours for 2 × 2 pixels."""
    height, width = pixels.shape[:2]
    return np.ascontiguousarray(np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge"))
