"""Laws that histograms of trials are held against: densities in closed form."""

from __future__ import annotations

import numpy as np


def binomial_law(n: int, p: float) -> np.ndarray:
    """Probabilities (n + 1,) of 0, 1, ... n quanta from n sites, each with probability p."""
    from scipy.special import gammaln, xlog1py, xlogy

    k = np.arange(n + 1)
    ways = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return np.asarray(np.exp(ways + xlogy(k, p) + xlog1py(n - k, -p)))


def poisson_law(mean: float) -> np.ndarray:
    """Probabilities of 0, 1, ... quanta, to ten standard deviations above the mean."""
    from scipy.special import gammaln, xlogy

    k = np.arange(int(mean + 10.0 * np.sqrt(mean) + 10.0))
    return np.asarray(np.exp(xlogy(k, mean) - mean - gammaln(k + 1)))


def amplitude_law(
    amplitudes: np.ndarray, probabilities: np.ndarray, quantum: float, cv: float, noise: float
) -> np.ndarray:
    """Density of amplitudes (n,): one normal curve for each number of quanta.

    k quanta have the mean k q and the variance k (cv q)^2 + noise^2 (del Castillo & Katz
    1954 J Physiol 124:560; Boyd & Martin 1956 J Physiol 132:74). `noise` must be above zero:
    it is the width of the failures.
    """
    k = np.arange(len(probabilities))
    width = np.sqrt(k * (cv * quantum) ** 2 + noise**2)
    away = (np.asarray(amplitudes, dtype=float)[:, None] - k * quantum) / width
    return np.asarray((probabilities / width * np.exp(-(away**2) / 2)).sum(1) / np.sqrt(2 * np.pi))


def interval_law(intervals: np.ndarray, rate: float, duration: float = np.inf) -> np.ndarray:
    """Density of the intervals (n,) of a Poisson process of a rate (/ms) in trials of `duration`.

    Exponential; in a trial that ends, long intervals have less room: both of their ends
    must fall into it, which multiplies the density by (1 - t/duration).
    """
    t = np.asarray(intervals, dtype=float)
    if not np.isfinite(duration):
        return np.asarray(rate * np.exp(-rate * t))
    room = np.maximum(duration - t, 0.0)
    # The integral of (D - t) exp(-r t): all intervals that fit.
    x = rate * duration
    whole = (x - 1.0 + np.exp(-x)) / rate**2
    return np.asarray(room * np.exp(-rate * t) / whole)


def first_latency_law(rate: np.ndarray, interval: float) -> np.ndarray:
    """Density (n,) of the first event of a trial where events come at a rate (n,) per ms.

    For events that do not depend on one another: rate x exp(-integral of the rate). What is
    left of one is the probability of a failure (Barrett & Stevens 1972 J Physiol 227:665).
    `rate[k]` holds from k to k + 1 intervals (ms); the density is the mean over that time.
    """
    rate = np.asarray(rate, dtype=float)
    survived = np.exp(-np.concatenate([[0.0], np.cumsum(rate)]) * interval)
    return np.asarray(-np.diff(survived) / interval)
