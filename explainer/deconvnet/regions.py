"""Squares cut out of maps: what one unit of each picture in a batch needs of the layers below it."""

from dataclasses import dataclass

import torch
from torch import Tensor

from explainer.receptive import Window


@dataclass(frozen=True)
class Region:
    """One square for each sample of a batch, all of the same size, on maps of ``side`` × ``side``.

    ``tops`` and ``lefts`` are the first rows and columns; a square may stick out of the map
    on any side, where padding lies. All in positions of that map.
    """

    tops: tuple[int, ...]
    lefts: tuple[int, ...]
    size: int
    side: int

    @classmethod
    def whole(cls, samples: int, side: int) -> "Region":
        return cls((0,) * samples, (0,) * samples, side, side)

    def only(self, i: int) -> "Region":
        """The square of sample ``i`` alone."""
        return Region((self.tops[i],), (self.lefts[i],), self.size, self.side)

    def below(self, window: Window, side: int) -> "Region":
        """What a layer reads, on maps of ``side``, to compute this region through ``window``."""
        return Region(
            tuple(window.start + window.step * top for top in self.tops),
            tuple(window.start + window.step * left for left in self.lefts),
            window.size + window.step * (self.size - 1),
            side,
        )

    def beside(self, other: "Region") -> "Region":
        """The smallest region that covers both, on the same map."""
        tops, lefts = (
            tuple(map(min, ours, theirs)) for ours, theirs in ((self.tops, other.tops), (self.lefts, other.lefts))
        )
        size = max(
            end - start
            for firsts, ours, theirs in ((tops, self.tops, other.tops), (lefts, self.lefts, other.lefts))
            for start, a, b in zip(firsts, ours, theirs, strict=True)
            for end in (a + self.size, b + other.size)
        )
        return Region(tops, lefts, size, self.side)

    def clipped(self) -> "Region":
        """The whole map, where the squares are as large as that anyway."""
        return self if self.size < self.side else Region.whole(len(self.tops), self.side)


def take(x: Tensor, have: Region, want: Region, fill: float = 0.0) -> Tensor:
    """From maps known on ``have`` those on ``want``: float [N, C, size, size].

    Channels lie next to each other in memory, which the pools are twenty times faster for.
    Positions outside the map hold ``fill``: that is how padding enters, at every layer anew.
    """
    if have == want and all(_inside(want, i) for i in range(len(want.tops))):
        return x
    shape = (*x.shape[:2], want.size, want.size)
    result = torch.empty(shape, dtype=x.dtype, memory_format=torch.channels_last).fill_(fill)
    for i in range(len(want.tops)):
        rows, columns = _shared(have, want, i)
        result[i, :, _from(rows, want.tops[i]), _from(columns, want.lefts[i])] = (
            x[i, :, _from(rows, have.tops[i]), _from(columns, have.lefts[i])]
        )  # fmt: skip
    return result


def give_back(signal: Tensor, have: Region, want: Region) -> Tensor:
    """The way back of :func:`take`: a signal on ``want`` laid where it came from on ``have``.

    What lies in the padding belongs to no unit and is dropped.
    """
    return take(signal, want, have)


def _shared(one: Region, other: Region, i: int) -> tuple[range, range]:
    """Rows and columns of the map that lie in both squares of sample ``i``."""
    return tuple(
        range(max(a[i], b[i], 0), max(0, a[i], b[i], min(a[i] + one.size, b[i] + other.size, one.side)))
        for a, b in ((one.tops, other.tops), (one.lefts, other.lefts))
    )


def _from(positions: range, start: int) -> slice:
    return slice(positions.start - start, positions.stop - start)


def _inside(region: Region, i: int) -> bool:
    starts = region.tops[i], region.lefts[i]
    return min(starts) >= 0 and max(starts) + region.size <= region.side
