import hashlib
import shutil

import numpy as np
import pytest

from explainer.errors import DataError
from explainer.training import sources
from explainer.training.store import held_out, joined, open_collection, open_store


def test_every_picture_of_every_packing_is_found_with_its_category(data):
    found = list(sources.examples(data))
    assert len(found) == 5 * 12 + 9 + 9
    categories = {example.source: example.category for example in found}
    assert categories == {
        "imagenet": 7, "imagenette": 0, "dogs": 200, "pacs": -1, "varied": -1, "mini-imagenet": 5, "tiny-imagenet": 9,
    }  # fmt: skip
    assert len({example.name for example in found}) == len(found)


def test_tiles_are_cut_row_by_row():
    sheet = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    cut = list(sources.tiles(sheet, 2))
    assert len(cut) == 6
    assert (cut[1] == sheet[:2, 2:4]).all()
    assert (cut[3] == sheet[2:, :2]).all()


def test_the_yardstick_is_never_trained_on(data, tmp_path):
    def digests(examples) -> set[bytes]:
        return {hashlib.sha256(np.ascontiguousarray(example.pixels).tobytes()).digest() for example in examples}

    measured, trained = digests(sources.yardstick(data)), digests(sources.examples(data))
    assert len(measured) == 3
    assert not measured & trained
    folder = tmp_path / "smuggled"
    folder.mkdir()
    shutil.copy(data / "nips17.zip", folder / "photos.zip")
    with pytest.raises(DataError, match="measured by"):
        list(sources.examples(folder))


def test_the_yardstick_tells_categories_by_file_name(data):
    assert [example.category for example in sources.yardstick(data)] == [0, 1, 2]


def test_a_folder_without_pictures_is_named(tmp_path):
    with pytest.raises(DataError, match=str(tmp_path)):
        list(sources.examples(tmp_path))


def test_the_store_gives_back_the_pixels(data, store):
    for i, example in enumerate(sources.examples(data)):
        assert (store.picture(i) == example.pixels).all()
        assert store.names[i] == example.name


def test_the_split_is_disjoint_complete_and_fixed(data, store, tmp_path):
    training, validation = set(store.training), set(store.validation)
    assert not training & validation
    assert training | validation == set(range(len(store)))
    assert validation
    again = open_store(data, tmp_path)
    assert (again.validation == store.validation).all()


def test_the_split_goes_by_name_alone_at_one_in_25():
    names = [f"set/class/{i}.webp" for i in range(20_000)]
    kept = [name for name in names if held_out(name)]
    assert 0.036 < len(kept) / len(names) < 0.044
    assert [name for name in reversed(names) if held_out(name)] == kept[::-1]
    # by hand: sha256("a") begins ca978112ca1bbdca, in decimals 14598278634844962250, which 25 divides
    assert held_out("a")


def collection(folder, source: str):
    """A folder of two decoded pictures, as other programs write it."""
    pixels = np.arange(4 * 5 * 3 + 2 * 2 * 3, dtype=np.uint8)
    folder.mkdir()
    (folder / "pixels.bin").write_bytes(pixels.tobytes())
    np.savez(
        folder / "index.npz", starts=[0, 60], heights=[4, 2], widths=[5, 2],
        sources=[source] * 2, categories=[3, -1], keys=["a", "b"],
    )  # fmt: skip
    return pixels


def test_pictures_decoded_elsewhere_are_read_and_joined(tmp_path, data, store):
    pixels = collection(tmp_path / "more", "street")
    more = open_collection(tmp_path / "more")
    assert (more.picture(1) == pixels[60:].reshape(2, 2, 3)).all()
    assert more.validation.tolist() == [0] and more.training.tolist() == [1]
    both = joined(more, store)
    assert len(both) == 2 + len(store)
    assert (both.picture(0) == more.picture(0)).all()
    for i in (0, len(store) - 1):
        assert (both.picture(2 + i) == store.picture(i)).all()
    assert both.names[2:].tolist() == store.names.tolist()


def test_of_a_source_that_two_stores_have_the_first_ones_pictures_are_taken(tmp_path, store):
    collection(tmp_path / "more", "dogs")
    both = joined(open_collection(tmp_path / "more"), store)
    assert (both.sources == "dogs").sum() == 2
    assert len(both) == 2 + (store.sources != "dogs").sum()


def test_a_folder_that_is_no_store_or_holds_the_yardstick_is_refused(tmp_path):
    with pytest.raises(DataError, match="no decoded pictures"):
        open_collection(tmp_path)
    collection(tmp_path / "smuggled", "nips17")
    with pytest.raises(DataError, match="measured by"):
        open_collection(tmp_path / "smuggled")
    collection(tmp_path / "short", "street")
    (tmp_path / "short" / "pixels.bin").write_bytes(b"123")
    with pytest.raises(DataError, match="no decoded pictures"):
        open_collection(tmp_path / "short")
