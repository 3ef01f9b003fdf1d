"""Where nothing drives a block: y' = A y + b with constant A and b, at any time.

In the eigenbasis of A every mode decays by itself. A matrix without a good basis (equal rates
in series, as in an alpha function) is exponentiated instead.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from quantal.engines.propagators.exponential import exponential

Array = np.ndarray[Any, np.dtype[np.float64]]

LARGEST_CONDITION = 1e4
"""Of an eigenbasis that is used; rounding grows by this factor."""
STILL = 1e-13
"""A mode this slow, as a share of the fastest, does not move."""
LONG = 80.0
"""Time constants after which nothing is left."""
TOGETHER = 256
"""Exponentials made at a time."""


class Modes:
    """y' = A y: the modes of a constant matrix, or its exponentials where it has no good basis.

    `rates` (n,) and `basis` (n, n) are real where all modes are.
    """

    def __init__(self, matrix: Array) -> None:
        self.matrix = matrix
        rates, basis = np.linalg.eig(matrix)
        self.rates, self.basis = rates, basis
        condition = float(np.linalg.cond(basis)) if len(rates) else 1.0
        self.is_modal = bool(np.isfinite(condition) and condition < LARGEST_CONDITION)

    @cached_property
    def inverse(self) -> np.ndarray[Any, Any]:
        """From states to modes."""
        return np.asarray(np.linalg.inv(self.basis))

    def at(self, start: Array, times: Array) -> Array:
        """States (m, n) at `times` (m,) after they were `start` (n,)."""
        return self.each(np.broadcast_to(start, (len(times), len(start))), times)

    def each(self, starts: Array, times: Array) -> Array:
        """States (m, n), each from its own start and after its own time."""
        if self.is_modal:
            modes = (starts @ self.inverse.T) * np.exp(np.multiply.outer(times, self.rates))
            return np.ascontiguousarray((modes @ self.basis.T).real)
        rows = np.empty(starts.shape)
        for first in range(0, len(times), TOGETHER):
            part = slice(first, first + TOGETHER)
            maps = exponential(times[part, None, None] * self.matrix)
            rows[part] = (maps @ starts[part, :, None])[..., 0]
        return rows

    def limit(self, start: Array) -> Array | None:
        """Where the states end; None if a mode grows or turns for ever."""
        still = np.abs(self.rates) <= STILL * np.abs(self.rates).max(initial=0.0)
        if (self.rates.real[~still] >= 0.0).any():
            return None
        if self.is_modal:
            modes = (self.inverse @ start) * still
            return np.ascontiguousarray((self.basis @ modes).real)
        slowest = float(np.abs(self.rates.real[~still]).min(initial=np.inf))
        if not np.isfinite(slowest):
            return None
        return np.asarray(self.at(start, np.array([LONG / slowest]))[0])


class Decay:
    """y' = A y + b: as modes of the states with a one below them."""

    def __init__(self, matrix: Array, offset: Array) -> None:
        size = len(offset)
        whole = np.zeros((size + 1, size + 1))
        whole[:size, :size], whole[:size, size] = matrix, offset
        self.modes = Modes(whole)

    @property
    def is_modal(self) -> bool:
        """Whether every mode decays by itself."""
        return self.modes.is_modal

    def at(self, start: Array, times: Array) -> Array:
        """States (m, n) at `times` (m,) after they were `start` (n,)."""
        return self.modes.at(np.append(start, 1.0), times)[:, :-1]

    def each(self, starts: Array, times: Array) -> Array:
        """States (m, n), each from its own start and after its own time."""
        whole = np.concatenate([starts, np.ones((len(starts), 1))], axis=1)
        return self.modes.each(whole, times)[:, :-1]

    def limit(self, start: Array) -> Array | None:
        """Where the states end; None if a mode grows or turns for ever."""
        end = self.modes.limit(np.append(start, 1.0))
        return None if end is None else end[:-1]
