"""A stiff run whose steps go to a tape, with one of the ways over it.

The steps are those of the plain method: their lengths follow the error of the states alone,
and are held fixed where the solution is differentiated.
"""

from __future__ import annotations

import math

import numpy as np

from quantal.engines.base import Settings
from quantal.engines.crossings import Crossings, follow_drives, settle
from quantal.engines.events import Events
from quantal.engines.failure import explain
from quantal.engines.sensitivity.leaps import Tracing, moving_moment
from quantal.engines.sensitivity.passes import Pass, Stretch, Work
from quantal.engines.sensitivity.samples import Samples
from quantal.engines.sensitivity.tapes import Tapes
from quantal.engines.workspace import Array
from quantal.errors import RunError
from quantal.kernels import context as codes
from quantal.kernels.generate.output import POINTS_PER_STEP
from quantal.kernels.layout import LANES
from quantal.kernels.sensitivity.kernel import SensitivityKernel
from quantal.kernels.sensitivity.layout import Methods, Record, most_stages
from quantal.program import Program
from quantal.stimulus import Stimulus

STEP_SHARE = 0.3
"""Errors of single steps add up: each is held to this share of the tolerance asked for."""
TAPE_BYTES = 2**22
"""About the size of one tape: small beside the last cache, and yet seldom handed over."""
MOST_BYTES = 4e9
"""Tapes of one run may take so much memory."""
STEPS_PER_CALL = 20_000
GROWTH = 6.0


