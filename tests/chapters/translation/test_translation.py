"""Shifts and scans against doing it the long way, picture by picture and window by window."""

import json

import pytest
import torch
import torch.nn.functional as F

from explainer.chapters.translation.shift_table import shipped_shift_map
from explainer.chapters.translation.shifting import every_shift, shift_map, shifted
from explainer.digits.convolutional import (
    SmallConvolutional,
    convolutional_card,
    load_convolutional,
    read_convolutional,
)
from explainer.digits.data import small_digits
from explainer.digits.files import load_network
from explainer.digits.lines import (
    Found,
    Scan,
    as_strip,
    compare,
    find_digits,
    number_read,
    scan_convolution,
    scan_windows,
    strip_of_photograph,
    write_number,
)
from explainer.digits.network import forward, new_network
from explainer.digits.reading import accuracy
from explainer.errors import DataError, WeightsError
from explainer.places import NETWORKS
from tests.beside import SHARED, needs_shared
from tests.test_pages import opened, sound


@pytest.fixture(scope="module")
def digits():
    return small_digits()


@pytest.fixture(scope="module")
def model():
    return load_convolutional()


@pytest.fixture(scope="module")
def fifteen():
    return load_network("digits-15")[0]


@pytest.fixture(scope="module")
def reader():
    return load_network("digits-windows")[0]


def of_last(states):
    *_, state = states
    return state


# --- shifts


def test_a_shift_by_hand():
    picture = torch.arange(784.0).view(28, 28)
    moved = shifted(picture, 2, -3)
    for row in range(28):
        for column in range(28):
            inside = 0 <= row + 3 < 28 and 0 <= column - 2 < 28
            assert moved[row, column] == (picture[row + 3, column - 2] if inside else 0)
    assert torch.equal(shifted(picture, 0, 0), picture)
    assert shifted(picture, 28, 0).sum() == 0 and shifted(picture, 0, -40).sum() == 0


def test_every_shift_is_what_moving_the_pictures_gives(digits, model, fifteen):
    images, labels = digits.test_images[::10], digits.test_labels[::10]
    found = of_last(shift_map(fifteen, model, images, labels))
    assert found.digits == 100 and found.done == 441 and found.share == 1
    pictures = images.view(-1, 28, 28)
    for dx in range(-10, 11):
        for dy in (-10, -7, -4, -1, 0, 2, 3, 9) if dx % 2 else (0, 5):
            moved = shifted(pictures, dx, dy)
            place = (dy + 10, dx + 10)
            # A hundred digits: half of one is no difference but that of adding up in another order.
            expected = accuracy(fifteen, moved.reshape(-1, 784), labels)
            assert found.fully_connected[place].item() == pytest.approx(expected, abs=0.005)
            expected = (model(moved[:, None]).argmax(1) == labels).float().mean().item()
            assert found.convolutional[place].item() == pytest.approx(expected, abs=0.005)
    for dx, dy in ((0, 0), (10, -10), (-3, 5), (1, 2)):
        sheet = F.pad(pictures, (20 + dx, 20 - dx, 20 + dy, 20 - dy))[:, None]
        expected = (model(sheet).argmax(1) == labels).float().mean().item()
        assert found.on_sheet[dy + 10, dx + 10].item() == pytest.approx(expected, abs=0.005)


def test_one_digit_at_every_shift(digits, model, fifteen):
    picture = digits.test_images[42].view(28, 28)
    found = every_shift(fifteen, model, picture)
    for dx, dy in ((0, 0), (-10, 10), (3, -7), (10, 1)):
        place, moved = (dy + 10, dx + 10), shifted(picture, dx, dy)
        expected = forward(fifteen, moved.reshape(1, -1))[1][-1][0]
        assert torch.allclose(found.fully_connected[place], expected, atol=1e-5)
        assert torch.allclose(found.convolutional[place], read_convolutional(model, moved), atol=1e-5)
        sheet = F.pad(picture, (20 + dx, 20 - dx, 20 + dy, 20 - dy))[None, None]
        assert torch.allclose(found.on_sheet[place], model(sheet).softmax(1)[0], atol=1e-5)
    assert found.on_sheet.shape == (21, 21, 10) and every_shift(fifteen, model, picture, 1).on_sheet.shape == (3, 3, 10)


def test_deeper_networks_and_other_sizes_have_maps_too(digits, model):
    images, labels = digits.test_images[:30], digits.test_labels[:30]
    for sizes in ((784, 10), (784, 6, 5, 10)):
        network = new_network(sizes, "scaled")
        found = of_last(shift_map(network, model, images, labels, reach=2))
        assert found.fully_connected.shape == (5, 5)
        expected = accuracy(network, shifted(images.view(-1, 28, 28), -2, 1).reshape(-1, 784), labels)
        assert found.fully_connected[3, 0].item() == pytest.approx(expected, abs=0.001)


