"""One tile: some instances side by side, through the whole run, on one thread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from quantal.engines.population.acts import Acts, acts, agenda
from quantal.engines.population.bounds import bounds, said
from quantal.engines.population.instances import Failure
from quantal.engines.population.job import Job
from quantal.engines.population.output import Part, observed
from quantal.engines.population.plan import Array, Chunk, Whole
from quantal.engines.population.start import Start
from quantal.engines.population.trace import trace
from quantal.kernels.population.loop import GROUP
from quantal.kernels.population.slots import Slots

MOST_LOCATED = 8
"""So many failures of one chunk are traced to their step; others to their chunk."""


class Tile:
    """Instances `first` to `last` of a job."""

    def __init__(self, job: Job, first: int, last: int) -> None:
        self._job, self._first, self._count = job, first, last - first
        layout = job.kernel.layout
        self._layout = layout
        self._type = np.float32 if layout.element == "float" else np.float64
        self._group = GROUP * layout.width
        self._groups = -(-self._count // self._group)
        self._lanes = self._groups * self._group
        self._vectors = self._groups * GROUP
        self._slots = Slots()
        self._state = self._array("state", self._vectors, layout.states)
        self._own = self._array("own", self._vectors, layout.own)
        self._shared = self._array("shared", 1, layout.shared, layout.register)
        self._scratch = self._array("scratch", GROUP, layout.scratch)
        for name in ("work", "trial"):
            self._array(name, 1, layout.states)
        self._array("own_work", 1, layout.own)
        self._shared_work = self._array("shared_work", 1, layout.shared, layout.register)
        self._slots.point("kept", np.array([*job.kept, 0], dtype=np.int64))
        self._slots.set("kept_count", len(job.kept))
        self._slots.set("groups", self._groups)
        self._slots.set("lanes", self._lanes)
        self._parameters = np.array(job.stimulus.parameters, dtype=float)
        self._changed: set[int] = set()
        self.failures: list[Failure] = []
        self._low, self._high = bounds(job.program, self._type)
        self._known = self._own_values()
        self._begin()

    def _array(
        self, name: str, vectors: int, entries: int, width: int | None = None
    ) -> np.ndarray[Any, Any]:
        """An array (vectors, entries, width) at the start of a cache line."""
        shape = (vectors, max(entries, 1), width or self._layout.width)
        size = int(np.prod(shape)) * np.dtype(self._type).itemsize
        raw = np.zeros(size + 64, dtype=np.uint8)
        offset = -raw.ctypes.data % 64
        array: np.ndarray[Any, Any] = raw[offset : offset + size].view(self._type).reshape(shape)
        self._slots.point(name, array)
        return array

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
        job, layout = self._job, self._layout
        given = [job.instances.parameters[i] for i in job.choice.own_parameters]
        given += [job.instances.drives[i] for i in job.choice.own_drives]
        for place, values in enumerate(given):
            self._put(self._own, place, self._slice(values))
        start = job.stimulus.start
        known = {**self._known, "time": start}
        for index, curve in job.stimulus.clamps.items():
            known[job.program.states[index].name] = float(curve.at(start))
        for index, values in job.instances.initial.items():
            known[job.program.states[index].name] = self._slice(values)
        values_at = Start(job.program, known)
        for index in range(layout.states):
            self._put(self._state, index, values_at[job.program.states[index].name])
        self._refused = np.zeros(self._lanes, dtype=bool)
        last = self._first + self._count
        self._refused[[i - self._first for i in job.refused if self._first <= i < last]] = True
        self._blank(self._refused)
        self._bad = self._refused.copy()
        self._check_start()
        self._due = agenda(
            list(self._events()), job.follow, values_at,
            {handler: place for place, handler in enumerate(job.choice.handlers)},
        )  # fmt: skip

    def _put(self, array: np.ndarray[Any, Any], place: int, values: Any) -> None:
        """One entry of all instances; lanes without an instance repeat the last one."""
        whole = np.empty(self._lanes)
        whole[: self._count] = values
        whole[self._count :] = whole[self._count - 1]
        with np.errstate(over="ignore"):
            array[:, place, :] = whole.reshape(self._vectors, -1)

    def _get(self, place: int) -> np.ndarray[Any, Any]:
        return np.ascontiguousarray(self._state[:, place, :]).reshape(-1)

    def _blank(self, lanes: np.ndarray[Any, Any]) -> None:
        """Instances that failed are not a number from here on."""
        if lanes.any():
            where = np.broadcast_to(lanes.reshape(self._vectors, 1, -1), self._state.shape)
            self._state[where] = np.nan

    def _check_start(self) -> None:
        finite = np.isfinite(self._state).all(axis=1).reshape(-1)
        for lane in np.flatnonzero(~finite & ~self._bad)[: self._count]:
            if lane >= self._count:
                continue
            state = next(
                s for i, s in enumerate(self._job.program.states)
                if not np.isfinite(self._get(i)[lane])
            )  # fmt: skip
            self._fail(int(lane), self._job.stimulus.start,
                       "the initial value of " + said(state, np.nan, self._single))  # fmt: skip
        self._bad |= ~finite
        self._blank(self._bad)

    @property
    def _single(self) -> bool:
        return self._layout.element == "float"

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
        job, kernel = self._job, self._job.kernel
        for chunk in job.plan.chunks():
            self._parameters = self._parameters.copy()
            for index, value in chunk.changes:
                self._parameters[index] = value
                self._changed.add(index)
            self._prepare(chunk.length)
            happening = acts(self._due, chunk, job.plan, self._group)
            out = np.empty(
                (max(chunk.row_count, 1), max(len(job.kept), 1), self._lanes), self._type
            )
            self._point(chunk, happening, out)
            before = self._state.copy()
            kernel.advance(self._slots.address)
            self._check(chunk, happening, before, out)
            if chunk.row_count:
                times = job.plan.samples[chunk.first_row : chunk.first_row + chunk.row_count]
                part = Part(self._first, self._count, times, self._parameters, self._changed)
                found = observed(job, part, out)
                for values in found.values():
                    # A constant says nothing of an instance that does not run.
                    values[self._refused[: self._count]] = np.nan
                yield chunk.first_row, found

    def _prepare(self, length: float) -> None:
        """The step's length and the parameters, and what follows from them."""
        count = len(self._parameters)
        for array in (self._shared, self._shared_work):
            array[0, 0] = length
            with np.errstate(over="ignore"):
                array[0, 1 : 1 + count] = self._parameters[:, None]
        changed = [i for i in self._job.choice.own_parameters if i in self._changed]
        for index in changed:
            place = self._job.choice.own_parameters.index(index)
            self._put(self._own, place, self._parameters[index])
        kernel = self._job.kernel
        rows = np.zeros(self._layout.row, self._type)
        addresses = [
            a.ctypes.data for a in (self._state, self._own, self._shared, rows, self._scratch)
        ]
        kernel.prepare_shared(*addresses, 1)
        for vector in range(0, self._vectors, GROUP):
            own = self._own[vector : vector + GROUP].ctypes.data
            kernel.prepare_own(addresses[0], own, *addresses[2:], GROUP)

    def _point(self, chunk: Chunk, happening: Acts | None, out: np.ndarray[Any, Any]) -> None:
        slots, looks = self._slots, chunk.looks
        slots.set("steps", chunk.steps)
        slots.point("rows", self._typed(chunk.rows))
        slots.point("out", out)
        slots.point("out_row", chunk.out_row)
        slots.set("looks", len(looks.step))
        slots.point("look_step", np.append(looks.step, -1))
        slots.point("look_row", np.append(looks.row, -1))
        slots.point("look_length", self._typed(np.append(looks.length, 0.0)))
        start = chunk.edges[looks.step]
        slots.point("look_rows", self._typed(self._job.plan.rows(start, start + looks.length)))
        slots.set("acts", 0 if happening is None else len(happening.step))
        if happening is not None:
            slots.point("act_step", happening.step)
            slots.point("act_lane", happening.lane)
            slots.point("act_first", happening.first)
            slots.point("act_last", happening.last)
            slots.point("act_handler", happening.handler)
            slots.point("act_out", happening.out)
            slots.point("act_length", self._typed(happening.length))
            slots.point("act_rows", self._typed(happening.rows))
            slots.point("act_event_rows", self._typed(happening.event_rows))
            done = np.empty(len(happening.step) * self._layout.states, self._type)
            slots.point("done", done)

    def _typed(self, values: Array) -> np.ndarray[Any, Any]:
        with np.errstate(over="ignore"):
            typed = np.ascontiguousarray(values, dtype=self._type)
        return typed if typed.size else np.zeros(1, self._type)

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
                found = trace(self._job, chunk, happening, before, self._own, self._shared,
                              (self._low, self._high), int(lane))  # fmt: skip
                located += 1
            time, what = found or (float(chunk.edges[0]), "a state has no possible value")
            when = f"{'at' if found else 'after'} t = {time:g} ms"
            self._fail(int(lane), time, f"{when}: {what}")
            times = self._job.plan.samples[chunk.first_row : chunk.first_row + chunk.row_count]
            out[: chunk.row_count][times >= time, :, lane] = np.nan
        self._blank(self._bad)

    def _possible(self) -> np.ndarray[Any, Any]:
        """Whether all states of each instance (lanes,) have values that they can have."""
        low, high = self._low[None, :, None], self._high[None, :, None]
        inside = (self._state >= low) & (self._state <= high)
        whole: np.ndarray[Any, Any] = inside.all(axis=1).reshape(-1)
        return whole
