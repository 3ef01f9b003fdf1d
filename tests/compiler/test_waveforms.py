"""Pulses, steps and decays become the functions that they are written as."""

import numpy as np
import pytest

from quantal.compiler.waveforms import Waveform, fit, through
from quantal.errors import UsageError


def test_a_rectangle_replaces_the_base_while_it_lasts() -> None:
    curve = Waveform(2.0, rectangles=[(1.0, 3.0, 5.0)]).pieces(-1.0, 10.0)
    simulated = curve.at(np.array([-1.0, 0.999, 1.0, 2.999, 3.0, 9.0]))
    np.testing.assert_array_equal(simulated, [2, 2, 5, 5, 2, 2])


def test_decaying_pulses_add_where_they_overlap() -> None:
    curve = Waveform(0.1, decays=[(0.0, 1.0, 2.0), (1.5, 3.0, 2.0)]).pieces(-1.0, 10.0)
    t = np.linspace(0.0, 10.0, 501)
    exact = 0.1 + np.exp(-t / 2) + np.where(t >= 1.5, 3 * np.exp(-(t - 1.5) / 2), 0.0)
    np.testing.assert_allclose(curve.at(t), exact, rtol=1e-13)
    assert curve.at(-0.5) == pytest.approx(0.1)


def test_decays_of_two_time_constants_are_followed() -> None:
    curve = Waveform(0.0, decays=[(0.0, 1.0, 0.05), (2.0, 1.0, 5.0)]).pieces(0.0, 20.0)
    t = np.linspace(0.0, 20.0, 7001)
    exact = np.exp(-t / 0.05) + np.where(t >= 2, np.exp(-(t - 2) / 5), 0.0)
    # From the right at the jump itself, as pulses are.
    assert np.abs(curve.at(t) - exact).max() < 2e-9


def test_steps_hold_until_the_next() -> None:
    curve = Waveform(-70.0, steps=[(5.0, 0.0), (8.0, -40.0)]).pieces(0.0, 10.0)
    np.testing.assert_array_equal(curve.at(np.array([0.0, 5.0, 7.9, 8.0])), [-70, 0, 0, -40])


def test_a_brief_feature_is_not_missed_by_fitting() -> None:
    def gaussian(t: np.ndarray) -> np.ndarray:
        return np.exp(-(((t - 500.0) / 0.5) ** 2))

    curve = fit(gaussian, 0.0, 1000.0, [], 0.1)
    t = np.linspace(498.0, 502.0, 4001)
    assert np.abs(curve.at(t) - gaussian(t)).max() < 2e-9


def test_a_jump_at_a_break_stays_a_jump() -> None:
    curve = fit(lambda t: np.where(t < 1.0, 0.0, np.exp(-t)), 0.0, 3.0, [1.0], 0.5)
    assert curve.at(0.999999) == pytest.approx(0.0, abs=1e-9)
    assert curve.at(1.0) == pytest.approx(np.exp(-1.0), rel=1e-8)


def test_samples_are_joined_and_level_before_the_first() -> None:
    times = np.linspace(1.0, 4.0, 301)
    curve = Waveform(0.0, smooth=through(times, np.sin(times))).pieces(0.0, 5.0)
    t = np.linspace(1.0, 4.0, 997)
    assert np.abs(curve.at(t) - np.sin(t)).max() < 1e-4
    assert curve.at(0.2) == pytest.approx(np.sin(1.0))
    assert curve.at(4.9) == pytest.approx(np.sin(4.0))


@pytest.mark.parametrize(
    ("times", "values", "says"),
    [
        ([0.0], [1.0], "at least two"),
        ([0.0, 0.0], [1.0, 2.0], "rise"),
        ([0.0, 1.0], [1.0, np.nan], "not a number"),
    ],
)
def test_samples_that_are_no_waveform_are_refused(
    times: list[float], values: list[float], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        through(np.array(times), np.array(values))