def test_it_fills_in_from_the_middle(digits, model, fifteen):
    known = []
    for state in shift_map(fifteen, model, digits.test_images[:20], digits.test_labels[:20], reach=4):
        filled = ~state.fully_connected.isnan()
        assert torch.equal(filled, ~state.convolutional.isnan()) and torch.equal(filled, ~state.on_sheet.isnan())
        assert filled.sum() == state.done
        radius = int((filled.nonzero() - 4).abs().max())
        assert filled[5 - radius : 4 + radius, 5 - radius : 4 + radius].all()  # all rings within are full
        known.append(state.done)
    assert known[0] == 1 and known == sorted(known) and known[-1] == 81


def test_what_the_chapter_says_of_the_maps():
    """The fully connected network collapses; the convolutional one holds, and on a sheet does not mind at all."""
    found = shipped_shift_map()
    assert found.fully_connected[10, 10] > 0.93 and found.convolutional[10, 10] > 0.97
    ring = [(10, 14), (10, 6), (14, 10), (6, 10)]
    assert max(found.fully_connected[place] for place in ring) < 0.5
    assert min(found.convolutional[place] for place in ring) > 0.85
    assert found.on_sheet.min() > 0.95


@needs_shared
def test_the_convolutional_network(digits, model, full_test):
    card = convolutional_card()
    assert card == json.loads((NETWORKS / "digits-convolutional.json").read_text("utf-8"))
    assert card["parameters"] == sum(p.numel() for p in model.parameters())
    images, labels = full_test
    with torch.inference_mode():
        right = torch.cat([model(part).argmax(1) for part in images.view(-1, 1, 28, 28).split(500)]) == labels
    assert right.float().mean().item() == pytest.approx(card["accuracy"], abs=0.001) and card["accuracy"] > 0.985
    said = read_convolutional(model, digits.test_images[0])
    assert said.shape == (10,) and said.sum().item() == pytest.approx(1, abs=1e-5)
    assert not any(p.requires_grad for p in model.parameters())


@pytest.fixture
def full_test():
    from explainer.digits.data import read_mnist

    full = read_mnist(SHARED / "data" / "MNIST" / "raw")
    return full.test_images, full.test_labels


def test_a_damaged_convolutional_network_is_refused(tmp_path):
    path = tmp_path / "digits-convolutional.safetensors"
    with pytest.raises(WeightsError):
        load_convolutional(path)
    path.write_bytes((NETWORKS / "digits-15.safetensors").read_bytes())
    with pytest.raises(WeightsError, match="small convolutional network"):
        load_convolutional(path)


def test_any_size_of_picture_from_20():
    assert SmallConvolutional()(torch.zeros(2, 1, 20, 33)).shape == (2, 10)


# --- wide pictures


def test_windows_and_one_convolution_say_the_same(digits, fifteen, reader):
    strip = write_number("20245", digits, seed=3)
    for network in (fifteen, reader, new_network((784, 6, 5, 10), "scaled"), new_network((784, 10), "scaled")):
        windows, convolution = of_last(scan_windows(network, strip)), scan_convolution(network, strip)
        assert windows.maps.shape == convolution.maps.shape == (10, strip.shape[0] - 27, strip.shape[1] - 27)
        assert (windows.maps - convolution.maps).abs().max() < 1e-5
        # And as every window of the strip by itself, unfolded.
        unfolded = F.unfold(strip[None, None], 28)[0].T
        expected = forward(network, unfolded)[1][-1].T.view_as(convolution.maps)
        assert (expected - convolution.maps).abs().max() < 1e-5
        assert windows.windows == convolution.windows == len(unfolded)


def test_windows_fill_in_row_by_row(fifteen):
    states = list(scan_windows(fifteen, torch.rand(32, 60)))
    assert [s.windows for s in states] == [33, 66, 99, 132, 165]
    assert [int((~s.maps[0].isnan()).any(1).sum()) for s in states] == [1, 2, 3, 4, 5]


def test_the_comparison(digits, fifteen):
    found = compare(fifteen, write_number("42", digits), rounds=1)
    assert found.largest_difference < 1e-5 and found.windows > 500
    assert found.times_faster == found.window_seconds / found.convolution_seconds


def test_numbers_are_read(digits, reader, fifteen):
    wanted = ["2024", "31", "8", "90210", "1234567890"]
    right = 0
    for seed in range(5):
        for number in wanted:
            strip = write_number(number, digits, seed)
            found = find_digits(scan_convolution(reader, strip))
            right += number_read(found) == number
            assert all(0 <= f.row <= strip.shape[0] - 28 and 0 <= f.column <= strip.shape[1] - 28 for f in found)
    assert right >= 18
    # The network that has seen nothing but whole digits sees digits everywhere.
    assert len(find_digits(scan_convolution(fifteen, write_number("2024", digits)))) > 4


