"""Parabolas: their intervals hold N, p and q as often as they say, and catch what is wrong."""

import numpy as np
import pytest

from quantal.observables import variance
from quantal.observables.variance import mean_variance, mean_variance_of, noise_analysis

SITES, QUANTUM = 12, -20.0


def depleting(rng, trials=400):
    """Responses of a train: of the vesicles that are left, a third is released each time."""
    left, columns = np.full(trials, SITES), []
    for p in (0.5, 0.35, 0.35, 0.5):
        out = rng.binomial(left, p)
        left = left - out
        columns.append(out * QUANTUM)
    return np.stack(columns, axis=1)


TRAIN_P = np.array([0.5, 0.175, 0.11375, 0.105625])
"""What the sites have released, of all sites, at each stimulus."""


def channels(rng, trials=300, n=50, current=-0.8):
    """Channels that open once and close for good, each at its own time: binomial at any time."""
    opened = rng.exponential(1.0, size=(trials, n))
    closed = opened + rng.exponential(3.0, size=(trials, n))
    times = np.linspace(0.1, 8.0, 30)
    open_ = (opened[:, :, None] <= times) & (times < closed[:, :, None])
    return current * open_.sum(axis=1)


def coverage(fit, times=150):
    """How often q, N and p lie in their intervals, over made sets of trials."""
    rng = np.random.default_rng(11)
    inside = np.zeros(3)
    for _ in range(times):
        found, q, n, p = fit(rng)
        low, high = found.p_interval
        inside += [
            found.q_interval[0] <= q <= found.q_interval[1],
            found.n_interval[0] <= n <= found.n_interval[1],
            low[0] <= p <= high[0],
        ]
    return inside / times


def test_intervals_of_a_train_hold_the_truth():
    def fit(rng):
        return mean_variance_of(depleting(rng)), QUANTUM, SITES, TRAIN_P[0]

    assert (coverage(fit) > 0.89).all()


def test_intervals_of_independent_conditions_hold_the_truth():
    p = np.array([0.15, 0.4, 0.7, 0.9])

    def fit(rng):
        heights = rng.binomial(SITES, p, size=(300, 4)) * QUANTUM
        found = mean_variance(heights.mean(0), heights.var(0, ddof=1), 300)
        return found, QUANTUM, SITES, p[0]

    assert (coverage(fit) > 0.89).all()


def test_intervals_of_noise_analysis_hold_though_samples_depend_on_one_another():
    def fit(rng):
        currents = channels(rng) + rng.normal(0.0, 0.5, size=(300, 30))
        mean_open = 3 / (3 - 1) * (np.exp(-0.1 / 3) - np.exp(-0.1))
        return noise_analysis(currents, background=0.25), -0.8, 50, mean_open

    assert (coverage(fit, times=60) > 0.85).all()


def test_samples_taken_for_independent_are_caught():
    def fit(rng):
        currents = channels(rng)
        found = mean_variance(currents.mean(0), currents.var(0, ddof=1), 300)
        return found, -0.8, 50, 0.1

    # The interval of q is far too narrow: samples 0.3 ms apart say almost the same.
    assert coverage(fit, times=60)[0] < 0.8


def test_background_noise_that_is_left_in_is_caught():
    noisy = channels(np.random.default_rng(2), trials=4000) + np.random.default_rng(4).normal(
        0.0, 3.0, size=(4000, 30)
    )
    clean = noise_analysis(noisy, background=9.0)
    assert clean.q_interval[0] < -0.8 < clean.q_interval[1]
    wrong = noise_analysis(noisy)
    assert not wrong.q_interval[0] < -0.8 < wrong.q_interval[1]


def test_variances_of_the_population_instead_of_the_sample_are_caught(monkeypatch):
    p = np.array([0.1, 0.3, 0.6, 0.9])
    exact = SITES * p * (1 - p) * QUANTUM**2
    found = mean_variance(SITES * p * QUANTUM, exact, 5)
    assert found.n == pytest.approx(SITES)
    assert mean_variance(SITES * p * QUANTUM, exact * 4 / 5, 5).n != pytest.approx(SITES, rel=0.1)


def test_a_train_that_does_not_bend_bounds_the_sites_nowhere():
    rng = np.random.default_rng(0)
    heights = rng.poisson([1.0, 2.0, 4.0], size=(500, 3)) * -10.0
    assert mean_variance_of(heights).n_interval[1] == np.inf


def test_the_curve_is_the_law():
    p = np.array([0.1, 0.3, 0.6, 0.9])
    variances = SITES * p * (1 - p) * 400.0 + SITES * p * 400.0 * 0.09
    found = mean_variance(SITES * p * QUANTUM, variances, 200, quantal_cv=0.3)
    assert found.curve(SITES * p * QUANTUM) == pytest.approx(variances)
    assert found.p == pytest.approx(p)


def test_the_band_holds_the_curve():
    rng = np.random.default_rng(12)
    means = SITES * QUANTUM * np.array([0.1, 0.3, 0.5])
    exact = QUANTUM * means - means**2 / SITES
    inside = np.zeros(3)
    for _ in range(100):
        found = mean_variance_of(depleting(rng))
        inside += np.abs(found.curve(means) - exact) <= found.band(means)
    assert (inside >= 88).all()


def test_too_few_trials_are_a_mistake():
    with pytest.raises(ValueError, match="four trials"):
        mean_variance_of(np.ones((3, 2)))
    with pytest.raises(ValueError, match="vary from trial to trial"):
        mean_variance_of(np.array([[1.0, 2.0]] * 5))


def test_a_sign_lost_in_the_fit_is_caught(monkeypatch):
    right = variance._fit

    def wrong(means, variances, trials):
        return right(np.abs(means), variances, trials)

    monkeypatch.setattr(variance, "_fit", wrong)
    found = mean_variance_of(depleting(np.random.default_rng(1)))
    assert not found.q_interval[0] <= QUANTUM <= found.q_interval[1]
