import json
import time

import numpy as np
import pytest
import torch
from PIL import Image

from explainer.commands import train_network
from explainer.errors import DataError
from explainer.networks.packed import unpack
from explainer.networks.weights import read_state
from explainer.training import card, command, evaluate, everyday, export, prior
from explainer.training.normalised import NormalisedAlexNet, folded
from explainer.training.recipe import SHIPPED, Recipe


def test_packing_errs_by_no_more_than_its_steps(tmp_path):
    torch.manual_seed(0)
    network = folded(NormalisedAlexNet(fc6=40, fc7=30).eval())
    file = tmp_path / "weights.safetensors"
    packed = export.write_packed(network, file)
    state = network.plain_state()
    for name, value in packed.plain_state().items():
        error = (value - state[name]).abs()
        if name.endswith("bias"):
            assert torch.equal(value, state[name])
        elif name.startswith("fc"):
            step = state[name].abs().amax(1) / 127
            assert (error.amax(1) <= 0.5001 * step).all()
            assert error.max() > 0
        else:
            assert (error <= 2.0**-11 * state[name].abs() + 2.0**-25).all()


def test_the_shipped_widths_stay_small_and_load_fast(tmp_path):
    file = tmp_path / "weights.safetensors"
    export.write_packed(folded(NormalisedAlexNet().eval()), file)
    assert file.stat().st_size <= 20_000_000
    times = []
    for _ in range(5):
        began = time.process_time()
        export.plain_network(unpack(read_state(file)))
        times.append(time.process_time() - began)
    assert min(times) < 0.6  # processor time; 0.1 on an idle machine, several times that on a crowded one


def test_accuracy_by_hand():
    logits = torch.zeros(4, 10)
    logits[0, 2] = logits[1, 2] = logits[2, 9] = logits[3, 0] = 1
    logits[1, 5] = 0.5
    logits[2, [0, 1, 2, 3]] = 0.5
    categories = torch.tensor([2, 5, 8, 0])
    assert evaluate.accuracy(logits, categories) == evaluate.Accuracy(50.0, 75.0, 4)
    assert evaluate.accuracy(logits, categories, among={8}) == evaluate.Accuracy(0.0, 0.0, 1)
    assert evaluate.accuracy(logits, categories, among={3}).pictures == 0
    assert evaluate.mean_by_category(logits, torch.tensor([2, 2, 8, 0])) == pytest.approx(200 / 3)


def test_only_known_categories_are_named():
    masked = evaluate.only(torch.tensor([[5.0, 4.0, 3.0]]), {1, 2})
    assert masked.argsort(descending=True).tolist() == [[1, 2, 0]]


def test_the_place_of_a_right_name():
    assert everyday.place_of(torch.tensor([0.1, 0.9, 0.5]), {0, 2}) == 2


def test_logits_are_those_of_one_picture_after_the_other():
    torch.manual_seed(0)
    network = folded(NormalisedAlexNet(fc6=8, fc7=8).eval())
    pictures = list(np.random.default_rng(0).integers(0, 256, (22, 230, 240, 3), np.uint8))
    together = evaluate.logits_of(network, pictures)
    alone = torch.cat([evaluate.logits_of(network, [pictures[i]]) for i in (0, 21)])
    torch.testing.assert_close(together[[0, 21]], alone)


def test_a_leaning_is_taken_out():
    torch.manual_seed(0)
    bias = torch.tensor([3.0, 0, 0, 0, 0, 0])
    truth = torch.arange(300) % 6
    logits = torch.nn.functional.one_hot(truth, 6) * 2.0 + bias + 0.1 * torch.randn(300, 6)

    def score(values: torch.Tensor) -> float:
        return evaluate.accuracy(values, truth).top1

    assert score(logits) < 40
    share = prior.best_share(logits, logits, score)
    assert share > 0
    assert score(logits + prior.correction(logits, share)) > 90
    assert prior.best_share(logits - bias, logits - bias, score) == 0
    state = prior.corrected({"fc8.bias": torch.zeros(6)}, logits, 1.0)
    torch.testing.assert_close(state["fc8.bias"], prior.correction(logits, 1.0))
    assert state["fc8.bias"].mean().abs() < 1e-6


