"""Peaks against closed forms."""

import numpy as np
import pytest

from quantal.observables import highest, lowest, peak, time_of_peak


def alpha_function(time: np.ndarray, tau: float) -> np.ndarray:
    return time / tau * np.exp(1.0 - time / tau)


def test_the_parabola_finds_the_top_of_an_alpha_function_between_samples():
    time = np.arange(0.0, 10.0, 0.1)
    values = alpha_function(time, tau=1.25)
    assert peak(time, values) == pytest.approx(1.0, rel=1e-4)
    assert time_of_peak(time, values) == pytest.approx(1.25, rel=2e-3)
    assert np.max(values) < 1.0 - 5e-4, "the samples alone would not be good enough"


def test_the_parabola_is_exact_for_a_parabola_on_uneven_samples():
    time = np.array([0.0, 0.3, 0.7, 1.2, 1.3, 2.0])
    assert time_of_peak(time, 5.0 - (time - 0.9) ** 2) == pytest.approx(0.9)
    assert highest(time, 5.0 - (time - 0.9) ** 2) == pytest.approx(5.0)


def test_a_negative_departure_is_the_peak_when_it_is_larger():
    time = np.linspace(0.0, 10.0, 400)
    inward = -30.0 * alpha_function(time, 1.0) + 2.0
    assert peak(time, inward) == pytest.approx(-28.0, rel=1e-4)
    assert lowest(time, inward) == pytest.approx(-28.0, rel=1e-4)
    assert highest(time, inward) == pytest.approx(2.0)


def test_a_jump_is_not_overshot():
    time = np.linspace(0.0, 10.0, 1001)
    values = np.where(time >= 1.0, 1.1 * np.exp(-(time - 1.0) / 1.2), 0.0)
    assert peak(time, values) == pytest.approx(1.1, rel=1e-12)


def test_a_kink_is_not_overshot():
    time = np.linspace(0.0, 4.0, 401)
    rising = 1.0 - np.exp(-time / 0.5)
    top = 1.0 - np.exp(-1.0 / 0.5)
    values = np.where(time <= 1.0, rising, top * np.exp(-(time - 1.0) / 0.5))
    assert peak(time, values) == pytest.approx(top, rel=1e-12)
    assert time_of_peak(time, values) == pytest.approx(1.0, abs=1e-12)


def test_two_samples_at_one_time_do_no_harm():
    time = np.array([0.0, 1.0, 1.0, 2.0, 3.0])
    assert peak(time, np.array([0.0, 0.0, 2.0, 1.0, 0.5])) == 2.0


def test_a_constant_trace_peaks_at_its_value():
    time = np.linspace(0.0, 1.0, 11)
    assert peak(time, np.full(11, 3.0)) == 3.0
