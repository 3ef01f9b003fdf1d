"""Thresholds that only announce an event, found in values at the ends of common steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantal.engines.stochastic.split import touched
from quantal.expression import evaluate, names_in
from quantal.program import Crossing, Emission, Handler, Program

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Threshold:
    """A value that passes zero announces `events`. `states` are those it is made of."""

    crossing: Crossing
    events: tuple[str, ...]
    states: tuple[str, ...]


def threshold_of(
    program: Program, handler: Handler, constants: Iterable[str]
) -> Threshold | None:  # fmt: skip
    """The threshold of a handler that only announces; None where more follows from it."""
    if not isinstance(handler.trigger, Crossing) or handler.delay is not None:
        return None
    if set(touched(handler)):
        return None
    events = tuple(a.event for a in handler.actions if isinstance(a, Emission))
    followed = {link.source for link in program.links}
    followed |= {h.trigger for h in program.handlers if isinstance(h.trigger, str)}
    names = names_in(handler.trigger.expression) - set(constants)
    states = {state.name for state in program.states}
    if set(events) & followed or not names <= states:
        return None
    return Threshold(handler.trigger, events, tuple(sorted(names)))


class Watch:
    """Looks for crossings in consecutive pieces of values of some trials."""

    def __init__(
        self, thresholds: Iterable[Threshold], constants: Mapping[str, float], trials: int
    ) -> None:
        self._thresholds, self._constants = tuple(thresholds), dict(constants)
        self._trials = trials
        self._last: list[tuple[float, Array] | None] = [None for _ in self._thresholds]
        self._found: list[list[list[float]]] = [
            [[] for _ in range(trials)] for _ in self._thresholds
        ]

    def see(self, times: Array, values: Mapping[str, Array]) -> None:
        """Values (trials, n) of states at the next times (n,), ms."""
        for number, each in enumerate(self._thresholds):
            known = {**self._constants, **{name: values[name] for name in each.states}}
            level = np.asarray(evaluate(each.crossing.expression, known), dtype=float)
            level = np.broadcast_to(level, (self._trials, len(times)))
            before = self._last[number]
            when = times
            if before is not None:
                level = np.concatenate([before[1][:, None], level], axis=1)
                when = np.concatenate([[before[0]], times])
            self._last[number] = (float(when[-1]), level[:, -1].copy())
            early, late = level[:, :-1], level[:, 1:]
            up, down = (early < 0.0) & (late >= 0.0), (early > 0.0) & (late <= 0.0)
            passed = {"up": up, "down": down}.get(each.crossing.direction, up | down)
            for trial, place in zip(*np.nonzero(passed), strict=True):
                a, b = early[trial, place], late[trial, place]
                share = a / (a - b)
                time = when[place] + share * (when[place + 1] - when[place])
                self._found[number][trial].append(float(time))

    def events(self) -> dict[str, list[Array]]:
        """The times (ms) of each event in each trial."""
        gathered: dict[str, list[list[float]]] = {}
        for each, found in zip(self._thresholds, self._found, strict=True):
            for event in each.events:
                lists = gathered.setdefault(event, [[] for _ in range(self._trials)])
                for own, more in zip(lists, found, strict=True):
                    own += more
        return {event: [np.array(sorted(x)) for x in lists] for event, lists in gathered.items()}
