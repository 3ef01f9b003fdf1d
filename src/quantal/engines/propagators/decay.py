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


class Decay:
    """The propagator of one constant block: y(t) from y(0), for as many times as wanted."""

    def __init__(self, matrix: Array, offset: Array) -> None:
        size = len(offset)
        self.augmented = np.zeros((size + 1, size + 1))
        self.augmented[:size, :size], self.augmented[:size, size] = matrix, offset
        self.rates, self.basis = np.linalg.eig(self.augmented)
        self.condition = float(np.linalg.cond(self.basis))
        self.is_modal = bool(np.isfinite(self.condition) and self.condition < LARGEST_CONDITION)

    @cached_property
    def inverse(self) -> Array:
        """From states, with a one below them, to modes."""
        return np.asarray(np.linalg.inv(self.basis))

    def at(self, start: Array, times: Array) -> Array:
        """States (m, n) at `times` (m,) after they were `start` (n,)."""
        whole = np.append(start, 1.0)
        if self.is_modal:
            modes = self.inverse @ whole
            rows = (modes * np.exp(np.multiply.outer(times, self.rates))) @ self.basis.T
            return np.ascontiguousarray(rows.real[:, :-1])
        rows = np.empty((len(times), len(whole)))
        for first in range(0, len(times), TOGETHER):
            part = times[first : first + TOGETHER]
            rows[first : first + TOGETHER] = exponential(part[:, None, None] * self.augmented) @ (
                whole
            )
        return np.ascontiguousarray(rows[:, :-1])

    def limit(self, start: Array) -> Array | None:
        """Where the states end; None if a mode grows or turns for ever."""
        still = np.abs(self.rates) <= STILL * np.abs(self.rates).max(initial=0.0)
        if (self.rates.real[~still] >= 0.0).any():
            return None
        if self.is_modal:
            modes = (self.inverse @ np.append(start, 1.0)) * still
            return np.ascontiguousarray((self.basis @ modes).real[:-1])
        slowest = float(np.abs(self.rates.real[~still]).min(initial=np.inf))
        if not np.isfinite(slowest):
            return None
        return np.asarray(self.at(start, np.array([LONG / slowest]))[0])
