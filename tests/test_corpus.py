"""The index against brute force; stopping, resuming and damage; and archives that mean harm."""

import io
import json
import os
import pickle
import stat
import struct
import threading
import zipfile
from functools import cache
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from explainer.commands import main
from explainer.corpus import (
    Best,
    Corpus,
    LeftOut,
    build,
    building,
    exemplars,
    folder_corpus,
    gallery_corpus,
    imagenette_corpus,
    indexed_layers,
    open_corpus,
    open_index,
    patches,
    path_of,
    reasons,
    store,
    uploads_corpus,
    zip_corpus,
)
from explainer.corpus import archive as archives
from explainer.corpus import index as indexes
from explainer.corpus import pictures as sources
from explainer.errors import DataError, NetworkError, PictureError
from explainer.networks import Network, Preprocessing, load_network
from explainer.pictures import Picture
from tests.beside import SHARED, needs_shared

PHOTOS = SHARED / "data" / "photos.zip"


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLAINER_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("EXPLAINER_DATA", raising=False)


@cache
def toy() -> Network:
    """Two small convolutions on 24 × 24 pixels, quick enough for hundreds of pictures."""
    torch.manual_seed(1)
    chain = nn.Sequential()
    chain.add_module("conv1", nn.Sequential(nn.Conv2d(3, 8, 5, stride=2), nn.ReLU()))
    chain.add_module("pool1", nn.MaxPool2d(2))
    chain.add_module("conv2", nn.Sequential(nn.Conv2d(8, 12, 3, padding=1), nn.ReLU()))
    chain.add_module("fc3", nn.Sequential(nn.Flatten(), nn.Linear(300, 4)))
    return Network("toy", "a toy", chain, Preprocessing(24, 24), tuple("abcd"), "", "toy-digest", {})


def random_picture(number: int) -> Picture:
    return Picture(np.random.default_rng(number).integers(0, 256, (24, 24, 3), np.uint8), f"{number:03d}")


def random_corpus(count: int, broken: tuple[int, ...] = ()) -> Corpus:
    def opened(name: str) -> Picture:
        if int(name) in broken:
            raise PictureError("This one is broken.")
        return random_picture(int(name))

    names = tuple(f"{number:03d}" for number in range(count))
    return Corpus("random pictures", names, names, opened)


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(indexes, "_LARGEST_BATCH", 4)


def finished(network: Network, corpus: Corpus, **options):
    index = open_index(network, corpus, **options)
    for _ in build(network, corpus, index):
        pass
    assert index.complete
    return index


def same(one, other) -> bool:
    return one.done == other.done and all(
        np.array_equal(getattr(best, name), getattr(other.layers[layer], name))
        for layer, best in one.layers.items()
        for name in ("values", "pictures", "places")
    )


# --- what is found ---------------------------------------------------------------------------------------


def test_top_nine_by_brute_force(small_batches):
    """Every map of every picture, searched with NumPy."""
    network, corpus = toy(), random_corpus(30)
    index = finished(network, corpus)
    assert list(index.layers) == ["conv1", "conv2"]
    for layer in index.layers:
        maps = np.stack([network.trace(corpus.picture(i))[layer].numpy() for i in range(30)])
        for unit in range(maps.shape[1]):
            peaks = maps[:, unit].max((1, 2))
            expected = [i for i in np.argsort(-peaks, kind="stable")[:9] if peaks[i] > 0]
            found = index.top(layer, unit)
            assert [seen.picture for seen in found] == expected
            for seen in found:
                assert seen.value == pytest.approx(peaks[seen.picture], rel=1e-5)
                assert maps[seen.picture, unit][seen.position] == pytest.approx(seen.value, rel=1e-5)
        records = maps.max((0, 2, 3))
        np.testing.assert_allclose(index.records(layer), records, rtol=1e-5)


