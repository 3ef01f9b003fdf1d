"""Numbers of many trials against closed forms: binomials, Poisson, parabolas."""

import numpy as np
import pytest
from tests.statistics.models import AMPA, counts
from tests.statistics.test_channels_and_sensors import GLUTAMATE, following
from tests.statistics.test_planted_faults import QUANTA

from quantal.observables.quantal import (
    coefficient_of_variation,
    content_by_failures,
    content_by_variation,
    events_after,
    failure_rate,
    intervals,
    latencies,
    paired_pulse_ratio,
    trial_amplitudes,
)
from quantal.observables.variance import mean_variance, noise_analysis


def test_failures_and_content_of_known_responses():
    heights = np.array([0.0, 0.0, 1.0, -3.0])
    assert failure_rate(heights) == 0.5
    assert failure_rate(heights, threshold=1.5) == 0.75
    assert content_by_failures(heights) == pytest.approx(np.log(2.0))
    assert content_by_failures(np.ones(3)) == np.inf


def test_poisson_release_has_the_same_content_both_ways():
    # Every count as often as the Poisson law of mean 2 says: no sampling error.
    from scipy import stats

    repeats = np.rint(stats.poisson.pmf(np.arange(15), 2.0) * 1e6).astype(int)
    heights = np.repeat(np.arange(15), repeats).astype(float)
    assert content_by_failures(heights) == pytest.approx(2.0, rel=1e-4)
    assert content_by_variation(heights) == pytest.approx(2.0, rel=1e-4)


def test_noise_is_taken_off_the_variation():
    heights = np.array([8.0, 12.0] * 50)
    assert coefficient_of_variation(heights) == pytest.approx(0.2 * np.sqrt(100 / 99))
    assert coefficient_of_variation(heights, noise_variance=400 / 99) == pytest.approx(0.0)
    assert np.isnan(coefficient_of_variation(np.zeros(4)))


def test_the_two_paired_pulse_ratios_differ():
    ratio = paired_pulse_ratio(np.array([1.0, 2.0, 0.0]), np.array([2.0, 2.0, 2.0]))
    assert ratio.of_means == 2.0
    assert ratio.mean_of == 1.5
    assert ratio.used == 2
    # A failure of the size of the noise would make any mean of ratios.
    noisy = np.array([1.0, 2.0, 1e-9])
    assert paired_pulse_ratio(noisy, np.full(3, 2.0)).mean_of > 1e8
    assert paired_pulse_ratio(noisy, np.full(3, 2.0), failed=0.5).mean_of == 1.5


def test_amplitudes_latencies_intervals_and_numbers():
    time = np.linspace(0.0, 4.0, 401)
    one = np.where((time > 1.2) & (time < 1.5), -7.0, 0.0)
    two = np.where((time > 3.2) & (time < 3.5), -5.0, 0.0)
    assert trial_amplitudes(time, np.stack([one, one + two]), [1.0, 3.0]).tolist() == [
        [-7.0, 0.0], [-7.0, -5.0],
    ]  # fmt: skip
    firings = [np.array([0.5, 1.25, 1.5]), np.array([]), np.array([4.0])]
    assert latencies(firings, 1.0).tolist() == [0.25, 3.0]
    assert latencies(firings, 1.0, duration=2.0).tolist() == [0.25]
    assert events_after(firings, 1.0, 2.0).tolist() == [2, 0, 0]
    assert intervals(firings).tolist() == [0.75, 0.25]


def test_a_parabola_gives_back_the_binomial_it_is_made_of():
    p = np.array([0.1, 0.3, 0.6, 0.9])
    found = mean_variance(-12 * p * 8.0, 12 * p * (1 - p) * 64.0, trials=200)
    assert found.q == pytest.approx(-8.0)
    assert found.n == pytest.approx(12.0)
    assert found.p == pytest.approx(p)
    assert found.q_interval[0] < -8.0 < found.q_interval[1]
    assert found.n_interval[0] < 12.0 < found.n_interval[1]


def test_variation_of_the_quantum_is_taken_off():
    p, cv = np.array([0.1, 0.3, 0.6, 0.9]), 0.3
    variance = 10 * p * (1 - p) * 4.0 + 10 * p * 4.0 * cv**2
    found = mean_variance(10 * p * 2.0, variance, trials=200, quantal_cv=cv)
    assert found.q == pytest.approx(2.0)
    assert found.n == pytest.approx(10.0)


def test_intervals_of_the_parabola_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(5)
    p = np.array([0.15, 0.4, 0.7, 0.9])
    inside = 0
    for _ in range(200):
        heights = rng.binomial(10, p, size=(300, 4)) * 20.0
        found = mean_variance(heights.mean(axis=0), heights.var(axis=0, ddof=1), 300)
        inside += found.q_interval[0] <= 20.0 <= found.q_interval[1]
    # The normal error of a binomial's variance is near enough: 95 % in 200, plus or minus.
    assert 170 <= inside <= 200


def test_two_conditions_are_needed():
    with pytest.raises(ValueError, match="two or more conditions"):
        mean_variance(np.array([1.0, 1.0]), np.array([1.0, 1.0]), 10)


def test_release_of_a_model_has_its_sites_and_probability():
    many = counts(QUANTA, 4000, protocol=following("spike every 1 ms count 4", "train"),
                  until=4, sample=np.array([0.5, 1.5, 2.5, 3.5]))  # fmt: skip
    released = np.diff(many["fused"], axis=1, prepend=0.0)
    # Of ten sites, 0.3 of what is left each time: probabilities 0.3, 0.21, 0.147, ...
    exact = 10 * 0.3 * 0.7 ** np.arange(4)
    assert released.mean(axis=0) == pytest.approx(exact, rel=0.05)
    found = mean_variance(released.mean(axis=0), released.var(axis=0, ddof=1), 4000)
    assert found.q_interval[0] < 1.0 < found.q_interval[1]
    assert found.n_interval[0] < 10.0 < found.n_interval[1]
    assert found.q == pytest.approx(1.0, abs=0.06)


def test_noise_of_channels_gives_their_number_and_unitary_current():
    many = counts(AMPA, 2000, protocol=GLUTAMATE, until=8, sample=np.linspace(0.2, 8.0, 40),
                  record=["O"])  # fmt: skip
    found = noise_analysis(many["O"] * 80 * -0.56)
    assert found.q == pytest.approx(-0.56, rel=0.05)
    assert found.n == pytest.approx(80.0, rel=0.1)
