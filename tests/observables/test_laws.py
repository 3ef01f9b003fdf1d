"""Densities that histograms are held against: whole, and the laws of what they describe."""

import numpy as np
import pytest
from scipy import stats

from quantal.observables.laws import (
    amplitude_law,
    binomial_law,
    first_latency_law,
    interval_law,
    poisson_law,
)


def test_numbers_of_quanta_are_binomial_or_poisson():
    assert binomial_law(6, 0.3) == pytest.approx(stats.binom.pmf(np.arange(7), 6, 0.3))
    assert binomial_law(3, 1.0).tolist() == [0.0, 0.0, 0.0, 1.0]
    law = poisson_law(2.5)
    assert law == pytest.approx(stats.poisson.pmf(np.arange(len(law)), 2.5))
    assert law.sum() == pytest.approx(1.0, abs=1e-12)


def test_amplitudes_have_the_moments_of_their_quanta():
    x = np.linspace(-200.0, 60.0, 20001)
    density = amplitude_law(x, binomial_law(5, 0.4), -20.0, 0.3, 3.0)
    step = x[1] - x[0]
    assert density.sum() * step == pytest.approx(1.0)
    mean = (x * density).sum() * step
    assert mean == pytest.approx(-40.0)
    # N p (1 - p) q^2 + N p cv^2 q^2 + noise^2.
    exact = 5 * 0.4 * 0.6 * 400 + 5 * 0.4 * 0.09 * 400 + 9
    assert ((x - mean) ** 2 * density).sum() * step == pytest.approx(exact)


def test_the_variance_of_quanta_that_grows_with_its_square_is_caught():
    x = np.linspace(-300.0, 60.0, 20001)
    wrong = amplitude_law(x, np.array([0.0, 0.0, 1.0]), -20.0, 0.3 * np.sqrt(2.0), 3.0)
    right = amplitude_law(x, np.array([0.0, 0.0, 1.0]), -20.0, 0.3, 3.0)
    exact = stats.norm.pdf(x, -40.0, np.sqrt(2 * 36 + 9))
    assert right == pytest.approx(exact)
    assert np.abs(wrong - exact).max() > 1e-3


def test_intervals_in_trials_that_end():
    t = np.linspace(0.0, 10.0, 100001)
    for duration in (10.0, np.inf):
        density = interval_law(t, 0.5, duration)
        assert density[0] > density[-1] >= 0.0
    assert np.trapezoid(interval_law(t, 0.5, 10.0), t) == pytest.approx(1.0, rel=1e-6)
    assert interval_law(t, 0.5) == pytest.approx(0.5 * np.exp(-t / 2))
    # Poisson processes of 10 ms, and what lies between their events.
    rng = np.random.default_rng(7)
    rows = [np.sort(rng.uniform(0.0, 10.0, rng.poisson(5.0))) for _ in range(3000)]
    gaps = np.concatenate([np.diff(row) for row in rows])
    whole = np.cumsum(interval_law(t, 0.5, 10.0)) * (t[1] - t[0])
    law = lambda x: np.interp(x, t, whole)  # noqa: E731
    assert stats.kstest(gaps[::5], law).pvalue > 1e-3
    # The plain exponential is not their law.
    assert stats.kstest(gaps, lambda x: 1 - np.exp(-x / 2)).pvalue < 1e-6


def test_first_latencies_follow_the_rate_and_leave_the_failures():
    step = 0.001
    time = np.arange(0.0, 20.0, step)
    rate = 2.0 * np.exp(-(time + step / 2) / 1.5)
    density = first_latency_law(rate, step)
    exact = 2.0 * np.exp(-time / 1.5) * np.exp(-3.0 * (1.0 - np.exp(-time / 1.5)))
    assert density == pytest.approx(exact, rel=2e-3)
    assert 1.0 - density.sum() * step == pytest.approx(np.exp(-3.0), rel=1e-4)
