"""Samples are added where straight lines miss the curve, and nowhere else."""

import math

import numpy as np
import pytest

from quantal.experiments.sampling import resolved
from quantal.observables import area, crossings, decay, time_of_peak
from quantal.trajectory import Trajectory
from quantal.units import parse_unit

ONE = parse_unit("1")


def runner_of(curve, steps, asked):
    def runner(sample):
        time = np.asarray(steps if sample is None else sample, dtype=float)
        asked.append(time.size)
        return Trajectory(time, {"x": ONE}, lambda names: {name: curve(time) for name in names})

    return runner


def test_a_decay_with_few_steps_is_resolved():
    steps = np.linspace(0.0, 100.0, 12)
    asked = []
    run = resolved(runner_of(lambda t: np.exp(-t / 20.0), steps, asked), ["x"])
    passage = crossings(run.time, run["x"], math.exp(-1.0), "down")
    assert passage == pytest.approx([20.0], rel=1e-4)
    assert area(run.time, run["x"]) == pytest.approx(
        20.0 * (1.0 - math.exp(-5.0)) - 100.0, rel=1e-4
    )
    assert np.all(np.diff(run.time) > 0.0)
    assert run.time.size < 600


def test_a_peak_between_two_far_samples_is_found():
    steps = [0.0, 0.5, 2.0, 8.0, 30.0]
    run = resolved(runner_of(lambda t: t * np.exp(-t / 1.3), steps, []), ["x"])
    assert time_of_peak(run.time, run["x"]) == pytest.approx(1.3, rel=1e-3)


def test_a_straight_line_needs_no_more_samples():
    asked = []
    run = resolved(runner_of(lambda t: 3.0 * t, np.linspace(0.0, 5.0, 6), asked), ["x"])
    assert asked == [6]
    assert run.time.size == 6


def test_both_sides_of_a_jump_are_kept():
    def curve(time):
        after = np.arange(time.size) > np.searchsorted(time, 1.0)
        high = (time > 1.0) | (after & (time == 1.0))
        return np.where(high, 5.0 * np.exp(-(time - 1.0)), 0.0)

    steps = np.array([0.0, 1.0, 1.0, 2.0, 4.0, 8.0])
    run = resolved(runner_of(curve, steps, []), ["x"])
    at_jump = run["x"][run.time == 1.0]
    assert at_jump == pytest.approx([0.0, 5.0])
    assert decay(run.time, run["x"]) == pytest.approx(1.0, rel=1e-3)
