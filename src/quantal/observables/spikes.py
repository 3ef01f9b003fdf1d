"""Action potentials in a membrane potential."""

from __future__ import annotations

import numpy as np

from quantal.observables.crossings import crossings


def spike_times(
    time: np.ndarray, voltage: np.ndarray, threshold: float = 0.0, refractory: float = 0.0
) -> np.ndarray:
    """Times (k,) in ms of upward crossings of `threshold` (mV), linear between samples.

    A crossing within `refractory` (ms) of the last one counted is left out.
    """
    kept: list[float] = []
    for moment in crossings(time, voltage, threshold):
        if not kept or moment - kept[-1] > refractory:
            kept.append(float(moment))
    return np.array(kept)
