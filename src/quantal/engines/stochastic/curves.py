"""What one part of a split run hands to the other: curves, steps and single events as drives."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantal.stimulus import COEFFICIENTS, Piecewise

Array = np.ndarray[Any, np.dtype[np.float64]]


def smooth(times: Array, values: Array) -> Piecewise:
    """Cubics through samples (n,), which never leave the range of neighbouring samples.

    Slopes as of Fritsch & Carlson (1980). Two samples at one time are a jump.
    """
    times, values = np.asarray(times, dtype=float), np.asarray(values, dtype=float)
    breaks = np.flatnonzero(np.diff(times) <= 0.0) + 1
    knots, rows = [], []
    for t, v in zip(np.split(times, breaks), np.split(values, breaks), strict=True):
        if len(t) < 2:
            continue
        knots.append(t[:-1])
        rows.append(_cubics(t, v))
    last = np.zeros((1, COEFFICIENTS))
    last[0, 0] = values[-1]
    return Piecewise(np.concatenate([*knots, times[-1:]]), np.concatenate([*rows, last]))


def _cubics(t: Array, v: Array) -> Array:
    h = np.diff(t)
    rise = np.diff(v) / h
    slopes = np.empty_like(v)
    slopes[0], slopes[-1] = rise[0], rise[-1]
    slopes[1:-1] = (h[1:] * rise[:-1] + h[:-1] * rise[1:]) / (h[1:] + h[:-1])
    # Not steeper than three times the flatter neighbour, and level at an extreme.
    limit = 3.0 * np.minimum(np.abs(np.append(rise[0], rise)), np.abs(np.append(rise, rise[-1])))
    turning = np.append(rise[0], rise) * np.append(rise, rise[-1]) <= 0.0
    slopes = np.where(turning, 0.0, np.clip(slopes, -limit, limit))
    rows = np.zeros((len(h), COEFFICIENTS))
    rows[:, 0], rows[:, 1] = v[:-1], slopes[:-1]
    rows[:, 2] = (3.0 * rise - 2.0 * slopes[:-1] - slopes[1:]) / h
    rows[:, 3] = (slopes[:-1] + slopes[1:] - 2.0 * rise) / h**2
    return rows


def joined(times: Array, values: Array) -> Piecewise:
    """Straight lines through samples at rising times; pieces only where something changes."""
    slopes = np.append(np.diff(values) / np.diff(times), 0.0)
    keep = np.append(True, np.diff(slopes) != 0.0)
    rows = np.zeros((int(keep.sum()), COEFFICIENTS))
    rows[:, 0], rows[:, 1] = values[keep], slopes[keep]
    return Piecewise(times[keep], rows)


def bursts(events: Array, edges: Array, weight: float) -> Piecewise:
    """Single events as a rate: within each bin as many as happened in it, each of `weight`."""
    counts, _ = np.histogram(events, edges)
    rates = np.append(counts / np.diff(edges) * weight, 0.0)
    keep = np.append(True, np.diff(rates) != 0.0)
    rows = np.zeros((int(keep.sum()), COEFFICIENTS))
    rows[:, 0] = rates[keep]
    return Piecewise(edges[keep], rows)
