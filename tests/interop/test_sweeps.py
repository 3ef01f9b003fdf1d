"""Sweeps made with known failures and minis, measured as recorded ones are."""

import numpy as np
import pytest

from quantal.figures.sweeps import sweeps_figure
from quantal.interop.recording import Recording
from quantal.interop.sweeps import DECAY, RISE, measured_sweeps, noise_of
from quantal.observables.minis import event_template

INTERVAL, SIZE = 0.05, -30.0
STIMULI = np.array([100.0, 150.0])
QUIET = (300.0, 900.0)
WAVE = event_template(INTERVAL, RISE, DECAY)


def made(sweeps=12):
    """Every third response fails; four minis in the quiet part of each sweep."""
    rng = np.random.default_rng(2)
    time = np.arange(0.0, 1000.0, INTERVAL)
    rows = np.zeros((sweeps, len(time)))
    onsets = np.zeros((sweeps, 4))
    for number, row in enumerate(rows):
        onsets[number] = 320.0 + 140.0 * np.arange(4) + rng.uniform(0.0, 100.0, 4)
        evoked = [t + 2.5 for k, t in enumerate(STIMULI) if (number + k) % 3]
        for onset in [*evoked, *onsets[number]]:
            place = round(onset / INTERVAL)
            row[place : place + len(WAVE)] += SIZE * WAVE
    return Recording(time, rows, "pA", "made"), onsets


@pytest.fixture(scope="module")
def found():
    return measured_sweeps(made()[0], "Made", QUIET, STIMULI, noise=3.0, seed=5)


def test_failures_are_the_ones_that_were_made(found):
    exact = np.array([[(number + k) % 3 == 0 for k in range(2)] for number in range(12)])
    failed = found.responses.failed
    assert not failed[~exact].any()
    # The largest swing of the noise in a window passes for a response now and then.
    assert failed[exact].sum() >= 6
    assert found.failures == pytest.approx(failed.mean(axis=0))


def test_minis_are_the_ones_that_were_made(found):
    assert len(found.minis) == 48
    assert found.minis.mean() == pytest.approx(SIZE, rel=0.03)
    assert found.seconds == pytest.approx(7.2)
    exact = np.diff(made()[1], axis=1).ravel()
    assert found.intervals == pytest.approx(exact, abs=1.0)


def test_added_noise_is_what_was_asked_for_and_the_same_again(found):
    again = measured_sweeps(made()[0], "Made", QUIET, STIMULI, noise=3.0, seed=5)
    assert np.array_equal(found.minis, again.minis)
    rng = np.random.default_rng(0)
    noisy = Recording(np.arange(5000) * 0.05, rng.normal(0.0, 4.0, (3, 5000)), "pA", "noise")
    assert noise_of(noisy) == pytest.approx(4.0, rel=0.05)


def test_two_sets_stand_side_by_side(found):
    figure = sweeps_figure([found, found], "two", 50.0, 900.0)
    assert figure.abreast == 2
    assert len(figure.column) == 8
    shares = figure.column[2].series[0].y
    assert shares == pytest.approx(100.0 * found.failures)
    bars, law = figure.column[6].series
    assert bars.y.sum() == 36
    assert np.trapezoid(law.y, law.x) == pytest.approx(36 * np.diff(bars.x)[0], rel=0.05)
