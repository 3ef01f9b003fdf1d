"""Sweeps, recorded or simulated, measured in one way: failures, and minis between stimuli."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from quantal.interop.evoked import Evoked, evoked
from quantal.interop.recording import Recording
from quantal.observables.minis import detect, event_template

RISE, DECAY = 0.3, 2.5
"""ms: time constants of the template of an EPSC."""
APART = 10.0
"""ms within which two events are found as one: the tail of a slow one passes for a small one."""


@dataclass(frozen=True, eq=False)
class Sweeps:
    """What sweeps (k, n) at `time` (n,) in ms show.

    `responses` are the evoked ones; `minis` (m,) are amplitudes, in the recording's unit, of
    the events found in the quiet part, `intervals` (ms) lie between those of one sweep, and
    `seconds` is how long the quiet parts are together.
    """

    title: str
    unit: str
    time: np.ndarray
    sweeps: np.ndarray
    responses: Evoked
    minis: np.ndarray
    intervals: np.ndarray
    seconds: float

    @property
    def failures(self) -> np.ndarray:
        """The share of sweeps in which each stimulus (m,) failed."""
        return np.asarray(self.responses.failed.mean(axis=0))


def measured_sweeps(
    recording: Recording, title: str, quiet: tuple[float, float],
    stimuli: np.ndarray | None = None, noise: float = 0.0, seed: int = 0,
) -> Sweeps:  # fmt: skip
    """Measure the sweeps of a recording, or of a simulation in its place.

    Minis are inward events found by a scaled template with the time course of an EPSC
    (Clements & Bekkers 1997); evoked responses as `evoked` measures them.

    Args:
        recording: its sweeps.
        title: what it is.
        quiet: from and until when, in ms, minis are looked for.
        stimuli: times (m,) in ms; found by their artefacts if not given.
        noise: standard deviation of white noise that is added first, as an amplifier would.
        seed: of that noise.

    Raises:
        RecordingError: no stimuli are given, and none are found.
    """
    if noise > 0.0:
        added = np.random.default_rng(seed).normal(0.0, noise, recording.sweeps.shape)
        recording = replace(recording, sweeps=recording.sweeps + added)
    responses = evoked(recording, stimuli)
    time = recording.time
    part = (time >= quiet[0]) & (time < quiet[1])
    template = event_template(recording.interval, RISE, DECAY)
    found = [detect(time[part], sweep[part], template, apart=APART) for sweep in recording.sweeps]
    return Sweeps(
        title, recording.unit, time, responses.sweeps, responses,
        np.concatenate([each.amplitudes for each in found]),
        np.concatenate([np.diff(each.times) for each in found]),
        float(quiet[1] - quiet[0]) * len(found) / 1e3,
    )  # fmt: skip


def noise_of(recording: Recording) -> float:
    """Standard deviation of a recording's noise at one sample, from its differences."""
    steps = np.diff(recording.sweeps, axis=1)
    return float(1.4826 * np.median(np.abs(steps - np.median(steps))) / np.sqrt(2.0))
