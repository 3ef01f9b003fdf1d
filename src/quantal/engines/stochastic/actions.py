"""What an event's handlers do to the counts of many trials at once, with draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from quantal.engines.observe import Observer
from quantal.engines.stochastic.counts import whole
from quantal.engines.stochastic.streams import EVENTS, generator
from quantal.engines.stochastic.varied.handlers import Contents
from quantal.errors import RunError
from quantal.expression import Apply, Expression, Name, evaluate
from quantal.program import Assignment, Emission, Firing, Handler, Program

Array = np.ndarray[Any, np.dtype[np.float64]]
DRAWS = ("binomial", "poisson")
MOST_DRAWS = 10_000
"""Draws of one moment; each has a number of its own."""


class Actions:
    """Carries out handlers on counts (trials, states)."""

    def __init__(
        self, program: Program, seed: int, sizes: dict[int, float], wholes: bool = True
    ) -> None:
        self._program, self._seed, self.sizes = program, seed, sizes
        self._wholes = wholes
        self._contents = Contents(program, seed)

    def act(
        self, handlers: list[int], moment: int, t: float, counts: Array, trials: range,
        drives: Array, parameters: Array, held: Mapping[int, float],
    ) -> None:  # fmt: skip
        """Change `counts` in place as these handlers do, in order, at time t (ms).

        Raises:
            RunError: a count that becomes negative or is not whole, with the line.
        """
        drawer = _Drawer(self._seed, trials, moment * MOST_DRAWS)

        def values() -> Mapping[str, Any]:
            states = self.values_of(counts, held)
            rows = np.tile(drives, (len(trials), 1))
            return Observer(self._program, np.full(len(trials), t), states, rows, parameters)

        for number in handlers:
            handler = self._program.handlers[number]
            for action in handler.actions:
                if isinstance(action, Emission):
                    continue
                before = values()
                if isinstance(action, Assignment):
                    value = drawer.value(action.value, before)
                    counts[:, action.index] = np.asarray(value) * self._size(action.index)
                    self._check(handler, action.index, t, counts)
                else:
                    self._fire(handler, action, before, drawer, t, counts, parameters)

    def _fire(
        self, handler: Handler, firing: Firing, before: Mapping[str, Any], drawer: _Drawer,
        t: float, counts: Array, parameters: Array,
    ) -> None:  # fmt: skip
        times = np.asarray(drawer.value(firing.times, before), dtype=float)
        shares = [share for _, share in firing.changes]
        if any(self._contents.varies(share) for share in shares):
            trials, number = drawer.next_number()
            sums = self._contents.totals(shares, times, before, parameters, trials, number)
        else:
            sums = [times * np.asarray(drawer.value(share, before)) for share in shares]
        for (index, share), total in zip(firing.changes, sums, strict=True):
            gain = total * self._size(index)
            whole_ones = self._wholes and index in self.sizes and self._contents.varies(share)
            counts[:, index] += np.rint(gain) if whole_ones else gain
            self._check(handler, index, t, counts)

    def _size(self, index: int) -> float:
        return self.sizes.get(index, 1.0)

    def _check(self, handler: Handler, index: int, t: float, counts: Array) -> None:
        if index not in self.sizes:
            return
        nearest, is_whole = whole(counts[:, index])
        name = self._program.states[index].name
        if self._wholes and not is_whole.all():
            wrong = counts[~is_whole, index][0]
            raise RunError(
                f"at t = {t:g} ms: {handler.line}: the event leaves {wrong:.9g} of `{name}`; a "
                "stochastic run counts whole ones: draw the number (`binomial(n, p)`, "
                "`poisson(m)`)"
            )
        if (nearest < 0.0).any():
            raise RunError(
                f"at t = {t:g} ms: {handler.line}: the event leaves {nearest.min():g} of "
                f"`{name}`; a count cannot be negative"
            )
        if self._wholes:
            counts[:, index] = nearest

    def values_of(self, counts: Array, held: Mapping[int, float]) -> Array:
        """Values in the Program's terms: counts over sizes (0 where there is none of it)."""
        values = counts.copy()
        for index, size in self.sizes.items():
            values[..., index] = counts[..., index] / size if size else 0.0
        for index, value in held.items():
            values[..., index] = value
        return values


class _Drawer:
    """Evaluates expressions in which numbers are drawn, one for each trial."""

    def __init__(self, seed: int, trials: range, first: int) -> None:
        self._seed, self._trials, self._number = seed, trials, first

    def next_number(self) -> tuple[range, int]:
        """The trials, and a number that no other draw of theirs has."""
        self._number += 1
        return self._trials, self._number - 1

    def value(self, expression: Expression, known: Mapping[str, Any]) -> Any:
        drawn: dict[str, Array] = {}
        plain = self._replace(expression, known, drawn)
        if not drawn:
            return evaluate(plain, known)
        return evaluate(plain, _Either(drawn, known))

    def _replace(
        self, expression: Expression, known: Mapping[str, Any], drawn: dict[str, Array]
    ) -> Expression:
        if not isinstance(expression, Apply):
            return expression
        inner = tuple(self._replace(each, known, drawn) for each in expression.arguments)
        if expression.function not in DRAWS:
            return Apply(expression.function, inner)
        arguments = [
            np.broadcast_to(
                np.asarray(evaluate(each, _Either(drawn, known)), dtype=float), len(self._trials)
            )
            for each in inner
        ]
        name = f"draw {self._number}"
        drawn[name] = self._draw(expression.function, arguments)
        self._number += 1
        return Name(name)

    def _draw(self, function: str, arguments: list[Array]) -> Array:
        result = np.zeros(len(self._trials))
        for row, trial in enumerate(self._trials):
            draw = generator(self._seed, trial, EVENTS, self._number)
            if function == "poisson":
                result[row] = draw.poisson(max(arguments[0][row], 0.0))
            else:
                n = round(float(arguments[0][row]))
                result[row] = draw.binomial(max(n, 0), float(np.clip(arguments[1][row], 0.0, 1.0)))
        return result


class _Either(dict[str, Any]):
    """Drawn numbers first, then everything else."""

    def __init__(self, drawn: dict[str, Array], known: Mapping[str, Any]) -> None:
        super().__init__(drawn)
        self._known = known

    def __missing__(self, name: str) -> Any:
        return self._known[name]
