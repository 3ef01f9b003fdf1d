"""Events: what fires when, in which order, and what its handlers do.

At one moment, protocol changes come first; then all handlers that are due act in the order
in which the Program lists them; what they emit makes the next round at the same moment.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np

from quantal.errors import RunError
from quantal.program import Crossing, Emission, Program

MOST_ROUNDS = 10_000


class Actor(Protocol):
    """Whoever holds the present state: lets a handler act on it, and knows all delays (ms)."""

    def act(self, handler: int) -> None:
        """A handler's actions."""
        ...

    def all_delays(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Of all handlers, then of all links."""
        ...


class Events:
    """The queue of coming events and the record of past ones."""

    def __init__(
        self, program: Program, workspace: Actor, external: Iterable[tuple[float, str]]
    ) -> None:
        self._program = program
        self._workspace = workspace
        self._queue: list[tuple[float, int, int | str]] = []
        self._pushed = 0
        self.record: dict[str, list[float]] = {name: [] for name in program.events}
        self.acted = 0
        self._handlers_of: dict[str, list[int]] = {}
        self.crossing_handlers: list[int] = []
        for number, handler in enumerate(program.handlers):
            if isinstance(handler.trigger, Crossing):
                self.crossing_handlers.append(number)
            else:
                self._handlers_of.setdefault(handler.trigger, []).append(number)
        for time, name in sorted(external, key=lambda item: item[0]):
            self._push(time, name)

    def next_time(self) -> float:
        """When the next event or delayed handler is due."""
        return self._queue[0][0] if self._queue else math.inf

    def drop_before(self, t: float) -> None:
        """Forget events from before the run."""
        while self._queue and self._queue[0][0] < t:
            heapq.heappop(self._queue)

    def act(self, t: float, crossed: Iterable[int] = ()) -> bool:
        """Everything that is due at time t, and the handlers of crossings. True if any acted."""
        names: list[str] = []
        due: list[int] = []
        self._trigger(list(crossed), t, due)
        while self._queue and self._queue[0][0] <= t:
            item = heapq.heappop(self._queue)[2]
            if isinstance(item, str):
                names.append(item)
            else:
                due.append(item)
        anything = bool(names or due)
        for _ in range(MOST_ROUNDS):
            if not (names or due):
                return anything
            self._fire(names, t, due)
            names = self._run(due)
            due = []
        raise RunError(
            f"at t = {t:g} ms: events fire each other without end "
            f"({', '.join(f'`{name}`' for name in sorted(set(names)))}); "
            "give one of them a delay (`after`)"
        )

    def _fire(self, names: list[str], t: float, due: list[int]) -> None:
        """Record names, follow links, and collect the handlers that act now."""
        delays = self._workspace.all_delays() if names and self._program.links else None
        for name in names:  # grows while it is read: links without delay fire at once
            if len(names) > MOST_ROUNDS:
                break
            self.record.setdefault(name, []).append(t)
            self._trigger(self._handlers_of.get(name, []), t, due)
            for number, link in enumerate(self._program.links):
                if link.source != name:
                    continue
                delay = 0.0
                if link.delay is not None and delays is not None:
                    delay = float(delays[len(self._program.handlers) + number])
                if delay > 0.0:
                    self._push(t + delay, link.target)
                else:
                    names.append(link.target)

    def _trigger(self, handlers: list[int], t: float, due: list[int]) -> None:
        for number in handlers:
            if self._program.handlers[number].delay is None:
                due.append(number)
            else:
                delay = float(self._workspace.all_delays()[number])
                if delay > 0.0:
                    self._push(t + delay, number)
                else:
                    due.append(number)

    def _run(self, due: list[int]) -> list[str]:
        """Let handlers act in their order; gives the names that they emit."""
        emitted: list[str] = []
        for number in sorted(due):
            self._workspace.act(number)
            self.acted += 1
            emitted += [
                action.event
                for action in self._program.handlers[number].actions
                if isinstance(action, Emission)
            ]
        return emitted

    def _push(self, time: float, item: int | str) -> None:
        self._pushed += 1
        heapq.heappush(self._queue, (time, self._pushed, item))
