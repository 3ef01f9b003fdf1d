"""One tile: some instances side by side, through the whole run, on one thread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from quantal.engines.population.acts import Acts, acts, agenda
from quantal.engines.population.bounds import bounds, said
from quantal.engines.population.instances import Failure
from quantal.engines.population.job import Job
from quantal.engines.population.memory import Memory
from quantal.engines.population.output import Part, observed
from quantal.engines.population.plan import Array, Chunk, Whole
from quantal.engines.population.start import Start
from quantal.engines.population.trace import trace
from quantal.kernels.population.loop import GROUP

MOST_LOCATED = 8
"""So many failures of one chunk are traced to their step; others to their chunk."""


class Tile:
    """Instances `first` to `last` of a job."""

    def __init__(self, job: Job, first: int, last: int) -> None:
        self._job, self._first, self._count = job, first, last - first
        self._memory = Memory(job.kernel.layout, self._count)
        self._memory.slots.point("kept", np.array([*job.kept, 0], dtype=np.int64))
        self._memory.slots.set("kept_count", len(job.kept))
        self._parameters = np.array(job.stimulus.parameters, dtype=float)
        self._changed: set[int] = set()
        self.failures: list[Failure] = []
        self._low, self._high = bounds(job.program, self._memory.kind)
        self._known = self._own_values()
        self._begin()

    def _slice(self, values: Array) -> Array:
        return values[self._first : self._first + self._count]

    def _own_values(self) -> dict[str, Any]:
        """Parameters and drives at the start by name: numbers, or arrays (instances,)."""
        job = self._job
        known: dict[str, Any] = {}
        for index, slot in enumerate(job.program.parameters):
            own = job.instances.parameters.get(index)
            known[slot.name] = self._parameters[index] if own is None else self._slice(own)
        for index, drive in enumerate(job.program.drives):
            own = job.instances.drives.get(index)
            at_start = job.stimulus.drives[index].at(job.stimulus.start)
            known[drive.name] = float(at_start) if own is None else self._slice(own)
        return known

    def _begin(self) -> None:
        """Parameters, initial values and events of all instances."""
        job, memory = self._job, self._memory
        given = [job.instances.parameters[i] for i in job.choice.own_parameters]
        given += [job.instances.drives[i] for i in job.choice.own_drives]
        for place, values in enumerate(given):
            memory.put(memory.own, place, self._slice(values))
        start = job.stimulus.start
        known = {**self._known, "time": start}
        for index, curve in job.stimulus.clamps.items():
            known[job.program.states[index].name] = float(curve.at(start))
        for index, values in job.instances.initial.items():
            known[job.program.states[index].name] = self._slice(values)
        values_at = Start(job.program, known)
        for index in range(memory.layout.states):
            memory.put(memory.state, index, values_at[job.program.states[index].name])
        self._refused = np.zeros(memory.lanes, dtype=bool)
        last = self._first + self._count
        self._refused[[i - self._first for i in job.refused if self._first <= i < last]] = True
        self._memory.blank(self._refused)
        self._bad = self._refused.copy()
        self._check_start()
        self._due = agenda(
            list(self._events()), job.follow, values_at,
            {handler: place for place, handler in enumerate(job.choice.handlers)},
        )  # fmt: skip

    def _check_start(self) -> None:
        finite = np.isfinite(self._memory.state).all(axis=1).reshape(-1)
        for lane in np.flatnonzero(~finite & ~self._bad)[: self._count]:
            if lane >= self._count:
                continue
            state = next(
                s for i, s in enumerate(self._job.program.states)
                if not np.isfinite(self._memory.get(i)[lane])
            )  # fmt: skip
            self._fail(int(lane), self._job.stimulus.start,
                       "the initial value of " + said(state, np.nan, self._single))  # fmt: skip
        self._bad |= ~finite
        self._memory.blank(self._bad)

    @property
    def _single(self) -> bool:
        return self._memory.layout.element == "float"

    def _fail(self, lane: int, time: float, message: str) -> None:
        self.failures.append(Failure(self._first + lane, time, message))

    def _events(self) -> Iterator[tuple[str, Whole, Array]]:
        job = self._job
        last = self._first + self._count
        for name, spikes in job.instances.spikes.items():
            lanes, times = spikes.part(self._first, last)
            good = ~self._bad[lanes] & (times <= job.stimulus.end)
            yield name, lanes[good], times[good]
        everyone = np.flatnonzero(~self._bad[: self._count])
        for time, name in job.stimulus.events:
            if job.stimulus.start <= time <= job.stimulus.end and name in job.follow:
                yield name, everyone, np.full(len(everyone), time)

    # -- the run -----------------------------------------------------------------------------

    def run(self) -> Iterator[tuple[int, Mapping[str, np.ndarray[Any, Any]]]]:
        """For each part of the output its first row, and the recorded values (n, rows)."""
        job, memory = self._job, self._memory
        for chunk in job.plan.chunks():
            self._parameters = self._parameters.copy()
            for index, value in chunk.changes:
                self._parameters[index] = value
                self._changed.add(index)
            self._prepare(chunk.length)
            happening = acts(self._due, chunk, job.plan, memory.per_group)
            shape = (max(chunk.row_count, 1), max(len(job.kept), 1), memory.lanes)
            out = np.empty(shape, memory.kind)
            memory.point(chunk, job.plan, happening, out)
            self._hand_over(chunk)
            before = memory.state.copy()
            job.kernel.advance(memory.slots.address)
            self._check(chunk, happening, before, out)
            if chunk.row_count:
                times = job.plan.samples[chunk.first_row : chunk.first_row + chunk.row_count]
                part = Part(self._first, self._count, times, self._parameters, self._changed)
                found = observed(job, part, out)
                for values in found.values():
                    # A constant says nothing of an instance that does not run.
                    values[self._refused[: self._count]] = np.nan
                yield chunk.first_row, found

    def _hand_over(self, chunk: Chunk) -> None:
        """Own drives that change from step to step: a plain population has none."""

    def _prepare(self, length: float) -> None:
        """The step's length and the parameters, and what follows from them."""
        memory, count = self._memory, len(self._parameters)
        for array in (memory.shared, memory.shared_work):
            array[0, 0] = length
            with np.errstate(over="ignore"):
                array[0, 1 : 1 + count] = self._parameters[:, None]
        own = self._job.choice.own_parameters
        for place, index in enumerate(own):
            if index in self._changed:
                memory.put(memory.own, place, self._parameters[index])
        kernel = self._job.kernel
        rows = np.zeros(memory.layout.row, memory.kind)
        arrays = (memory.state, memory.own, memory.shared, rows, memory.scratch)
        addresses = [array.ctypes.data for array in arrays]
        kernel.prepare_shared(*addresses, 1)
        for vector in range(0, memory.vectors, GROUP):
            part = memory.own[vector : vector + GROUP].ctypes.data
            kernel.prepare_own(addresses[0], part, *addresses[2:], GROUP)

    def _check(
        self, chunk: Chunk, happening: Acts | None, before: np.ndarray[Any, Any],
        out: np.ndarray[Any, Any],
    ) -> None:  # fmt: skip
        """Instances whose states have no possible values any more; what came before is kept."""
        new = ~self._possible() & ~self._bad
        if not new.any():
            return
        self._bad |= new
        located = 0
        for lane in np.flatnonzero(new):
            if lane >= self._count:
                continue
            found = None
            if located < MOST_LOCATED:
                memory = self._memory
                found = trace(self._job, chunk, happening, before, memory.own, memory.shared,
                              (self._low, self._high), int(lane))  # fmt: skip
                located += 1
            time, what = found or (float(chunk.edges[0]), "a state has no possible value")
            when = f"{'at' if found else 'after'} t = {time:g} ms"
            self._fail(int(lane), time, f"{when}: {what}")
            times = self._job.plan.samples[chunk.first_row : chunk.first_row + chunk.row_count]
            out[: chunk.row_count][times >= time, :, lane] = np.nan
        self._memory.blank(self._bad)

    def _possible(self) -> np.ndarray[Any, Any]:
        """Whether all states of each instance (lanes,) have values that they can have."""
        low, high = self._low[None, :, None], self._high[None, :, None]
        state = self._memory.state
        inside = (state >= low) & (state <= high)
        whole: np.ndarray[Any, Any] = inside.all(axis=1).reshape(-1)
        return whole
