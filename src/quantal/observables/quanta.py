"""One quantum, and how many there are in a response."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quantal.observables.estimate import NORMAL_95, Estimate, mean_of
from quantal.observables.kinetics import onset
from quantal.observables.peaks import time_of_peak


@dataclass(frozen=True, slots=True)
class Quantum:
    """Size of a quantum from the amplitudes of minis: mean with interval, variance, cv.

    The variance is that of quanta, recording noise taken off; `count` is how many there were.
    """

    size: Estimate
    variance: float
    cv: float
    count: int


def quantum_of(minis: np.ndarray, noise_variance: float = 0.0) -> Quantum:
    """The quantum that amplitudes (k,) of minis show; nan of fewer than two.

    del Castillo & Katz 1954 J Physiol 124:560: a mini is one quantum.
    """
    minis = np.asarray(minis, dtype=float)
    size = mean_of(minis)
    if len(minis) < 2:
        return Quantum(size, float("nan"), float("nan"), len(minis))
    variance = max(float(minis.var(ddof=1)) - noise_variance, 0.0)
    cv = float(np.sqrt(variance)) / abs(size.value) if size.value else float("nan")
    return Quantum(size, variance, cv, len(minis))


def content_by_quantum(responses: np.ndarray, quantum: Quantum) -> Estimate:
    """Mean quantal content, directly: mean response over mean mini.

    Args:
        responses: amplitudes (trials,) in the unit of the quantum, failures among them.
        quantum: of minis.

    The interval adds the relative errors of both means (Fieller's, for small ones).
    """
    mean = mean_of(responses)
    content = mean.value / quantum.size.value
    errors = [(e.high - e.low) / 2 / abs(e.value) for e in (mean, quantum.size) if e.value]
    half = abs(content) * float(np.linalg.norm(errors)) if len(errors) == 2 else float("nan")
    return Estimate(content, content - half, content + half)


def content_of_events(counts: np.ndarray) -> tuple[Estimate, Estimate]:
    """Mean and variance of counted quanta (trials,), what a simulation knows exactly."""
    counts = np.asarray(counts, dtype=float)
    mean, n = mean_of(counts), len(counts)
    variance = float(counts.var(ddof=1)) if n > 1 else float("nan")
    if n < 4 or variance == 0.0:
        return mean, Estimate(variance)
    # The variance of a variance follows from the fourth moment of what was counted.
    fourth = float(((counts - mean.value) ** 4).mean())
    half = NORMAL_95 * np.sqrt(max(fourth - (n - 3) / (n - 1) * variance**2, 0.0) / n)
    return mean, Estimate(variance, max(variance - half, 0.0), variance + half)


def release_rate(firings: Sequence[np.ndarray], edges: np.ndarray) -> np.ndarray:
    """Events per ms and trial (n - 1,) between edges (n,) in ms."""
    times = np.concatenate([np.zeros(0), *firings])
    counts, _ = np.histogram(times, edges)
    return np.asarray(counts / np.diff(edges) / max(len(firings), 1))


def synaptic_delay(time: np.ndarray, presynaptic: np.ndarray, postsynaptic: np.ndarray) -> float:
    """From the peak of the presynaptic potential or current to the onset of the response, ms.

    After Katz & Miledi 1965 Proc R Soc B 161:483, who took the presynaptic spike's current;
    the onset is where the line through 20 % and 80 % of the rise meets the baseline. All (n,).
    """
    return onset(time, postsynaptic) - time_of_peak(time, presynaptic)
