"""Sums over all members at evenly spaced times, whatever the number of members.

Between pulses everything that decays by the same modes is one state: what begins to decay
joins it, what is hit by the next pulse leaves it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from quantal.engines.propagators.decay import Modes

Array = np.ndarray[Any, np.dtype[np.float64]]
Whole = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, eq=False)
class Grid:
    """Times start + k*spacing, k < count."""

    start: float
    spacing: float
    count: int

    def times(self) -> Array:
        """All of them, ms."""
        return np.asarray(self.start + np.arange(self.count) * self.spacing)

    def next_row(self, times: Array) -> Whole:
        """The first row after each time; the first of all for what lies before."""
        rows = np.floor((times - self.start) / self.spacing).astype(np.int64) + 1
        return np.maximum(rows, 0)


class Decaying:
    """The sum of states that decay by the same modes, row by row."""

    def __init__(self, modes: Modes, grid: Grid) -> None:
        self._modes, self._grid = modes, grid
        kind = complex if np.iscomplexobj(modes.rates) else float
        self._joined = np.zeros((len(modes.rates), grid.count + 1), dtype=kind)

    def add_modes(self, joined: Array) -> None:
        """Modes (rows, n) that joined at each row."""
        self._joined[:, : len(joined)] += joined.T

    def change(self, states: Array, times: Array, sign: float) -> None:
        """States (k, n) join (+1) or leave (-1) at their times."""
        rows = self._grid.next_row(times)
        inside = rows < self._grid.count
        states, times, rows = states[inside], times[inside], rows[inside]
        if not len(rows):
            return
        lag = self._grid.start + rows * self._grid.spacing - times
        modes = states @ self._modes.inverse.T
        modes *= np.exp(np.multiply.outer(lag, self._modes.rates))
        size = self._grid.count + 1
        for mode, column in zip(self._joined, modes.T, strict=True):
            mode += sign * _summed(rows, column, size)

    def rows(self) -> Array:
        """The sum (count, n) of the states at all times."""
        step = np.exp(self._modes.rates * self._grid.spacing)
        running = np.zeros(len(step), dtype=self._joined.dtype)
        result = np.empty((self._grid.count, len(step)), dtype=self._joined.dtype)
        for row in range(self._grid.count):
            running = running * step + self._joined[:, row]
            result[row] = running
        return np.ascontiguousarray((result @ self._modes.basis.T).real)


def _summed(rows: Whole, values: np.ndarray[Any, Any], size: int) -> np.ndarray[Any, Any]:
    if np.iscomplexobj(values):
        return _summed(rows, values.real, size) + 1j * _summed(rows, values.imag, size)
    return np.bincount(rows, weights=values, minlength=size)[:size]
