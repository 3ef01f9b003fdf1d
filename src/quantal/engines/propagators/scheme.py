"""The full scheme, for pulses that are of no common shape: many members, each its own pulse.

Extrapolated midpoint steps (Gragg 1965; Hairer, Nørsett & Wanner 1993, Solving Ordinary
Differential Equations I, II.9) of order 12, on steps that suit the fastest member.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from quantal.engines.propagators.messenger import Messenger
from quantal.engines.propagators.panels import Panels, solve

Array = np.ndarray[Any, np.dtype[np.float64]]

SEQUENCE = (2, 4, 6, 8, 10, 12)
"""Midpoint steps in one step."""
REACH = 2.5
"""Length of a step times the fastest rate."""
FEW = 100
"""So few members are solved one by one, on panels."""
TOGETHER = 2048
"""Members solved at a time."""


def full_scheme(messenger: Messenger, states: Array, departures: Array, times: Array) -> Array:
    """States (m, n) at `times` (m,), from when the messengers were `departures` (m, k)."""
    result = np.empty_like(states)
    if len(states) < FEW:
        for row, end in enumerate(times):
            result[row] = one_in_full(messenger, states[row], departures[row], float(end)).end
        return result
    for first in range(0, len(states), TOGETHER):
        part = slice(first, first + TOGETHER)
        result[part] = _solved(messenger, states[part], departures[part], times[part])
    return result


def one_in_full(messenger: Messenger, state: Array, departure: Array, end: float) -> Panels:
    """One member, with what lies between."""
    coefficients = messenger.from_spike(departure)
    fastest = float(np.abs(coefficients(np.zeros(1))[0]).sum(axis=1).max())
    guess = 4.0 / fastest if fastest > 0.0 else end
    return solve(coefficients, state, end, guess, messenger.scales)


def _solved(messenger: Messenger, states: Array, departures: Array, times: Array) -> Array:
    last = float(times.max(initial=0.0))
    t, y = 0.0, states
    while t < last:
        matrices = messenger.matrices(messenger.later(departures, np.full(len(states), t)))
        fastest = float(np.abs(matrices).sum(axis=1).max()) + messenger.fastest
        step = min(REACH / fastest, last - t) if fastest > 0.0 else last - t
        # A step that would leave a sliver takes it along.
        until = last if last - t - step < 1e-9 * last else t + step
        begin, end = np.minimum(t, times), np.minimum(until, times)
        y = _step(messenger, y, departures, begin, end - begin)
        t = until
    return y


def _step(messenger: Messenger, y: Array, departures: Array, begin: Array, length: Array) -> Array:
    """Every member over its own length, by extrapolation to steps of no length."""

    def slope(share: float, state: Array) -> Array:
        here = messenger.later(departures, begin + share * length)
        return np.asarray((messenger.matrices(here) @ state[:, :, None])[..., 0] * length[:, None])

    table: list[Array] = []
    start = slope(0.0, y)
    for row, count in enumerate(SEQUENCE):
        h = 1.0 / count
        before, now = y, y + h * start
        for number in range(1, count):
            before, now = now, before + 2.0 * h * slope(number * h, now)
        # Gragg's smoothing keeps only even powers of the step in the error.
        new = 0.5 * (before + now + h * slope(1.0, now))
        for column in range(row):
            ratio = (count / SEQUENCE[row - column - 1]) ** 2
            table[column], new = new, new + (new - table[column]) / (ratio - 1.0)
        table.append(new)
    return table[-1]
