"""Objectives: which answer of the network a dream should raise.

An objective is a sum of weighted terms. Each term reads one layer and gives a number
for every picture; its gradient says how each pixel should change.

Sources: Erhan et al. 2009 (one unit); Simonyan et al. 2014 (a category's sum before
softmax); Mordvintsev et al. 2015 (a whole layer); Olah et al. 2017 (channels, diversity).
"""

import difflib
import re
from dataclasses import dataclass, replace
from functools import reduce

from torch import Tensor

from explainer.dream.checks import DreamError, number, whole
from explainer.errors import shortened
from explainer.networks import Network

FORMS = "class:NAME, layer:LAYER, channel:LAYER:NUMBER, unit:LAYER:NUMBER or diversity:LAYER"


@dataclass(frozen=True)
class Term:
    """One answer to raise: its ``kind`` in :data:`MEASURES`, the layer and output it reads, its weight."""

    kind: str
    layer: str
    index: int | None = None
    weight: float = 1.0
    name: str = ""

    def __str__(self) -> str:
        parts = [self.kind, self.name] if self.kind in _CATEGORY_KINDS else [self.kind, self.layer]
        if self.kind in ("channel", "unit"):
            parts.append(str(self.index))
        weight = "" if self.weight == 1 else f"{self.weight:g}*"
        return weight + ":".join(parts)


@dataclass(frozen=True)
class Objective:
    """A sum of weighted terms. Objectives add up, and multiply by a number.

    ``str(objective)`` is what :func:`parse_objective` reads.
    """

    terms: tuple[Term, ...]

    def __add__(self, other: "Objective") -> "Objective":
        return Objective(self.terms + other.terms)

    def __mul__(self, factor: float) -> "Objective":
        return Objective(tuple(replace(term, weight=term.weight * factor) for term in self.terms))

    __rmul__ = __mul__

    def __str__(self) -> str:
        return " + ".join(map(str, self.terms))

    @property
    def layers(self) -> set[str]:
        """Names of the layers it reads."""
        return {term.layer for term in self.terms}

    def measure(self, activations: dict[str, Tensor]) -> Tensor:
        """Its value for each picture: float [N], from the layers' activations [N, …]."""
        return sum(
            term.weight * MEASURES[term.kind](activations[term.layer].float(), term.index) for term in self.terms
        )


# --- what each kind of term measures: activations [N, C, H, W] or [N, neurons] → [N] ----------------


def logit(activations: Tensor, index: int) -> Tensor:
    """A category's sum before softmax, which could also rise by pushing the other categories down."""
    return activations[:, index]


def lead(activations: Tensor, index: int) -> Tensor:
    """The logarithm of a category's probability: how far its sum is ahead of all the others'."""
    return activations.log_softmax(1)[:, index]


def channel(activations: Tensor, index: int) -> Tensor:
    """The mean of one detector's map."""
    return activations[:, index].flatten(1).mean(1) if activations.dim() > 2 else activations[:, index]


