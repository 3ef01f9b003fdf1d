"""Rise, decay and onset against closed forms."""

import math

import numpy as np
import pytest

from quantal.observables import decay, half_decay, half_width, onset, rise, window

TIME = np.linspace(0.0, 40.0, 4001)


def test_rise_of_an_exponential_approach_is_tau_ln_4():
    tau = 1.7
    values = 1.0 - np.exp(-TIME / tau)
    assert rise(TIME, values) == pytest.approx(tau * math.log(4.0), rel=1e-4)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_decay_of_an_exponential_is_its_time_constant(sign):
    values = np.where(TIME >= 2.0, 3.0 + sign * np.exp(-(TIME - 2.0) / 4.2), 3.0)
    assert decay(TIME, values) == pytest.approx(4.2, rel=1e-5)
    assert half_decay(TIME, values) == pytest.approx(4.2 * math.log(2.0), rel=1e-5)


def test_a_biexponential_current_rises_and_decays_as_computed_by_root_finding():
    optimize = pytest.importorskip("scipy.optimize")
    rising, falling = 0.4, 5.0

    def current(t):
        return math.exp(-t / falling) - math.exp(-t / rising)

    top = math.log(falling / rising) * falling * rising / (falling - rising)
    height = current(top)

    def meets(share, low, high):
        return optimize.brentq(lambda t: current(t) - share * height, low, high)

    values = -60.0 * (np.exp(-TIME / falling) - np.exp(-TIME / rising))
    exact_rise = meets(0.8, 0.0, top) - meets(0.2, 0.0, top)
    assert rise(TIME, values) == pytest.approx(exact_rise, rel=1e-3)
    assert decay(TIME, values) == pytest.approx(meets(math.exp(-1.0), top, 40.0) - top, rel=1e-3)


def test_onset_of_a_ramp_is_its_beginning():
    ramp = np.clip((TIME - 5.0) / 2.0, 0.0, 1.0) * np.exp(-np.clip(TIME - 7.0, 0.0, None) / 3.0)
    assert onset(TIME, ramp) == pytest.approx(5.0, abs=1e-9)


def test_a_decay_that_does_not_end_in_the_window_is_nan():
    values = np.where(TIME >= 2.0, np.exp(-(TIME - 2.0) / 4.2), 0.0)
    assert math.isnan(decay(*window(TIME, values, until=5.0)))


def test_a_flat_trace_has_no_rise_and_no_decay():
    flat = np.zeros_like(TIME)
    assert math.isnan(rise(TIME, flat))
    assert math.isnan(decay(TIME, flat))


def test_the_rise_of_the_second_response_is_not_that_of_the_first():
    first = np.where(TIME >= 1.0, np.exp(-(TIME - 1.0)), 0.0)
    second = np.where(TIME >= 20.0, 2.0 * (1.0 - np.exp(-(TIME - 20.0) / 3.0)), 0.0)
    reached = 1.0 - math.exp(-20.0 / 3.0)
    exact = 3.0 * math.log((1.0 - 0.2 * reached) / (1.0 - 0.8 * reached))
    assert rise(TIME, first + second) == pytest.approx(exact, rel=1e-4)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_half_width_of_a_gaussian_is_2_355_sigma(sign):
    values = -70.0 + sign * 110.0 * np.exp(-0.5 * ((TIME - 5.0) / 0.8) ** 2)
    exact = 2.0 * math.sqrt(2.0 * math.log(2.0)) * 0.8
    assert half_width(TIME, values) == pytest.approx(exact, rel=1e-4)
