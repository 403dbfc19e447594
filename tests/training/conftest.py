"""A miniature of everything training needs: a folder of pictures, a teacher that knows nothing, a short recipe."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from explainer.networks.vision import torchvision
from explainer.training.course import Course
from explainer.training.normalised import NormalisedAlexNet
from explainer.training.recipe import Phase, Recipe
from explainer.training.store import Store, open_store
from explainer.training.teacher import Teacher

SMALL = Recipe(
    phases=(Phase(67, 67, (0.5, 1.0), 0.5, 4), Phase(71, 67, (0.5, 1.0), 0.5, 3)),
    seed=3,
    batch=8,
    parts=2,
    term=8,
    studies=2,
    warm_up=2,
    half_precision=False,
)


def webp(pixels: np.ndarray) -> bytes:
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "WEBP", lossless=True)
    return data.getvalue()


@pytest.fixture(scope="session")
def data(tmp_path_factory) -> Path:
    """A data folder with photographs of five sets, one sheet of each kind, and the yardstick."""
    folder = tmp_path_factory.mktemp("data")
    random = np.random.default_rng(0)
    with zipfile.ZipFile(folder / "photos.zip", "w") as archive:
        sets = {"imagenet": "7", "imagenette": "0", "dogs": "200", "pacs": "horse", "varied": ""}
        for source, kind in sets.items():
            for number in range(12):
                name = "/".join(part for part in (source, kind, f"{number}.webp") if part)
                archive.writestr(name, webp(random.integers(0, 256, (40, 30 + number, 3), np.uint8)))
    with zipfile.ZipFile(folder / "nips17.zip", "w") as archive:
        for number in range(3):
            archive.writestr(f"nips17/{number:03}_a.jpg", webp(random.integers(0, 256, (260, 270, 3), np.uint8)))
    for name, side, index in (("mini-imagenet", 84, 5), ("tiny-imagenet", 64, 9)):
        (folder / name).mkdir()
        sheet = random.integers(0, 256, (3 * side, 3 * side, 3), np.uint8)
        (folder / name / f"{index}.webp").write_bytes(webp(sheet))
    return folder


@pytest.fixture(scope="session")
def store(data, tmp_path_factory) -> Store:
    return open_store(data, tmp_path_factory.mktemp("work"))


@pytest.fixture(scope="session")
def teacher_file(tmp_path_factory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("teacher") / "squeezenet.pth"
    torch.save(torchvision().models.squeezenet1_0().state_dict(), path)
    return path


@pytest.fixture(scope="session")
def teacher(teacher_file) -> Teacher:
    return Teacher(teacher_file, torch.float32)


@pytest.fixture
def new_course(store, teacher):
    """Makes courses on the miniature that all begin with the same weights."""

    def make(recipe: Recipe = SMALL, drawer: Path | None = None) -> Course:
        torch.manual_seed(1)
        return Course(recipe, NormalisedAlexNet(fc6=16, fc7=16), teacher, store, drawer=drawer)

    return make
