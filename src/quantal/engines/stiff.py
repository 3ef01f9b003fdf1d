"""The default engine: stiff ordinary differential equations, stepped in compiled code.

Rodas5P (Steinebach 2023), and Tsit5 (Tsitouras 2011) wherever explicit steps are cheaper,
with adaptive steps and dense output, restarted at every stop of
the stimulus and at every event.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

import numpy as np

from quantal.engines.base import Settings
from quantal.engines.crossings import Crossings, follow_drives, settle
from quantal.engines.events import Events
from quantal.engines.failure import explain
from quantal.engines.observe import Observer, parameter_values
from quantal.engines.recorder import Recorder
from quantal.engines.rosenbrock import RODAS5P
from quantal.engines.runge_kutta import TSIT5
from quantal.engines.workspace import Array, Workspace
from quantal.errors import RunError
from quantal.kernels import context as codes
from quantal.kernels.cache import Loaded, kernel_for
from quantal.kernels.tableau import Pair, Tableau
from quantal.program import Program
from quantal.stimulus import Stimulus
from quantal.trajectory import Trajectory

SECONDS_PER_CALL = 0.05
"""Compiled code comes back this often, so that Ctrl-C and progress are served."""
STEP_SHARE = 0.3
"""Errors of single steps add up: each is held to this share of the tolerance asked for."""
FEWEST_STEPS = 250
"""A run without sample times has at least so many steps, each with points between."""


@dataclass(frozen=True)
class Stiff:
    """Adaptive integration of any Program.

    `tableau` is the Rosenbrock method; `pair` takes over where explicit steps are cheaper,
    None leaves it out.
    """

    name: str = "stiff"
    title: str = "stiff differential equations, adaptive Rosenbrock method"
    tableau: Tableau = field(default=RODAS5P, repr=False)
    pair: Pair | None = field(default=TSIT5, repr=False)
    largest_growth: float = 6.0

    def supports(self, program: Program) -> list[str]:
        """Reasons why this engine cannot run the program: none, it runs every Program."""
        return [] if program.states else ["it has no states"]

    def run(self, program: Program, stimulus: Stimulus, settings: Settings) -> Trajectory:
        """Run from `stimulus.start` to `stimulus.end`.

        Raises:
            RunError: with the time, the state and the reaction at which it failed.
        """
        from quantal.engines.initial import initial_state

        _check(program, stimulus)
        loaded = kernel_for(program, self.tableau, self.pair)
        run = _Run(program, stimulus, settings, self, loaded)
        start = stimulus.start
        drives = np.array([float(drive.at(start)) for drive in stimulus.drives])
        held = {index: float(curve.at(start)) for index, curve in stimulus.clamps.items()}
        run.begin(initial_state(program, stimulus.parameters, drives, start, held))
        run.to_end()
        return run.trajectory(self)


def _check(program: Program, stimulus: Stimulus) -> None:
    missing = [d.name for d in program.drives[len(stimulus.drives) :]]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        raise RunError(f"{names} must be driven by the protocol: say `hold` or `pulse`")
    if not stimulus.end >= stimulus.start:
        raise RunError(f"the run ends at {stimulus.end:g} ms, before {stimulus.start:g} ms")


class _Run:
    """One run in progress."""

    def __init__(
        self, program: Program, stimulus: Stimulus, settings: Settings, engine: Stiff,
        loaded: Loaded,
    ) -> None:  # fmt: skip
        self._program, self._stimulus, self._settings = program, stimulus, settings
        self._loaded = loaded
        self._kernel = loaded.kernel
        absolute = STEP_SHARE * settings.absolute
        self._workspace = Workspace(
            loaded.kernel, engine.tableau, program, stimulus, absolute, engine.pair
        )
        self._context = self._workspace.context
        self._context.set_real("relative", STEP_SHARE * settings.relative)
        self._context.set_real("largest_step", self._largest_step())
        self._context.set_real("largest_growth", engine.largest_growth)
        self._context.set_real("first_h", settings.first_step or 0.0)
        self._context.set_real("horizon", stimulus.start)
        self._recorder = Recorder(self._workspace, settings.sample, stimulus.start, stimulus.end)
        self._events = Events(program, self._workspace, stimulus.events)
        self._crossings = Crossings(program, self._workspace, self._events.crossing_handlers)
        self._parameters = np.array(stimulus.parameters, dtype=float)
        self._changes = sorted(stimulus.changes, key=lambda change: change[0])
        self._changed_rows: list[tuple[int, int, float]] = []
        self._horizons = self._lay_stops(stimulus)
        self._budget = 200
        self._reported = time.perf_counter()
        self._t = stimulus.start

    def _lay_stops(self, stimulus: Stimulus) -> list[float]:
        """All stops for the compiled loop; gives those at which Python has something to do."""
        start, end = stimulus.start, stimulus.end
        changes = {change[0] for change in stimulus.changes} | {end}
        stops = {stop for stop in (*stimulus.stops, *changes) if start < stop <= end}
        self._context.point("stops", np.array([*sorted(stops), math.inf]))
        # A jump of a drive or a clamp may carry a watched value across its threshold.
        jumps = self._events.crossing_handlers and (stimulus.clamps or follow_drives(self._program))
        seen = stops if jumps else changes
        return sorted(stop for stop in seen if start < stop <= end)

    def begin(self, y0: Array) -> None:
        """Set the initial state and what happens at the very start."""
        self._workspace.y[: len(y0)] = y0
        self._events.drop_before(self._t)
        self._change_parameters()
        self._workspace.enter(self._t)
        self._crossings.start()
        self._act([])

    def _largest_step(self) -> float:
        """Without samples the steps are what a trace is drawn and measured from.

        A smooth run of few large steps would leave too few rows for areas and peaks.
        """
        if self._settings.sample is not None:
            return math.inf
        return (self._stimulus.end - self._stimulus.start) / FEWEST_STEPS

    def to_end(self) -> None:
        """Segment by segment to the end of the run."""
        end, next_stop = self._stimulus.end, 0
        while self._t < end:
            while self._horizons[next_stop] <= self._t:
                next_stop += 1
            self._segment(min(self._horizons[next_stop], self._events.next_time()))
        self._workspace.enter(self._t)
        self._recorder.finish(self._t)

    def _segment(self, horizon: float) -> None:
        """To where something happens, or to a crossing before it; then what happens there."""
        self._context.set_real("horizon", horizon)
        self._workspace.enter(self._t)
        self._recorder.start_segment(self._t)
        crossed: list[int] = []
        while True:
            status = self._advance()
            if status == codes.REACHED:
                self._t = horizon
                break
            if status == codes.CROSSED:
                self._t, crossed = self._crossings.locate()
                self._kernel.commit(self._context.address, self._t)
                break
            if status == codes.FULL:
                self._recorder.make_room()
            elif status != codes.BUDGET:
                raise explain(self._program, self._workspace, self._parameters)
        self._change_parameters()
        self._workspace.enter(self._t)
        self._act(crossed)

    def _advance(self) -> int:
        """One call of the compiled loop, short enough to be interrupted."""
        self._context.set_count("steps_left", self._budget)
        started = time.perf_counter()
        status = int(self._kernel.advance(self._context.address))
        took = time.perf_counter() - started
        if status == codes.BUDGET:
            factor = min(max(SECONDS_PER_CALL / max(took, 1e-9), 0.1), 4.0)
            self._budget = max(int(self._budget * factor), 10)
            self._refuse_too_many()
        # A call may also end at a stop or a full buffer, and never on its budget.
        if self._settings.progress and started + took - self._reported > SECONDS_PER_CALL:
            self._reported = started + took
            start, end = self._stimulus.start, self._stimulus.end
            self._settings.progress((self._context.real("t") - start) / (end - start))
        return status

    def _refuse_too_many(self) -> None:
        steps = self._context.count("accepted") + self._context.count("rejected")
        t = self._context.real("t")
        if steps > self._settings.max_steps:
            raise RunError(
                f"at t = {t:g} ms: {steps} steps were made, more than the "
                f"{self._settings.max_steps} allowed; raise `max_steps`, or allow a larger "
                "relative tolerance"
            )

    def _change_parameters(self) -> None:
        """All protocol changes up to now."""
        if not (self._changes and self._changes[0][0] <= self._t):
            return
        while self._changes and self._changes[0][0] <= self._t:
            _, index, value = self._changes.pop(0)
            self._parameters[index] = value
            self._changed_rows.append((self._recorder.count, index, value))
        self._workspace.set_parameters(self._parameters)

    def _act(self, crossed: list[int]) -> None:
        """Events, and what they carry across a threshold, until all is quiet."""
        settle(self._events, self._crossings, self._workspace, self._t, crossed)

    def trajectory(self, engine: Stiff) -> Trajectory:
        """What the run gave."""
        import llvmlite

        times, states, drives = self._recorder.rows()
        parameters = parameter_values(self._stimulus.parameters, self._changed_rows, len(times))
        observer = Observer(self._program, times, states, drives, parameters)
        count = self._context.count
        statistics = {
            "steps": float(count("accepted")), "rejected": float(count("rejected")),
            "explicit_steps": float(count("explicit_steps")),
            "jacobians": float(count("factorisations")),
            "factorisations": float(count("factorisations")),
            "events": float(self._events.acted),
            "compile_seconds": self._loaded.seconds, "cached": float(self._loaded.cached),
        }  # fmt: skip
        methods: list[Tableau | Pair] = [engine.tableau]
        methods += [engine.pair] if engine.pair else []
        made_by = {
            "engine": engine.name, "method": " and ".join(each.name for each in methods),
            "source": "; ".join(each.source for each in methods),
            "program": self._program.name,
            "mechanisms": list(self._program.mechanisms),
            "relative": self._settings.relative, "absolute": self._settings.absolute,
            "versions": {"numpy": np.__version__, "llvmlite": llvmlite.__version__},
        }  # fmt: skip
        return Trajectory(
            times, self._program.units(), observer.compute, self._events.record,
            dict(self._program.roles), self._status(), statistics, made_by,
        )  # fmt: skip

    def _status(self) -> str:
        steps = self._context.count("accepted")
        return f"The run reached its end at {self._stimulus.end:g} ms in {steps} steps."


ENGINE = Stiff()
