"""Amplitudes of evoked currents, sweep by sweep."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantal.interop.artefacts import blanked, stimulus_times
from quantal.interop.recording import Recording

BASELINE = 3.0
"""ms before a stimulus over which the baseline is the median."""
BLANK_BEFORE, BLANK_AFTER = 0.3, 2.0
"""ms around a stimulus that its artefact spoils."""
SMOOTHING = 0.5
"""ms over which a trace is averaged before its peak is read."""
AROUND_THE_MEAN_PEAK = 2.5
"""ms by which a sweep's peak may lie from that of the mean of all sweeps."""
FAILURE = 3.0
"""A response smaller than this many standard deviations of the smoothed baseline failed."""
LONGEST_WINDOW = 40.0
"""ms after the last stimulus in which its response is looked for."""


@dataclass(frozen=True, eq=False)
class Evoked:
    """What each stimulus evoked in each sweep.

    `stimuli` (k,) in ms; `amplitudes` (sweeps, k) in the recording's unit, signed, peak
    minus baseline, failures included at the size they have; `failed` (sweeps, k);
    `sweeps` (sweeps, n) with the median before the first stimulus taken off and the artefacts
    blanked (nan).
    """

    stimuli: np.ndarray
    amplitudes: np.ndarray
    failed: np.ndarray
    time: np.ndarray
    sweeps: np.ndarray

    @property
    def mean_sweep(self) -> np.ndarray:
        """The mean of the sweeps (n,); nan where artefacts are blanked."""
        return np.asarray(self.sweeps.mean(axis=0))


def evoked(recording: Recording, stimuli: np.ndarray | None = None) -> Evoked:
    """Measure the response to every stimulus of a recording.

    The baseline is the median of the 3 ms before the stimulus's artefact. The mean over
    the sweeps says which way the response goes and when it peaks; each sweep is then read
    within 2.5 ms of that time, after averaging over 0.5 ms, so that a failure gives
    almost nothing instead of the largest swing of the noise in a long window.

    Raises:
        RecordingError: no stimulus artefacts were found.
    """
    moments = stimulus_times(recording) if stimuli is None else np.asarray(stimuli, dtype=float)
    time = recording.time
    clean = blanked(time, recording.sweeps, moments, BLANK_BEFORE, BLANK_AFTER)
    first = _before(time, moments[0])
    clean = clean - np.nanmedian(clean[:, time < moments[0]], axis=1, keepdims=True)
    smooth = _smoothed(clean, max(1, round(SMOOTHING / recording.interval)))
    noise = float(np.nanmedian(np.nanstd(smooth[:, first], axis=1)))
    ends = np.append(moments[1:], min(float(time[-1]), moments[-1] + LONGEST_WINDOW))
    columns = [
        _amplitudes(time, clean, smooth, float(start), float(end))
        for start, end in zip(moments, ends, strict=True)
    ]
    amplitudes = np.stack(columns, axis=1)
    return Evoked(moments, amplitudes, np.abs(amplitudes) < FAILURE * noise, time, clean)


def _amplitudes(
    time: np.ndarray, clean: np.ndarray, smooth: np.ndarray, start: float, end: float
) -> np.ndarray:
    baseline = np.median(clean[:, _before(time, start)], axis=1)
    after = (time > start + BLANK_AFTER + SMOOTHING) & (time < end - BLANK_BEFORE - SMOOTHING)
    departure = smooth[:, after] - baseline[:, None]
    mean = departure.mean(axis=0)
    top = int(np.argmax(np.abs(mean)))
    near = np.abs(time[after] - time[after][top]) <= AROUND_THE_MEAN_PEAK
    direction = 1.0 if mean[top] > 0.0 else -1.0
    return np.asarray(direction * np.max(direction * departure[:, near], axis=1))


def _before(time: np.ndarray, stimulus: float) -> np.ndarray:
    begin = max(stimulus - BLANK_BEFORE - BASELINE, float(time[0]))
    return (time >= begin) & (time < stimulus - BLANK_BEFORE)


def _smoothed(sweeps: np.ndarray, width: int) -> np.ndarray:
    """A running mean over `width` samples along the last axis; nan spreads by half of it."""
    kernel = np.ones(width) / width
    return np.stack([np.convolve(sweep, kernel, mode="same") for sweep in sweeps])
