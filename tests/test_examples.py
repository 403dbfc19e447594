"""The examples run as they stand, do what they say, and stay short."""

import os
import subprocess
import sys

import pytest

from explainer.gallery import sample
from explainer.places import ROOT

EXAMPLES = ROOT / "examples"


def ran(name: str, *arguments: object) -> str:
    """What an example prints."""
    command = [sys.executable, str(EXAMPLES / name), *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of three photographs."""
    where = tmp_path_factory.mktemp("photographs")
    for name in ("cat", "coffee", "rocket"):
        (where / f"{name}.png").write_bytes(sample(name).png())
    return where


def test_a_detector_is_projected(folder, tmp_path):
    said = ran("project_a_detector.py", folder / "cat.png", tmp_path / "plate.png")
    assert said.startswith("detector ") and (tmp_path / "plate.png").stat().st_size > 1_000


def test_a_class_is_dreamt(tmp_path):
    said = ran("dream_a_class.py", "class:tench", tmp_path / "tench.png", 2)
    assert said.splitlines()[-1].startswith("step 2: ") and (tmp_path / "tench.png").stat().st_size > 1_000


def test_a_folder_is_indexed(folder):
    said = ran("index_a_folder.py", folder, "conv5", 3).splitlines()
    best = [line.split() for line in said if line.endswith((".png", "cat", "coffee", "rocket"))]
    values = [float(value) for value, _ in best]
    assert "3 of 3 pictures" in said and len(best) == 3 and values == sorted(values, reverse=True)


def test_digits_are_learned():
    share = float(ran("train_digits.py", 1).splitlines()[-1].split("%")[0])
    assert 50 < share < 100


def test_a_picture_is_swept(folder, tmp_path):
    assert "stays first from" in ran("sweep_a_picture.py", folder / "cat.png", tmp_path / "sweep.png")
    assert (tmp_path / "sweep.png").stat().st_size > 1_000


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_an_example_is_short_and_says_how_to_run_it(path):
    lines = path.read_text("utf-8").splitlines()
    assert len(lines) < 25 and f"``{path.name} " in lines[0]
