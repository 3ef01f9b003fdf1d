"""The continuous parts of many trials side by side, in common steps of controlled length."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from quantal.engines.population.cascade import obstacles as population_obstacles
from quantal.engines.stochastic.chunk import Chunk, Outcome
from quantal.engines.stochastic.dependence import closure, depends, names_of
from quantal.engines.stochastic.frontier import frontier
from quantal.engines.stochastic.impulses import Effects, Happened
from quantal.engines.stochastic.members import MembersChunk, members
from quantal.engines.stochastic.parts import remaining_part
from quantal.engines.stochastic.shared import Result, Shared
from quantal.engines.stochastic.split import touched
from quantal.engines.stochastic.thresholds import Threshold, threshold_of
from quantal.engines.stochastic.together import Together
from quantal.errors import RunError
from quantal.expression import evaluate
from quantal.program import Crossing
from quantal.stimulus import Piecewise

Array = np.ndarray[Any, np.dtype[np.float64]]

PILOTS, PILOT_TIME = 8, 60.0
"""The step is decided with so many trials, until so many ms after the first stimulus."""
METHODS = {"midpoint": 3, "damped": 6}
"""Methods of common steps, the cheaper first, and how often a step is halved for each."""


def obstacles(shared: Shared) -> list[str]:
    """Why trials cannot be advanced in common steps; empty if they can."""
    cut, program = shared.cut, shared.program
    own = set(cut.continuous) - set(cut.shared)
    reasons = []
    if not own:
        reasons.append("nothing continuous depends on what is counted")
    if shared.stimulus.changes:
        reasons.append("a step of the protocol changes a parameter")
    if shared.agenda.moments:
        reasons.append("events change counts")
    if any(i in shared.stimulus.clamps for i in cut.counted):
        reasons.append("a counted state is held")
    uses = depends(program)
    names = {program.states[i].name for i in own}
    for handler in program.handlers:
        if set(touched(handler)) & own:
            reasons.append(f"an event changes what differs between trials ({handler.line})")
        elif (
            isinstance(handler.trigger, Crossing)
            and closure(uses, names_of(handler)) & names
            and threshold_of(program, handler, shared.constants) is None
        ):
            reasons.append(f"more follows from a crossed threshold ({handler.line})")
    return reasons


class SideBySide:
    """Runs trials in vectors.

    Raises:
        RunError: a state has no possible value at any step that was tried.
    """

    largest = 64
    """Trials in one piece of work: one group of vectors."""

    def __init__(self, shared: Shared) -> None:
        self._shared, cut = shared, shared.cut
        program = shared.program
        self._own = tuple(i for i in cut.continuous if i not in set(cut.shared))
        given = [*cut.rates, *(program.states[i].name for i in cut.occupied)]
        wanted = [e for i in self._own for e in (program.derivatives[i], program.initial[i])]
        self._frontier = frontier(program, given, wanted, shared.constants)
        part = remaining_part(cut, self._frontier.names, self._frontier.same)
        reasons = population_obstacles(part)
        assert not reasons, reasons
        self._kinds = self._found_kinds()
        self._plan = shared.plan(shared.samples, {kind: kind for kind in self._kinds})
        seen = {n for n, i in enumerate(cut.counted) if i in shared.kept or i in cut.occupied}
        self._members = members(self._plan, seen, lambda key: 2 * key[0] + key[1])
        self.expected = shared.check_events(self._members.plan if self._members else self._plan)
        names = {program.states[i].name: i for i in cut.shared}
        count = len(program.drives), len(part.drives) - len(self._frontier.names)
        curves = [shared.curves[names[slot.name]] for slot in part.drives[count[0] : count[1]]]
        still = [_nothing(shared.stimulus.start)] * len(self._frontier.names)
        self._together = Together(
            part, shared.part(self._own, (*curves, *still)), len(still), self._effects(),
            shared.samples, tuple(n for n, i in enumerate(self._own) if i in shared.kept),
            self._thresholds(), shared.constants, shared.stop,
        )  # fmt: skip
        self._decide()

    def _found_kinds(self) -> list[int]:
        """The reactions that change what the continuous part is given."""
        cut, rows = self._shared.cut, self._shared.counted.reactions
        place = {index: number for number, index in enumerate(cut.counted)}
        occupied = {place[i] for i in cut.occupied}
        kinds = []
        for number, row in enumerate(rows):
            moves = any(i in occupied for i, _ in row.changes)
            for backward, law in enumerate((row.forward, row.backward)):
                if law is not None and (moves or law in cut.rates):
                    kinds.append(2 * number + backward)
        return kinds

    def _thresholds(self) -> tuple[Threshold, ...]:
        """What announces an event in each trial at its own times."""
        shared, names = self._shared, {self._shared.program.states[i].name for i in self._own}
        found = [threshold_of(shared.program, handler, shared.constants)
                 for handler in shared.program.handlers]  # fmt: skip
        return tuple(each for each in found if each is not None and set(each.states) & names)

    def _effects(self) -> Effects:
        """What one event of each kind does to each quantity that is given."""
        shared, slopes = self._shared, self._frontier.slopes
        cut, rows = shared.cut, shared.counted.reactions
        impulse = np.zeros((len(slopes), len(self._kinds)))
        jump = np.zeros_like(impulse)
        column = {name: n for n, name in enumerate(cut.rates)}
        for place, kind in enumerate(self._kinds):
            row, backward = rows[kind // 2], kind % 2
            law = row.backward if backward else row.forward
            if law in column:
                size = shared.law_sizes[str(law)]
                impulse[:, place] += slopes[:, column[str(law)]] * (1.0 / size if size else 0.0)
            for number, change in row.changes:
                index = cut.counted[number]
                if index in cut.occupied:
                    amount = float(evaluate(change, shared.constants)) * (-1 if backward else 1)
                    where = len(column) + cut.occupied.index(index)
                    jump[:, place] += slopes[:, where] * amount * self._inverse(index)
        return Effects(impulse, jump)

    def _inverse(self, index: int) -> float:
        """One over the size of a counted state."""
        size = self._shared.program.states[index].size
        assert size is not None
        value = float(evaluate(size, self._shared.constants))
        return 1.0 / value if value else 0.0

    def _decide(self) -> None:
        """The longest of a series of halved steps whose halving changes nothing that matters."""
        engine, together = self._shared.engine, self._together
        end = self._pilot_end()
        pilot = together.until(end) if end < self._shared.stimulus.end else together
        trials = range(PILOTS)
        outcome, start = self._counts(trials)
        happened = self._happened(outcome, end)
        self.error = np.inf
        for method, most in METHODS.items():

            def solved(step: float, way: str = method) -> dict[int, Array] | None:
                return _tried(pilot, step, way, start, happened, trials)

            step, error = _halved(solved, engine.longest, engine.tolerance, most)
            if error < self.error or not np.isfinite(self.error):
                self.step, self.error, self.method = step, error, method
            if error <= engine.tolerance:
                break
        together.set_step(self.step, self.method)
        self.how = (
            f"The continuous parts of the trials were advanced side by side in steps of at most "
            f"{self.step:g} ms by the method `{self.method}`; in {PILOTS} trials over "
            f"{end - self._shared.stimulus.start:g} ms half the step changed no recorded state by "
            f"more than {self.error:.1e} of how much it varies. "
            f"{self._members.why if self._members else ''}".rstrip()
        )

    def _pilot_end(self) -> float:
        """So long after the first stimulus that is sampled: rest alone decides no step."""
        stimulus, first = self._shared.stimulus, float(self._shared.samples[0])
        later = [time for time, _ in stimulus.events if time >= first]
        return min(stimulus.end, min(later, default=first) + PILOT_TIME)

    def run(self, trials: range) -> Result:
        """Some trials from start to end."""
        shared = self._shared
        outcome, start = self._counts(trials)
        found, events = self._together.run(start, self._happened(outcome), trials)
        states = {self._own[n]: values for n, values in found.items()}
        rows = (len(trials), len(shared.samples))
        for index in shared.cut.shared:
            if index in shared.kept:
                states[index] = np.broadcast_to(shared.curves[index].at(shared.samples), rows)
        for number, index in enumerate(shared.cut.counted):
            if index in shared.kept:
                size = outcome.sizes.get(number, 1.0)
                states[index] = outcome.counts[:, :, number] * (1.0 / size if size else 0.0)
        steps = (shared.stimulus.end - shared.stimulus.start) / self.step
        return Result(trials, states, shared.firings(outcome) | events, outcome.events,
                      steps * len(trials))  # fmt: skip

    def _counts(self, trials: range) -> tuple[Outcome, Array]:
        """The counted part, and what is given at the start (given, trials)."""
        known = self._members
        chunk = MembersChunk(known, trials) if known else Chunk(self._plan, trials)
        first, cut = chunk.counts.copy(), self._shared.cut
        rates, names = len(cut.rates), self._frontier
        start = np.tile(names.level[:, None], (1, len(trials)))
        for place, index in enumerate(cut.occupied, rates):
            column = first[:, cut.counted.index(index)] * self._inverse(index)
            start += names.slopes[:, place : place + 1] * column[None, :]
        return chunk.run(), start

    def _happened(self, outcome: Outcome, end: float = np.inf) -> Happened:
        times, kinds, trials = [np.zeros(0)], [], []
        for place, kind in enumerate(self._kinds):
            for trial, found in enumerate(outcome.firings.get(kind, ())):
                within = found[found <= end]
                times.append(within)
                kinds.append(np.full(len(within), place))
                trials.append(np.full(len(within), trial))
        none = [np.zeros(0, dtype=np.int64)]
        return Happened(
            np.concatenate(times), np.concatenate([*none, *kinds]),
            np.concatenate([*none, *trials]),
        )  # fmt: skip


def _halved(
    solved: Callable[[float], dict[int, Array] | None], longest: float, tolerance: float, most: int
) -> tuple[float, float]:  # fmt: skip
    """The longest step whose halving changes little enough, else the shortest; and the change."""
    step, coarse = longest, solved(longest)
    error = np.inf
    for _ in range(most):
        fine = solved(0.5 * step)
        if coarse is not None and fine is not None:
            error = max((_apart(coarse[i], fine[i]) for i in fine), default=0.0)
            if error <= tolerance:
                return step, error
        coarse, step = fine, 0.5 * step
    return step, error


def _tried(
    pilot: Together, step: float, method: str, start: Array, happened: Happened, trials: range
) -> dict[int, Array] | None:  # fmt: skip
    """The states of some trials, or None where the step is too long for them."""
    pilot.set_step(step, method)
    try:
        return pilot.run(start, happened, trials)[0]
    except RunError:
        return None


def _nothing(start: float) -> Piecewise:
    return Piecewise.constant(0.0, start)


def _apart(one: Array, other: Array) -> float:
    """The mean difference, as a share of the mean distance from the mean.

    Not the largest: at a sample beside a jump it would say nothing of the step.
    """
    size = float(np.abs(other - other.mean()).mean())
    return float(np.abs(one - other).mean()) / size if size > 0.0 else 0.0
