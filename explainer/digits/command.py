"""``digits train``: train a digit network from the command line."""

import argparse
import json
from dataclasses import replace
from pathlib import Path

from explainer.digits.data import load_digits
from explainer.digits.files import save_training
from explainer.digits.network import COSTS, INITIAL_WEIGHTS, parameters_of
from explainer.digits.training import PRESETS, Settings, Training
from explainer.errors import ExplainerError

_DEFAULTS = Settings()


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("digits", help="train a network that reads digits")
    actions = parser.add_subparsers(dest="action", required=True, metavar="train")
    training = actions.add_parser("train", help="train it and say after every epoch how good it is")
    training.add_argument("--preset", choices=PRESETS, help="settings to start from; the options below change them")
    training.add_argument("--hidden", type=int, nargs="+", metavar="N", help="neurons in each hidden layer (15)")
    training.add_argument("--epochs", type=int, metavar="N", help=f"({_DEFAULTS.epochs})")
    training.add_argument("--rate", type=float, metavar="R", help=f"learning rate ({_DEFAULTS.rate})")
    training.add_argument("--batch", type=int, metavar="N", help=f"examples a step ({_DEFAULTS.batch})")
    training.add_argument("--cost", choices=COSTS, help=f"({_DEFAULTS.cost})")
    training.add_argument("--initial", choices=INITIAL_WEIGHTS, help=f"initial weights ({_DEFAULTS.initial})")
    training.add_argument("--regularisation", type=float, metavar="L", help="λ of the L2 term (0)")
    training.add_argument("--decay", type=float, metavar="D", help="multiplies the rate after each epoch (1)")
    training.add_argument("--seed", type=int, metavar="K", help="the same seed gives the same numbers (0)")
    training.add_argument("--data", choices=("best", "small", "full"), default="best", help="which digits (best here)")
    training.add_argument("--json", action="store_true", help="one JSON object a line, one line an epoch")
    training.add_argument("-o", "--output", type=Path, metavar="FILE", help="where to save the trained network")
    training.set_defaults(func=run)


def run(parsed: argparse.Namespace) -> int:
    """Train to the end; 0, or an error for the caller to print."""
    settings = _settings(parsed)
    data = load_digits(parsed.data)
    training = Training.start(settings)
    sizes, parameters = list(training.network.sizes), parameters_of(training.network)
    if not parsed.json:
        print(data.source)
        print(f"{'-'.join(map(str, sizes))}: {parameters:,} parameters, seed {settings.seed}", flush=True)
    for progress in training.run(data):
        if progress.examples == 0 or progress.position % 1:
            continue
        if parsed.json:
            line = {
                "epoch": progress.epoch,
                "epochs": progress.epochs,
                "examples": progress.examples,
                "cost": round(progress.cost, 6),
                "train_accuracy": round(progress.train_accuracy, 6),
                "test_cost": round(progress.test_cost, 6),
                "accuracy": round(progress.accuracy, 6),
                "seconds": round(progress.seconds, 3),
                "sizes": sizes,
                "parameters": parameters,
                "data": data.name,
                "seed": settings.seed,
            }
            print(json.dumps(line), flush=True)
        else:
            print(
                f"epoch {progress.epoch:>3} of {progress.epochs}   cost {progress.cost:.4f}   "
                f"{progress.accuracy:7.2%} of {len(data.test_labels):,} test digits   {progress.seconds:6.1f} s",
                flush=True,
            )
    if parsed.output:
        try:
            parsed.output.write_bytes(save_training(training))
        except OSError as error:
            raise ExplainerError(f"{parsed.output} could not be written: {error.strerror}.") from error
    return 0


def _settings(parsed: argparse.Namespace) -> Settings:
    names = ("hidden", "epochs", "rate", "batch", "cost", "initial", "regularisation", "decay", "seed")
    given = {name: value for name in names if (value := getattr(parsed, name)) is not None}
    return replace(PRESETS.get(parsed.preset, _DEFAULTS), **given)
