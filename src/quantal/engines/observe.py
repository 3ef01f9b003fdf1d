"""Values of definitions over the stored rows, computed when first asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from quantal.expression import evaluate
from quantal.program import Program

Array = np.ndarray[Any, np.dtype[np.float64]]


class Observer(Mapping[str, Any]):
    """Name -> values over all rows (or one number). Definitions are evaluated once each.

    `parameters` holds for each parameter a number, or an array where it changes on the way.
    """

    def __init__(
        self, program: Program, time: Array, states: Array, drives: Array,
        parameters: Iterable[Any],
    ) -> None:  # fmt: skip
        self._length = len(time)
        self._roles = program.roles
        self._definitions = {item.name: item.expression for item in program.definitions}
        self._known: dict[str, Any] = {"time": time}
        for index, state in enumerate(program.states):
            self._known[state.name] = states[:, index]
        for index, drive in enumerate(program.drives):
            self._known[drive.name] = drives[:, index]
        for slot, value in zip(program.parameters, parameters, strict=True):
            self._known[slot.name] = value

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            if name not in self._definitions:
                name = self._roles[name]
                return self[name]
            with np.errstate(all="ignore"):
                self._known[name] = evaluate(self._definitions[name], self)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def compute(self, names: Iterable[str]) -> dict[str, Array]:
        """Values (n,) of names, in internal units."""
        return {name: self._over_rows(self[name]) for name in names}

    def _over_rows(self, value: Any) -> Array:
        """A copy; numbers and truths are repeated for every row."""
        values = np.array(value, dtype=float)
        return values if values.shape == (self._length,) else np.full(self._length, values)


def parameter_values(
    start: Array, changes: Iterable[tuple[int, int, float]], length: int
) -> list[Any]:
    """Each parameter over the rows: a number, or an array if it changes.

    `changes` are (first row, parameter, value), in order.
    """
    result: list[Any] = [float(value) for value in start]
    for row, index, value in changes:
        if not isinstance(result[index], np.ndarray):
            result[index] = np.full(length, result[index])
        result[index][row:] = value
    return result
