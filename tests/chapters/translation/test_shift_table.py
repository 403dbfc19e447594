"""The maps that ship: in step with networks and digits, and what moving the digits one shift at a time gives."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from explainer.chapters.translation import shift_table
from explainer.chapters.translation.shift_table import FILE, make, shipped_shift_map
from explainer.chapters.translation.shifting import shift_map, shifted
from explainer.digits import load_network, small_digits
from explainer.digits.convolutional import load_convolutional
from explainer.digits.reading import accuracy
from tests.following import run_until
from tests.test_pages import opened, sound

ROOT = Path(__file__).resolve().parents[3]


def test_what_ships_was_made_with_these_networks_and_digits():
    assert json.loads(FILE.read_text("utf-8"))["made_from"] == shift_table.made_from(), (
        "python -m explainer.chapters.translation.shift_table"
    )
    found = shipped_shift_map()
    assert found.digits == len(small_digits().test_labels) and found.done == 441 and found.share == 1
    for shares in (found.fully_connected, found.convolutional, found.on_sheet):
        assert shares.shape == (21, 21) and shares.min() > 0 and shares.max() <= 1


@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (1, 0), (-3, 2), (10, -10), (-6, 9)])
def test_a_part_of_it_worked_out_again_by_moving_the_digits(dx, dy):
    data, found, place = small_digits(), shipped_shift_map(), (dy + 10, dx + 10)
    pictures = shifted(data.test_images.view(-1, 28, 28), dx, dy)
    (fully, _), small = load_network("digits-15"), load_convolutional()
    # One or two digits that are a toss-up may fall to the other side where sums are added up in another order.
    expected = accuracy(fully, pictures.reshape(-1, 784), data.test_labels)
    assert found.fully_connected[place].item() == pytest.approx(expected, abs=0.002)
    with torch.inference_mode():
        right = [small(part[:, None]).argmax(1) for part in pictures.split(200)]
    expected = (torch.cat(right) == data.test_labels).float().mean().item()
    assert found.convolutional[place].item() == pytest.approx(expected, abs=0.002)


def test_made_with_something_else_it_is_not_used(tmp_path, monkeypatch):
    other, table = tmp_path / "other.json", json.loads(FILE.read_text("utf-8"))
    for content in (json.dumps({**table, "made_from": "another"}), "{}", "no JSON", json.dumps([1])):
        other.write_text(content, "utf-8")
        assert shipped_shift_map.__wrapped__(other) is None
    assert shipped_shift_map.__wrapped__(tmp_path / "none.json") is None


def test_making_it_writes_what_can_be_read_again(tmp_path, monkeypatch):
    data = small_digits()
    few = replace(data, test_images=data.test_images[:60], test_labels=data.test_labels[:60])
    monkeypatch.setattr(shift_table, "small_digits", lambda: few)
    make(tmp_path / "made.json")
    found = shipped_shift_map.__wrapped__(tmp_path / "made.json")
    *_, expected = shift_map(load_network("digits-15")[0], load_convolutional(), few.test_images, few.test_labels)
    assert found.digits == len(few.test_labels)
    for ours, theirs in zip(
        (found.fully_connected, found.convolutional, found.on_sheet),
        (expected.fully_connected, expected.convolutional, expected.on_sheet),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs)


MEASURED = """
import resource
from explainer.digits import load_network, small_digits
from explainer.threads import one_thread_each
from explainer.digits.convolutional import load_convolutional
from explainer.chapters.translation.shifting import shift_map
one_thread_each()
data, (fully, _), small = small_digits(), load_network("digits-15"), load_convolutional()
list(shift_map(fully, small, data.test_images[:10], data.test_labels[:10], reach=1))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for _ in shift_map(fully, small, data.test_images, data.test_labels, reach=3):
    pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_working_it_out_takes_little_memory():
    answer = subprocess.run([sys.executable, "-c", MEASURED], cwd=ROOT, capture_output=True, text=True, timeout=300)
    unit = 1 if sys.platform == "darwin" else 1024  # bytes
    assert int(answer.stdout) * unit < 100 * 2**20, answer.stderr


def test_the_page_shows_it_at_once_and_works_it_out_when_asked():
    app = opened("translation")
    written = sound(app)
    assert "not computed yet" not in written and "Wait until its map is finished" not in written
    assert app.button(key="shifting_start").label == "Work it out here"
    app.button(key="shifting_step").click().run()
    run_until(app, lambda: "of 441 shifts" in "".join(bar.proto.text for bar in app.get("progress")))
