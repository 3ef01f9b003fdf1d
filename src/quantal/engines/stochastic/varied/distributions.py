"""Distributions of a parameter about its value: draws, and classes of equal probability."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantal.errors import UsageError
from quantal.program import ParameterSlot, Spread

Array = np.ndarray[Any, np.dtype[np.float64]]

FINE = 512
"""Quantiles from which the mean of one class is taken."""


def quantiles(slot: ParameterSlot, value: float, probabilities: Array) -> Array:
    """Values that are not exceeded with these probabilities.

    A distribution keeps the parameter's value as its mean, except that a normal one is cut
    off at zero (on the other side of which a size or a rate makes no sense), and any at the
    parameter's bounds.

    Raises:
        UsageError: a distribution that is impossible, naming the parameter.
    """
    spread = slot.spread
    assert spread is not None
    arguments = dict(spread.arguments)
    _check(slot, spread, value, arguments)
    if value == 0.0 and spread.family != "uniform":
        return np.zeros_like(probabilities)
    law = _law(spread.family, abs(value), arguments)
    low, high = _bounds(slot, spread, value)
    a, b = float(law.cdf(low)), float(law.cdf(high))
    found: Array = np.asarray(law.ppf(a + probabilities * (b - a)))
    return np.asarray(found if value >= 0.0 or spread.family == "uniform" else -found)


def _bounds(slot: ParameterSlot, spread: Spread, value: float) -> tuple[float, float]:
    if spread.family == "uniform":
        return -np.inf, np.inf
    low = -np.inf if slot.low is None else slot.low
    high = np.inf if slot.high is None else slot.high
    if value < 0.0:
        low, high = -high, -low
    return max(low, 0.0), high


def _check(slot: ParameterSlot, spread: Spread, value: float, arguments: dict[str, float]) -> None:
    cv = arguments.get("cv", 0.0)
    if cv < 0.0 or (spread.family in ("gamma", "beta") and cv == 0.0):
        raise UsageError(f"`{slot.name}`: a coefficient of variation is above zero, not {cv:g}")
    if spread.family == "beta":
        if not 0.0 < value < 1.0:
            raise UsageError(
                f"`{slot.name}` is {value:g}; a beta distribution is of a probability between 0 "
                "and 1"
            )
        if cv**2 * value >= 1.0 - value:
            raise UsageError(
                f"`{slot.name}`: no probability of mean {value:g} varies by a cv of {cv:g}; it is "
                f"below {np.sqrt((1.0 - value) / value):.3g}"
            )
    if spread.family == "uniform" and not arguments["low"] < arguments["high"]:
        raise UsageError(f"`{slot.name}`: `low` of a uniform distribution is below `high`")


def _law(family: str, mean: float, arguments: dict[str, float]) -> Any:
    from scipy import stats

    if family == "uniform":
        return stats.uniform(arguments["low"], arguments["high"] - arguments["low"])
    cv = arguments["cv"]
    if family == "gamma":
        return stats.gamma(1.0 / cv**2, scale=mean * cv**2)
    if family == "lognormal":
        sigma = np.sqrt(np.log1p(cv**2))
        return stats.lognorm(max(sigma, 1e-12), scale=mean * np.exp(-0.5 * sigma**2))
    if family == "beta":
        total = (1.0 - mean) / (mean * cv**2) - 1.0
        return stats.beta(mean * total, (1.0 - mean) * total)
    return stats.norm(mean, max(mean * cv, 1e-300))


def drawn(slot: ParameterSlot, value: float, generator: np.random.Generator) -> float:
    """One value."""
    return float(quantiles(slot, value, np.array([generator.random()]))[0])


def classes(slot: ParameterSlot, value: float, count: int) -> Array:
    """Values (count,) of equal probability, rising, with the distribution's mean and variance."""
    places = (np.arange(count * FINE) + 0.5) / (count * FINE)
    fine = quantiles(slot, value, places)
    means: Array = fine.reshape(count, FINE).mean(axis=1)
    inner = float(means.std())
    if inner == 0.0:
        return means
    wider: Array = means.mean() + (means - means.mean()) * float(fine.std()) / inner
    # The lowest class must not fall on the other side of zero.
    return wider if (wider > 0.0).all() == (means > 0.0).all() else means
