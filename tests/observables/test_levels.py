"""Values at times, areas and means against closed forms."""

import math

import numpy as np
import pytest

from quantal.errors import UsageError
from quantal.observables import area, at, crossings, final, initial, mean, window

TIME = np.linspace(0.0, 10.0, 1001)


def test_area_above_the_start_of_an_exponential():
    values = 7.0 + np.exp(-TIME / 2.0) - 1.0
    exact = 2.0 * (1.0 - math.exp(-5.0)) - 10.0
    assert area(TIME, values) == pytest.approx(exact, rel=1e-5)


def test_mean_is_weighted_by_time_not_by_samples():
    time = np.array([0.0, 0.1, 0.2, 0.3, 10.0])
    assert mean(time, time) == pytest.approx(5.0)


def test_at_interpolates_and_takes_the_value_after_a_jump():
    time, values = np.array([0.0, 1.0, 1.0, 2.0]), np.array([0.0, 1.0, 5.0, 7.0])
    assert at(time, values, 0.25) == pytest.approx(0.25)
    assert at(time, values, 1.0) == 5.0
    assert at(time, values, 1.5) == pytest.approx(6.0)
    with pytest.raises(UsageError, match="nothing at 3 ms"):
        at(time, values, 3.0)


def test_a_window_begins_after_a_jump_and_ends_before_it():
    time, values = np.array([0.0, 1.0, 1.0, 2.0]), np.array([0.0, 1.0, 5.0, 7.0])
    assert initial(*window(time, values, since=1.0)) == 5.0
    assert final(*window(time, values, until=1.0)) == 1.0


def test_a_window_cuts_between_samples():
    time, values = window(TIME, TIME**2, since=2.005, until=4.0)
    assert time[0] == 2.005
    assert values[0] == pytest.approx((2.0**2 + 2.01**2) / 2.0)
    assert time[-1] == 4.0


@pytest.mark.parametrize(("since", "until"), [(5.0, 4.0), (11.0, None), (None, -1.0)])
def test_an_empty_window_is_refused(since, until):
    with pytest.raises(UsageError, match="holds nothing"):
        window(TIME, TIME, since, until)


def test_crossings_of_a_sine():
    values = np.sin(2.0 * np.pi * (TIME - 0.4) / 2.5)
    assert crossings(TIME, values) == pytest.approx([0.4, 2.9, 5.4, 7.9], abs=1e-4)
    assert crossings(TIME, values, direction="down") == pytest.approx(
        [1.65, 4.15, 6.65, 9.15], abs=1e-4
    )
    assert len(crossings(TIME, values, direction="both")) == 8
