"""Ways over the tape, as they are met: forwards at once, or kept to go backwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from quantal.kernels.context import Context
from quantal.kernels.layout import LANES, padded
from quantal.kernels.sensitivity.kernel import SensitivityKernel
from quantal.kernels.sensitivity.sweep import SLOTS

Array = np.ndarray[Any, np.dtype[np.float64]]
Whole = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, eq=False)
class Stretch:
    """Steps without interruption: a tape, and the samples inside them.

    `first` (steps + 1,) numbers the samples of each step, which lie `shares` into it.
    """

    tape: Array
    steps: int
    constants: Array
    first: Whole
    shares: Array


@dataclass(frozen=True, eq=False)
class Leap:
    """Some states at once: y'[rows] becomes matrix @ y' + push, the others keep theirs.

    `matrix` (rows, states), `push` (rows, directions).
    """

    rows: Whole
    matrix: Array
    push: Array

    def forwards(self, values: Array, push: bool = True) -> Array:
        """Tangents (states, directions) behind it; without `push` the linear part alone."""
        result = values.copy()
        result[self.rows] = self.matrix @ values + (self.push if push else 0.0)
        return result

    def backwards(self, received: Array) -> tuple[Array, Array]:
        """How a result depends on the states before it, and on the directions."""
        given = received[self.rows]
        before = received.copy()
        before[self.rows] = 0.0
        return before + given @ self.matrix, given @ self.push


class Pass(Protocol):
    """What is told of every stretch and leap, in order of time."""

    keeps_tape: bool

    def stretch(self, given: Stretch) -> None:
        """Steps were made."""
        ...

    def leap(self, given: Leap) -> None:
        """An event acted."""
        ...


class Work:
    """The arrays on which the compiled ways over the tape work."""

    def __init__(self, kernel: SensitivityKernel, stages: int) -> None:
        self.kernel = kernel
        self.context = Context(SLOTS)
        layout, sizes = kernel.layout, kernel.sizes
        vectors = sizes.vectors * LANES
        self._room("arguments", stages * layout.padded)
        self._room("entries", stages * padded(sizes.entries))
        self._room("pushes", stages * vectors)
        self._room("scalars", LANES)
        self._room("scratch", layout.scratch)
        self.tangents = self._room("tangents", vectors)
        self._room("moved", vectors)
        self._room("extra", vectors)
        self._room("increments", stages * vectors)
        for name in ("start", "after", "right", "reached"):
            self._room(name, layout.padded)
        self._room("received", stages * layout.padded)
        self.received = self._room("lambda", layout.padded)
        self.total = self._room("total", sizes.lanes)

    def _room(self, name: str, size: int) -> Array:
        array = np.zeros(max(size, LANES))
        self.context.point(name, array)
        return array

    def at(self, given: Stretch) -> None:
        """Take up a stretch."""
        self.context.point("tape", given.tape)
        self.context.point("constants", given.constants)
        self.context.point("first", given.first)
        self.context.point("shares", given.shares)
        self.context.set_count("steps", given.steps)

    def watch(self, places: Sequence[int]) -> None:
        """Which vectors, or states, are seen at samples."""
        self.context.point("watch", np.array([*places, 0], dtype=np.int64))
        self.context.set_count("watched", len(places))

    def values(self, array: Array) -> None:
        """Where values at samples are written or read."""
        self.context.point("values", array)

    def states(self, given: Stretch) -> Array:
        """All states at the samples of a stretch (samples, states)."""
        layout = self.kernel.layout
        rows = np.empty((len(given.shares), layout.padded))
        if len(rows):
            self.at(given)
            self.values(rows)
            self.kernel.states(self.context.address)
        return rows[:, : layout.states]


class Forwards:
    """Tangents along with the run; `states` are those whose tangents are kept at samples."""

    keeps_tape = False

    def __init__(self, work: Work, start: Array, states: Sequence[int]) -> None:
        sizes = work.kernel.sizes
        self._work, self._states = work, list(states)
        self._directions = start.shape[1]
        self._rows, self._cols, self._places = work.kernel.places
        self._put(start)
        watched = [
            (first + row, group, state)
            for group, (first, (_, held)) in enumerate(zip(sizes.firsts, sizes.groups, strict=True))
            for row, state in enumerate(held)
            if state in self._states
        ]
        self._watched = watched
        self._kept: list[Array] = []
        self.count = 0

    def stretch(self, given: Stretch) -> None:
        """Advance the tangents over some steps."""
        work = self._work
        work.at(given)
        work.watch([row * LANES for row, _, _ in self._watched])
        values = np.empty((len(given.shares), max(len(self._watched), 1), LANES))
        work.values(values if values.size else np.zeros(LANES))
        work.kernel.way(work.context.address)
        if len(given.shares):
            self._kept.append(self._unpacked(values))
            self.count += len(given.shares)

    def leap(self, given: Leap) -> None:
        """Carry the tangents over an event."""
        self._put(given.forwards(self.now()))

    def now(self) -> Array:
        """All tangents (states, directions) at the present time."""
        result = np.zeros((self._work.kernel.layout.states, self._directions))
        result[self._rows, self._cols] = self._work.tangents[self._places]
        return result

    def keep_now(self, count: int) -> None:
        """The present tangents are those of further samples."""
        if count:
            row = self.now()[self._states]
            self._kept.append(np.broadcast_to(row, (count, *row.shape)))

    def kept(self) -> Array:
        """Tangents at all samples (samples, states watched, directions)."""
        shape = (0, len(self._states), self._directions)
        return np.concatenate([np.zeros(shape), *self._kept])

    def _put(self, values: Array) -> None:
        self._work.tangents[self._places] = values[self._rows, self._cols]

    def _unpacked(self, values: Array) -> Array:
        result = np.zeros((len(values), len(self._states), self._directions))
        groups = self._work.kernel.sizes.groups
        for number, (_, group, state) in enumerate(self._watched):
            directions = list(groups[group][0])
            place = self._states.index(state)
            result[:, place, directions] = values[:, number, : len(directions)]
        return result


class Backwards:
    """Keeps the tape, and goes back over it as often as asked."""

    keeps_tape = True

    def __init__(self, work: Work, start: Array) -> None:
        self._work, self._start = work, start
        self._kept: list[tuple[Stretch | Leap, int]] = []
        self._samples = 0

    def stretch(self, given: Stretch) -> None:
        """Keep some steps."""
        self._kept.append((given, self._samples))
        self._samples += len(given.shares)

    def leap(self, given: Leap) -> None:
        """Keep an event."""
        self._kept.append((given, self._samples))

    def gradient(self, states: Sequence[int], cotangents: Array) -> Array:
        """d(result)/d(direction), (directions,).

        Args:
            states: those that the result depends on at the samples.
            cotangents: d(result)/d(state), (samples, states); samples behind the last step
                are at the end of the run.
        """
        work, kernel = self._work, self._work.kernel
        directions = self._start.shape[1]
        work.total[:] = 0.0
        work.received[:] = 0.0
        received = work.received[: kernel.layout.states]
        np.add.at(received, list(states), cotangents[self._samples :].sum(axis=0))
        work.watch(states)
        for item, first in reversed(self._kept):
            if isinstance(item, Leap):
                received[:], gained = item.backwards(received)
                work.total[:directions] += gained
                continue
            work.at(item)
            values = np.ascontiguousarray(cotangents[first : first + len(item.shares)])
            work.values(values if values.size else np.zeros(1))
            kernel.way(work.context.address)
        return np.asarray(work.total[:directions] + self._start.T @ received)