def test_bare_paper_and_half_digits_are_no_digits(reader, digits):
    assert find_digits(scan_convolution(reader, torch.zeros(48, 200))) == []
    alone = write_number("3", digits)
    maps = scan_convolution(reader, alone).maps.amax(0)
    found = find_digits(scan_convolution(reader, alone))
    assert len(found) == 1 and found[0].digit == 3 and found[0].said > 0.9
    row, column = found[0].row, found[0].column
    far = [maps[r, c] for r in range(maps.shape[0]) for c in range(maps.shape[1]) if abs(c - column) > 5]
    assert sum(v > 0.5 for v in far) <= 0.02 * len(far)
    assert maps[row, column] == maps.max()


def test_boxes_by_hand():
    maps = torch.zeros(10, 3, 80)
    maps[4, 1, 10] = 0.9
    maps[4, 1, 11] = 0.8  # the same digit again
    maps[7, 2, 13] = 0.85  # hardly apart
    maps[2, 0, 40] = 0.6
    maps[5, 0, 70] = 0.4  # says no
    found = find_digits(Scan(maps, 240, 0.0))
    assert [(f.digit, f.row, f.column) for f in found] == [(4, 1, 10), (2, 0, 40)]
    assert number_read(found) == "42" and found[0].said == pytest.approx(0.9)
    assert found[0].box == (5, 14, 25, 34)
    assert [f.digit for f in find_digits(Scan(maps, 240, 0.0), least=0.3)] == [4, 2, 5]
    assert [f.digit for f in find_digits(Scan(maps, 240, 0.0), overlap=1.0)] == [4, 4, 7, 2]
    assert number_read([]) == "" and find_digits(Scan(torch.full((10, 2, 2), torch.nan), 4, 0.0)) == []
    assert Found(1, 1.0, 0, 0).box == (4, 4, 24, 24)


# --- pads


def test_writing_is_made_as_high_as_mnists(digits, reader):
    number = write_number("407", digits, seed=1)
    pad = torch.zeros(300, 900)
    large = number.repeat_interleave(4, 0).repeat_interleave(4, 1)
    pad[60 : 60 + large.shape[0], 100 : 100 + large.shape[1]] = large
    strip = as_strip(pad)
    inked = (strip > 0.1).any(1).nonzero().flatten()
    assert inked[-1] - inked[0] + 1 == 20
    assert number_read(find_digits(scan_convolution(reader, strip))) == "407"
    assert number_read(find_digits(scan_convolution(reader, as_strip((pad * 255).to(torch.uint8))))) == "407"


@pytest.mark.parametrize("kind", ["nothing", "dot", "blob", "full", "line", "tall"])
def test_anything_on_the_wide_pad_is_answered(reader, kind):
    pad = torch.zeros(120, 600)
    if kind == "dot":
        pad[60, 300] = 1
    elif kind == "blob":
        pad[10:110, 200:400] = 1
    elif kind == "full":
        pad[:] = 1
    elif kind == "line":
        pad[30:90] = 1
    elif kind == "tall":
        pad[:, 300:303] = 1
    strip = as_strip(pad)
    found = find_digits(scan_convolution(reader, strip))
    assert strip.min() >= 0 and strip.max() <= 1 and min(strip.shape) >= 28
    assert number_read(found).isdigit() or found == []
    if kind in ("nothing", "dot"):
        assert found == []


def test_a_photograph_of_a_line_is_read(digits, reader):
    number = write_number("407", digits, seed=1)
    paper = 235 - 200 * number.repeat_interleave(4, 0).repeat_interleave(4, 1)
    photograph = paper.to(torch.uint8)[..., None].expand(-1, -1, 3).numpy()
    assert number_read(find_digits(scan_convolution(reader, strip_of_photograph(photograph)))) == "407"
    plain = strip_of_photograph(photograph * 0 + 200)
    assert plain.sum() == 0 and find_digits(scan_convolution(reader, plain)) == []


def test_writing_too_long_or_no_pad_is_told():
    pad = torch.zeros(100, 12_000)
    pad[40:60] = 1
    with pytest.raises(DataError, match="too long"):
        as_strip(pad)
    with pytest.raises(DataError):
        as_strip(torch.zeros(3, 4, 5))


def test_numbers_are_written_from_test_digits(digits):
    strip = write_number("10", digits, seed=2)
    assert strip.shape[0] == 48 and strip.min() >= 0 and strip.max() <= 1
    assert torch.equal(strip, write_number("10", digits, seed=2))
    assert not torch.equal(strip, write_number("10", digits, seed=5)[:, : strip.shape[1]])
    for wrong in ("", "12a", "-1", "²", "1" * 21, "٣"):
        with pytest.raises(DataError):
            write_number(wrong, digits)


def test_where_nothing_is_written_nothing_is_read():
    app = opened("translation", standing="read a line", line_from="draw")
    assert "Nothing is written here yet" in sound(app)
    assert not any(button.label in ("Read again", "Pause") for button in app.button)
    app.button_group(key="line_from").set_value("street number").run()
    assert "Nothing is written here yet" not in sound(app)
