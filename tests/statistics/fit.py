"""Goodness of fit, with one budget of false alarms for the whole folder.

A correct simulator fails a statistical test with the test's own probability. All checks of
this folder together may do so with a probability of at most BUDGET: each gets an equal share
of it, and no run may make more checks than there are shares. Seeds are fixed, so a suite that
passes goes on passing; `make proof` shows that it does with other seeds.
"""

import os
from pathlib import Path

import numpy as np
from scipy import stats

BUDGET = 0.01
MOST_CHECKS = 400
LEVEL = BUDGET / MOST_CHECKS
KEPT_IN = os.environ.get("QUANTAL_PROOF_FILE", "")

_made = 0


class Misfit(AssertionError):
    """A sample that the exact law would give with a probability below the level."""


def judge(probability, what):
    """Fail where the exact law gives something as extreme too rarely."""
    global _made
    _made += 1
    assert _made <= MOST_CHECKS, "more checks than shares of the budget: raise MOST_CHECKS"
    if KEPT_IN:
        with Path(KEPT_IN).open("a", encoding="utf-8") as file:
            file.write(f"{probability:.17g}\n")
    if not probability >= LEVEL:
        raise Misfit(f"{what}: p = {probability:.3g}, below {LEVEL:.2g}")


def mean_p(simulated, exact_mean, exact_variance):
    """Probability of a mean (over trials) at least so far from the exact one."""
    simulated = np.asarray(simulated, dtype=float)
    z = (simulated.mean() - exact_mean) / np.sqrt(exact_variance / len(simulated))
    return 2.0 * stats.norm.sf(abs(z))


def check_mean(simulated, exact_mean, exact_variance):
    """The mean of independent trials, by the central limit theorem."""
    judge(mean_p(simulated, exact_mean, exact_variance), "mean")


def check_variance(simulated, exact_variance, exact_kurtosis=3.0):
    """The variance of independent trials; its own variance follows from the kurtosis."""
    simulated = np.asarray(simulated, dtype=float)
    spread = np.sqrt((exact_kurtosis - 1.0) / len(simulated))
    z = (simulated.var(ddof=1) / exact_variance - 1.0) / spread
    judge(2.0 * stats.norm.sf(abs(z)), "variance")


def chance_of_counts(observed, exact_probabilities):
    """Chi-squared probability of how often each value 0, 1, 2, ... came up."""
    observed = np.asarray(observed, dtype=float)
    expected = observed.sum() * np.asarray(exact_probabilities, dtype=float)
    assert len(observed) == len(expected)
    # A value that cannot occur has occurred: no pooling may hide that.
    if observed[expected < 1e-12 * observed.sum()].any():
        return 0.0
    seen, wanted, pooled = [], [], [0.0, 0.0]
    for a, b in zip(observed, expected, strict=True):
        pooled = [pooled[0] + a, pooled[1] + b]
        if pooled[1] >= 5.0:
            seen.append(pooled[0])
            wanted.append(pooled[1])
            pooled = [0.0, 0.0]
    seen[-1] += pooled[0]
    wanted[-1] += pooled[1]
    assert len(seen) > 1, "everything falls into one class: nothing is tested"
    statistic = sum((a - b) ** 2 / b for a, b in zip(seen, wanted, strict=True))
    return stats.chi2.sf(statistic, len(seen) - 1)


def check_counts(values, exact_probabilities, what="counts"):
    """Whole numbers (trials,) against their exact probabilities."""
    values = np.asarray(values)
    whole = np.rint(values).astype(int)
    assert np.allclose(values, whole, atol=1e-6)
    assert whole.min() >= 0
    assert whole.max() < len(exact_probabilities)
    judge(
        chance_of_counts(
            np.bincount(whole, minlength=len(exact_probabilities)), exact_probabilities
        ),
        what,
    )


def check_law(times, exact_distribution, what="times"):
    """Independent times against their exact distribution function (Kolmogorov–Smirnov)."""
    judge(stats.kstest(np.asarray(times), exact_distribution).pvalue, what)