def unit(activations: Tensor, index: int) -> Tensor:
    """One detector at the centre of its map."""
    if activations.dim() == 2:
        return activations[:, index]
    rows, columns = activations.shape[2:]
    return activations[:, index, rows // 2, columns // 2]


def layer(activations: Tensor, _index: None = None) -> Tensor:
    """½‖a‖²: its gradient is the layer's own activations, so whatever it sees there grows."""
    return activations.flatten(1).square().sum(1) / 2


def diversity(activations: Tensor, _index: None = None) -> Tensor:
    """How unlike the others a picture is: minus the mean cosine between its Gram matrix and theirs.

    A Gram matrix holds how strongly each two detectors fire at the same places.
    """
    maps = activations.flatten(2) if activations.dim() > 2 else activations[:, :, None]
    gram = (maps @ maps.transpose(1, 2)).flatten(1)
    directions = gram / gram.norm(dim=1, keepdim=True).clamp(min=1e-12)
    others = max(1, len(maps) - 1)
    return -((directions @ directions.T).sum(1) - directions.square().sum(1)) / others


MEASURES = {
    "class": logit,
    "lead": lead,
    "channel": channel,
    "unit": unit,
    "layer": layer,
    "diversity": diversity,
}


_CATEGORY_KINDS = ("class", "lead")


# --- from words to an objective --------------------------------------------------------------------


def parse_objective(text: str, network: Network) -> Objective:
    """The objective that a line of text describes for a network.

    Terms are ``class:NAME`` (or the category's number), ``lead:NAME``, ``layer:LAYER``,
    ``channel:LAYER:NUMBER``, ``unit:LAYER:NUMBER`` and ``diversity:LAYER``, each with ``WEIGHT*`` before
    it if it should count more or less (below zero: the answer falls), with ``+`` between them.

    >>> parse_objective("class:dumbbell + 0.5*channel:conv5:12", network)

    Raises:
        DreamError: not such a line, or no such category; the sentence offers the nearest names.
        NetworkError: the network has no such layer.
    """
    parts = re.split(r"\s\+(?:\s+|$)", text.strip())
    return reduce(Objective.__add__, (Objective((_term(part, network),)) for part in parts))


def class_objective(name: str, network: Network) -> Objective:
    """The objective that raises one category's sum, by its name or number."""
    return Objective((_term(f"class:{name}", network),))


def category_index(name: str, network: Network) -> int:
    """The output that a category's name (any case) or number means.

    Raises:
        DreamError: there is none; the sentence offers the nearest names.
    """
    exact, wanted = name.strip(), name.strip().casefold()
    if exact in network.categories:  # a Cardigan is a dog, a cardigan is not
        return network.categories.index(exact)
    known = [category.casefold() for category in network.categories]
    if wanted in known:
        return known.index(wanted)
    if wanted.isdecimal() and len(wanted) < 10 and int(wanted) < len(known):
        return int(wanted)
    near = nearest_categories(name, network)
    offer = f" Did you mean {_or(near)}?" if near else " Try a simple noun, such as dumbbell."
    raise DreamError(f"{network.label} has no category “{shortened(name)}”.{offer}")


def nearest_categories(name: str, network: Network, count: int = 5) -> list[str]:
    """The categories that a misspelt or incomplete name may mean, likeliest first."""
    wanted = name.strip().casefold()[:80]
    if not wanted:
        return []
    known = {category.casefold(): category for category in network.categories}
    words = re.compile(rf"\b{re.escape(wanted)}")
    within = sorted((name for name in known if words.search(name)), key=len)
    alike = difflib.get_close_matches(wanted, known, n=count, cutoff=0.6)
    return [known[name] for name in dict.fromkeys(within[: count - min(2, len(alike))] + alike + within)][:count]


def _term(text: str, network: Network) -> Term:
    weight, star, rest = text.partition("*")
    weight = _weight(weight) if star else 1.0
    kind, _, rest = (rest if star else text).strip().partition(":")
    kind = kind.strip().casefold()
    if kind not in MEASURES or not rest.strip():
        raise DreamError(f"“{shortened(text)}” is no objective: write {FORMS}.")
    if kind in _CATEGORY_KINDS:
        index = category_index(rest, network)
        return Term(kind, network.layers[-1].name, index, weight, network.categories[index])
    if kind in ("layer", "diversity"):
        return Term(kind, network.layer(rest.strip()).name, weight=weight)
    layer_name, _, index = rest.partition(":")
    found = network.layer(layer_name.strip())
    return Term(kind, found.name, _output(kind, found.name, index, found.shape[0]), weight)


def _weight(text: str) -> float:
    try:
        return number("weight of an objective", float(text), -1000, 1000)
    except ValueError:
        raise DreamError(
            f"“{shortened(text)}” is no weight: write a number before the *, such as 0.5*class:goldfish."
        ) from None


def _output(kind: str, layer_name: str, text: str, count: int) -> int:
    text = text.strip()
    if not re.fullmatch(r"[+-]?\d{1,9}", text):
        raise DreamError(f"Say which {kind} of {layer_name}: write {kind}:{layer_name}:NUMBER, from 0 to {count - 1}.")
    return whole(f"{kind} of {layer_name}", int(text), 0, count - 1)


def _or(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
