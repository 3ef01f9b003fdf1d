"""Quanta and their numbers, on samples whose truth is known."""

import numpy as np
import pytest

from quantal.observables.quanta import (
    content_by_quantum,
    content_of_events,
    quantum_of,
    release_rate,
    synaptic_delay,
)
from quantal.observables.quantal import content_by_variation


def test_a_quantum_has_its_size_and_its_own_variation():
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(200):
        minis = -rng.gamma(16.0, 1.25, 80) + rng.normal(0.0, 2.0, 80)
        found = quantum_of(minis, noise_variance=4.0)
        inside += found.size.low <= -20.0 <= found.size.high
    assert 180 <= inside <= 199
    many = quantum_of(-rng.gamma(16.0, 1.25, 200_000) + rng.normal(0.0, 2.0, 200_000), 4.0)
    assert many.variance == pytest.approx(25.0, rel=0.02)
    assert many.cv == pytest.approx(0.25, rel=0.01)
    assert many.count == 200_000


def test_too_few_minis_have_no_variation():
    alone = quantum_of(np.array([-10.0]))
    assert alone.size.value == -10.0
    assert np.isnan(alone.cv)


def responses(rng, trials):
    """Ten sites at 0.3 with quanta of -20 pA and cv 0.25."""
    numbers = rng.binomial(10, 0.3, trials)
    return numbers, np.array([-rng.gamma(16.0, 1.25, k).sum() for k in numbers])


def test_content_is_the_mean_response_in_quanta():
    rng = np.random.default_rng(2)
    inside = 0
    for _ in range(200):
        quantum = quantum_of(-rng.gamma(16.0, 1.25, 60))
        found = content_by_quantum(responses(rng, 100)[1], quantum)
        inside += found.low <= 3.0 <= found.high
    assert 180 <= inside <= 199


def test_counted_content_has_the_binomial_mean_and_variance():
    rng = np.random.default_rng(3)
    inside = np.zeros(2)
    for _ in range(200):
        mean, variance = content_of_events(responses(rng, 200)[0])
        inside += [mean.low <= 3.0 <= mean.high, variance.low <= 2.1 <= variance.high]
    assert (inside >= 180).all()
    assert np.isnan(content_of_events(np.array([1.0]))[1].value)


def test_poisson_content_needs_the_variation_of_the_quanta():
    rng = np.random.default_rng(4)
    numbers = rng.poisson(3.0, 60_000)
    heights = rng.gamma(16.0 * np.maximum(numbers, 1e-9), 1.25)
    assert content_by_variation(heights, quantal_cv=0.25) == pytest.approx(3.0, rel=0.03)
    assert content_by_variation(heights) < 2.9
    assert content_by_variation(np.ones(4)) == np.inf


def test_the_rate_of_release_is_in_events_of_a_trial_and_ms():
    firings = [np.array([0.1, 0.3, 1.5]), np.array([1.1])]
    assert release_rate(firings, np.array([0.0, 0.5, 2.5])).tolist() == [2.0, 0.5]
    assert release_rate([], np.array([0.0, 1.0])).tolist() == [0.0]


def test_the_delay_is_from_the_spike_to_the_onset():
    time = np.linspace(0.0, 6.0, 6001)
    spike = -70.0 + 100.0 * np.exp(-(((time - 1.2) / 0.2) ** 2))
    # A straight rise from 2 ms on: its onset is exact.
    current = -40.0 * np.clip((time - 2.0) / 0.5, 0.0, 1.0) * np.exp(-np.maximum(time - 2.5, 0) / 3)
    assert synaptic_delay(time, spike, current) == pytest.approx(0.8, abs=1e-3)