def test_one_maximum_a_picture_and_nothing_for_silence():
    """Fewer pictures than nine, and a unit that never fires."""
    network = toy()
    silent = Network("s", "s", nn.Sequential(), Preprocessing(24, 24), (), "", "silent", {})
    silent.stages.add_module("conv1", nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU()))
    silent.stages.requires_grad_(False)
    silent.stages.conv1[0].weight.zero_()
    silent.stages.conv1[0].bias.copy_(torch.tensor([-1.0, 2.0]))
    corpus = random_corpus(5)
    index = finished(silent, corpus)
    assert index.top("conv1", 0) == []
    assert exemplars(silent, corpus, index, "conv1", 0) == []
    assert [(seen.value, seen.picture, seen.position) for seen in index.top("conv1", 1)] == [
        (2, number, (0, 0)) for number in range(5)
    ]
    assert len({seen.picture for seen in finished(network, corpus).top("conv2", 0)}) <= 5


def test_equals_go_to_the_earlier_picture(small_batches):
    network, names = toy(), tuple(f"{number}" for number in range(12))
    corpus = Corpus("one picture, twelve times", names, names, lambda name: random_picture(0))
    index = finished(network, corpus)
    for seen in (index.top(layer, unit) for layer in index.layers for unit in range(8)):
        assert [one.picture for one in seen] in ([], list(range(9)))


def test_parts_merge_to_the_same_in_any_order():
    """What a cluster's workers send may come in any order."""
    random = np.random.default_rng(3)
    values = random.integers(1, 6, (4, 24)).astype(np.float32)  # many equals
    parts = []
    for start in range(0, 24, 6):
        part = Best.none_yet(4, 10)
        order = np.argsort(-values[:, start : start + 6], axis=1, kind="stable")
        part.values[:, :6] = np.take_along_axis(values[:, start : start + 6], order, 1)
        part.pictures[:, :6] = order + start
        parts.append(part)
    expected = np.argsort(-values, axis=1, kind="stable")[:, :9]
    for arrangement in permutations(parts):
        whole = Best.none_yet(4, 10)
        for part in arrangement:
            whole.merge(part)
        assert np.array_equal(whole.pictures, expected)


def test_batches_fit_the_memory():
    assert indexes.batch_size(load_network()) == 32
    large = Network("l", "l", nn.Sequential(), Preprocessing(224, 224), (), "", "large", {})
    large.stages.add_module("conv1", nn.Conv2d(3, 64, 3, padding=1))
    assert indexes.batch_size(large) == 3


def test_what_is_not_indexed():
    index = finished(toy(), random_corpus(3))
    with pytest.raises(NetworkError, match="conv1, conv2"):
        index.top("fc3", 0)
    with pytest.raises(NetworkError, match="0 to 7"):
        index.top("conv1", 8)


# --- the real network ---------------------------------------------------------------------------------


