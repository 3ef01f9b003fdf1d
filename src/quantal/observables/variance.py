"""Mean and variance: how many release sites or channels there are, and how large one is.

N independent sites that release a quantum q with probability p have the mean N p q and the
variance N p (1 - p) q^2 = q mean - mean^2/N: a parabola through the origin, whatever p is
(Clements & Silver 2000 Trends Neurosci 23:105). The same holds for N channels of unitary
current q while their open probability changes (Sigworth 1980 J Physiol 307:97).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NORMAL_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Parabola:
    """The fit; intervals of 95 % hold `low` and `high`. `p` belongs to the means given (k,)."""

    q: float
    q_interval: tuple[float, float]
    n: float
    n_interval: tuple[float, float]
    p: np.ndarray


def mean_variance(
    means: np.ndarray, variances: np.ndarray, trials: int, quantal_cv: float = 0.0
) -> Parabola:
    """Fit variance = q mean (1 + cv^2) - mean^2/N, weighted by the variances' own errors.

    Args:
        means: mean responses (k,), signed.
        variances: their variances over trials (k,), noise taken off.
        trials: how many trials each is of; a variance of n trials has a relative error of
            sqrt(2/(n - 1)).
        quantal_cv: variation of a quantum at one site from event to event.

    Raises:
        ValueError: fewer than two conditions that differ.
    """
    means, variances = np.asarray(means, dtype=float), np.asarray(variances, dtype=float)
    if len(means) < 2 or len(np.unique(means)) < 2 or trials < 2:
        raise ValueError("a parabola needs two or more conditions with different means")
    fitted = np.maximum(variances, 1e-3 * variances.max())
    design = np.column_stack([means, means**2])
    coefficients, covariance = np.zeros(2), np.eye(2)
    # Errors are those of the fitted variances, not of the scattered ones: twice is enough.
    for _ in range(3):
        weights = (trials - 1) / (2.0 * fitted**2)
        covariance = np.linalg.inv(design.T @ (weights[:, None] * design))
        coefficients = covariance @ (design.T @ (weights * variances))
        fitted = np.maximum(design @ coefficients, 1e-3 * variances.max())
    slope, curvature = coefficients
    q_error, c_error = NORMAL_95 * np.sqrt(np.diag(covariance))
    scale = 1.0 + quantal_cv**2
    q = float(slope / scale)
    n = float(-1.0 / curvature) if curvature != 0.0 else float("inf")
    return Parabola(
        q, ((slope - q_error) / scale, (slope + q_error) / scale), n,
        (_sites(curvature - c_error), _sites(curvature + c_error)), means / (n * q),
    )  # fmt: skip


def _sites(curvature: float) -> float:
    """N of a curvature; a parabola that does not bend bounds it nowhere."""
    return float(-1.0 / curvature) if curvature < 0.0 else float("inf")


def noise_analysis(currents: np.ndarray) -> Parabola:
    """Unitary current `q` and number `n` of channels from the currents (trials, n) of trials.

    Means and variances over trials at each sample; samples of one trial are not independent,
    so the intervals are too narrow. At least a sample at which the mean is not zero.
    """
    currents = np.asarray(currents, dtype=float)
    means, variances = currents.mean(axis=0), currents.var(axis=0, ddof=1)
    active = np.abs(means) > 1e-9 * np.abs(means).max()
    return mean_variance(means[active], variances[active], currents.shape[0])
