"""A recording beside a simulation whose answer is known."""

import json

import numpy as np
import pytest

from quantal.figures.recording import comparison_figure
from quantal.interop import compare
from quantal.interop.evoked import Evoked

TIME = np.arange(0.0, 120.0, 0.05)
STIMULI = np.array([20.0, 40.0, 60.0])


def train(heights, delay):
    current = np.zeros_like(TIME)
    for start, height in zip(STIMULI, heights, strict=True):
        s = np.clip(TIME - start - delay, 0.0, None)
        current += height * s * np.exp(1.0 - s)
    return current


@pytest.fixture
def comparison():
    sweeps = np.stack([train([-100.0, -50.0, -20.0], 5.0), train([-120.0, -50.0, -20.0], 5.0)])
    amplitudes = np.array([[-100.0, -50.0, -20.0], [-120.0, -50.0, -20.0]])
    recorded = Evoked(STIMULI, amplitudes, np.abs(amplitudes) < 30.0, TIME, sweeps)
    trace = compare.Recording(TIME, sweeps, "pA", "made.abf")
    current = train([-1100.0, -440.0, -330.0], 1.0)
    return compare._compared("synapse", trace, recorded, TIME, current, "pA")


def test_the_simulated_current_is_scaled_to_the_first_and_moved_to_its_peak(comparison):
    assert comparison.scale == pytest.approx(0.1, rel=1e-4)
    assert comparison.delay == pytest.approx(4.0, abs=0.01)
    assert comparison.scaled_current.min() == pytest.approx(-110.0, rel=1e-3)


def test_ratios_to_the_first(comparison):
    assert comparison.recorded_ratio == pytest.approx([1.0, 50 / 110, 20 / 110])
    assert comparison.simulated_ratio == pytest.approx([1.0, 0.4, 0.3], rel=1e-4)
    assert comparison.recorded_sd[0] == pytest.approx(np.sqrt(200.0))


def test_the_table_has_a_row_for_each_stimulus(comparison):
    header, *rows = comparison.table()
    assert len(rows) == 3
    assert rows[2][header.index("failures")] == "2 of 2"
    assert rows[1][-1] == "0.88"
    data = json.loads(json.dumps(comparison.as_dict()))
    assert data["stimuli"][1]["simulated_over_recorded"] == pytest.approx(0.88, rel=1e-4)
    assert "another synapse" in data["remark"]


def test_the_figure_shows_every_sweep_the_mean_and_the_simulation(comparison):
    figure = comparison_figure(comparison)
    looks = [series.look for series in figure.stack[0].series]
    assert looks == ["faint", "faint", "line", "line"]
    assert figure.stack[0].marks == tuple(STIMULI)
    assert figure.table == comparison.table()
    assert figure.caption == comparison.remark
