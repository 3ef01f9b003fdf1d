"""The continuous part of many trials at once, in common steps: vectors of trials.

Each step is of second order, and so is the way in which events are handed over. How long the
steps are is decided before the run: a few trials are solved with steps of half the length,
until what changes is below the tolerance.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from quantal.engines.population.instances import Instances
from quantal.engines.population.job import Job
from quantal.engines.population.plan import SAME, Plan
from quantal.engines.population.plan import Chunk as Steps
from quantal.engines.population.tile import Tile
from quantal.engines.stochastic.chunk import Stopped
from quantal.engines.stochastic.impulses import Effects, Happened, Impulses
from quantal.engines.stochastic.thresholds import Threshold, Watch
from quantal.errors import RunError
from quantal.kernels.population.kernel import population_kernel
from quantal.kernels.population.layout import Choice
from quantal.program import Program
from quantal.stimulus import Stimulus

Array = np.ndarray[Any, np.dtype[np.float64]]

ROWS = 4096
"""Rows of output in one piece."""


class _Laid(Plan):
    """A plan whose steps are laid out once for all tiles; `rows` are numbers of the samples.

    With `every` there is output after each step, too.
    """

    def __init__(
        self, stimulus: Stimulus, longest: float, samples: Array, every: bool = False
    ) -> None:
        if every:
            ends = _Laid(stimulus, longest, samples[:0]).edges[:, 1]
            taken = np.unique(np.concatenate([ends, samples]))
            # Of times that differ by rounding alone the last stands.
            near = SAME * longest
            samples, wanted = taken[np.append(np.diff(taken) > near, True)], samples
            self.places = np.searchsorted(samples, wanted - near)
        else:
            self.places = np.arange(len(samples))
        super().__init__(stimulus, longest, samples, ROWS)
        self._laid = list(super().chunks())
        self.edges: Array = np.concatenate(
            [np.column_stack([each.edges[:-1], each.edges[1:]]) for each in self._laid]
        )

    def chunks(self) -> Iterator[Steps]:
        """All of them, in order of time."""
        return iter(self._laid)


class _Driven(Tile):
    """A tile whose own drives change from step to step."""

    def __init__(self, job: Job, size: int, impulses: Impulses) -> None:
        self._impulses, self._done = impulses, 0
        super().__init__(job, 0, size)

    def _hand_over(self, chunk: Steps) -> None:
        memory, streams = self._memory, len(self._job.choice.own_drives)
        values = self._impulses.part(self._done, chunk.steps, memory.lanes)
        self._done += chunk.steps
        memory.slots.point("stream", memory.typed(values))
        memory.slots.point("stream_place", np.arange(streams, dtype=np.int64))
        memory.slots.set("streams", streams)


class Together:
    """The continuous part of a split Program, for any trials.

    Args:
        program: the part; its last `given` drives are those of the trials.
        stimulus: what drives it otherwise.
        given: how many.
        effects: what single events do to them.
        samples: output times (n,), ms.
        kept: indices of the states whose values are wanted.
        thresholds: what announces events.
        constants: the numbers of parameters and of what follows from them alone.
        stop: set when the run is to be given up.
    """

    def __init__(
        self, program: Program, stimulus: Stimulus, given: int, effects: Effects,
        samples: Array, kept: tuple[int, ...], thresholds: tuple[Threshold, ...],
        constants: Mapping[str, float], stop: threading.Event,
    ) -> None:  # fmt: skip
        self._stop = stop
        self._thresholds, self._constants = thresholds, constants
        names = {state.name: index for index, state in enumerate(program.states)}
        crossed = {names[name] for each in thresholds for name in each.states}
        self._seen = tuple(sorted({*kept, *crossed}))
        self._program, self._stimulus, self._effects = program, stimulus, effects
        self._samples, self._kept = samples, kept
        self._own = tuple(range(len(program.drives) - given, len(program.drives)))

    def set_step(self, step: float, method: str) -> None:
        """Take steps no longer than this (ms), by a method of populations."""
        choice = Choice((), self._own, tuple(self._stimulus.clamps), (), method, "double")
        self._kernel = population_kernel(self._program, choice).kernel
        every = bool(self._thresholds)
        self._plan = _Laid(self._stimulus, step, self._samples, every)
        self._choice = choice

    def until(self, end: float) -> Together:
        """The same, only up to a time (ms)."""
        stimulus = replace(self._stimulus, end=end,
                           stops=tuple(t for t in self._stimulus.stops if t < end))  # fmt: skip
        samples = self._samples[self._samples <= end]
        return Together(self._program, stimulus, len(self._own), self._effects, samples,
                        self._kept, (), self._constants, self._stop)  # fmt: skip

    def run(
        self, start: Array, happened: Happened, names: Sequence[int]
    ) -> tuple[dict[int, Array], dict[str, list[Array]]]:
        """Values (trials, n) of the kept states by number, and times of events by name.

        Args:
            start: what is given at the start (given, trials).
            happened: the single events.
            names: for each trial its number, for messages.

        Raises:
            RunError: a state has no possible value any more, with trial and time.
        """
        count = start.shape[1]
        drives = {index: start[row] for row, index in enumerate(self._own)}
        record = tuple(self._program.states[i].name for i in self._seen)
        job = Job(
            self._program, self._stimulus, Instances(count, drives=drives), self._choice,
            self._kernel, self._plan, self._seen, record, {}, {},
        )  # fmt: skip
        times, places = self._plan.samples, self._plan.places
        watch = Watch(self._thresholds, self._constants, count)
        tile = _Driven(job, count, Impulses(self._plan.edges, start, happened, self._effects))
        found = {i: np.empty((count, len(self._samples))) for i in self._kept}
        for row, values in tile.run():
            if self._stop.is_set():
                raise Stopped
            rows = len(next(iter(values.values()), np.zeros((1, 0)))[0])
            first, last = np.searchsorted(places, [row, row + rows])
            for index, name in zip(self._seen, record, strict=True):
                if index in found:
                    found[index][:, first:last] = values[name][:, places[first:last] - row]
            if self._thresholds and rows:
                watch.see(times[row : row + rows], values)
        if tile.failures:
            failure = tile.failures[0]
            raise RunError(f"trial {names[failure.instance]}: {failure.message}")
        return found, watch.events()
