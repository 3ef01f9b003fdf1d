"""A piece of a trace, cut at exact times."""

from __future__ import annotations

import numpy as np

from quantal.errors import UsageError


def window(
    time: np.ndarray,
    values: np.ndarray,
    since: float | None = None,
    until: float | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """The part of a trace from `since` to `until` (ms), both included.

    Where an edge falls between two samples, the value there is interpolated linearly
    and added. Where a value jumps (two samples at one time), the window starts after
    the jump and ends before it.

    Raises:
        UsageError: the window is empty or lies outside the trace.
    """
    time, values = np.asarray(time, dtype=float), np.asarray(values, dtype=float)
    if time.size == 0:
        raise UsageError("the trace holds no samples")
    start = time[0] if since is None else since
    end = time[-1] if until is None else until
    slack = 1e-9 * max(1.0, abs(time[-1]))
    if start > end or start > time[-1] + slack or end < time[0] - slack:
        raise UsageError(
            f"the window from {start:g} ms to {end:g} ms holds nothing of a run "
            f"from {time[0]:g} ms to {time[-1]:g} ms"
        )
    first = 0 if since is None else int(np.searchsorted(time, start, side="right"))
    last = time.size if until is None else int(np.searchsorted(time, end, side="left"))
    inner_time, inner_values = time[first:last], values[first:last]
    if since is not None and start >= time[0]:
        inner_time = np.concatenate(([start], inner_time))
        inner_values = np.concatenate(([value_after(time, values, start)], inner_values))
    if until is not None and end <= time[-1] and (inner_time.size == 0 or end > inner_time[-1]):
        inner_time = np.concatenate((inner_time, [end]))
        inner_values = np.concatenate((inner_values, [value_before(time, values, end)]))
    return inner_time, inner_values


def without_rest(time: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The trace from t = 0 on, where a rest stands before that.

    What the rest has led to comes first: at a jump at 0, the value before it.
    """
    if time.size == 0 or time[0] >= 0.0 or time[-1] < 0.0:
        return time, values
    first = int(np.searchsorted(time, 0.0, side="left"))
    if time[first] == 0.0:
        return time[first:], values[first:]
    start = value_before(time, values, 0.0)
    return np.concatenate(([0.0], time[first:])), np.concatenate(([start], values[first:]))


def value_after(time: np.ndarray, values: np.ndarray, moment: float) -> float:
    """The value at a time, linear between samples; after the jump where there is one."""
    right = int(np.searchsorted(time, moment, side="right"))
    return _between(time, values, moment, right - 1, right)


def value_before(time: np.ndarray, values: np.ndarray, moment: float) -> float:
    """The value at a time, linear between samples; before the jump where there is one."""
    left = int(np.searchsorted(time, moment, side="left"))
    if left < time.size and time[left] == moment:
        return float(values[left])
    return _between(time, values, moment, left - 1, left)


def _between(time: np.ndarray, values: np.ndarray, moment: float, before: int, after: int) -> float:
    if before < 0:
        return float(values[0])
    if after >= time.size or time[before] == moment:
        return float(values[min(before, time.size - 1)])
    share = (moment - time[before]) / (time[after] - time[before])
    return float(values[before] + share * (values[after] - values[before]))
