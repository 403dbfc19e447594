"""Everything that decides how a course goes, in one place, stored with every checkpoint."""

import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path

SHIPPED = Path(__file__).with_name("recipe.json")


@dataclass(frozen=True)
class Phase:
    """A stretch of the course at one resolution.

    size: pixels the student sees. teacher: pixels the teacher looks at the same views in.
    areas: smallest and largest share of a picture that a view shows. share: how much of the
    hours it takes. steps: how many that is.
    """

    size: int
    teacher: int
    areas: tuple[float, float]
    share: float = 1.0
    steps: int = 1


@dataclass(frozen=True)
class Recipe:
    """How the student is taught.

    attention: what a picture of each source counts among the draws (see :func:`lots.chances`).
    parts: a batch is worked on in so many equal parts, each normalised by itself. The number
        belongs to the recipe, not to the machine.
    term: how many new views the teacher judges at a time; studies: how often each is studied on
        the average, over as many terms (see :mod:`notebook`).
    temperature, label, maps: what counts how much in the loss (see :mod:`lesson`).
    """

    phases: tuple[Phase, ...]
    attention: dict[str, float] = field(default_factory=dict)
    seed: int = 0
    batch: int = 256
    parts: int = 4
    term: int = 16384
    studies: int = 4
    rate: float = 0.1
    warm_up: int = 100
    momentum: float = 0.9
    decay: float = 2e-4
    decay_conv1: float = 3e-3
    temperature: float = 2.0
    label: float = 0.2
    maps: float = 1.0
    average: float = 0.998
    half_precision: bool = True

    @property
    def steps(self) -> int:
        return sum(phase.steps for phase in self.phases)

    @property
    def steps_a_term(self) -> int:
        """Steps until the teacher judges new views."""
        return max(1, self.term * self.studies // self.batch)

    def phase_at(self, step: int) -> Phase:
        """The phase that a step falls into; the last one for any step beyond the end."""
        for phase in self.phases:
            if step < phase.steps:
                return phase
            step -= phase.steps
        return self.phases[-1]

    def rate_at(self, step: int) -> float:
        """Learning rate: up in a straight line, then down to nothing along half a cosine."""
        fall = 0.5 * (1 + math.cos(math.pi * min(1, step / self.steps)))
        return self.rate * min(1, (step + 1) / self.warm_up) * fall

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Recipe":
        """The recipe written down in ``text``.

        Raises:
            ValueError, TypeError, KeyError: it isn't one.
        """
        fields = json.loads(text)
        phases = tuple(Phase(**{**phase, "areas": tuple(phase["areas"])}) for phase in fields.pop("phases"))
        return cls(phases=phases, **fields)
