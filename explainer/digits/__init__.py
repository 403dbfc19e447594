"""A network of sigmoid neurons that reads handwritten digits: its data, its training, its inside."""

from explainer.digits.data import Digits, fetch_digits, full_digits_folder, load_digits, one_hot, small_digits
from explainer.digits.drawn import Fitted, centre_as_mnist, fit
from explainer.digits.files import load_network, load_training, save_network, save_training
from explainer.digits.network import (
    COSTS,
    Network,
    backprop,
    count_parameters,
    forward,
    new_network,
    parameters_of,
    update,
)
from explainer.digits.reading import (
    Reading,
    Votes,
    accuracy,
    confusion,
    hidden_pictures,
    mistakes,
    read,
    votes,
)
from explainer.digits.steps import GradientCheck, Step, Walk, check_gradient, walk, worked_case
from explainer.digits.training import PRESETS, Progress, Settings, Training, train
from explainer.digits.tuning import METHODS, SPACE, Trial, tune

__all__ = [
    "COSTS",
    "METHODS",
    "PRESETS",
    "SPACE",
    "Digits",
    "Fitted",
    "GradientCheck",
    "Network",
    "Progress",
    "Reading",
    "Settings",
    "Step",
    "Training",
    "Trial",
    "Votes",
    "Walk",
    "accuracy",
    "backprop",
    "centre_as_mnist",
    "check_gradient",
    "confusion",
    "count_parameters",
    "fetch_digits",
    "fit",
    "forward",
    "full_digits_folder",
    "hidden_pictures",
    "load_digits",
    "load_network",
    "load_training",
    "mistakes",
    "new_network",
    "one_hot",
    "parameters_of",
    "read",
    "save_network",
    "save_training",
    "small_digits",
    "train",
    "tune",
    "update",
    "votes",
    "walk",
    "worked_case",
]
