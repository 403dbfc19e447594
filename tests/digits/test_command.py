"""``digits train`` from the command line."""

import argparse
import json

import pytest

from explainer.commands.digits import add_parser
from explainer.digits.data import small_digits
from explainer.digits.files import load_training
from explainer.digits.training import PRESETS, Settings, train
from explainer.errors import DataError, ExplainerError


def call(*arguments):
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers(required=True))
    parsed = parser.parse_args(["digits", "train", *arguments])
    return parsed.func(parsed)


def test_json_lines_are_the_librarys_numbers(capsys, tmp_path):
    out = tmp_path / "net.safetensors"
    assert call("--data", "small", "--hidden", "5", "--epochs", "2", "--seed", "3", "--json", "-o", str(out)) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    ends = [p for p in train(small_digits(), hidden=5, epochs=2, seed=3) if p.position in (1, 2)]
    assert [line["epoch"] for line in lines] == [1, 2]
    for line, progress in zip(lines, ends, strict=True):
        assert line["accuracy"] == pytest.approx(progress.accuracy) and line["cost"] == pytest.approx(
            progress.cost, abs=1e-6
        )
        assert line["sizes"] == [784, 5, 10] and line["parameters"] == 784 * 5 + 5 + 50 + 10
        assert line["data"] == "small" and line["seed"] == 3 and line["examples"] == 4000 * line["epoch"]
    assert load_training(out).settings == Settings(hidden=5, epochs=2, seed=3)


def test_words_for_people(capsys):
    assert call("--data", "small", "--hidden", "4", "--epochs", "1") == 0
    said = capsys.readouterr().out
    assert "784-4-10: 3,190 parameters" in said and "epoch   1 of 1" in said and "1,000 test digits" in said


def test_a_preset_and_what_changes_it(capsys, tmp_path):
    out = tmp_path / "net.safetensors"
    arguments = ["--data", "small", "--preset", "refined", "--hidden", "4", "3", "--epochs", "1", "--json"]
    assert call(*arguments, "-o", str(out)) == 0
    settings = load_training(out).settings
    assert settings.hidden == (4, 3) and settings.cost == "cross-entropy" and settings.rate == PRESETS["refined"].rate
    capsys.readouterr()


def test_mistakes_are_told(monkeypatch, tmp_path):
    with pytest.raises(ExplainerError, match="learning rate"):
        call("--rate", "-1")
    monkeypatch.setenv("EXPLAINER_DATA", str(tmp_path))
    monkeypatch.setenv("EXPLAINER_CACHE", str(tmp_path))
    with pytest.raises(DataError):
        call("--data", "full")
    with pytest.raises(ExplainerError, match="could not be written"):
        call("--data", "small", "--hidden", "2", "--epochs", "1", "-o", str(tmp_path / "no" / "such" / "file"))


def test_where_it_cannot_be_written_is_told_before_the_training(capsys, tmp_path):
    with pytest.raises(ExplainerError, match="could not be written"):
        call("--data", "small", "-o", str(tmp_path / "nowhere" / "net.safetensors"))
    assert capsys.readouterr().out == ""
