"""When a trace passes a level."""

from __future__ import annotations

import numpy as np


def crossings(
    time: np.ndarray, values: np.ndarray, level: float = 0.0, direction: str = "up"
) -> np.ndarray:
    """Times (k,) in ms at which a trace passes `level`, linear between samples.

    `direction` is `up`, `down` or `both`. A trace that touches the level and turns back
    does not cross it; one that stays on it crosses when it leaves.
    """
    above = np.asarray(values, dtype=float) > level
    up = ~above[:-1] & above[1:]
    down = above[:-1] & ~above[1:]
    chosen = {"up": up, "down": down, "both": up | down}[direction]
    return np.array([_moment(time, values, level, int(i)) for i in np.flatnonzero(chosen)])


def last_before(time: np.ndarray, values: np.ndarray, level: float, end: int) -> float:
    """The last time at or before sample `end` at which a trace passes `level`; nan if none."""
    sign = values[: end + 1] >= level if values[end] >= level else values[: end + 1] <= level
    outside = np.flatnonzero(~sign)
    return _moment(time, values, level, int(outside[-1])) if outside.size else float("nan")


def first_after(time: np.ndarray, values: np.ndarray, level: float, begin: int) -> float:
    """The first time at or after sample `begin` at which a trace passes `level`; nan if none."""
    rest = values[begin:]
    passed = np.flatnonzero(rest <= level if rest[0] >= level else rest >= level)
    if passed.size == 0:
        return float("nan")
    i = begin + int(passed[0])
    return float(time[i]) if i == begin else _moment(time, values, level, i - 1)


def _moment(time: np.ndarray, values: np.ndarray, level: float, i: int) -> float:
    """Where the straight line from sample i to i + 1 meets the level."""
    rise = values[i + 1] - values[i]
    share = 0.5 if rise == 0.0 else (level - values[i]) / rise
    return float(time[i] + min(max(share, 0.0), 1.0) * (time[i + 1] - time[i]))
