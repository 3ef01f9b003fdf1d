"""The times at which events act on counts: the same in all trials, so known beforehand.

External events, links and handlers follow the rules of `quantal.engines.events`: at one
moment all handlers that are due act in the order of the Program; what they emit makes the
next round.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import numpy as np

from quantal.errors import RunError, UsageError
from quantal.expression import Expression, evaluate, names_in
from quantal.program import Crossing, Emission, Program
from quantal.stimulus import Stimulus

MOST_ROUNDS = 10_000


@dataclass
class Agenda:
    """`moments`: (time, numbers of the handlers that act, in order); `record`: event times."""

    moments: list[tuple[float, list[int]]] = field(default_factory=list)
    record: dict[str, list[float]] = field(default_factory=dict)


def obstacles(program: Program) -> list[str]:
    """Handlers whose times differ between trials, which counting engines cannot take."""
    reasons = []
    fixed = _fixed_names(program)
    for handler in program.handlers:
        if isinstance(handler.trigger, Crossing):
            reasons.append(
                f"{handler.line or 'a handler'}: an event waits for a value to cross a threshold: "
                "use `hybrid` or `stiff`"
            )
    delays = [h.delay for h in program.handlers] + [link.delay for link in program.links]
    for delay in delays:
        if delay is not None and not names_in(delay) <= fixed:
            names = ", ".join(f"`{name}`" for name in sorted(names_in(delay) - fixed))
            reasons.append(f"a delay depends on {names}, which differs between trials")
    return reasons


def _fixed_names(program: Program) -> set[str]:
    constants = {item.name for item in program.definitions if item.constant}
    return {slot.name for slot in program.parameters} | constants


def plan(program: Program, stimulus: Stimulus) -> Agenda:
    """Everything that happens, in order, from the start of the run to its end."""
    maker = _Maker(program, stimulus)
    for time, name in sorted(stimulus.events, key=lambda item: item[0]):
        if stimulus.start <= time <= stimulus.end:
            maker.push(time, name)
    maker.work()
    return maker.agenda


class _Maker:
    def __init__(self, program: Program, stimulus: Stimulus) -> None:
        self._program, self._stimulus = program, stimulus
        self._queue: list[tuple[float, int, int | str]] = []
        self._pushed = 0
        self.agenda = Agenda(record={name: [] for name in program.events})
        self._handlers: dict[str, list[int]] = {}
        for number, handler in enumerate(program.handlers):
            if isinstance(handler.trigger, str):
                self._handlers.setdefault(handler.trigger, []).append(number)

    def push(self, time: float, item: int | str) -> None:
        self._pushed += 1
        heapq.heappush(self._queue, (time, self._pushed, item))

    def work(self) -> None:
        while self._queue and self._queue[0][0] <= self._stimulus.end:
            t = self._queue[0][0]
            names: list[str] = []
            due: list[int] = []
            while self._queue and self._queue[0][0] <= t:
                item = heapq.heappop(self._queue)[2]
                if isinstance(item, str):
                    names.append(item)
                else:
                    due.append(item)
            acted = self._moment(t, names, due)
            if acted:
                self.agenda.moments.append((t, acted))

    def _moment(self, t: float, names: list[str], due: list[int]) -> list[int]:
        acted: list[int] = []
        for _ in range(MOST_ROUNDS):
            if not (names or due):
                return acted
            self._fire(names, t, due)
            acted += sorted(due)
            names = [
                action.event
                for number in sorted(due)
                for action in self._program.handlers[number].actions
                if isinstance(action, Emission)
            ]
            due = []
        raise RunError(
            f"at t = {t:g} ms: events fire each other without end; give one of them a delay "
            "(`after`)"
        )

    def _fire(self, names: list[str], t: float, due: list[int]) -> None:
        for name in names:  # grows while it is read: links without delay fire at once
            if len(names) > MOST_ROUNDS:
                break
            self.agenda.record.setdefault(name, []).append(t)
            for number in self._handlers.get(name, []):
                delay = self._delay(self._program.handlers[number].delay, t)
                if delay > 0.0:
                    self.push(t + delay, number)
                else:
                    due.append(number)
            for link in self._program.links:
                if link.source == name:
                    delay = self._delay(link.delay, t)
                    if delay > 0.0:
                        self.push(t + delay, link.target)
                    else:
                        names.append(link.target)

    def _delay(self, delay: Expression | None, t: float) -> float:
        if delay is None:
            return 0.0
        values = np.array(self._stimulus.parameters, dtype=float)
        for when, index, value in self._stimulus.changes:
            if when <= t:
                values[index] = value
        known = {p.name: float(v) for p, v in zip(self._program.parameters, values, strict=True)}
        for item in self._program.definitions:
            if item.constant:
                known[item.name] = float(evaluate(item.expression, known))
        try:
            return float(evaluate(delay, known))
        except KeyError as name:
            raise UsageError(f"a delay depends on {name}, which differs between trials") from None
