"""A number and how well it is known: intervals of 95 % from counts and from trials."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

NORMAL_95 = 1.959963984540054
GROUPS = 20
"""Trials are left out in so many groups, which makes Student's factor 2.09."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and its interval of 95 %, in the value's unit; nan where none can be given."""

    value: float
    low: float = float("nan")
    high: float = float("nan")


def share(found: int, of: int) -> Estimate:
    """A probability from how often something came up, with Wilson's interval.

    Wilson 1927 J Am Stat Assoc 22:209. It stays between 0 and 1, and says something even
    where nothing or everything came up.
    """
    if of < 1:
        return Estimate(float("nan"))
    z, p = NORMAL_95, found / of
    middle = (p + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * np.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    return Estimate(p, float(max(middle - half, 0.0)), float(min(middle + half, 1.0)))


def mean_of(values: np.ndarray) -> Estimate:
    """The mean of independent values (n,), with Student's interval; nan of none."""
    values = np.asarray(values, dtype=float)
    if len(values) < 2:
        return Estimate(float(values.mean()) if len(values) else float("nan"))
    mean = float(values.mean())
    half = student(len(values) - 1) * float(values.std(ddof=1)) / math.sqrt(len(values))
    return Estimate(mean, mean - half, mean + half)


def jackknife(
    statistic: Callable[[np.ndarray], np.ndarray], trials: np.ndarray, groups: int = GROUPS
) -> tuple[np.ndarray, np.ndarray]:
    """A statistic of trials (m,) and its spread (m, m): the variances and covariances.

    They are multiplied by Student's factor, squared: the square root of a variance is the
    half width of an interval of 95 %.

    One group of trials after the other is left out (Efron & Tibshirani 1993 An Introduction
    to the Bootstrap, ch. 11). Trials must be independent; what is measured within one need
    not be, so that samples of one trace or responses of one train are judged rightly.

    Args:
        statistic: gives (m,) numbers for trials (k, ...).
        trials: (n, ...), at least two.
        groups: how many groups; no more than there are trials.
    """
    trials = np.asarray(trials, dtype=float)
    groups = min(groups, len(trials))
    whole = np.asarray(statistic(trials), dtype=float)
    # Every so-manieth trial, so that a slow drift is in all groups alike.
    member = np.arange(len(trials)) % groups
    without = np.stack([statistic(trials[member != group]) for group in range(groups)])
    away = without - without.mean(axis=0)
    return whole, student(groups - 1) ** 2 * (groups - 1) / groups * away.T @ away


def student(degrees: int) -> float:
    """Student's factor of a two-sided interval of 95 %."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 0.975))
