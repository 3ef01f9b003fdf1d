"""How fast a response rises and decays, and when it starts.

All are taken from the largest departure from the first value of the trace; a quantity
that is not reached within the trace is nan.
"""

from __future__ import annotations

import math

import numpy as np

from quantal.observables.crossings import first_after, last_before
from quantal.observables.peaks import peak_index, summit

LOW, HIGH = 0.2, 0.8


def rise(time: np.ndarray, values: np.ndarray) -> float:
    """The 20-80 % rise time in ms, looking back from the peak."""
    low, high = _rising(time, values)
    return high - low


def onset(time: np.ndarray, values: np.ndarray) -> float:
    """When the response starts, in ms.

    The straight line through the 20 % and 80 % points of the rise, drawn back to the
    first value: the usual extrapolation for the latency of a synaptic current.
    """
    low, high = _rising(time, values)
    return low - (high - low) * LOW / (HIGH - LOW)


def decay(time: np.ndarray, values: np.ndarray) -> float:
    """Time in ms from the peak until the departure has fallen to 1/e of it."""
    return _falling(time, values, math.exp(-1.0))


def half_decay(time: np.ndarray, values: np.ndarray) -> float:
    """Time in ms from the peak until the departure has fallen to half of it."""
    return _falling(time, values, 0.5)


def half_width(time: np.ndarray, values: np.ndarray) -> float:
    """Time in ms from half of the departure on the way to the peak to half of it after."""
    top = peak_index(values)
    moment, height = summit(time, values, top)
    if height == values[0]:
        return math.nan
    level = values[0] + 0.5 * (height - values[0])
    return moment + half_decay(time, values) - last_before(time, values, level, top)


def _rising(time: np.ndarray, values: np.ndarray) -> tuple[float, float]:
    top = peak_index(values)
    start, height = values[0], summit(time, values, top)[1] - values[0]
    if height == 0.0:
        return math.nan, math.nan
    low = last_before(time, values, start + LOW * height, top)
    high = last_before(time, values, start + HIGH * height, top)
    return low, high


def _falling(time: np.ndarray, values: np.ndarray, share: float) -> float:
    top = peak_index(values)
    moment, height = summit(time, values, top)
    if height == values[0]:
        return math.nan
    level = values[0] + share * (height - values[0])
    return first_after(time, values, level, top) - moment
