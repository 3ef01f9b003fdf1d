"""The common steps of all instances: equal between two stops, cut into chunks.

Between two stops of the stimulus lie the fewest equal steps that are no longer than what was
asked for. A step of length zero stands at the start and wherever parameters change, so that
what happens at that very moment has a step to happen in.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from quantal.stimulus import Piecewise, Stimulus

Array = np.ndarray[Any, np.dtype[np.float64]]
Whole = np.ndarray[Any, np.dtype[np.int64]]

CHUNK = 2048
"""Steps in one call of the compiled loop."""
SAME = 1e-6
"""A time this near to the end of a step, as a share of the step, is that end."""
_GAUSS = 0.5 / math.sqrt(3.0)
"""Half the distance of the two points of Gauss's rule, exact for cubics."""


@dataclass(frozen=True, eq=False)
class Looks:
    """Sample times inside steps: which step, how far into it, and which row of the output."""

    step: Whole
    length: Array
    row: Whole


@dataclass(frozen=True, eq=False)
class Chunk:
    """Consecutive steps of one length.

    `edges` (n + 1,) in ms; `rows` (n, row) what the stimulus is in each step; `out_row` (n,)
    the row of the output written after each step, -1 for none. Rows are counted from
    `first_row` on. `changes` are parameters that take new values before the first step. What
    happens at times in (`after`, `until`] belongs to this chunk.
    """

    edges: Array
    rows: Array
    out_row: Whole
    looks: Looks
    first_row: int
    row_count: int
    changes: tuple[tuple[int, float], ...]
    after: float
    until: float

    @property
    def steps(self) -> int:
        """How many."""
        return len(self.edges) - 1

    @property
    def length(self) -> float:
        """Of each step, ms."""
        return float(self.edges[-1] - self.edges[0]) / self.steps


@dataclass(frozen=True)
class _Stretch:
    start: float
    end: float
    steps: int
    changes: tuple[tuple[int, float], ...] = ()
    open_end: bool = False
    """What happens at the very end belongs to the stretch that follows."""


class Plan:
    """The steps of a run, chunk by chunk."""

    def __init__(
        self, stimulus: Stimulus, longest: float, samples: Array, rows_per_chunk: int
    ) -> None:
        self._functions: tuple[Piecewise, ...] = (*stimulus.drives, *stimulus.clamps.values())
        self._clamped = len(stimulus.clamps)
        self.samples = samples
        self._rows_per_chunk = max(rows_per_chunk, 1)
        self._longest = longest
        self._stretches = list(_stretches(stimulus, longest))
        self.steps = sum(stretch.steps for stretch in self._stretches)

    def chunks(self) -> Iterator[Chunk]:
        """All of them, in order of time."""
        taken, after = 0, -math.inf
        for stretch in self._stretches:
            first = 0
            while first < stretch.steps:
                chunk = self._chunk(stretch, first, taken, after)
                first += chunk.steps
                taken += chunk.row_count
                after = chunk.until
                yield chunk

    def _chunk(self, stretch: _Stretch, first: int, taken: int, after: float) -> Chunk:
        """From one step of a stretch on, as many as fit."""
        last = min(first + CHUNK, stretch.steps)
        pitch = (stretch.end - stretch.start) / stretch.steps
        slack = SAME * (pitch or self._longest)
        times = self.samples[taken:]
        while True:
            numbers = np.arange(first, last + 1, dtype=np.float64)
            edges = stretch.start + numbers * pitch
            if last == stretch.steps:
                edges[-1] = stretch.end
            before_moment = stretch.open_end and last == stretch.steps
            until = float(edges[-1]) + (-slack if before_moment else slack)
            count = int(np.searchsorted(times, until, side="right"))
            if count <= self._rows_per_chunk or last - first == 1:
                break
            # The output of one chunk must fit its buffer: fewer steps.
            last = first + (last - first) // 2
        step, when = placed(edges, times[:count])
        at_end = when == edges[step + 1]
        places = np.arange(count)
        out_row = np.full(last - first, -1, dtype=np.int64)
        out_row[step[at_end]] = places[at_end]
        inside = ~at_end
        looks = Looks(step[inside], when[inside] - edges[step[inside]], places[inside])
        return Chunk(
            edges, self.rows(edges[:-1], edges[1:]), out_row, looks, taken, count,
            stretch.changes if first == 0 else (), after, until,
        )  # fmt: skip

    def rows(self, start: Array, end: Array) -> Array:
        """What the stimulus is in steps from `start` to `end`: (n, row), see the layout."""
        middle, half = 0.5 * (start + end), end - start
        table = np.empty((len(start), 1 + len(self._functions) + self._clamped))
        table[:, 0] = middle
        for number, function in enumerate(self._functions, 1):
            early = function.at(middle - _GAUSS * half)
            table[:, number] = 0.5 * (early + function.at(middle + _GAUSS * half))
        held = self._functions[len(self._functions) - self._clamped :]
        for number, function in enumerate(held, 1 + len(self._functions)):
            table[:, number] = function.at(end)
        return table


def placed(edges: Array, times: Array) -> tuple[Whole, Array]:
    """For each time the step that it lies in, (start, end], and the time.

    A time next to an edge becomes that edge, so that rounding decides nothing.
    """
    last = len(edges) - 2
    step = np.clip(np.searchsorted(edges, times, side="left") - 1, 0, last)
    width = edges[1:] - edges[:-1]
    near_start = (times - edges[step] <= SAME * width[step]) & (step > 0)
    step = np.where(near_start, step - 1, step)
    end = edges[step + 1]
    near = np.abs(times - end) <= SAME * width[step]
    near |= width[step] == 0.0
    return step.astype(np.int64), np.where(near, end, times)


def _stretches(stimulus: Stimulus, longest: float) -> Iterator[_Stretch]:
    changes: dict[float, list[tuple[int, float]]] = {}
    for time, index, value in stimulus.changes:
        changes.setdefault(max(time, stimulus.start), []).append((index, value))
    start, end = stimulus.start, stimulus.end
    stops = {t for t in (*stimulus.stops, *changes) if start < t < end}
    edges: Sequence[float] = sorted({start, end, *stops})
    yield _Stretch(start, start, 1, tuple(changes.get(start, ())))
    for left, right in pairwise(edges):
        steps = max(math.ceil((right - left) / longest - 1e-9), 1)
        moment = right in changes
        yield _Stretch(left, right, steps, open_end=moment)
        if moment:
            yield _Stretch(right, right, 1, tuple(changes[right]))
