"""How each block moves from one event to the next: a pulse of its window, then a decay.

A curve is known from its start on. Two curves with equal keys drive what follows in the same
way, so that what one pulse does is worked out once and kept.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from quantal.engines.propagators.cascade import Block
from quantal.engines.propagators.decay import Decay
from quantal.engines.propagators.numeric import Tape
from quantal.engines.propagators.panels import Panels

Array = np.ndarray[Any, np.dtype[np.float64]]

FORGOTTEN = 1e-15
"""What a pulse may still do after its window, integrated, as a share of the state."""
_GRID = np.concatenate([[0.0], np.geomspace(1e-4, 1e7, 661)])
"""Times (ms) at which the end of a window is looked for."""


class Curve(Protocol):
    """Values of a block's states or of a drive, `times` after its start."""

    @property
    def key(self) -> Hashable:
        """Equal where the curve is."""
        ...

    @property
    def limit(self) -> Array | None:
        """Where all of it ends if nothing happens; None if that is not known."""
        ...

    def at(self, times: Array) -> Array:
        """Values (m, n)."""
        ...


@dataclass(frozen=True, eq=False)
class Given:
    """A drive or a clamp within one piece: a cubic plus an exponential, from now on."""

    coefficients: Array

    @property
    def key(self) -> Hashable:
        """Equal where the function is."""
        return self.coefficients.tobytes()

    @property
    def is_constant(self) -> bool:
        """Whether it keeps one level."""
        c = self.coefficients
        return not (c[1:4].any() or (c[4] and c[5]))

    @property
    def limit(self) -> Array | None:
        """Its level after the exponential."""
        c = self.coefficients
        if c[1:4].any() or (c[4] and c[5] < 0.0):
            return None
        return np.array([c[0] + (0.0 if c[5] else c[4])])

    def at(self, times: Array) -> Array:
        """Values (m, 1)."""
        c = self.coefficients
        values = c[0] + times * (c[1] + times * (c[2] + times * c[3]))
        if c[4]:
            values = values + c[4] * np.exp(-c[5] * times)
        return np.asarray(values)[:, None]


@dataclass(frozen=True, eq=False)
class Free:
    """A block that nothing drives."""

    decay: Decay
    start: Array
    key: Hashable

    @property
    def limit(self) -> Array | None:
        """The state at which it comes to rest."""
        return self.decay.limit(self.start)

    def at(self, times: Array) -> Array:
        """States (m, n)."""
        return self.decay.at(self.start, times)


@dataclass(frozen=True, eq=False)
class Driven:
    """A block within and after a pulse; `tail` None: the pulse lasts as long as is known."""

    window: Panels
    tail: Free | None
    key: Hashable

    @property
    def limit(self) -> Array | None:
        """The state at which it comes to rest."""
        return None if self.tail is None else self.tail.limit

    def at(self, times: Array) -> Array:
        """States (m, n)."""
        end = float(self.window.edges[-1])
        if self.tail is None:
            return self.window.at(np.minimum(times, end))
        rows = np.empty((len(times), self.window.series.shape[2]))
        after = times > end
        rows[~after] = self.window.at(times[~after])
        if after.any():
            rows[after] = self.tail.at(times[after] - end)
        return rows


class Equations:
    """A block's A(t) and b(t) in numbers, from the values of what it reads."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self._places = list(block.matrix)
        self._tape = Tape(block.graph, [*block.matrix.values(), *block.offset])
        self._own = [leaf for leaf in self._tape.leaves if leaf[0] == "parameter"]

    @property
    def content(self) -> Hashable:
        """Equal for equal equations."""
        return (self._tape.content, tuple(self._places))

    @property
    def leaves(self) -> list[tuple[str, int]]:
        """All that the equations are made of."""
        return self._tape.leaves

    def at(self, parameters: Array, reads: Mapping[tuple[str, int], Any], count: int
           ) -> tuple[Array, Array]:  # fmt: skip
        """A (m, n, n) and b (m, n) where each of `reads` is (m,), or one number."""
        leaves = dict(reads) | {leaf: parameters[leaf[1]] for leaf in self._own}
        values = self._tape.values(leaves)
        size = self.block.size
        matrices, offsets = np.zeros((count, size, size)), np.empty((count, size))
        for (row, column), value in zip(self._places, values, strict=False):
            matrices[:, row, column] = value
        for place, value in enumerate(values[len(self._places) :]):
            offsets[:, place] = value
        return matrices, offsets


def end_of_window(
    coefficients: Callable[[Array], tuple[Array, Array]], rest: tuple[Array, Array], scales: Array,
    forgotten: float | None = None,
) -> float:  # fmt: skip
    """The time (ms) from which on A and b are at rest; infinite if never.

    `scales` (n,) are the natural sizes of the block's states. What they may still move by
    is `forgotten`, rounding if not given.
    """
    matrices, offsets = coefficients(_GRID)
    weights = scales / scales[:, None]
    away = (np.abs(matrices - rest[0]) * weights).sum(axis=(1, 2))
    away += (np.abs(offsets - rest[1]) / scales).sum(axis=1)
    pieces = 0.5 * (away[1:] + away[:-1]) * np.diff(_GRID)
    remaining = np.append(np.cumsum(pieces[::-1])[::-1], 0.0)
    if not np.isfinite(remaining[0]) or away[-1] > 0.0:
        return np.inf
    over = np.flatnonzero(remaining > (FORGOTTEN if forgotten is None else forgotten))
    return float(_GRID[over[-1] + 1]) if over.size else 0.0
