"""Values at given times, and averages."""

from __future__ import annotations

import numpy as np

from quantal.errors import UsageError
from quantal.observables.window import value_after


def initial(time: np.ndarray, values: np.ndarray) -> float:
    """The first value."""
    return float(values[0])


def final(time: np.ndarray, values: np.ndarray) -> float:
    """The last value."""
    return float(values[-1])


def at(time: np.ndarray, values: np.ndarray, moment: float) -> float:
    """The value at a time (ms), linear between samples; after a jump that happens then.

    Raises:
        UsageError: the trace does not reach that time.
    """
    slack = 1e-9 * max(1.0, abs(float(time[-1])))
    if not time[0] - slack <= moment <= time[-1] + slack:
        raise UsageError(
            f"there is nothing at {moment:g} ms; the run is from {time[0]:g} ms to {time[-1]:g} ms"
        )
    return value_after(np.asarray(time, dtype=float), np.asarray(values, dtype=float), moment)


def area(time: np.ndarray, values: np.ndarray) -> float:
    """The integral over time of the departure from the first value (trapezoids), times ms."""
    return float(np.trapezoid(np.asarray(values, dtype=float) - values[0], time))


def mean(time: np.ndarray, values: np.ndarray) -> float:
    """The average over time (trapezoids)."""
    duration = float(time[-1] - time[0])
    return float(np.trapezoid(values, time)) / duration if duration else float(values[0])
