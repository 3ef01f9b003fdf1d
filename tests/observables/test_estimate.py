"""Intervals against closed forms, and how often they hold the truth."""

import numpy as np
import pytest

from quantal.observables.estimate import jackknife, mean_of, share, student


def test_a_share_has_wilsons_interval():
    # Both roots of (p - found/of)^2 = z^2 p (1 - p)/of.
    found = share(3, 20)
    for p in (found.low, found.high):
        assert (p - 0.15) ** 2 == pytest.approx(1.959964**2 * p * (1 - p) / 20, rel=1e-6)
    assert share(0, 10).low == 0.0
    assert share(0, 10).high == pytest.approx(0.2775, abs=1e-4)
    assert share(10, 10).high == pytest.approx(1.0)
    assert np.isnan(share(0, 0).value)


def test_students_factor_is_that_of_the_tables():
    assert student(1) == pytest.approx(12.706, abs=1e-3)
    assert student(19) == pytest.approx(2.0930, abs=1e-4)


def test_the_jackknife_of_a_mean_is_its_standard_error():
    values = np.array([1.0, 4.0, 2.0, 8.0, 5.0])
    whole, spread = jackknife(lambda v: np.array([v.mean(), -2 * v.mean()]), values)
    half = student(4) * values.std(ddof=1) / np.sqrt(5)
    assert whole.tolist() == [4.0, -8.0]
    assert spread == pytest.approx(half**2 * np.array([[1.0, -2.0], [-2.0, 4.0]]))
    assert mean_of(values).high == pytest.approx(4.0 + half)


def test_groups_left_out_judge_samples_of_one_trial_together():
    # Thirty samples of a trial are the same number: there is no more than one in each.
    rng = np.random.default_rng(3)
    inside = 0
    for _ in range(300):
        trials = np.repeat(rng.normal(size=(40, 1)), 30, axis=1)
        whole, spread = jackknife(lambda t: np.array([t.mean()]), trials)
        inside += whole[0] ** 2 <= spread[0, 0]
    assert 270 <= inside <= 297


def test_one_value_has_no_interval():
    assert np.isnan(mean_of(np.array([3.0])).low)
    assert np.isnan(mean_of(np.zeros(0)).value)
