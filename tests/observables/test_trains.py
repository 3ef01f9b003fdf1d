"""Amplitudes in a train, dose-response curves and spikes against closed forms."""

import math

import numpy as np
import pytest

from quantal.errors import UsageError
from quantal.observables import (
    amplitudes,
    ec50,
    local_slopes,
    normalised,
    root_mean_square,
    spike_times,
)


def test_amplitudes_are_measured_from_the_value_at_each_stimulus():
    time = np.linspace(0.0, 100.0, 20001)
    heights, stimuli = [-3.0, -2.0, -1.0], [10.0, 30.0, 50.0]
    values = np.full_like(time, 4.0)
    for height, start in zip(heights, stimuli, strict=True):
        s = np.clip(time - start, 0.0, None)
        values = values + height * s * np.exp(1.0 - s)
    assert amplitudes(time, values, stimuli) == pytest.approx(heights, rel=1e-5)
    assert normalised(amplitudes(time, values, stimuli)) == pytest.approx([1.0, 2 / 3, 1 / 3])


def test_a_train_without_a_first_response_has_no_ratios():
    assert np.all(np.isnan(normalised(np.array([0.0, 1.0]))))


def test_root_mean_square():
    assert root_mean_square(np.array([1.0, 2.0]), np.array([1.0, 4.0])) == pytest.approx(
        math.sqrt(2.0)
    )


def test_ec50_of_a_hill_curve():
    doses = np.geomspace(1.0, 1e5, 400)
    responses = doses**1.5 / (doses**1.5 + 356.0**1.5)
    assert ec50(doses, responses) == pytest.approx(356.0, rel=1e-3)


def test_ec50_is_nan_when_the_smallest_dose_gives_more_than_half():
    assert math.isnan(ec50(np.array([1.0, 2.0]), np.array([0.9, 1.0])))


def test_local_slopes_of_a_power_law_are_its_exponent():
    doses = np.array([1.0, 2.0, 5.0, 10.0])
    assert local_slopes(doses, 3.0 * doses**4.2) == pytest.approx([4.2] * 3)
    with pytest.raises(UsageError, match="above zero"):
        local_slopes(np.array([0.0, 1.0]), np.array([1.0, 2.0]))


def test_spikes_are_counted_once():
    time = np.linspace(0.0, 50.0, 50001)
    voltage = -70.0 + 100.0 * np.exp(-((time - 10.0) ** 2)) + 100.0 * np.exp(-((time - 30.0) ** 2))
    exact = [c - math.sqrt(-math.log(0.7)) for c in (10.0, 30.0)]
    assert spike_times(time, voltage) == pytest.approx(exact, abs=1e-4)
    assert len(spike_times(time, voltage, refractory=25.0)) == 1
