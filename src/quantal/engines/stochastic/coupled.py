"""A split run: the shared upstream once, then each trial's counts and its continuous part."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from quantal.engines.base import Settings
from quantal.engines.stochastic import agenda
from quantal.engines.stochastic.cells import cut as cut_cells
from quantal.engines.stochastic.chunk import Chunk, Outcome, Plan, Stopped
from quantal.engines.stochastic.curves import bursts, joined, smooth
from quantal.engines.stochastic.keeping import kept_trials
from quantal.engines.stochastic.parts import continuous_part, counted_part, upstream_part
from quantal.engines.stochastic.results import (
    check_output,
    kept_states,
    observed,
    sample_times,
    trial_count,
)
from quantal.engines.stochastic.split import split
from quantal.engines.stochastic.spread import spread
from quantal.errors import RunError
from quantal.expression import evaluate
from quantal.kernels.stochastic.kernel import stochastic_kernel
from quantal.program import Program
from quantal.stimulus import Piecewise, Stimulus
from quantal.trajectory import Trajectory

if TYPE_CHECKING:
    from quantal.engines.hybrid import Hybrid

Array = np.ndarray[Any, np.dtype[np.float64]]


SAME_TIME = 1e-9
"""Times (ms) closer than this are one."""


@dataclass
class Result:
    """One trial: values (n,) of the kept states, event and firing times by name."""

    trials: range
    states: dict[int, Array]
    firings: dict[str, Array]
    events: int
    steps: float


class _Coupled:
    """What all trials of one run share."""

    def __init__(
        self, engine: Hybrid, program: Program, stimulus: Stimulus, settings: Settings
    ) -> None:
        self.program, self.stimulus, self.settings = program, stimulus, settings
        self.engine, self.stop = engine, threading.Event()
        self.cut = split(program)
        self.samples = sample_times(settings, stimulus)
        self.kept = set(kept_states(program, settings))
        start, end = stimulus.start, stimulus.end
        bins = max(int(np.ceil((end - start) / engine.resolution)), 1)
        self.edges = np.linspace(start, end, bins + 1)
        self.upstream = self._upstream()
        self.rest = continuous_part(self.cut)
        self.counted = counted_part(self.cut)
        self.plan = self._plan()
        self.law_sizes = self._law_sizes()

    def _part(self, states: tuple[int, ...], drives: tuple[Piecewise, ...]) -> Stimulus:
        """The stimulus of a part: clamps under the part's own numbers, further drives."""
        place = {index: number for number, index in enumerate(states)}
        clamps = {place[i]: f for i, f in self.stimulus.clamps.items() if i in place}
        return replace(self.stimulus, clamps=clamps, drives=(*self.stimulus.drives, *drives))

    def _upstream(self) -> tuple[Piecewise, ...]:
        """What the counted part follows, as curves; the same for every trial."""
        if not self.cut.upstream:
            return ()
        settings = Settings(
            relative=self.settings.relative, absolute=self.settings.absolute,
            max_steps=self.settings.max_steps,
        )  # fmt: skip
        part = upstream_part(self.cut)
        run = self.engine.continuous.run(part, self._part(self.cut.upstream, ()), settings)
        return tuple(
            self.stimulus.clamps.get(i) or smooth(run.time, run.internal(state.name))
            for i, state in zip(self.cut.upstream, part.states, strict=True)
        )

    def _plan(self) -> Plan:
        stimulus = self._part(self.cut.counted, self.upstream)
        clamped = tuple(sorted(stimulus.clamps))
        try:
            kernel, _ = stochastic_kernel(self.counted, clamped)
        except ValueError as problem:
            raise RunError(f"`{self.program.name}` cannot be counted: {problem}") from problem
        functions = (*stimulus.drives, *(stimulus.clamps[i] for i in clamped))
        cells = cut_cells(functions, kernel.layout.driven, stimulus.start, stimulus.end)
        times = np.union1d(self.edges, self.samples)
        # Times that differ by rounding alone are one.
        times = times[np.append(True, np.diff(times) > SAME_TIME)]
        watched = {
            place: 2 * row + backward
            for place, row, backward in kernel.layout.members
            if self._is_watched(row, bool(backward))
        }
        return Plan(
            self.counted, stimulus, kernel, functions, clamped, cells, times,
            agenda.plan(self.counted, stimulus), self.settings.seed, watched,
            self.settings.max_events, lambda: not self.stop.is_set(),
        )  # fmt: skip

    def _is_watched(self, number: int, backward: bool) -> bool:
        row = self.counted.reactions[number]
        if (row.backward if backward else row.forward) in self.cut.rates:
            return True
        named = not row.name.rpartition(".")[2].startswith("reaction ")
        return not backward and named and row.backward is None

    # -- one trial ---------------------------------------------------------------------------

    def one(self, trials: range) -> Result:
        """One trial from start to end."""
        outcome = Chunk(self.plan, trials).run()
        values = self._values(outcome)
        drives, stops = self._handed_over(outcome, values)
        stimulus = self._part(self.cut.continuous, drives)
        stimulus = replace(stimulus, stops=tuple(sorted({*stimulus.stops, *stops})))
        settings = replace(self.settings, sample=self.samples, progress=self._watch, record=None)
        run = self.engine.continuous.run(self.rest, stimulus, settings)
        states = {
            i: run.internal(self.program.states[i].name)
            for i in self.cut.continuous if i in self.kept
        }  # fmt: skip
        places = np.searchsorted(self.plan.samples, self.samples - SAME_TIME)
        states |= {i: v[places] for i, v in values.items() if i in self.kept}
        return Result(
            trials, states, self._firings(outcome) | self._emitted(run), outcome.events,
            run.statistics["steps"],
        )  # fmt: skip

    def _watch(self, _: float) -> None:
        if self.stop.is_set():
            raise Stopped

    def _values(self, outcome: Outcome) -> dict[int, Array]:
        """The counted states over the fine times, in the Program's terms and numbers."""
        found = {}
        for number, index in enumerate(self.cut.counted):
            size = outcome.sizes.get(number, 1.0)
            found[index] = outcome.counts[0, :, number] * (1.0 / size if size else 0.0)
            if number in self.plan.stimulus.clamps:
                found[index] = self.plan.stimulus.clamps[number].at(self.plan.samples)
        return found

    def _handed_over(
        self, outcome: Outcome, values: dict[int, Array]
    ) -> tuple[tuple[Piecewise, ...], list[float]]:
        """Drives for the continuous part, and where they jump."""
        times = self.plan.samples
        drives = [joined(times, values[i]) for i in self.cut.occupied]
        stops: list[float] = []
        events = {
            law: outcome.firings[2 * number + backward][0]
            for number, row in enumerate(self.counted.reactions)
            for backward, law in enumerate((row.forward, row.backward))
            if law in self.cut.rates and 2 * number + backward in outcome.firings
        }
        for law in self.cut.rates:
            size = self.law_sizes[law]
            burst = bursts(events.get(law, np.zeros(0)), self.edges, 1.0 / size if size else 0.0)
            drives.append(burst)
            stops += burst.knots.tolist()
        inside = (self.stimulus.start, self.stimulus.end)
        return tuple(drives), [t for t in stops if inside[0] < t < inside[1]]

    def _law_sizes(self) -> dict[str, float]:
        """What each rate is per: so many events make a rate of one."""
        known: dict[str, float] = {
            slot.name: float(value)
            for slot, value in zip(self.program.parameters, self.stimulus.parameters, strict=True)
        }
        for item in self.program.definitions:
            if item.constant:
                known[item.name] = float(evaluate(item.expression, known))
        found = {}
        for row in self.counted.reactions:
            for law, size in ((row.forward, row.forward_size), (row.backward, row.backward_size)):
                if law in self.cut.rates and size is not None:
                    found[str(law)] = float(evaluate(size, known))
        return found

    def _firings(self, outcome: Outcome) -> dict[str, Array]:
        """Times of the single events of named one-way reactions."""
        return {
            row.name: outcome.firings[2 * number][0]
            for number, row in enumerate(self.counted.reactions)
            if row.backward is None and 2 * number in outcome.firings
        }

    def _emitted(self, run: Trajectory) -> dict[str, Array]:
        """Events that differ between trials, such as spikes of the postsynaptic cell."""
        shared = self.plan.agenda.record
        return {
            name: np.array(times)
            for name, times in run.events.items()
            if list(times) != shared.get(name, [])
        }


