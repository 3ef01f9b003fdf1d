"""Peaks, refined between samples."""

from __future__ import annotations

import numpy as np

# Curvature at a smooth, resolved peak changes little from one sample to the next; where it
# changes by more, the trace has a jump or a kink there, and a parabola would overshoot it.
_CURVATURE_RATIO = 10.0


def peak(time: np.ndarray, values: np.ndarray) -> float:
    """The value at the largest departure from the first value, up or down."""
    return summit(time, values, _farthest(values))[1]


def time_of_peak(time: np.ndarray, values: np.ndarray) -> float:
    """When the largest departure from the first value is reached, in ms."""
    return summit(time, values, _farthest(values))[0]


def highest(time: np.ndarray, values: np.ndarray) -> float:
    """The highest value."""
    return summit(time, values, int(np.argmax(values)))[1]


def lowest(time: np.ndarray, values: np.ndarray) -> float:
    """The lowest value."""
    return summit(time, values, int(np.argmin(values)))[1]


def peak_index(values: np.ndarray) -> int:
    """The sample of largest departure from the first value."""
    return _farthest(values)


def summit(time: np.ndarray, values: np.ndarray, i: int) -> tuple[float, float]:
    """Time and value of the top of the parabola through samples i - 1, i, i + 1.

    The sample itself is returned at an end of the trace, and where the trace jumps or
    has a kink: there the top *is* a sample, and a parabola would overshoot it.
    """
    sample = float(time[i]), float(values[i])
    if not _smooth_at(time, values, i):
        return sample
    before, after = float(time[i] - time[i - 1]), float(time[i + 1] - time[i])
    left = float(values[i - 1] - values[i]) / before
    right = float(values[i + 1] - values[i]) / after
    curvature = (left + right) / (before + after)
    slope = (right * before - left * after) / (before + after)
    shift = -slope / (2.0 * curvature)
    if not -before <= shift <= after:
        return sample
    return sample[0] + shift, sample[1] - slope * slope / (4.0 * curvature)


def _farthest(values: np.ndarray) -> int:
    with np.errstate(invalid="ignore"):  # an infinite trace departs from nothing
        return int(np.argmax(np.abs(np.asarray(values, dtype=float) - values[0])))


def _smooth_at(time: np.ndarray, values: np.ndarray, i: int) -> bool:
    here = _curvature(time, values, i)
    if here is None or here == 0.0:
        return False
    beside = [_curvature(time, values, j) for j in (i - 1, i + 1)]
    known = [curvature / here for curvature in beside if curvature is not None]
    # Away from the ends a smooth top curves the same way at both neighbouring samples.
    return bool(known) and all(ratio > 1.0 / _CURVATURE_RATIO for ratio in known)


def _curvature(time: np.ndarray, values: np.ndarray, i: int) -> float | None:
    """Second divided difference at sample i; None at the ends and where time stands still."""
    if i < 1 or i > time.size - 2:
        return None
    before, after = time[i] - time[i - 1], time[i + 1] - time[i]
    if before <= 0.0 or after <= 0.0:
        return None
    left, right = (values[i] - values[i - 1]) / before, (values[i + 1] - values[i]) / after
    return float((right - left) / (before + after))
