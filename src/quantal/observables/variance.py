"""Mean and variance: how many release sites or channels there are, and how large one is.

N independent sites that release a quantum q with probability p have the mean N p q and the
variance N p (1 - p) q^2 = q mean - mean^2/N: a parabola through the origin, whatever p is
(Clements & Silver 2000 Trends Neurosci 23:105). The same holds for N channels of unitary
current q while their open probability changes (Sigworth 1980 J Physiol 307:97).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from quantal.observables.estimate import NORMAL_95, jackknife

_LEAST_SHARE = 1e-3
"""No fitted variance is taken for smaller than this share of the largest."""


@dataclass(frozen=True, eq=False)
class Parabola:
    """The fit; intervals of 95 % hold `low` and `high`. `p` belongs to the means given (k,).

    `means` and `variances` (k,) are what was fitted, variance = scale q mean - mean^2/N;
    `spread` (2, 2) are squares of half intervals of 95 % of its two coefficients.
    """

    q: float
    q_interval: tuple[float, float]
    n: float
    n_interval: tuple[float, float]
    p: np.ndarray
    p_interval: tuple[np.ndarray, np.ndarray]
    means: np.ndarray
    variances: np.ndarray
    spread: np.ndarray
    scale: float = 1.0

    def curve(self, means: np.ndarray) -> np.ndarray:
        """The fitted variance (k,) at means (k,)."""
        return np.asarray(self.scale * self.q * means - means**2 / self.n)

    def band(self, means: np.ndarray) -> np.ndarray:
        """Half widths (k,) of the curve's interval of 95 % at means (k,)."""
        design = np.column_stack([means, np.square(means)])
        return np.asarray(np.sqrt(np.einsum("ki,ij,kj->k", design, self.spread, design)))


def mean_variance(
    means: np.ndarray, variances: np.ndarray, trials: int, quantal_cv: float = 0.0
) -> Parabola:
    """Fit variance = q mean (1 + cv^2) - mean^2/N, weighted by the variances' own errors.

    The intervals hold where the conditions are independent of one another, such as
    concentrations of calcium; for the responses of one train see `mean_variance_of`.

    Args:
        means: mean responses (k,), signed.
        variances: their variances over trials (k,), noise taken off.
        trials: how many trials each is of; a variance of n trials has a relative error of
            sqrt(2/(n - 1)).
        quantal_cv: variation of a quantum at one site from event to event.

    Raises:
        ValueError: fewer than two conditions that differ, or nothing varies.
    """
    means, variances = np.asarray(means, dtype=float), np.asarray(variances, dtype=float)
    if len(means) < 2 or len(np.unique(means)) < 2 or trials < 2:
        raise ValueError("a parabola needs two or more conditions with different means")
    coefficients, covariance = _fit(means, variances, trials)
    # p = mean/(N q), and 1/(N q) is the curvature over the slope, but for its sign.
    ratio = coefficients[1] / coefficients[0]
    slopes = np.array([-ratio, 1.0]) / coefficients[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = variances / trials / means**2 + slopes @ covariance @ slopes / ratio**2
    found = np.array([*coefficients, *(-means * ratio)])
    p_errors = NORMAL_95 * np.abs(means * ratio) * np.sqrt(relative)
    return _parabola(means, variances, found, NORMAL_95**2 * covariance, p_errors, quantal_cv)


def mean_variance_of(
    heights: np.ndarray, noise_variance: float = 0.0, quantal_cv: float = 0.0
) -> Parabola:
    """The same from the responses (trials, k) themselves: of one train, or of conditions.

    Intervals are found by leaving out trials, so that responses of one trial may depend on
    one another, as they do where vesicles run out (Scheuss & Neher 2001 Biophys J 81:1970).

    Raises:
        ValueError: fewer than four trials, fewer than two means that differ, or nothing varies.
    """
    heights = np.asarray(heights, dtype=float)
    means, variances = heights.mean(axis=0), heights.var(axis=0, ddof=1) - noise_variance
    if len(heights) < 4 or len(np.unique(means)) < 2:
        raise ValueError("a parabola needs four trials and conditions with different means")

    def statistic(trials: np.ndarray) -> np.ndarray:
        spread = trials.var(axis=0, ddof=1) - noise_variance
        mean = trials.mean(axis=0)
        slope, curvature = _fit(mean, spread, len(trials))[0]
        return np.array([slope, curvature, *(-mean * curvature / slope)])

    found, spread = jackknife(statistic, heights)
    p_errors = np.sqrt(np.diag(spread)[2:])
    return _parabola(means, variances, found, spread[:2, :2], p_errors, quantal_cv)


def noise_analysis(currents: np.ndarray, background: float = 0.0) -> Parabola:
    """Unitary current `q` and number `n` of channels from the currents (trials, samples).

    Non-stationary noise analysis: mean and variance over trials at each sample, fitted by a
    parabola. Samples of one trial depend on one another; the intervals are found by leaving
    out trials. `background` is the variance without open channels. At least four trials,
    and samples at which the mean is not zero.
    """
    currents = np.asarray(currents, dtype=float)
    means = np.abs(currents.mean(axis=0))
    return mean_variance_of(currents[:, means > 1e-9 * means.max()], background)


def _fit(means: np.ndarray, variances: np.ndarray, trials: int) -> tuple[Any, Any]:
    """Slope and curvature through the origin, and their covariance.

    Raises:
        ValueError: nothing varies.
    """
    if not variances.max() > 0.0:
        raise ValueError("a parabola needs responses that vary from trial to trial")
    least = _LEAST_SHARE * variances.max()
    fitted = np.maximum(variances, least)
    design = np.column_stack([means, means**2])
    coefficients, covariance = np.zeros(2), np.eye(2)
    # Errors are those of the fitted variances, not of the scattered ones: twice is enough.
    for _ in range(3):
        weights = (trials - 1) / (2.0 * fitted**2)
        covariance = np.linalg.inv(design.T @ (weights[:, None] * design))
        coefficients = covariance @ (design.T @ (weights * variances))
        fitted = np.maximum(design @ coefficients, least)
    return coefficients, covariance


def _parabola(
    means: np.ndarray, variances: np.ndarray, found: np.ndarray, spread: np.ndarray,
    p_errors: np.ndarray, quantal_cv: float,
) -> Parabola:  # fmt: skip
    """Sizes of a slope, a curvature and the p of each mean."""
    slope, curvature = float(found[0]), float(found[1])
    q_error, c_error = (float(error) for error in np.sqrt(np.diag(spread)))
    scale = 1.0 + quantal_cv**2
    p, p_error = scale * found[2:], scale * p_errors
    return Parabola(
        slope / scale, ((slope - q_error) / scale, (slope + q_error) / scale),
        float(-1.0 / curvature) if curvature != 0.0 else float("inf"),
        (_sites(curvature - c_error), _sites(curvature + c_error)),
        p, (p - p_error, p + p_error), means, variances, spread, scale,
    )  # fmt: skip


def _sites(curvature: float) -> float:
    """N of a curvature; a parabola that does not bend bounds it nowhere."""
    return float(-1.0 / curvature) if curvature < 0.0 else float("inf")
