"""Everything that decides how a course goes, in one place, stored with every checkpoint."""

import json
import math
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Phase:
    """A stretch of the course at one resolution.

    size: pixels the student sees. teacher: pixels the teacher looks at the same views in.
    areas: smallest and largest share of a picture that a view shows. steps: how many.
    """

    size: int
    teacher: int
    areas: tuple[float, float]
    steps: int


@dataclass(frozen=True)
class Recipe:
    """How the student is taught.

    parts: a batch is worked on in so many equal parts, each by a thread of its own, each
        normalised by itself. The number belongs to the recipe, not to the machine.
    studies: how often each view is studied once the teacher has judged it: 2 means once as it
        is and once, ``delay`` views later, mirrored. The teacher costs as much as the student.
    temperature, label, maps: what counts how much in the loss (see :mod:`lesson`).
    """

    phases: tuple[Phase, ...]
    seed: int = 0
    batch: int = 128
    parts: int = 2
    studies: int = 2
    delay: int = 6
    rate: float = 0.05
    warm_up: int = 100
    momentum: float = 0.9
    decay: float = 2e-4
    decay_conv1: float = 3e-3
    temperature: float = 2.0
    label: float = 0.3
    maps: float = 1.0
    mixup: float = 0.3
    average: float = 0.999
    half_precision: bool = True

    @property
    def steps(self) -> int:
        return sum(phase.steps for phase in self.phases)

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
        fields = json.loads(text)
        phases = tuple(Phase(**{**phase, "areas": tuple(phase["areas"])}) for phase in fields.pop("phases"))
        return cls(phases=phases, **fields)