class Recording:
    """One run in progress."""

    def __init__(
        self, program: Program, stimulus: Stimulus, settings: Settings, methods: Methods,
        kernel: SensitivityKernel, directions: int,
    ) -> None:  # fmt: skip
        self._program, self._stimulus, self._settings = program, stimulus, settings
        self._kernel = kernel
        absolute = STEP_SHARE * settings.absolute
        self.workspace = Tracing(
            kernel, directions, methods[0], program, stimulus, absolute, methods[1]
        )
        self.context = self.workspace.context
        self.work = Work(kernel, most_stages(methods))
        self._record = Record.of(kernel.layout, methods)
        self._room = max(TAPE_BYTES // (8 * self._record.size), 16)
        self.tapes = Tapes(self._room * self._record.size)
        for name, value in (
            ("relative", STEP_SHARE * settings.relative), ("largest_growth", GROWTH),
            ("largest_step", math.inf), ("first_h", settings.first_step or 0.0),
            ("horizon", stimulus.start),
        ):  # fmt: skip
            self.context.set_real(name, value)
        assert settings.sample is not None
        self._samples = Samples(settings.sample)
        self.rows: list[Array] = []
        self.events = Events(program, self.workspace, stimulus.events)
        self._crossings = Crossings(program, self.workspace, self.events.crossing_handlers)
        self._parameters = np.array(stimulus.parameters, dtype=float)
        self._changes = sorted(stimulus.changes, key=lambda change: change[0])
        self.changed: list[tuple[float, int, float]] = []
        self._constants = self.workspace.constants.copy()
        self._horizons = self._lay_stops(stimulus)
        self._t = stimulus.start
        self._pass: Pass | None = None
        self._new_tape()

    def _lay_stops(self, stimulus: Stimulus) -> list[float]:
        """All stops for the compiled loop; gives those at which Python has something to do."""
        changes = {change[0] for change in stimulus.changes} | {stimulus.end}
        stops = {stop for stop in (*stimulus.stops, *changes) if stop > stimulus.start}
        inside = sorted(stop for stop in stops if stop <= stimulus.end)
        self.context.point("stops", np.array([*inside, math.inf]))
        jumps = self.events.crossing_handlers and follow_drives(self._program)
        seen = stops if jumps else changes
        return sorted(stop for stop in seen if stimulus.start < stop <= stimulus.end)

    def _new_tape(self) -> None:
        self._tape = self.tapes.new()
        self.context.point("rows", self._tape)
        self.context.set_count("row_capacity", self._room + POINTS_PER_STEP)
        self.context.set_count("row_count", 0)
        self.context.set_count("by_steps", 1)

    def run(self, y0: Array, way: Pass) -> None:
        """From the initial state to the end.

        Raises:
            RunError: with the time, the state and the reaction at which it failed.
        """
        self._pass = way
        workspace = self.workspace
        workspace.y[: len(y0)] = y0
        self.events.drop_before(self._t)
        self._change_parameters()
        workspace.enter(self._t)
        self._crossings.start()
        self._act([])
        end, following = self._stimulus.end, 0
        while self._t < end:
            while self._horizons[following] <= self._t:
                following += 1
            self._segment(min(self._horizons[following], self.events.next_time()))
        workspace.enter(self._t)
        count = self._samples.rest()
        states = self._kernel.layout.states
        self.rows.append(np.broadcast_to(workspace.y[:states].copy(), (count, states)))

    def _segment(self, horizon: float) -> None:
        self.context.set_real("horizon", horizon)
        self.workspace.enter(self._t)
        crossed: list[int] = []
        while True:
            self.context.set_count("steps_left", STEPS_PER_CALL)
            status = int(self._kernel.advance(self.context.address))
            if status == codes.REACHED:
                self._t = horizon
                break
            if status == codes.CROSSED:
                self._t, crossed = self._crossings.locate()
                self._kernel.commit(self.context.address, self._t)
                break
            if status == codes.FULL:
                self._hand_over()
            elif status != codes.BUDGET:
                raise explain(self._program, self.workspace, self._parameters)
            self._refuse_too_many()
        self._hand_over()
        self._change_parameters()
        self.workspace.enter(self._t)
        self._act(crossed)

    def _refuse_too_many(self) -> None:
        steps = self.context.count("accepted") + self.context.count("rejected")
        if steps > self._settings.max_steps:
            raise RunError(
                f"at t = {self.context.real('t'):g} ms: {steps} steps were made, more than the "
                f"{self._settings.max_steps} allowed; raise `max_steps`, or allow a larger "
                "relative tolerance"
            )
        if self._settings.progress:
            start, end = self._stimulus.start, self._stimulus.end
            self._settings.progress((self.context.real("t") - start) / (end - start))

    def _hand_over(self) -> None:
        """The steps so far go to the way over the tape."""
        count = self.context.count("row_count")
        if not count or self._pass is None:
            return
        heads = self._tape[: count * self._record.size].reshape(count, -1)[:, :3]
        starts, lengths = heads[:, 0].copy(), heads[:, 1].copy()
        first, shares = self._samples.inside(starts, lengths, self.context.real("t"))
        stretch = Stretch(self._tape, count, self._constants, first, _some(shares))
        if len(shares):
            self.rows.append(self.work.states(stretch)[: len(shares)])
        self._pass.stretch(stretch)
        if self._pass.keeps_tape:
            self._refuse_too_long()
            self._new_tape()
        self.context.set_count("row_count", 0)

    def _refuse_too_long(self) -> None:
        if self.tapes.bytes > MOST_BYTES:
            raise RunError(
                f"at t = {self.context.real('t'):g} ms: the steps kept for the adjoint take "
                f"{self.tapes.bytes / 1e9:.1f} GB; run a shorter time, or use tangents"
            )

    def _change_parameters(self) -> None:
        if not (self._changes and self._changes[0][0] <= self._t):
            return
        while self._changes and self._changes[0][0] <= self._t:
            _, index, value = self._changes.pop(0)
            self._parameters[index] = value
            self.changed.append((self._t, index, value))
        self.workspace.set_parameters(self._parameters)
        self._constants = self.workspace.constants.copy()

    def _act(self, crossed: list[int]) -> None:
        """Events until all is quiet; what they do to small changes is told to the way."""
        moment = self._moment(crossed) if crossed else None
        settle(self.events, self._crossings, self.workspace, self._t, crossed)
        happened, self.workspace.happened = self.workspace.happened, []
        if happened and self._pass is not None:
            if moment is not None:
                happened = [moving_moment(happened, moment[0], moment[1], self._slopes())]
            for leap in happened:
                self._pass.leap(leap)

    def _moment(self, crossed: list[int]) -> tuple[tuple[Array, Array], Array]:
        """How the present moment moves with everything, and the slopes just before it."""
        numbers = [
            index
            for index, handler in enumerate(self.events.crossing_handlers)
            if handler in crossed
        ]
        before = self._slopes()
        return self.workspace.crossing(numbers[0], before), before

    def _slopes(self) -> Array:
        self.workspace.look_at(self._t)
        return self.workspace.rates(self.workspace.y)


def _some(values: Array) -> Array:
    """An array that has an address even where it is empty."""
    return values if values.size else np.zeros(LANES)[:0]
