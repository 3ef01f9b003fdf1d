"""One run by propagators: from event to event, block after block."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from quantal.engines.base import Settings
from quantal.engines.events import Events
from quantal.engines.initial import initial_state
from quantal.engines.observe import Observer, parameter_values
from quantal.engines.propagators.blocks import Carrier, Counts
from quantal.engines.propagators.cascade import cascade
from quantal.engines.propagators.curves import Array, Curve, Given
from quantal.engines.propagators.moment import Moment
from quantal.errors import RunError
from quantal.kernels.symbolic.equations import DRIVE, STATE
from quantal.program import Program
from quantal.stimulus import COEFFICIENTS, Piecewise, Stimulus
from quantal.trajectory import Trajectory

POINTS = (60, 800)
"""Times between two events, denser after the first, where no sample is asked for."""
ROWS = 40_000
"""So many in all, if that leaves each piece enough."""
NEAREST = 1e-5
"""The first of them, as a share of the distance."""


class Run:
    """One run in progress."""

    def __init__(self, program: Program, stimulus: Stimulus, settings: Settings) -> None:
        self._program, self._stimulus, self._settings = program, stimulus, settings
        self._moment = Moment(program, stimulus)
        self._events = Events(program, self._moment, stimulus.events)
        self._counts = Counts()
        blocks = cascade(program, stimulus.clamps).blocks
        self._carriers = [Carrier.of(program, block, self._counts) for block in blocks]
        self._functions: dict[tuple[str, int], Piecewise] = {
            (DRIVE, index): curve for index, curve in enumerate(stimulus.drives)
        }
        self._functions |= {(STATE, index): curve for index, curve in stimulus.clamps.items()}
        self._changes = sorted(stimulus.changes, key=lambda change: change[0])
        self._changed: list[tuple[int, int, float]] = []
        self._samples = None if settings.sample is None else np.asarray(settings.sample, float)
        self._times: list[Array] = []
        self._rows: list[Array] = []
        self._count = 0
        self._pieces = 0

    def to_end(self) -> Trajectory:
        """Run, and give what it gave."""
        stimulus, moment, events = self._stimulus, self._moment, self._events
        drives = np.array([float(drive.at(stimulus.start)) for drive in stimulus.drives])
        held = {index: float(curve.at(stimulus.start)) for index, curve in stimulus.clamps.items()}
        moment.state[:] = initial_state(
            self._program, stimulus.parameters, drives, stimulus.start, held
        )
        events.drop_before(stimulus.start)
        edges = self._edges()
        t, place = stimulus.start, 0
        self._happen(t)
        while t < stimulus.end:
            while edges[place] <= t:
                place += 1
            until = min(edges[place], events.next_time(), stimulus.end)
            self._piece(t, until)
            t = until
            self._happen(t)
            if self._settings.progress:
                self._settings.progress((t - stimulus.start) / (stimulus.end - stimulus.start))
        self._finish(t)
        return self._trajectory()

    def _edges(self) -> list[float]:
        """Times at which a drive turns to its next piece or something changes."""
        start, end = self._stimulus.start, self._stimulus.end
        times = {*self._stimulus.stops, *(change[0] for change in self._changes)}
        for curve in self._functions.values():
            times |= set(curve.knots.tolist())
        return [*sorted(t for t in times if start < t < end), end, math.inf]

    def _happen(self, t: float) -> None:
        """Parameters change, then events act."""
        moment = self._moment
        while self._changes and self._changes[0][0] <= t:
            _, index, value = self._changes.pop(0)
            moment.parameters[index] = value
            self._changed.append((self._count, index, value))
        moment.enter(t)
        self._events.act(t)
        moment.enter(t)

    def _piece(self, t: float, until: float) -> None:
        """All blocks from t to where something happens next; the rows between."""
        moment, duration = self._moment, until - t
        known: dict[tuple[str, int], tuple[Curve, int]] = {
            leaf: (Given(_from(function, t)), 0) for leaf, function in self._functions.items()
        }
        curves: list[Curve] = []
        for carrier in self._carriers:
            block = carrier.block
            reads = {leaf: known[leaf] for leaf in block.reads}
            start = moment.state[list(block.indices)]
            curve = carrier.curve(start, moment.parameters, reads, duration)
            known |= {(STATE, index): (curve, at) for at, index in enumerate(block.indices)}
            curves.append(curve)
        self._record(t, until, curves)
        ends = np.array([duration])
        for carrier, curve in zip(self._carriers, curves, strict=True):
            moment.state[list(carrier.block.indices)] = curve.at(ends)[0]
        self._pieces += 1
        self._check(until)

    def _check(self, t: float) -> None:
        if not np.isfinite(self._moment.state).all():
            worst = int(np.flatnonzero(~np.isfinite(self._moment.state))[0])
            raise RunError(
                f"at t = {t:g} ms: `{self._program.states[worst].name}` is not a number any more"
            )

    def _record(self, t: float, until: float, curves: list[Curve]) -> None:
        """Rows in [t, until); the state at `until` is written once what happens there has."""
        times = self._asked(t, until)
        rows = np.empty((len(times), len(self._program.states)))
        for carrier, curve in zip(self._carriers, curves, strict=True):
            rows[:, list(carrier.block.indices)] = curve.at(times - t)
        for index, clamp in self._stimulus.clamps.items():
            rows[:, index] = clamp.at(times)
        self._keep(times, rows)

    def _asked(self, t: float, until: float) -> Array:
        if self._samples is not None:
            first, last = np.searchsorted(self._samples, [t, until], side="left")
            return self._samples[first:last]
        pieces = len(self._stimulus.stops) + len(self._stimulus.events) + 1
        half = min(max(ROWS // pieces, POINTS[0]), POINTS[1]) // 2
        steps = [np.zeros(1), np.geomspace(NEAREST, 1.0, half), np.linspace(0.0, 1.0, half)[1:-1]]
        times = t + (until - t) * np.sort(np.concatenate(steps))
        times[-1] = math.nextafter(until, -math.inf)
        return np.asarray(times)

    def _keep(self, times: Array, rows: Array) -> None:
        self._times.append(times)
        self._rows.append(rows)
        self._count += len(times)

    def _finish(self, t: float) -> None:
        if self._samples is None:
            times = np.array([t])
        else:
            times = self._samples[np.searchsorted(self._samples, t, side="left") :]
        self._keep(times, np.repeat(self._moment.state[None], len(times), axis=0))

    def _trajectory(self) -> Trajectory:
        program, stimulus, counts = self._program, self._stimulus, self._counts
        times, states = np.concatenate(self._times), np.concatenate(self._rows)
        drives = np.column_stack(
            [np.zeros((len(times), 0)), *(drive.at(times) for drive in stimulus.drives)]
        )
        parameters = parameter_values(stimulus.parameters, self._changed, len(times))
        observer = Observer(program, times, states, drives, parameters)
        statistics = {
            "pieces": float(self._pieces), "pulses": float(counts.pulses),
            "propagators": float(counts.made), "solved_alone": float(counts.alone),
            "reduction_error": counts.error, "events": float(self._events.acted),
        }  # fmt: skip
        made_by: dict[str, Any] = {
            "engine": "event", "method": "exact propagators", "program": program.name,
            "mechanisms": list(program.mechanisms), "versions": {"numpy": np.__version__},
        }  # fmt: skip
        return Trajectory(
            times, program.units(), observer.compute, self._events.record, dict(program.roles),
            self._status(), statistics, made_by,
        )  # fmt: skip

    def _status(self) -> str:
        counts = self._counts
        status = f"The run reached its end at {self._stimulus.end:g} ms in {self._pieces} pieces"
        if counts.made:
            status += (
                f"; {counts.pulses - counts.alone} of {counts.pulses} pulses by {counts.made} kept "
                f"propagators, whose error is {counts.error:.1e}"
            )
        return f"{status}."


def _from(function: Piecewise, t: float) -> Array:
    """The coefficients (6,) of the piece at t, as a function of the time after t."""
    place = max(int(np.searchsorted(function.knots, t, side="right")) - 1, 0)
    old = function.coefficients[place]
    if not old[1:5].any():
        return np.asarray(old)
    s = t - float(function.knots[place])
    c0, c1, c2, c3, c4, c5 = (float(c) for c in old)
    new = np.empty(COEFFICIENTS)
    new[0] = c0 + s * (c1 + s * (c2 + s * c3))
    new[1] = c1 + s * (2.0 * c2 + s * 3.0 * c3)
    new[2] = c2 + 3.0 * s * c3
    new[3] = c3
    new[4] = c4 * math.exp(-c5 * s) if c4 else 0.0
    new[5] = c5
    return new
