"""Each trial's continuous part by itself, by the stiff engine, with its own single events.

Any Program can be solved so; events are handed over in bins of `resolution`, with an error of
first order in the bin.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from quantal.engines.stochastic.chunk import Chunk, Outcome, Stopped
from quantal.engines.stochastic.curves import bursts, joined
from quantal.engines.stochastic.parts import continuous_part
from quantal.engines.stochastic.shared import Result, Shared
from quantal.stimulus import Piecewise
from quantal.trajectory import Trajectory

Array = np.ndarray[Any, np.dtype[np.float64]]

SAME_TIME = 1e-9
"""Times (ms) closer than this are one."""


class OneByOne:
    """Runs trials one by one."""

    largest = 1
    """Trials in one piece of work."""

    error = np.nan
    """No estimate: the error of handing events over is of first order in the bin."""

    def __init__(self, shared: Shared, why: str) -> None:
        self._shared = shared
        start, end = shared.stimulus.start, shared.stimulus.end
        self.step = shared.engine.resolution
        bins = max(int(np.ceil((end - start) / self.step)), 1)
        self._edges = np.linspace(start, end, bins + 1)
        self._rest = continuous_part(shared.cut)
        times = np.union1d(self._edges, shared.samples)
        # Times that differ by rounding alone are one.
        self._plan = shared.plan(times[np.append(True, np.diff(times) > SAME_TIME)])
        self.expected = shared.check_events(self._plan)
        self.how = f"The continuous part was solved for each trial by itself: {why}."

    def run(self, trials: range) -> Result:
        """One trial from start to end."""
        shared, cut = self._shared, self._shared.cut
        outcome = Chunk(self._plan, trials).run()
        values = self._values(outcome)
        drives, stops = self._handed_over(outcome, values)
        stimulus = shared.part(cut.continuous, drives)
        stimulus = replace(stimulus, stops=tuple(sorted({*stimulus.stops, *stops})))
        settings = replace(
            shared.settings, sample=shared.samples, progress=self._watch, record=None
        )
        run = shared.engine.continuous.run(self._rest, stimulus, settings)
        states = {
            i: run.internal(shared.program.states[i].name)[None, :]
            for i in cut.continuous if i in shared.kept
        }  # fmt: skip
        places = np.searchsorted(self._plan.samples, shared.samples - SAME_TIME)
        states |= {i: v[places][None, :] for i, v in values.items() if i in shared.kept}
        return Result(
            trials, states, shared.firings(outcome) | self._emitted(run), outcome.events,
            run.statistics["steps"],
        )  # fmt: skip

    def _watch(self, _: float) -> None:
        if self._shared.stop.is_set():
            raise Stopped

    def _values(self, outcome: Outcome) -> dict[int, Array]:
        """The counted states over the fine times, in the Program's terms and numbers."""
        found = {}
        for number, index in enumerate(self._shared.cut.counted):
            size = outcome.sizes.get(number, 1.0)
            found[index] = outcome.counts[0, :, number] * (1.0 / size if size else 0.0)
            if number in self._plan.stimulus.clamps:
                found[index] = self._plan.stimulus.clamps[number].at(self._plan.samples)
        return found

    def _handed_over(
        self, outcome: Outcome, values: dict[int, Array]
    ) -> tuple[tuple[Piecewise, ...], list[float]]:
        """Drives for the continuous part, and where they jump."""
        shared, cut = self._shared, self._shared.cut
        times = self._plan.samples
        drives = [joined(times, values[i]) for i in cut.occupied]
        stops: list[float] = []
        events = {
            law: outcome.firings[2 * number + backward][0]
            for number, row in enumerate(shared.counted.reactions)
            for backward, law in enumerate((row.forward, row.backward))
            if law in cut.rates and 2 * number + backward in outcome.firings
        }
        for law in cut.rates:
            size = shared.law_sizes[law]
            burst = bursts(events.get(law, np.zeros(0)), self._edges, 1.0 / size if size else 0.0)
            drives.append(burst)
            stops += burst.knots.tolist()
        inside = (shared.stimulus.start, shared.stimulus.end)
        return tuple(drives), [t for t in stops if inside[0] < t < inside[1]]

    def _emitted(self, run: Trajectory) -> dict[str, list[Array]]:
        """Events that differ between trials, such as spikes of the postsynaptic cell."""
        common = self._shared.agenda.record
        return {
            name: [np.array(times)]
            for name, times in run.events.items()
            if list(times) != common.get(name, [])
        }