def test_training_from_the_command_line(data, teacher_file, tmp_path, monkeypatch, capsys):
    """From a folder of pictures to weights, card and figure; the second time from where the first ended."""
    monkeypatch.setattr(command.pace, "refitted", lambda recipe, *rest: recipe)
    phase = {"size": 67, "teacher": 67, "areas": [0.5, 1], "steps": 1}
    recipe = {"phases": [phase] * 2, "batch": 4, "parts": 2, "term": 4, "attention": {"varied": 0}}
    (tmp_path / "recipe.json").write_text(json.dumps(recipe))
    shelf = tmp_path / "store"
    shelf.mkdir()
    (shelf / "pixels.bin").write_bytes(np.arange(3 * 80 * 90, dtype=np.uint32).astype(np.uint8).tobytes())
    np.savez(
        shelf / "index.npz", starts=[0], heights=[80], widths=[90], sources=["street"], categories=[3], keys=["one"]
    )
    common = ["--data", str(data), "--store", str(shelf), "--recipe", str(tmp_path / "recipe.json")]
    common += ["--teacher", str(teacher_file), "--work", str(tmp_path / "work")]
    assert main("--scratch", "--out", str(tmp_path / "a"), *common) == 0
    assert main("--export-only", "--out", str(tmp_path / "b"), *common) == 0
    one, other = (tmp_path / name / "alexnet-embedded.safetensors" for name in "ab")
    assert one.read_bytes() == other.read_bytes()
    assert main("--export-only", "--mix", str(one), "--out", str(tmp_path / "c"), *common) == 0
    assert "half and half" in json.loads((tmp_path / "c" / "alexnet-embedded.json").read_text())["recipe"]
    written = json.loads(one.with_suffix(".json").read_text())
    assert written["file"]["bytes"] == one.stat().st_size
    assert written["measured"]["nips17, 1,000 categories"]["pictures"] == 3
    assert written["lineage"] == []
    assert written["trained_on"]["sets"]["street"] == 1 and "varied" not in written["trained_on"]["sets"]
    assert written["views"] == 8
    last, averaged, mixed, corrected = written["stations"].values()
    before = written["measured"]["nips17, 1,000 categories"]["before int8"]
    assert corrected["nips17, 1,000 categories"]["top1"] == before["top1"]
    assert averaged == mixed and set(last) == set(averaged) == set(written["measured"])
    assert written["trained_on"]["pictures"] == sum(written["trained_on"]["sets"].values())
    assert Image.open(tmp_path / "a" / "alexnet-embedded-conv1.png").size == (12 * 48 - 4, 8 * 48 - 4)
    assert "ends" in capsys.readouterr().out


def test_known_categories_come_from_pictures_and_lineage(store):
    assert card.known_categories(store, card.Lineage(None)) == []
    earlier = {"trained_on": {"categories_with_100_or_more_labelled_pictures": [4, 2]}, "known_categories": [9]}
    assert card.known_categories(store, card.Lineage(earlier)) == [2, 4, 9]


def main(*arguments: str) -> int:
    import argparse

    parser = argparse.ArgumentParser()
    train_network.add_parser(parser.add_subparsers(required=True))
    parsed = parser.parse_args(["train-network", *arguments])
    return parsed.func(parsed)


def test_a_recipe_that_is_none_is_named(data, teacher_file, tmp_path):
    (tmp_path / "recipe.json").write_text('{"rate": 1}')
    with pytest.raises(DataError, match=r"recipe\.json"):
        main(
            "--data", str(data), "--teacher", str(teacher_file),
            "--recipe", str(tmp_path / "recipe.json"), "--work", str(tmp_path),
        )  # fmt: skip


def test_the_shipped_recipe_can_be_read_and_its_shares_are_a_whole():
    recipe = Recipe.from_json(SHIPPED.read_text(encoding="utf-8"))
    assert sum(phase.share for phase in recipe.phases) == pytest.approx(1)
    assert recipe.batch % recipe.parts == 0
