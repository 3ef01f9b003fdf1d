"""What many firings of one event give together, where each has its own value of a parameter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from quantal.engines.stochastic.streams import EVENTS, generator
from quantal.engines.stochastic.varied.distributions import quantiles
from quantal.engines.stochastic.varied.names import depending, renamed, used_by
from quantal.expression import Expression, evaluate, names_in
from quantal.program import Firing, Program

Array = np.ndarray[Any, np.dtype[np.float64]]


def carried(program: Program) -> set[str]:
    """The per-firing parameters that reactions fired by events carry."""
    shares = [
        share
        for handler in program.handlers
        for action in handler.actions
        if isinstance(action, Firing)
        for _, share in action.changes
    ]
    return used_by(program, shares) & {name for name, _ in _varied(program)}


def _varied(program: Program) -> list[tuple[str, int]]:
    return [
        (slot.name, i)
        for i, slot in enumerate(program.parameters)
        if slot.spread is not None and slot.spread.per == "firing"
    ]


class Contents:
    """Sums over single firings of what each gives."""

    def __init__(self, program: Program, seed: int) -> None:
        self._program, self._seed = program, seed
        self._varied = _varied(program)
        names = [name for name, _ in self._varied]
        self._between = {
            item.name: item.expression
            for item in program.definitions
            if item.name in set(depending(program, names))
        }
        self._own = set(names) | self._between.keys()

    def varies(self, share: Expression) -> bool:
        """Whether each firing gives a different amount."""
        return bool(names_in(share) & self._own)

    def totals(
        self, shares: list[Expression], times: Array, before: Mapping[str, Any],
        parameters: Array, trials: range, number: int,
    ) -> list[Array]:  # fmt: skip
        """For each share what all firings give together (trials,).

        One firing has the same value in all shares, as two transmitters of one vesicle do.
        """
        plain = [self._expanded(share) for share in shares]
        sums = [np.zeros(len(trials)) for _ in shares]
        for row, trial in enumerate(trials):
            count = max(round(float(np.broadcast_to(times, len(trials))[row])), 0)
            if not count:
                continue
            draw = generator(self._seed, trial, EVENTS, number)
            drawn: dict[str, Any] = {
                name: quantiles(
                    self._program.parameters[i], float(parameters[i]), draw.random(count)
                )
                for name, i in self._varied
            }
            for place, share in enumerate(plain):
                known = drawn | {
                    name: np.broadcast_to(np.asarray(before[name]), len(trials))[row]
                    for name in names_in(share) - drawn.keys()
                }
                values = np.broadcast_to(np.asarray(evaluate(share, known)), count)
                sums[place][row] = float(values.sum())
        return sums

    def _expanded(self, share: Expression) -> Expression:
        while names_in(share) & self._between.keys():
            share = renamed(share, self._between)
        return share
