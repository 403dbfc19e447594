"""Networks that name pictures: what can be chosen, and how a picture runs through one."""

from explainer.networks.network import Guess, Network, Preprocessing, Trace, best_guesses
from explainer.networks.shared import shared_network
from explainer.networks.zoo import EMBEDDED, ENTRIES, NAMES, available, find_weights, load_network

__all__ = [
    "EMBEDDED",
    "ENTRIES",
    "NAMES",
    "Guess",
    "Network",
    "Preprocessing",
    "Trace",
    "available",
    "best_guesses",
    "find_weights",
    "load_network",
    "shared_network",
]
