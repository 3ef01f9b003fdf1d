"""Times that a step must not leap over: where a drive moves through parts of its range.

A step may pass two landmarks, so that a brief waveform between long silences is seen
without any stop that announces it.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from quantal.stimulus import Piecewise

Array = np.ndarray[Any, np.dtype[np.float64]]

SHARE = 0.25
"""Between two landmarks a drive varies by this share of its range."""

_known: WeakKeyDictionary[Piecewise, tuple[float, float, Array]] = WeakKeyDictionary()


def landmarks(function: Piecewise, start: float, end: float) -> Array:
    """Rising times (n,) between start and end; none where the function keeps one level."""
    known = _known.get(function)
    if known is None or known[:2] != (start, end):
        known = (start, end, _found(function, start, end))
        _known[function] = known
    return known[2]


def _found(function: Piecewise, start: float, end: float) -> Array:
    if not np.any(function.coefficients[:, 1:5]):
        return np.zeros(0)
    first = max(int(np.searchsorted(function.knots, start, side="right")) - 1, 0)
    last = max(int(np.searchsorted(function.knots, end, side="left")), first + 1)
    knots = np.append(np.clip(function.knots[first:last], start, end), end)
    length = np.diff(knots)
    before, middle, after = _values(function, first, last, knots, length)
    lowest = min(float(values.min()) for values in (before, middle, after))
    reach = max(float(values.max()) for values in (before, middle, after)) - lowest
    if reach == 0.0:
        return np.zeros(0)
    moved = np.abs(middle - before) + np.abs(after - middle)
    parts = np.floor(np.cumsum(moved) / (SHARE * reach) + 1e-9)
    passed = np.diff(parts, prepend=0.0) > 0.0
    # Where a level piece ends and a varying one begins is a landmark too.
    begins = np.flatnonzero((moved[1:] > 0.0) & (moved[:-1] == 0.0)) + 1
    # A piece that varies much by itself is entered in two halves.
    wide = moved > SHARE * reach
    halves = knots[:-1][wide] + 0.5 * length[wide]
    return np.unique(np.concatenate([knots[1:][passed], knots[begins], halves]))


def _values(
    function: Piecewise, first: int, last: int, knots: Array, length: Array
) -> tuple[Array, Array, Array]:
    """Each piece's values at its start, middle and end, as far as they are finite."""
    columns = np.ascontiguousarray(function.coefficients[first:last].T)
    offset = knots[:-1] - function.knots[first:last]
    found = []
    for part in (0.0, 0.5, 1.0):
        s = offset + part * length
        c0, c1, c2, c3, c4, c5 = columns
        values = c0 + s * (c1 + s * (c2 + s * c3))
        if np.any(c4):
            with np.errstate(over="ignore", invalid="ignore"):
                values += c4 * np.exp(-np.where(c4 == 0.0, 0.0, c5 * s))
        found.append(np.where(np.isfinite(values), values, 0.0))
    return found[0], found[1], found[2]
