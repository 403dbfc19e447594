"""``digits train``: train a digit network from the command line."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from explainer.errors import ExplainerError
from explainer.whole import write_whole

if TYPE_CHECKING:
    from explainer.digits import Digits, Progress, Settings, Training


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("digits", help="train a network that reads digits")
    actions = parser.add_subparsers(dest="action", required=True, metavar="train")
    training = actions.add_parser("train", help="train it and say after every epoch how good it is")
    training.add_argument(
        "--preset", choices=("74 lines", "refined"), help="settings to start from; the options below change them"
    )
    training.add_argument("--hidden", type=int, nargs="+", metavar="N", help="neurons in each hidden layer (15)")
    training.add_argument("--epochs", type=int, metavar="N", help="(3)")
    training.add_argument("--rate", type=float, metavar="R", help="learning rate (3.0)")
    training.add_argument("--batch", type=int, metavar="N", help="examples a step (10)")
    training.add_argument("--cost", choices=("quadratic", "cross-entropy"), help="(quadratic)")
    training.add_argument("--initial", choices=("gaussian", "scaled"), help="initial weights (gaussian)")
    training.add_argument("--regularisation", type=float, metavar="L", help="λ of the L2 term (0)")
    training.add_argument("--decay", type=float, metavar="D", help="multiplies the rate after each epoch (1)")
    training.add_argument("--seed", type=int, metavar="K", help="the same seed gives the same numbers (0)")
    training.add_argument("--data", choices=("best", "small", "full"), default="best", help="which digits (best here)")
    training.add_argument("--json", action="store_true", help="one JSON object a line, one line an epoch")
    training.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to save the trained network")
    training.set_defaults(func=run)


def run(parsed: argparse.Namespace) -> int:
    """Train to the end; 0, or an error for the caller to print."""
    from explainer.digits import Training, load_digits, parameters_of, save_training
    from explainer.threads import one_thread_each

    one_thread_each()  # the same seed gives the same numbers on any machine
    settings = _settings(parsed)
    if parsed.output:
        _check_writable(parsed.output)  # now, not after an hour of training
    data = load_digits(parsed.data)
    training = Training.start(settings)
    if not parsed.json:
        sizes = "-".join(map(str, training.network.sizes))
        print(data.source)
        print(f"{sizes}: {parameters_of(training.network):,} parameters, seed {settings.seed}", flush=True)
    for progress in training.run(data):
        if progress.examples and progress.position % 1 == 0:
            print(_json(progress, training, data) if parsed.json else _line(progress, data), flush=True)
    if parsed.output:
        try:
            write_whole(parsed.output, save_training(training))
        except OSError as error:
            raise ExplainerError(f"{parsed.output} could not be written: {error.strerror}.") from error
    return 0


def _check_writable(path: Path) -> None:
    """Raises ExplainerError where a file of that name could not be written; leaves nothing behind."""
    there = path.exists()
    try:
        with open(path, "ab"):
            pass
        if not there:
            path.unlink()
    except OSError as error:
        raise ExplainerError(f"{path} could not be written: {error.strerror}.") from error


def _json(progress: Progress, training: Training, data: Digits) -> str:
    from explainer.digits import parameters_of

    return json.dumps({
        "epoch": progress.epoch,
        "epochs": progress.epochs,
        "examples": progress.examples,
        "cost": round(progress.cost, 6),
        "train_accuracy": round(progress.train_accuracy, 6),
        "test_cost": round(progress.test_cost, 6),
        "accuracy": round(progress.accuracy, 6),
        "seconds": round(progress.seconds, 3),
        "sizes": list(training.network.sizes),
        "parameters": parameters_of(training.network),
        "data": data.name,
        "seed": training.settings.seed,
    })  # fmt: skip


def _line(progress: Progress, data: Digits) -> str:
    return (
        f"epoch {progress.epoch:>3} of {progress.epochs}   cost {progress.cost:.4f}   "
        f"{progress.accuracy:7.2%} of {len(data.test_labels):,} test digits   {progress.seconds:6.1f} s"
    )


def _settings(parsed: argparse.Namespace) -> Settings:
    from explainer.digits import PRESETS, Settings

    names = ("hidden", "epochs", "rate", "batch", "cost", "initial", "regularisation", "decay", "seed")
    given = {name: value for name in names if (value := getattr(parsed, name)) is not None}
    return replace(PRESETS.get(parsed.preset, Settings()), **given)