def run_coupled(
    engine: Hybrid, program: Program, stimulus: Stimulus, settings: Settings
) -> Trajectory:
    """All trials of a Program of which a part is counted, as one Trajectory."""
    started = time.perf_counter()
    count = trial_count(settings)
    missing = [drive.name for drive in program.drives[len(stimulus.drives) :]]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        raise RunError(f"{names} must be driven by the protocol: say `hold` or `pulse`")
    coupled = _Coupled(engine, program, stimulus, settings)
    check_output(count, len(coupled.samples), len(coupled.kept))
    ready = time.perf_counter() - started
    chunks = [range(trial, trial + 1) for trial in range(count)]
    kept = kept_trials(Result, engine, program, stimulus, settings)
    done, status = spread(coupled.one, chunks, settings, stimulus.end, coupled.stop, kept)
    if not done:
        raise RunError("the run was stopped before its first trial had ended")
    return _trajectory(coupled, done, status, ready)


def _trajectory(coupled: _Coupled, done: list[Result], status: str, ready: float) -> Trajectory:
    program, settings = coupled.program, coupled.settings
    columns = {
        index: np.concatenate([each.states[index] for each in done]) for index in done[0].states
    }
    single = settings.trials is None
    compute = observed(program, coupled.stimulus, coupled.samples, columns, len(done), single)
    names = dict.fromkeys(name for each in done for name in each.firings)
    firings = {
        name: [each.firings.get(name, np.array(coupled.plan.agenda.record.get(name, [])))
               for each in done]
        for name in names
    }  # fmt: skip
    statistics = {
        "trials": float(len(done)), "events": float(sum(each.events for each in done)),
        "steps": sum(each.steps for each in done), "prepare_seconds": ready,
        "resolution": coupled.engine.resolution, "rows": float(len(coupled.samples)),
    }  # fmt: skip
    made_by = {
        "engine": coupled.engine.name, "method": "piecewise-deterministic, split by parts",
        "source": "Davis 1984 J R Stat Soc B 46:353; Gillespie 1977 J Phys Chem 81:2340",
        "program": program.name, "mechanisms": list(program.mechanisms), "seed": settings.seed,
        "split": coupled.cut.why, "relative": settings.relative, "absolute": settings.absolute,
        "versions": {"numpy": np.__version__},
    }  # fmt: skip
    events = {
        name: times for name, times in coupled.plan.agenda.record.items() if name not in firings
    }
    trials = np.array([each.trials.start for each in done])
    return Trajectory(
        coupled.samples, program.units(), compute, events, dict(program.roles), status,
        statistics, made_by, trials=None if single else trials, firings=firings,
    )  # fmt: skip
