"""``python -m explainer dream``, run in this process."""

import io

import numpy as np
import pytest
from PIL import Image

from explainer.commands import main
from explainer.dream import settings_in
from explainer.pictures import Picture


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.png"
    pixels = np.random.default_rng(0).integers(0, 255, (9, 12, 3), np.uint8).repeat(10, 0).repeat(10, 1)
    path.write_bytes(Picture(pixels).png())
    return path


def test_a_category_from_noise(tmp_path, capsys):
    path = tmp_path / "goldfish.png"
    arguments = ["dream", "--objective", "class:goldfish", "--steps", "2", "--seed", "5", "-o", str(path)]
    assert main(arguments) == 0
    settings = settings_in(path.read_bytes())
    assert (settings["objective"], settings["steps"], settings["seed"]) == ("class:goldfish", 2, 5)
    assert settings["recipe"]["name"] == "clear"
    assert Image.open(path).size == (224, 224)
    said = capsys.readouterr()
    assert "class:goldfish" in said.out and said.err == ""  # a log gets no line for every step

    first = path.read_bytes()
    assert main(arguments) == 0 and path.read_bytes() == first


def test_a_terminal_hears_how_far_it_is(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert main(["dream", "--objective", "class:goldfish", "--steps", "2", "-o", str(tmp_path / "two.png")]) == 0
    assert "step 2 of 2" in capsys.readouterr().err


def test_a_unit_as_a_gif_and_as_an_mp4(tmp_path):
    for suffix in ("gif", "mp4"):
        path = tmp_path / f"unit.{suffix}"
        assert main(["dream", "--objective", "unit:conv2:3", "--steps", "4", "-o", str(path)]) == 0
    with Image.open(tmp_path / "unit.gif") as gif:
        assert gif.n_frames == 4 and gif.size == (459, 459)
    assert (tmp_path / "unit.mp4").read_bytes()[4:8] == b"ftyp"


def test_on_a_picture_it_is_a_deepdream(tmp_path, photo):
    path = tmp_path / "dream.png"
    options = ["--objective", "layer:conv3", "--octaves", "2", "--steps", "4", "--rate", "3", "--guide", str(photo)]
    assert main(["dream", str(photo), *options, "-o", str(path)]) == 0
    recipe = settings_in(path.read_bytes())["recipe"]
    assert (recipe["name"], recipe["octaves"], recipe["iterations"], recipe["rate"]) == ("deepdream", 2, 2, 3.0)
    assert Image.open(path).size == (120, 90)


def test_a_zoom_film(tmp_path, photo):
    path = tmp_path / "zoom.gif"
    options = ["--objective", "layer:conv2", "--octaves", "2", "--steps", "2", "--scenes", "3"]
    assert main(["dream", str(photo), *options, "-o", str(path)]) == 0
    assert Image.open(io.BytesIO(path.read_bytes())).n_frames == 3


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--objective", "class:dumbell"], "dumbbell"),
        (["--objective", "layer:conv77"], "conv77"),
        (["--objective", "teapot"], "class:NAME"),
        (["--objective", "class:goldfish", "--rate", "1e9"], "rate"),
        (["--objective", "class:goldfish", "--rate", "nan"], "rate"),
        (["--objective", "class:goldfish", "--steps", "0"], "steps"),
        (["--objective", "class:goldfish", "--size", "100000"], "size"),
        (["--objective", "class:goldfish", "--seed", "-1"], "seed"),
        (["--objective", "class:goldfish", "--octaves", "3"], "--octaves"),
        (["--objective", "class:goldfish", "--recipe", "lucent"], "lucid"),
        (["--objective", "layer:conv3", "--recipe", "deepdream"], "picture"),
        (["--objective", "layer:conv3", "--recipe", "deepdream", "--steps", "7"], "multiple"),
        (["no-such-file.png", "--objective", "layer:conv3"], "no-such-file.png"),
    ],
)
def test_mistakes_get_one_sentence_and_exit_code_2(tmp_path, capsys, options, sentence):
    path = tmp_path / "never.png"
    assert main(["dream", *options, "-o", str(path)]) == 2
    said = capsys.readouterr().err.strip()
    assert sentence in said and "\n" not in said and "Traceback" not in said
    assert not path.exists()


def test_another_kind_of_file_is_refused_before_the_work(tmp_path, capsys):
    assert main(["dream", "--objective", "class:goldfish", "-o", str(tmp_path / "dream.webp")]) == 2
    assert ".mp4" in capsys.readouterr().err
