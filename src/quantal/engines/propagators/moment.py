"""What events do to the state at one moment, by plain evaluation: nothing is compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from quantal.expression import evaluate
from quantal.program import Assignment, Emission, Firing, Program
from quantal.stimulus import Piecewise, Stimulus

Array = np.ndarray[Any, np.dtype[np.float64]]


class Moment(Mapping[str, Any]):
    """Every name's value at the present time; `state` (n,) changes as handlers act."""

    def __init__(self, program: Program, stimulus: Stimulus) -> None:
        self._program, self._stimulus = program, stimulus
        self.state: Array = np.zeros(len(program.states))
        self.parameters: Array = np.array(stimulus.parameters, dtype=float)
        self.time = stimulus.start
        self._definitions = {item.name: item.expression for item in program.definitions}
        self._leaves: dict[str, Callable[[], Any]] = {"time": lambda: self.time}
        for index, state in enumerate(program.states):
            self._leaves[state.name] = partial(self._entry, "state", index)
        for index, slot in enumerate(program.parameters):
            self._leaves[slot.name] = partial(self._entry, "parameters", index)
        for drive, curve in zip(program.drives, stimulus.drives, strict=True):
            self._leaves[drive.name] = partial(self._driven, curve)
        self._held: dict[str, Any] = {}

    def _entry(self, array: str, index: int) -> float:
        return float(getattr(self, array)[index])

    def _driven(self, curve: Piecewise) -> float:
        return float(curve.at(self.time))

    def enter(self, time: float) -> None:
        """The present time; clamped states are where their clamp has them."""
        self.time = time
        for index, curve in self._stimulus.clamps.items():
            self.state[index] = float(curve.at(time))
        self._held.clear()

    def __getitem__(self, name: str) -> Any:
        if name in self._leaves:
            return self._leaves[name]()
        if name not in self._held:
            self._held[name] = evaluate(self._definitions[name], self)
        return self._held[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._leaves, **self._definitions})

    def __len__(self) -> int:
        return len(self._leaves) + len(self._definitions)

    def act(self, handler: int) -> None:
        """A handler's actions, each seeing what the one before it did."""
        held = self._stimulus.clamps
        for action in self._program.handlers[handler].actions:
            self._held.clear()
            if isinstance(action, Emission):
                continue
            if isinstance(action, Assignment):
                if action.index not in held:
                    self.state[action.index] = float(evaluate(action.value, self))
            else:
                self._fire(action)
        self._held.clear()

    def _fire(self, firing: Firing) -> None:
        times = float(evaluate(firing.times, self))
        shares = [(index, float(evaluate(share, self))) for index, share in firing.changes]
        for index, share in shares:
            if index not in self._stimulus.clamps:
                self.state[index] += share * times

    def all_delays(self) -> Array:
        """The delays of all handlers, then of all links, ms; zero where there is none."""
        self._held.clear()
        delays = [handler.delay for handler in self._program.handlers]
        delays += [link.delay for link in self._program.links]
        return np.array([0.0 if d is None else float(evaluate(d, self)) for d in delays])
