"""From a finished course to the file that ships: folded, corrected, packed, measured."""

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from explainer.networks.alexnet2012 import AlexNet2012
from explainer.networks.packed import pack, unpack
from explainer.training import evaluate, everyday, prior
from explainer.training.sources import UNKNOWN, yardstick
from explainer.training.store import Store

BALANCED_SOURCE = "imagenet"  # one picture of every category
MOST_VALIDATION = 1500  # pictures; more would tell the same, later


@dataclass(frozen=True)
class Answers:
    """A network's logits over the pictures it is judged by.

    validation: over the held-out labelled pictures. yardstick: over photographs from
    elsewhere. balanced: over training pictures, one of each category, to find out what
    the network leans towards. Each float [n, categories].
    """

    validation: Tensor
    yardstick: Tensor
    balanced: Tensor


class Examination:
    """The pictures a network is judged by, and their categories."""

    def __init__(self, store: Store, data: Path):
        self.store = store
        labelled = [i for i in store.validation if store.categories[i] != UNKNOWN]
        self.validation = labelled[:: -(-len(labelled) // MOST_VALIDATION) or 1]
        self.validation_categories = torch.tensor(store.categories[self.validation])
        self.balanced = [i for i in store.training if store.sources[i] == BALANCED_SOURCE]
        self.yardstick = list(yardstick(data))
        self.yardstick_categories = torch.tensor([example.category for example in self.yardstick])

    def answers(self, network: nn.Module) -> Answers:
        """Asks the network about every picture."""
        return Answers(
            evaluate.logits_of(network, (self.store.picture(i) for i in self.validation)),
            evaluate.logits_of(network, (example.pixels for example in self.yardstick)),
            evaluate.logits_of(network, (self.store.picture(i) for i in self.balanced)),
        )

    def share(self, answers: Answers) -> float:
        """How much of its leaning to take out of a network, chosen by the held-out pictures."""

        def score(logits: Tensor) -> float:
            return evaluate.mean_by_category(logits, self.validation_categories)

        return prior.best_share(answers.balanced, answers.validation, score)

    def results(self, answers: Answers, known: set[int]) -> dict[str, dict]:
        """Accuracies under the names the card uses. known: categories with enough labelled pictures."""
        on_yardstick = answers.yardstick, self.yardstick_categories
        on_validation = answers.validation, self.validation_categories
        measured = {
            "nips17, 1,000 categories": evaluate.accuracy(*on_yardstick),
            "nips17, pictures of known categories": evaluate.accuracy(*on_yardstick, among=known),
            "nips17, if it could name known categories only": evaluate.accuracy(
                evaluate.only(answers.yardstick, known), self.yardstick_categories
            ),
            "held-out split, 1,000 categories": evaluate.accuracy(*on_validation),
            "held-out split, pictures of known categories": evaluate.accuracy(*on_validation, among=known),
        }
        return {name: {"top1": a.top1, "top5": a.top5, "pictures": a.pictures} for name, a in measured.items()}


def pack_and_measure(
    plain: AlexNet2012,
    file: Path,
    exam: Examination,
    known: set[int],
    stations: dict[str, AlexNet2012],
    share: float | None = None,
) -> tuple[AlexNet2012, dict]:
    """Takes the leaning out of a network, writes it packed, and measures at every station.

    plain: what is to ship. stations: networks on the way to it, under the names the card gives them; to tell what
    each step of the way gained. share: how much of the leaning to take out; chosen by the held-out pictures where
    it is not given. Returns the network as it reads back from ``file``, and what was found, named as in the card.
    """
    answers = {id(plain): exam.answers(plain)}  # one network may be several stations
    for network in stations.values():
        if id(network) not in answers:
            answers[id(network)] = exam.answers(network)
    raw = answers[id(plain)]
    share = exam.share(raw) if share is None else share
    corrected = plain_network(prior.corrected(plain.plain_state(), raw.balanced, share)) if share else plain
    packed = write_packed(corrected, file)
    before = exam.results(exam.answers(corrected) if share else raw, known)
    measured = exam.results(exam.answers(packed), known)
    for name, values in measured.items():
        values["before int8"] = {key: before[name][key] for key in ("top1", "top5")}
    return packed, {
        "measured": measured,
        "stations": {
            **{name: exam.results(answers[id(network)], known) for name, network in stations.items()},
            f"{share:g} of its leaning taken out": before,
        },
        "everyday pictures, the guess that is right": everyday.places(packed),
        "prior_correction": share,
    }


def write_packed(network: AlexNet2012, path: Path) -> AlexNet2012:
    """Writes the compact file and returns the network that reads back from it."""
    packed = pack(network.plain_state())
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    save_file(packed, partial)
    partial.replace(path)
    return plain_network(unpack(packed))


def plain_network(state: dict[str, Tensor]) -> AlexNet2012:
    """The 2012 layout with the widths that the state's biases tell, ready to be asked."""
    widths = (state[f"{name}.bias"].numel() for name in ("fc6", "fc7", "fc8"))
    with torch.device("meta"):  # no time lost on random weights
        network = AlexNet2012(*widths, normalisation=False)
    network.to_empty(device="cpu").load_plain_state(state)
    return network.eval()
