"""Some trials run side by side: the compiled loop from event to event, handlers between."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from quantal.engines.stochastic.abreast import lay_lanes
from quantal.engines.stochastic.actions import Actions
from quantal.engines.stochastic.agenda import Agenda
from quantal.engines.stochastic.cells import Cells
from quantal.engines.stochastic.counts import initial_counts
from quantal.engines.stochastic.failure import explain, member, negative, too_many
from quantal.engines.stochastic.streams import LOOP
from quantal.errors import RunError
from quantal.kernels.context import Context
from quantal.kernels.leap.kernel import LeapKernel
from quantal.kernels.stochastic import slots as codes
from quantal.kernels.stochastic.kernel import StochasticKernel
from quantal.kernels.stochastic.philox import PAIRS
from quantal.program import Program
from quantal.stimulus import COEFFICIENTS, Piecewise, Stimulus

Array = np.ndarray[Any, np.dtype[np.float64]]

DRAWS_PER_CALL = 1_000_000
"""Compiled code comes back this often (some hundredths of a second), for Ctrl-C."""
FIRINGS_PER_CALL = 65_536
ENOUGH_TRIALS = 4
"""So many trials are faster side by side than one after another."""


class Stopped(Exception):
    """The run was interrupted while a chunk was under way."""


@dataclass(frozen=True, eq=False)
class Plan:
    """All that the trials of one run have in common. Times in ms.

    `samples` (n,) are the output times; `watched` maps a place of the kernel to the number
    of the reaction whose firings are kept. Counts must be whole unless `whole` is false.
    `sweep_lanes` runs trials side by side, where that is possible and worth while.
    """

    program: Program
    stimulus: Stimulus
    kernel: StochasticKernel | LeapKernel
    functions: tuple[Piecewise, ...]
    clamped: tuple[int, ...]
    cells: Cells
    samples: Array
    agenda: Agenda
    seed: int
    watched: dict[int, int]
    max_events: float
    goes_on: Callable[[], bool] = lambda: True
    whole: bool = True
    sweep_lanes: Callable[[int], int] | None = None


@dataclass
class Outcome:
    """What a chunk gave: counts (trials, samples, states), and firings by reaction and trial."""

    trials: range
    counts: Array
    sizes: dict[int, float]
    firings: dict[int, list[Array]] = field(default_factory=dict)
    events: int = 0
    rejected: int = 0
    steps: int = 0


class Chunk:
    """One chunk under way."""

    slots: ClassVar[Mapping[str, int]] = codes.SLOTS

    def __init__(self, plan: Plan, trials: range) -> None:
        self._plan, self._trials = plan, trials
        self._kernel, self._context = plan.kernel, Context(self.slots)
        layout = plan.kernel.layout
        self._parameters = np.array(plan.stimulus.parameters, dtype=float)
        self._constants = self._array("constants", np.zeros(max(layout.constants, 1)))
        self.sizes = self._set_parameters()
        self._counts = self._array(
            "all_counts",
            initial_counts(plan.program, plan.stimulus, self.sizes, plan.seed, trials, plan.whole),
        )
        self._actions = Actions(plan.program, plan.seed, self.sizes, plan.whole)
        self._firings: list[tuple[Array, Array, Array]] = []
        self._lay_arrays()

    def _array(self, name: str, values: Any) -> Any:
        array = np.ascontiguousarray(values)
        self._context.point(name, array)
        return array

    def _lay_arrays(self) -> None:
        plan, layout, context = self._plan, self._plan.kernel.layout, self._context
        places, tables, count = layout.places, layout.tables, len(self._trials)
        for name, size in (("weights", places), ("running", places), ("sums", places // 8),
                           ("factors", places // 8), ("floors", places // 8),
                           ("prefix", places // 8), ("uniforms", PAIRS), ("waits", PAIRS),
                           ("drives", tables + 1), ("fire_times", FIRINGS_PER_CALL)):  # fmt: skip
            self._array(name, np.zeros(max(size, 1)))
        for name, size in (("cursor", tables), ("used", count),
                           ("fired", count), ("fire_channels", FIRINGS_PER_CALL),
                           ("fire_trials", FIRINGS_PER_CALL)):  # fmt: skip
            self._array(name, np.zeros(max(size, 1), dtype=np.int64))
        watched = np.zeros(places + 1, dtype=np.int64)
        watched[[place for place in plan.watched if place < places]] = 1
        self._array("recorded", watched)
        knots = [function.knots for function in plan.functions] or [np.zeros(1)]
        pieces = [f.coefficients for f in plan.functions] or [np.zeros((1, COEFFICIENTS))]
        lengths = np.array([len(each) for each in knots])
        self._first = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
        self._array("knots", np.concatenate(knots).astype(float))
        self._array("coefficients", np.concatenate(pieces).astype(float))
        self._array("table_last", self._first + lengths - 1)
        self._array("table_first", self._first.copy())
        self._array("edges", np.append(plan.cells.edges, math.inf))
        self._array("low", plan.cells.low)
        self._array("high", plan.cells.high)
        self._array("samples", np.append(plan.samples, math.inf))
        self._rows = self._array("rows", np.zeros((count, len(plan.samples), layout.states)))
        for name, value in (("seed", plan.seed), ("first_trial", self._trials.start + (LOOP << 48)),
                            ("trial_count", count), ("sample_count", len(plan.samples)),
                            ("fire_capacity", FIRINGS_PER_CALL), ("culprit", -1)):  # fmt: skip
            context.set_count(name, value)
        context.set_real("span", plan.stimulus.end - plan.stimulus.start)
        self._sweep = self._kernel.sweep
        if plan.sweep_lanes is not None and count >= ENOUGH_TRIALS:
            lay_lanes(context, layout.states, places, tables)
            self._sweep = plan.sweep_lanes

    def _set_parameters(self) -> dict[int, float]:
        """What depends on parameters alone; gives the sizes of counted states."""
        layout, kernel = self._kernel.layout, self._kernel
        self._constants[: len(self._parameters)] = self._parameters
        address = self._constants.ctypes.data
        kernel.prepare(address, 0)
        found = np.zeros(max(len(layout.counted), 1))
        kernel.sizes(address, found.ctypes.data)
        self._check_constants(address)
        return dict(zip(layout.counted, found.tolist(), strict=False))

    def _check_constants(self, address: int) -> None:
        layout, kernel, program = self._kernel.layout, self._kernel, self._plan.program
        rates = np.zeros(max(len(layout.checked), 1))
        kernel.coefficients(address, rates.ctypes.data)
        for place, rate in zip(layout.checked, rates, strict=False):
            if rate < 0.0:
                raise negative(self._plan, place, float(rate))
        changes = np.zeros(max(len(layout.changes), 1))
        kernel.changes(address, changes.ctypes.data)
        for places, change in zip(layout.changes, changes, strict=False):
            if self._plan.whole and change != np.rint(change) and places:
                row = program.reactions[member(self._plan, places[0])[1]]
                raise RunError(
                    f"{row.line}: an event of `{row.name}` changes a count by {change:.9g}; a "
                    "stochastic run counts whole ones: round it, or use `hybrid`"
                )

    @property
    def counts(self) -> Array:
        """Counts (trials, states) as they are now."""
        return np.asarray(self._counts)

    # -- running -------------------------------------------------------------------------

    def estimate(self) -> float:
        """Expected events of one trial, were its counts to stay as they start: the mean total."""
        plan, context = self._plan, self._context
        edges = plan.cells.edges
        chosen = np.unique(np.linspace(0, len(edges) - 2, 64).astype(int))
        totals = []
        for cell in chosen:
            self._start_segment(float(edges[cell]), float(edges[-1]))
            context.set_count("budget", 0)
            context.set_count("trial_count", 1)
            self._kernel.sweep(context.address)
            totals.append(context.real("total"))
        context.set_count("trial_count", len(self._trials))
        widths = np.diff(np.append(edges[chosen], edges[-1]))
        return float(np.dot(totals, widths))

    def run(self) -> Outcome:
        """All trials to the end.

        Raises:
            Stopped: the run was interrupted.
            RunError: a rate that is negative or not finite, with its line.
        """
        plan, t = self._plan, self._plan.stimulus.start
        end = plan.stimulus.end
        moments = list(enumerate(plan.agenda.moments))
        changes = sorted(plan.stimulus.changes, key=lambda change: change[0])
        while True:
            while changes and changes[0][0] <= t:
                self._change(changes.pop(0))
            while moments and moments[0][1][0] <= t:
                number, (_, handlers) = moments.pop(0)
                self._act(number, handlers, t)
            if t >= end:
                break
            coming = [change[0] for change in changes[:1]] + [m[0] for _, m in moments[:1]]
            horizon = min([end, *coming])
            self._segment(t, horizon)
            t = horizon
        rows = self._rows
        rows[:, int(np.searchsorted(plan.samples, end, side="left")) :] = self._counts[:, None]
        fired = self._context.array("fired")
        return Outcome(
            self._trials, rows, dict(self.sizes), self._sorted_firings(),
            int(fired.sum()), self._context.count("rejected"),
        )  # fmt: skip

    def _change(self, change: tuple[float, int, float]) -> None:
        self._parameters[change[1]] = change[2]
        sizes = self._set_parameters()
        for index, size in sizes.items():
            if size != self.sizes[index]:
                name = self._plan.program.states[index].name
                raise RunError(
                    f"at t = {change[0]:g} ms: a step changes the size that `{name}` is counted "
                    "in; a stochastic run needs it constant"
                )

    def _act(self, number: int, handlers: list[int], t: float) -> None:
        plan = self._plan
        values = np.array([float(function.at(t)) for function in plan.functions])
        drives = values[: len(plan.program.drives)]
        held = dict(zip(plan.clamped, values[len(drives) :], strict=True))
        self._actions.act(
            handlers, number, t, self._counts, self._trials, drives, self._parameters, held
        )

    def _start_segment(self, t: float, horizon: float) -> None:
        plan, context = self._plan, self._context
        self._place_tables(t)
        cell = int(np.searchsorted(plan.cells.edges, t, side="right")) - 1
        context.set_count("first_cell", min(cell, len(plan.cells.edges) - 2))
        context.set_count("first_sample", int(np.searchsorted(plan.samples, t, side="left")))
        context.set_count("trial", 0)
        context.set_count("fresh", 1)
        context.set_real("start", t)
        context.set_real("horizon", horizon)

    def _place_tables(self, t: float) -> None:
        """Where the cursors of the drives begin: within a trial they only move on."""
        first = self._context.array("table_first")
        for table, function in enumerate(self._plan.functions):
            piece = int(np.searchsorted(function.knots, t, side="right")) - 1
            first[table] = self._first[table] + max(piece, 0)

    def _segment(self, t: float, horizon: float) -> None:
        self._start_segment(t, horizon)
        context, plan = self._context, self._plan
        while True:
            context.set_count("budget", DRAWS_PER_CALL)
            status = int(self._sweep(context.address))
            self._drain()
            if status == codes.REACHED:
                return
            if not plan.goes_on():
                raise Stopped
            if context.real("total") < 0.0:
                status = codes.NOT_FINITE
            if status != codes.BUDGET:
                raise explain(plan, context, status, self._trials[context.count("trial")])
            if int(context.array("fired").sum()) > plan.max_events:
                raise too_many(plan, context)

    # -- firings -------------------------------------------------------------------------

    def _drain(self) -> None:
        context = self._context
        used = context.count("fire_count")
        if used:
            names = ("fire_times", "fire_channels", "fire_trials")
            kept = [context.array(name)[:used].copy() for name in names]
            self._firings.append((kept[0], kept[1], kept[2]))
            context.set_count("fire_count", 0)

    def _sorted_firings(self) -> dict[int, list[Array]]:
        rows = sorted(set(self._plan.watched.values()))
        if not self._firings:
            return {row: [np.zeros(0) for _ in self._trials] for row in rows}
        times, places, trials = (np.concatenate(part) for part in zip(*self._firings, strict=True))
        row_of = np.full(max([self._plan.kernel.layout.places, *self._plan.watched]) + 1, -1)
        for place, row in self._plan.watched.items():
            row_of[place] = row
        result = {}
        for row in rows:
            mine = row_of[places] == row
            own = trials[mine]
            order = np.argsort(own, kind="stable")
            edges = np.searchsorted(own[order], np.arange(len(self._trials) + 1) + self._trials[0])
            sorted_times = times[mine][order]
            result[row] = [sorted_times[a:b] for a, b in pairwise(edges)]
        return result
