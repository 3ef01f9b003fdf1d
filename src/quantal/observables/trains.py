"""Responses to a train of stimuli, one number per stimulus."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quantal.observables.peaks import peak
from quantal.observables.window import value_after, window


def amplitudes(
    time: np.ndarray,
    values: np.ndarray,
    stimuli: Sequence[float] | np.ndarray,
    duration: float | None = None,
) -> np.ndarray:
    """Peak minus baseline after each stimulus (k,), signed, in the unit of `values`.

    The baseline is the value at the stimulus (ms); the peak is looked for until the next
    stimulus, or for `duration` ms if that is shorter.
    """
    time, values = np.asarray(time, dtype=float), np.asarray(values, dtype=float)
    moments = np.asarray(stimuli, dtype=float)
    ends = np.append(moments[1:], time[-1])
    if duration is not None:
        ends = np.minimum(ends, moments + duration)
    heights = []
    for start, end in zip(moments, ends, strict=True):
        piece = window(time, values, float(start), float(end))
        heights.append(peak(*piece) - value_after(time, values, float(start)))
    return np.array(heights)


def normalised(heights: np.ndarray) -> np.ndarray:
    """Amplitudes (k,) as shares of the first one; nan where the first is zero."""
    heights = np.asarray(heights, dtype=float)
    if heights.size == 0 or heights[0] == 0.0:
        return np.full(heights.shape, np.nan)
    return np.asarray(heights / heights[0])


def root_mean_square(simulated: np.ndarray, measured: np.ndarray) -> float:
    """The root mean square difference of two rows of numbers of one length."""
    difference = np.asarray(simulated, dtype=float) - np.asarray(measured, dtype=float)
    return float(np.sqrt(np.mean(difference**2)))