def check_exemplars(network, corpus, index, layer, unit):
    page = exemplars(network, corpus, index, layer, unit)
    assert len({one.picture for one in page}) == len(page)
    values = [one.recorded for one in page]
    assert values == sorted(values, reverse=True)
    for one in page:
        assert one.projection.value == pytest.approx(one.recorded, rel=1e-4)
        view = network.view(corpus.picture(one.picture))[0]
        left, top, right, bottom = one.projection.box
        rows, columns = slice(max(top, 0), min(bottom, len(view))), slice(max(left, 0), min(right, len(view)))
        inside = one.projection.patch[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
        assert np.array_equal(inside, view[rows, columns])
        assert one.name == corpus.names[one.picture]
    for patch, one in zip(patches(network, corpus, index, layer, unit), page, strict=True):
        assert np.array_equal(patch, one.projection.patch)
    return page


def test_the_boxs_pictures_through_the_shipped_network():
    network, corpus = load_network(), gallery_corpus()
    index = finished(network, corpus)
    assert list(index.layers) == indexed_layers(network) == ["conv1", "conv2", "conv3", "conv4", "conv5"]
    for layer, unit in (("conv1", 3), ("conv3", 100), ("conv5", 7)):
        assert len(check_exemplars(network, corpus, index, layer, unit)) == 9
    for number in (0, 20):
        maps = network.trace(corpus.picture(number))["conv5"].amax((1, 2)).numpy()
        assert (maps <= index.records("conv5") * 1.0001 + 1e-5).all()


@needs_shared
def test_photographs_stopped_half_way_give_the_index_of_one_run(tmp_path):
    network, everything = load_network(), zip_corpus(PHOTOS)
    assert len(everything) == 14_920
    assert everything.left_out == ()
    chosen = slice(0, None, 155)  # 97 of them: three batches and one picture
    corpus = Corpus("photographs", everything.names[chosen], everything.stamps[chosen], everything.open)
    index = finished(network, corpus)
    random = np.random.default_rng(5)
    for layer in index.layers:
        for unit in random.integers(0, len(index.layers[layer].values), 2):
            check_exemplars(network, corpus, index, layer, int(unit))
    states = build(network, corpus, open_index(network, corpus, tmp_path))
    next(states), next(states)
    states.close()
    halfway = json.loads(np.load(path_of(network, corpus, tmp_path))["about"].tobytes())["done"]
    assert halfway == 32
    resumed = finished(network, corpus, folder=tmp_path)
    assert same(index, resumed)


# --- in the background ---------------------------------------------------------------------------------


def test_stopping_and_resuming_loses_nothing(small_batches, tmp_path):
    network, corpus = toy(), random_corpus(31, broken=(2, 17))
    one_run = finished(network, corpus)
    folder, stops = tmp_path / "several", 0
    while True:
        index = open_index(network, corpus, folder)
        states = build(network, corpus, index)
        state = next(states)
        assert state.done == index.done
        if index.complete:
            break
        next(states), next(states, None)
        states.close()
        stops += 1
        assert index.done < 31 or stops > 3
        assert not store.load(indexes.Index(network, corpus.digest, 31, index.path))
        del index, states  # the process ends; only the file is left
    assert stops == 4
    assert same(one_run, open_index(network, corpus, folder))
    assert open_index(network, corpus, folder).left_out == {
        2: "This one is broken.",
        17: "This one is broken.",
    }


def test_an_error_in_the_middle_keeps_what_was_done(small_batches):
    network, corpus = toy(), random_corpus(20)

    def opened(name):
        if int(name) == 9:
            raise RuntimeError("a decoder with a defect")
        return random_picture(int(name))

    faulty = Corpus(corpus.title, corpus.names, corpus.stamps, opened)
    with pytest.raises(RuntimeError, match="defect"):
        finished(network, faulty)
    assert open_index(network, corpus).done == 8
    assert same(finished(network, corpus), finished(network, corpus, folder=path_of(network, corpus).parent / "2"))


def test_grows_while_it_is_read(small_batches):
    network, corpus = toy(), random_corpus(12)
    index = open_index(network, corpus)
    assert index.top("conv1", 0) == []
    states = build(network, corpus, index)
    progress = [(state.done, len(index.top("conv2", 2))) for state in states]
    assert [done for done, _ in progress] == [0, 4, 8, 12, 12]
    assert [found for _, found in progress] == sorted(found for _, found in progress)
    assert open_index(network, corpus) is index


def test_progress_says_what_to_expect(small_batches, monkeypatch):
    clock = iter(range(0, 1000, 2))
    monkeypatch.setattr(building, "monotonic", lambda: next(clock))
    states = list(build(toy(), random_corpus(12, broken=(1,)), open_index(toy(), random_corpus(12))))
    assert states[0].rate == 0
    assert states[0].seconds_left is None
    assert states[1].left_out == 1
    assert states[1].seconds_left == pytest.approx(8 / states[1].rate)
    assert states[-1].seconds_left == 0


def test_several_visitors_at_once_share_one_index(small_batches):
    network, corpus = toy(), random_corpus(40)
    expected = finished(network, corpus, folder=Path(os.environ["EXPLAINER_CACHE"]) / "alone")
    index = open_index(network, corpus)

    def work():
        for _ in build(network, corpus, open_index(network, corpus)):
            index.top("conv2", 1)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert same(expected, index)


def test_closing_ends_the_threads_it_began(small_batches):
    before = threading.active_count()
    states = build(toy(), random_corpus(40), open_index(toy(), random_corpus(40)))
    next(states), next(states)
    states.close()
    assert threading.active_count() == before


def test_a_corpus_without_one_good_picture():
    index = finished(toy(), random_corpus(3, broken=(0, 1, 2)))
    assert len(index.left_out) == 3
    assert index.top("conv1", 0) == []


# --- on disk ----------------------------------------------------------------------------------------------


def damaged_files(path: Path) -> dict[str, bytes]:
    good = path.read_bytes()
    files = {"empty": b"", "cut short": good[: len(good) // 2], "something else": b"hello" * 1000}
    middle = bytearray(good)
    middle[len(good) // 2] ^= 0x10
    files["one bit"] = bytes(middle)

    def changed(**changes) -> bytes:
        with np.load(path) as file:
            arrays = dict(file)
        for name, change in changes.items():
            arrays[name] = change(arrays[name])
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)
        return buffer.getvalue()

    def about(**entries):
        return lambda old: np.frombuffer(json.dumps(json.loads(old.tobytes()) | entries).encode(), np.uint8)

    files["another network's"] = changed(about=about(network="other"))
    files["another corpus's"] = changed(about=about(corpus="other"))
    files["done with more than all"] = changed(about=about(done=99))
    files["a later format"] = changed(about=about(format=2))
    files["no JSON"] = changed(about=lambda _: np.frombuffer(b"{", np.uint8))
    files["rising values"] = changed(**{"conv1/values": lambda old: old[:, ::-1]})
    files["not numbers"] = changed(**{"conv1/values": lambda old: old * np.nan})
    files["unknown pictures"] = changed(**{"conv1/pictures": lambda old: old + 100})
    files["places beside the map"] = changed(**{"conv2/places": lambda old: old + 1000})
    files["another shape"] = changed(**{"conv2/values": lambda old: old[:5]})
    files["code"] = changed(**{"conv1/values": lambda old: np.array([{}], object)})
    return files


def test_a_damaged_file_is_refused_and_left():
    network, corpus = toy(), random_corpus(20)
    finished(network, corpus)
    path = path_of(network, corpus)
    cases = damaged_files(path)
    assert len(cases) == 15
    for what, data in cases.items():
        path.write_bytes(data)
        with pytest.raises(DataError, match="damaged"):
            open_index(network, corpus)
            pytest.fail(f"accepted {what}")
        assert path.read_bytes() == data
    afresh = open_index(network, corpus, afresh=True)
    assert afresh.done == 0
    for _ in build(network, corpus, afresh):
        pass
    del afresh
    assert open_index(network, corpus).complete


def test_no_half_written_file_remains(monkeypatch):
    network, corpus = toy(), random_corpus(6)
    index = finished(network, corpus)
    good = index.path.read_bytes()

    def failing(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.os, "replace", failing)
    with pytest.raises(OSError, match="space"):
        store.save(index)
    assert index.path.read_bytes() == good
    assert [path.name for path in index.path.parent.iterdir()] == [index.path.name]


def test_works_on_where_nothing_can_be_kept(tmp_path):
    (tmp_path / "file").write_text("no folder")
    index = open_index(toy(), random_corpus(6), tmp_path / "file")
    states = list(build(toy(), random_corpus(6), index))
    assert "could not be kept" in states[-1].unsaved
    assert index.top("conv1", 0)


def test_old_indexes_make_room(monkeypatch):
    monkeypatch.setattr(store, "MOST_FILES", 2)
    paths = []
    for count in (3, 4, 5):
        index = finished(toy(), random_corpus(count))
        os.utime(index.path, (count, count))
        paths.append(index.path)
    assert [path.exists() for path in paths] == [False, True, True]


# --- folders, uploads, collections -------------------------------------------------------------------


def encoded(number: int = 0, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(random_picture(number).pixels).save(buffer, kind)
    return buffer.getvalue()


def test_a_folder(tmp_path):
    folder = tmp_path / "holidays"
    (folder / "b" / "deep").mkdir(parents=True)
    (folder / "b" / "deep" / "two.JPG").write_bytes(encoded(2, "JPEG"))
    (folder / "a.png").write_bytes(encoded(1))
    (folder / "notes.txt").write_text("no picture")
    (folder / ".hidden.png").write_bytes(encoded(3))
    (folder / "empty.png").write_bytes(b"")
    (folder / "linked.png").symlink_to(folder / "a.png")
    (folder / "gone.png").symlink_to(folder / "nowhere.png")
    (folder / "circle").symlink_to(folder)
    with open(folder / "large.png", "wb") as file:
        file.truncate(20 * 2**20 + 1)
    corpus = folder_corpus(folder)
    assert corpus.names == ("a.png", "b/deep/two.JPG", "linked.png")
    assert np.array_equal(corpus.picture(0).pixels, random_picture(1).pixels)
    assert {one.name: one.reason for one in corpus.left_out} == {
        ".hidden.png": "is a hidden file",
        "circle": "is a link to a folder",
        "empty.png": "is empty",
        "gone.png": "cannot be read (No such file or directory)",
        "large.png": "is larger than 20 MB",
        "notes.txt": "is not named like a picture",
    }
    assert folder_corpus(folder).digest == corpus.digest
    assert pickle.loads(pickle.dumps(corpus)).picture(1).name == "two.JPG"
    (folder / "a.png").write_bytes(encoded(1) + b" ")
    assert folder_corpus(folder).digest != corpus.digest
    (folder / "b" / "deep" / "two.JPG").unlink()
    with pytest.raises(PictureError, match="no file"):
        corpus.picture(1)


def test_names_that_are_no_text(tmp_path):
    try:
        (tmp_path / os.fsdecode(b"caf\xe9.png")).write_bytes(encoded())
    except OSError:
        pytest.skip("this file system takes only names that are text")
    corpus = folder_corpus(tmp_path)
    index = finished(toy(), corpus)
    assert corpus.label(0) == "caf?.png"
    assert exemplars(toy(), corpus, index, "conv2", 0)[0].name == "caf?.png"


def test_no_folder_or_nothing_in_it(tmp_path):
    with pytest.raises(DataError, match="no folder"):
        folder_corpus(tmp_path / "nowhere")
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(DataError, match=r"no picture.*1 × is not named like a picture"):
        folder_corpus(tmp_path)


def test_uploads(monkeypatch):
    inner = archive({"x.png": encoded(3), "notes.txt": b"no picture"})
    corpus = uploads_corpus(
        [
            ("a.png", encoded(1)),
            ("b.zip", inner),
            ("a.png", encoded(2)),
            ("c.pdf", b"%PDF"),
            ("d.jpg", b"no picture"),
        ]
    )
    assert corpus.names == ("a.png", "b.zip/x.png", "d.jpg")
    assert np.array_equal(corpus.picture(1).pixels, random_picture(3).pixels)
    assert set(corpus.left_out) == {
        LeftOut("a.png", "is there twice"),
        LeftOut("b.zip/notes.txt", "is not named like a picture"),
        LeftOut("c.pdf", "is not named like a picture"),
    }
    index = finished(toy(), corpus)
    assert list(index.left_out) == [2]
    assert "not a picture" in index.left_out[2]
    assert uploads_corpus([("a.png", encoded(1))]).digest != uploads_corpus([("a.png", encoded(2))]).digest
    monkeypatch.setattr(sources, "MAX_UPLOAD_BYTES", 1000)
    with pytest.raises(DataError, match="limit"):
        uploads_corpus([("a.png", encoded(1))])
    with pytest.raises(DataError, match="no picture"):
        uploads_corpus([])


def test_imagenette_is_looked_for_before_it_is_fetched(tmp_path, monkeypatch):
    with pytest.raises(DataError, match="can be fetched"):
        imagenette_corpus()
    folder = tmp_path / "imagenette2-160" / "val" / "n01440764"
    folder.mkdir(parents=True)
    (folder / "ILSVRC2012_val_00000293.JPEG").write_bytes(encoded(kind="JPEG"))
    monkeypatch.setenv("EXPLAINER_DATA", str(tmp_path))
    assert imagenette_corpus().title == "Imagenette"
    assert len(open_corpus("imagenette")) == 1


def test_imagenette_without_a_network(monkeypatch):
    def unreachable(*_, **__):
        raise OSError("no route to host")

    monkeypatch.setattr(sources.torchvision().datasets, "Imagenette", unreachable)
    with pytest.raises(DataError, match="could not be fetched"):
        imagenette_corpus(fetch=True)


# --- archives that mean harm ------------------------------------------------------------------------------


def archive(entries: dict, **options) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", **options) as file:
        for name, data in entries.items():
            file.writestr(name, data)
    return buffer.getvalue()


def left_out(corpus: Corpus) -> dict[str, str]:
    return {one.name: one.reason for one in corpus.left_out}


def test_a_plain_archive(tmp_path):
    data = archive({"b/two.png": encoded(2), "a.png": encoded(1), "folder/": b""}, compression=zipfile.ZIP_DEFLATED)
    (tmp_path / "pictures.zip").write_bytes(data)
    for corpus in (
        zip_corpus(data),
        zip_corpus(tmp_path / "pictures.zip"),
        open_corpus(str(tmp_path / "pictures.zip")),
    ):
        assert corpus.names == ("a.png", "b/two.png")
        assert np.array_equal(corpus.picture(1).pixels, random_picture(2).pixels)
        assert corpus.left_out == ()
        assert np.array_equal(pickle.loads(pickle.dumps(corpus)).picture(1).pixels, random_picture(2).pixels)


def test_paths_that_climb_out_and_links(tmp_path):
    link = zipfile.ZipInfo("link.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    pipe = zipfile.ZipInfo("pipe.png")
    pipe.external_attr = (stat.S_IFIFO | 0o777) << 16
    data = archive(
        {
            "good.png": encoded(1),
            "../climbs.png": encoded(2),
            "a/../../climbs.png": encoded(2),
            "/absolute.png": encoded(2),
            "..\\windows.png": encoded(2),
            "C:\\windows.png": encoded(2),
            link: b"/etc/passwd",
            pipe: b"",
        }
    )
    before = set(tmp_path.rglob("*"))
    corpus = zip_corpus(data)
    index = finished(toy(), corpus)
    assert corpus.names == ("good.png",)
    assert index.left_out == {}
    outside = "has a path that leads out of the archive"
    assert sorted(left_out(corpus).values()) == [*[outside] * 5, "is a link", "is no ordinary file"]
    new = set(tmp_path.rglob("*")) - before - {tmp_path / "cache", tmp_path / "cache" / "indexes"}
    assert new == {index.path}


def test_bombs():
    """A picture-sized name over 200 MB of zeros, a picture of 900 megapixels, and an archive that lies."""
    bomb = archive({"zeros.png": bytes(200 * 2**20)}, compression=zipfile.ZIP_DEFLATED)
    assert len(bomb) < 2**18
    with pytest.raises(DataError, match="larger than 20 MB"):
        zip_corpus(bomb)
    picture = bytearray(encoded(1))
    picture[16:24] = struct.pack(">LL", 30_000, 30_000)
    lying = bytearray(archive({"a.png": bytes(30 * 2**20), "b.png": encoded(2)}, compression=zipfile.ZIP_DEFLATED))
    place = lying.rfind(b"PK\1\2", 0, lying.rfind(b"PK\1\2"))
    lying[place + 24 : place + 28] = struct.pack("<L", 1000)
    corpus = uploads_corpus([("vast.png", bytes(picture)), ("lying.zip", bytes(lying))])
    index = finished(toy(), corpus)
    assert {corpus.names[number] for number in index.left_out} == {"vast.png", "lying.zip/a.png"}
    assert index.done == 3
    assert index.top("conv1", 0)[0].picture == corpus.names.index("lying.zip/b.png")


def test_damaged_encrypted_and_oddly_packed():
    secret = bytearray(archive({"secret.png": encoded(1), "open.png": encoded(2)}))
    secret[secret.find(b"PK\1\2") + 8] |= 1
    corpus = zip_corpus(bytes(secret))
    assert left_out(corpus) == {"secret.png": "is encrypted"}
    odd = archive({"lzma.png": encoded(1)}, compression=zipfile.ZIP_LZMA)
    with pytest.raises(DataError, match="unusual"):
        zip_corpus(odd)
    wrong = bytearray(archive({"a.png": encoded(1), "b.png": encoded(2)}))
    wrong[60] ^= 0xFF
    corpus = zip_corpus(bytes(wrong))
    index = finished(toy(), corpus)
    assert index.left_out == {0: "a.png is damaged inside the archive and was left out."}


def test_entries_that_share_their_bytes_are_counted_in_full(monkeypatch):
    monkeypatch.setattr(archives, "MAX_UNPACKED", 4 * len(encoded(0)))
    corpus = zip_corpus(archive({f"{number}.png": encoded(0) for number in range(6)}))
    assert len(corpus) == 4
    assert len(corpus.left_out) == 2
    assert "limit" in corpus.left_out[0].reason


def test_the_same_name_twice():
    with pytest.warns(UserWarning, match="Duplicate"):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as file:
            file.writestr("a.png", encoded(1))
            file.writestr("a.png", encoded(2))
    corpus = zip_corpus(buffer.getvalue())
    assert left_out(corpus) == {"a.png": "is there twice"}
    assert np.array_equal(corpus.picture(0).pixels, random_picture(1).pixels)


def many(count: int) -> bytes:
    """A zip archive of ``count`` entries that share one picture's bytes."""
    picture = encoded(1)
    crc = struct.pack("<L", zipfile.crc32(picture))
    sizes = struct.pack("<LL", len(picture), len(picture))
    local = b"PK\3\4" + struct.pack("<HHHHH", 20, 0, 0, 0, 33) + crc + sizes + struct.pack("<HH", 10, 0)
    body = local + b"000000.png" + picture
    listing = b"".join(
        b"PK\1\2" + struct.pack("<HHHHHH", 20, 20, 0, 0, 0, 33) + crc + sizes
        + struct.pack("<HHHHHLL", 10, 0, 0, 0, 0, 0, 0) + f"{number:06d}.png".encode()
        for number in range(count)
    )  # fmt: skip
    at = len(body)
    large = b"PK\6\6" + struct.pack("<QHHLLQQQQ", 44, 45, 45, 0, 0, count, count, len(listing), at)
    locator = b"PK\6\7" + struct.pack("<LQL", 0, at + len(listing), 1)
    end = b"PK\5\6" + struct.pack("<HHHHLLH", 0, 0, 0xFFFF, 0xFFFF, len(listing), at, 0)
    return body + listing + large + locator + end


def test_a_hundred_thousand_entries():
    corpus = zip_corpus(many(100_000))
    assert len(corpus) == 20_000
    assert corpus.names[-1] == "019999.png"
    assert reasons(corpus.left_out) == [
        ("comes after the first 20,000 pictures, which is the limit", 80_000, "020000.png")
    ]


def test_a_list_of_contents_that_would_fill_the_memory(monkeypatch):
    monkeypatch.setattr(archives, "MAX_LISTING", 5000)
    with pytest.raises(DataError, match="lists more files"):
        zip_corpus(many(100))
    understated = bytearray(many(100))
    understated[-10:-6] = struct.pack("<L", 50)  # the short record lies; the long one counts
    with pytest.raises(DataError, match="lists more files"):
        zip_corpus(bytes(understated))


@pytest.mark.parametrize("data", [b"", b"PK\3\4", b"PK\5\6", b"PK\5\6" + bytes(18), b"hello" * 99, encoded(1)])
def test_what_is_no_archive(data):
    with pytest.raises(DataError):
        zip_corpus(data)


def test_cut_and_scrambled_archives_are_refused_or_read():
    good = archive({f"{number}.png": encoded(number) for number in range(3)}, compression=zipfile.ZIP_DEFLATED)
    random = np.random.default_rng(7)
    for _ in range(400):
        data = bytearray(good)
        if random.random() < 0.2:
            del data[int(random.integers(0, len(data))) :]
        for place in random.integers(0, max(len(data), 1), int(random.integers(1, 6))):
            if data:
                # mostly where the names, sizes and offsets are
                place = len(data) - 1 - int(place) % min(len(data), 250) if random.random() < 0.8 else int(place)
                data[place] = int(random.integers(0, 256))
        try:
            corpus = zip_corpus(bytes(data))
        except DataError:
            continue
        for number in range(len(corpus)):
            try:
                corpus.picture(number)
            except PictureError as error:
                assert str(error)


# --- the commands -------------------------------------------------------------------------------------------


def test_the_index_command(tmp_path, capsys):
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.png").write_bytes(encoded(number))
    (folder / "bad.jpg").write_bytes(b"no picture")
    (folder / "notes.txt").write_text("no picture")
    asked = ["index", str(folder), "--layer", "conv5", "--units", "0-2,9", "-o", str(out)]
    assert main(asked) == 2  # one could not be opened, all else was done
    told = capsys.readouterr().err
    assert "notes.txt" in told
    assert "bad.jpg: This is not a picture" in told
    assert "4 of 4 pictures" not in told  # a log gets no line for every step
    listing = json.loads((out / "conv5.json").read_text())
    assert len(listing["units"]) == 256
    plates = [path.name for path in out.glob("*.png")]
    assert set(plates) <= {f"conv5-{unit:03d}.png" for unit in (0, 1, 2, 9)}
    for unit in (0, 1, 2, 9):
        assert (f"conv5-{unit:03d}.png" in plates) == bool(listing["units"][unit])
    values = [seen["value"] for seen in listing["units"][0]]
    assert values == sorted(values, reverse=True)
    (path,) = out.glob("*.npz")
    path.write_bytes(b"damaged")
    assert main(asked) == 2
    assert "damaged" in capsys.readouterr().err
    assert main([*asked, "--afresh"]) == 2
    assert json.loads((out / "conv5.json").read_text()) == listing


def test_the_project_command(tmp_path, capsys):
    out = tmp_path / "out.png"
    assert main(["project", "sample:cat", "--layer", "conv3", "--unit", "5", "--position", "6,7", "-o", str(out)]) == 0
    assert capsys.readouterr().out.startswith("conv3 unit 5 at row 6, column 7: ")
    assert Image.open(out).size == (2 * 99 + 12, 99)
    assert main(["project", "sample:coffee", "--layer", "conv1", "--method", "guided", "-o", str(out)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 9
    for wrong in (
        ["--layer", "conv9"],
        ["--layer", "conv3", "--unit", "999"],
        ["--layer", "conv3", "--position", "1,2"],
        ["--layer", "fc6", "--unit", "1", "--position", "1,2"],
    ):
        assert main(["project", "sample:cat", *wrong, "-o", str(out)]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_colon_in_a_name_leads_nowhere_but_a_drive_does():
    picture, archive = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    with zipfile.ZipFile(archive, "w") as pack:
        for name in ("12:30.png", "C:x.png", "."):
            pack.writestr(name, picture.getvalue())
    found = sources.zip_corpus(archive.getvalue())
    assert found.names == ("12:30.png",)
    assert {one.name: one.reason for one in found.left_out}["C:x.png"] == "has a path that leads out of the archive"


def test_an_index_of_ones_own_pictures_leaves_nothing_on_disk(small_batches, tmp_path):
    network, corpus = toy(), random_corpus(7)
    index = open_index(network, corpus, on_disk=False)
    for _ in build(network, corpus, index):
        pass
    assert index.complete and index.unsaved is None and not list(tmp_path.rglob("*.npz"))
    assert same(index, finished(network, corpus)) and list(tmp_path.rglob("*.npz"))
