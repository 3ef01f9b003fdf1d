"""Some trials side by side in steps of many events: what the leaping loop needs around it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from quantal.engines.stochastic.chunk import FIRINGS_PER_CALL, Chunk, Outcome, Stopped
from quantal.engines.stochastic.failure import explain
from quantal.engines.stochastic.streams import LEAP
from quantal.engines.stochastic.trials import Method
from quantal.errors import UsageError
from quantal.kernels.leap import slots as codes
from quantal.kernels.leap.choose import FEW
from quantal.kernels.leap.kernel import LeapKernel, leap_kernel
from quantal.kernels.stochastic.philox import PAIRS
from quantal.stimulus import COEFFICIENTS

Array = np.ndarray[Any, np.dtype[np.float64]]

WORK_PER_CALL = 500_000
"""Channels times steps after which compiled code comes back, for Ctrl-C: some hundredths of a
second."""
TRIED, TRIED_CALLS = 500, 6
"""Steps that are tried for an estimate, in so many parts."""
NARROWEST = 0.003
"""A drive may change by the error within a step, but cells are never cut finer than this."""
FLOOR = 1e-6
"""Below this share of its largest value a drive is taken as it is at the middle of a step."""


@dataclass(frozen=True)
class Steps:
    """How far steps go: `error` as a share of propensities, `longest` in ms."""

    error: float
    longest: float = math.inf
    langevin: bool = False


def method_of(steps: Steps, name: str, method: str, source: str) -> Method:
    """The way in which trials are run in such steps.

    Raises:
        UsageError: an error that is no share.
    """
    if not 0.0 < steps.error <= 0.5:
        raise UsageError(
            f"the error of a leap is a share above 0 and at most 0.5, such as 0.03, not "
            f"{steps.error:g}"
        )

    class Own(LeapChunk):
        controlled = steps

    share = max(steps.error, NARROWEST)
    return Method(
        name, method, source, leap_kernel, Own, (share, FLOOR), not steps.langevin, "steps",
        f"{name} {steps}",
        "sample more coarsely, allow a larger `leap`, use `stiff`, or raise `max_events`",
    )  # fmt: skip


class LeapChunk(Chunk):
    """One chunk under way in steps of many events."""

    slots: ClassVar[Mapping[str, int]] = codes.SLOTS
    controlled: ClassVar[Steps] = Steps(0.03)

    def _lay_arrays(self) -> None:
        plan, context, kernel = self._plan, self._context, self._plan.kernel
        assert isinstance(kernel, LeapKernel)
        layout, count = kernel.layout, len(self._trials)
        channels, states = max(layout.places, 1), max(layout.states, 1)
        rates = self._array("rates", np.zeros(channels))
        context.point("weights", rates)
        for name, size in (
            ("middle_rates", channels), ("bounds", channels), ("orders", channels),
            ("shares", channels), ("middle", states), ("next", states), ("means", states),
            ("squares", states), ("pulls", states), ("steepness", states),
            ("scratch", layout.scratch),
            ("uniforms", PAIRS), ("waits", PAIRS), ("drives", layout.tables + 1),
            ("fire_times", FIRINGS_PER_CALL),
        ):  # fmt: skip
            self._array(name, np.zeros(max(size, 1)))
        for name, size in (
            ("alone", channels), ("cursor", layout.tables), ("used", count), ("fired", count),
            ("fire_channels", FIRINGS_PER_CALL), ("fire_trials", FIRINGS_PER_CALL),
        ):  # fmt: skip
            self._array(name, np.zeros(max(size, 1), dtype=np.int64))
        for name, places, size in (
            ("recorded", list(plan.watched), channels), ("counted", layout.counted, states),
            ("signed", [n for n in range(layout.places) if n not in layout.checked], channels),
        ):  # fmt: skip
            marked = np.zeros(size, dtype=np.int64)
            marked[places] = 1
            self._array(name, marked)
        self._lay_stoichiometry(layout)
        self._lay_drives(layout)
        rows = np.zeros((count, len(plan.samples), layout.states))
        self._rows = self._array("rows", rows)
        for name, value in (
            ("seed", plan.seed), ("first_trial", self._trials.start + (LEAP << 48)),
            ("trial_count", count), ("sample_count", len(plan.samples)), ("culprit", -1),
            ("fire_capacity", FIRINGS_PER_CALL), ("state_count", layout.states),
            ("langevin", int(self.controlled.langevin)),
        ):  # fmt: skip
            context.set_count(name, value)
        for name, number in (
            ("span", plan.stimulus.end - plan.stimulus.start), ("few", FEW),
            ("error", self.controlled.error), ("longest", self.controlled.longest),
            ("ceiling", math.inf),
        ):  # fmt: skip
            context.set_real(name, number)

    def _lay_stoichiometry(self, layout: Any) -> None:
        def firsts(lists: list[list[Any]]) -> Any:
            return np.concatenate([[0], np.cumsum([len(each) for each in lists])]).astype(np.int64)

        flat = [jump for jumps in layout.jumps for jump in jumps] or [[0, 0.0]]
        self._array("change_first", firsts(layout.jumps))
        self._array("change_state", np.array([jump[0] for jump in flat], dtype=np.int64))
        amounts = [0.0 if jump[1] is None else jump[1] for jump in flat]
        self._amounts = self._array("change_amount", np.array(amounts, dtype=float))
        self._computed = [
            (place, jump[2]) for place, jump in enumerate(flat) if jump[1] is None
        ]  # fmt: skip
        pairs = zip(layout.jumps, layout.reactants, strict=True)
        self._own = [jump[0] in own for jumps, own in pairs for jump in jumps]
        self._array("change_own", np.zeros(len(flat)))
        self._compute_amounts()
        self._array("take_first", firsts(layout.reactants))
        taken = [i for own in layout.reactants for i in own] or [0]
        self._array("take_state", np.array(taken, dtype=np.int64))

    def _compute_amounts(self) -> None:
        found = np.zeros(max(len(self._kernel.layout.changes), 1))
        self._kernel.changes(self._constants.ctypes.data, found.ctypes.data)
        for place, number in self._computed:
            self._amounts[place] = found[number]
        own = self._context.array("change_own")
        own[: len(self._own)] = np.abs(self._amounts[: len(self._own)]) * self._own

    def _lay_drives(self, layout: Any) -> None:
        plan, context = self._plan, self._context
        knots = [function.knots for function in plan.functions] or [np.zeros(1)]
        pieces = [f.coefficients for f in plan.functions] or [np.zeros((1, COEFFICIENTS))]
        lengths = np.array([len(each) for each in knots])
        self._first = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
        self._array("knots", np.concatenate(knots).astype(float))
        self._array("coefficients", np.concatenate(pieces).astype(float))
        self._array("table_last", self._first + lengths - 1)
        self._array("table_base", self._first.copy())
        context.array("cursor")[: layout.tables] = self._first[: layout.tables]
        self._array("edges", np.append(plan.cells.edges, math.inf))
        # The loop looks one cell past the last at the very end of a run.
        for name in ("low", "high"):
            table = getattr(plan.cells, name)
            self._array(name, np.vstack([table, table[-1:]]))
        self._array("samples", np.append(plan.samples, math.inf))

    def _set_parameters(self) -> dict[int, float]:
        sizes = super()._set_parameters()
        if hasattr(self, "_computed"):
            self._compute_amounts()
        return sizes

    def estimate(self) -> float:
        """Steps of one trial, were all as long as the last of the first few thousand."""
        stimulus, context = self._plan.stimulus, self._context
        first = [m[0] for m in self._plan.agenda.moments if m[0] > stimulus.start]
        horizon = min([stimulus.end, *first[:1], *(c[0] for c in stimulus.changes)])
        if not horizon > stimulus.start:
            horizon = stimulus.end
        self._start_segment(stimulus.start, horizon)
        context.set_count("trial_count", 1)
        passed, done = stimulus.start, 0
        for _ in range(TRIED_CALLS):
            before, taken = passed, done
            context.set_count("budget", TRIED)
            status = int(self._kernel.sweep(context.address))
            passed = horizon if status == codes.REACHED else context.real("t")
            done = context.count("steps") + context.count("single")
            if status != codes.BUDGET:
                break
        pace = (done - taken) / (passed - before) if passed > before else 0.0
        return done + pace * (stimulus.end - passed)

    def run(self) -> Outcome:
        """All trials to the end. See `Chunk.run`."""
        outcome = super().run()
        context = self._context
        outcome.events = context.count("single")
        outcome.steps, outcome.rejected = context.count("steps"), context.count("refused")
        return outcome

    def _place_tables(self, t: float) -> None:
        """Nothing: cursors move both ways here, and find their piece from anywhere."""

    def _segment(self, t: float, horizon: float) -> None:
        self._start_segment(t, horizon)
        context, plan = self._context, self._plan
        share = max(WORK_PER_CALL // max(self._kernel.layout.places, 1), 100)
        while True:
            context.set_count("budget", share)
            status = int(self._kernel.sweep(context.address))
            self._drain()
            if status == codes.REACHED:
                return
            if not plan.goes_on():
                raise Stopped
            if status != codes.BUDGET:
                raise explain(plan, context, status, self._trials[context.count("trial")])

    def _sorted_firings(self) -> dict[int, list[Array]]:
        found = super()._sorted_firings()
        return {row: [np.sort(times) for times in each] for row, each in found.items()}
