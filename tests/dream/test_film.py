"""Files: a PNG that carries its settings, films that open and don't grow without end."""

import io

import av
import numpy as np
import pytest
from PIL import Image

from explainer.dream import DreamError, Film, Settings, dream, png, settings_in
from explainer.dream.deepdream import MAX_SIDE
from explainer.pictures import Picture


def coloured(value: int, height: int = 33, width: int = 45) -> np.ndarray:
    return np.full((height, width, 3), value, np.uint8)


def test_a_png_carries_all_it_takes_to_dream_it_again(toy):
    *_, frame = dream(toy, "class:teapot + 0.5*channel:conv2:3", "lucid", steps=4, size=32, seed=11)
    data = png(frame)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), frame.pixels)
    values = settings_in(data)
    assert values.pop("step") == 4 and values.pop("objective_reached") == frame.objective
    settings = Settings.of(values)
    assert settings == frame.settings
    *_, again = dream(
        toy, settings.objective, settings.recipe, steps=settings.steps, size=settings.size, seed=settings.seed
    )
    assert png(again) == data


def test_several_pictures_lie_side_by_side(toy):
    *_, frame = dream(toy, "class:teapot", steps=1, size=32, pictures=3)
    assert Image.open(io.BytesIO(png(frame))).size == (96, 32)


@pytest.mark.parametrize("data", [b"", b"no picture", Picture(coloured(3)).png()])
def test_other_files_carry_no_settings(data):
    assert settings_in(data) is None


def test_a_long_film_is_thinned_evenly_and_keeps_the_end():
    film = Film(limit=10)
    for value in range(200):
        film.add(coloured(value))
    values = [int(pixels[0, 0, 0]) for pixels in film.frames]
    assert len(values) <= 12 and values[0] == 0 and values[-1] == 199
    assert len(set(np.diff(values)[:-1])) == 1


def test_a_gif_moves_and_rests_at_the_end():
    film = Film()
    for value in (0, 90, 180, 250):
        film.add(coloured(value))
    with Image.open(io.BytesIO(film.gif(seconds=2))) as gif:
        assert gif.n_frames == 4 and gif.size == (450, 330) and gif.info["loop"] == 0
        durations = []
        for index in range(4):
            gif.seek(index)
            durations.append(gif.info["duration"])
    assert durations == [500, 500, 500, 2000]


@pytest.mark.parametrize("size", [(33, 45), (11, 11), (240, 320)])
def test_an_mp4_opens_and_shows_the_colours(size):
    film = Film()
    for value in (20, 120, 220):
        film.add(coloured(value, *size))
    with av.open(io.BytesIO(film.mp4())) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert frames[0].shape[0] % 2 == frames[0].shape[1] % 2 == 0
    assert min(frames[0].shape[:2]) >= 640
    assert abs(int(frames[0].mean()) - 20) < 8 and abs(int(frames[-1].mean()) - 220) < 8


def test_frames_of_another_size_are_fitted():
    film = Film()
    film.add(coloured(10, 20, 20))
    film.add(coloured(20, 40, 40))
    assert Image.open(io.BytesIO(film.gif())).size == (480, 480)


def test_no_film_without_a_picture():
    for make in (Film().gif, Film().mp4):
        with pytest.raises(DreamError, match="no picture yet"):
            make()


def test_the_longest_film_stays_small():
    film = Film()
    rows = np.random.default_rng(0).integers(0, 255, (MAX_SIDE // 8, MAX_SIDE, 3), np.uint8)
    for _ in range(500):
        film.add(rows)
    assert len(film.frames) <= 121
