"""Stimulus artefacts: on sweeps made for the purpose, and on a real recording."""

from pathlib import Path

import numpy as np
import pytest

from quantal.errors import RecordingError
from quantal.interop.artefacts import artefacts_of, blanked, stimulus_times
from quantal.interop.evoked import evoked
from quantal.interop.recording import Recording, read

RECORDINGS = Path(__file__).parents[3] / "shared" / "data" / "recordings"
TRAINS = RECORDINGS / "evoked_epsc_trains_50hz.abf"
real = pytest.mark.skipif(not TRAINS.exists(), reason=f"{TRAINS} is not on this machine")

TIME = np.arange(0.0, 300.0, 0.05)
STIMULI = np.array([50.0, 70.0, 90.0, 110.0, 130.0])
HEIGHTS = np.array([-300.0, -180.0, -120.0, -90.0, -60.0])


def epsc(start):
    s = np.clip(TIME - start - 2.5, 0.0, None)
    return (np.exp(-s / 3.0) - np.exp(-s / 0.4)) / 0.6356


def sweep(seed, artefact=1000.0, failures=()):
    """Noise of 5 pA on a holding current of -40 pA, a command step, EPSCs and artefacts."""
    trace = np.random.default_rng(seed).normal(-40.0, 5.0, TIME.size)
    for number, (start, height) in enumerate(zip(STIMULI, HEIGHTS, strict=True)):
        if number not in failures:
            trace += height * epsc(start)
        shape = np.clip(TIME - start, 0.0, None)
        up_and_down = np.where(shape > 0.0, np.sin(2.0 * np.pi * shape / 0.4), 0.0)
        trace += artefact * np.where(shape < 0.4, up_and_down, 0.0)
    command = np.where(TIME > 220.0, 400.0 * np.exp(-(TIME - 220.0) / 0.5) - 10.0, 0.0)
    return trace + command


def recording(**options):
    return Recording(TIME, np.stack([sweep(seed, **options) for seed in range(6)]), "pA", "made")


def test_every_artefact_is_found_and_neither_epsc_nor_command_step():
    for seed in range(6):
        assert artefacts_of(TIME, sweep(seed)) == pytest.approx(STIMULI, abs=0.15)
    assert stimulus_times(recording()) == pytest.approx(STIMULI, abs=0.15)


def test_epscs_without_artefacts_are_no_stimuli():
    with pytest.raises(RecordingError, match="no stimulus artefacts"):
        stimulus_times(recording(artefact=0.0))


def test_an_artefact_of_one_sweep_is_no_stimulus():
    made = recording()
    made.sweeps[2, 4000:4008] += 1000.0 * np.sin(2.0 * np.pi * np.arange(8) / 8.0)
    assert len(artefacts_of(TIME, made.sweeps[2])) == 6
    assert len(stimulus_times(made)) == 5


def test_coarse_sampling_is_refused():
    coarse = Recording(TIME[::10], np.zeros((2, TIME[::10].size)), "pA", "coarse.abf")
    with pytest.raises(RecordingError, match="too coarse"):
        stimulus_times(coarse)


def test_blanking_leaves_the_rest():
    clean = blanked(TIME, sweep(0), STIMULI, before=0.3, after=2.0)
    inside = np.abs(TIME - 50.0 - 0.85) <= 1.15
    assert np.isnan(clean[inside]).all()
    assert np.isfinite(clean).sum() == TIME.size - 5 * 47
    assert np.isfinite(sweep(0)).all()


def test_amplitudes_are_those_that_were_put_in():
    result = evoked(recording())
    assert result.amplitudes.mean(axis=0) == pytest.approx(HEIGHTS, abs=12.0)
    assert not result.failed.any()


def test_failures_are_kept_and_small():
    result = evoked(recording(failures=(3,)))
    assert result.amplitudes.shape == (6, 5)
    assert np.abs(result.amplitudes[:, 3]).max() < 15.0
    assert result.amplitudes[:, 2].mean() == pytest.approx(HEIGHTS[2], abs=12.0)


@real
def test_the_five_stimuli_of_the_recording_are_found_in_every_sweep():
    trains = read(TRAINS)
    assert trains.sweeps.shape == (10, 50000)
    assert (trains.unit, trains.interval) == ("pA", pytest.approx(0.05))
    exact = 164.1 + 20.0 * np.arange(5)
    for one in trains.sweeps:
        assert artefacts_of(trains.time, one) == pytest.approx(exact, abs=0.15)
    assert stimulus_times(trains) == pytest.approx(exact, abs=0.06)


@real
def test_the_recorded_epscs_depress():
    result = evoked(read(TRAINS))
    mean = result.amplitudes.mean(axis=0)
    assert mean[0] == pytest.approx(-240.0, abs=15.0)
    assert np.all(mean < 0.0)
    assert np.all(mean[1:] / mean[0] < 0.65)
    assert not result.failed[:, 0].any()
    assert result.failed.any(), "some of the later responses fail"
