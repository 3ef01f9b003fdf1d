"""Stimulus artefacts in a recording: where they are, and blanking them.

A stimulus leaves a spike that goes up *and* down within a millisecond, each way faster than
any synaptic current moves. The speed in the slower of the two directions tells it from a
step of the command potential (fast one way only) and from an EPSC (slow). A true artefact
also comes at the same time in most sweeps.
"""

from __future__ import annotations

import numpy as np

from quantal.errors import RecordingError
from quantal.interop.recording import Recording

_WIDTH = 1.5
"""ms within which an artefact goes both ways."""
_NOISE_RATIO = 30.0
"""How many times the noise of the slope an artefact must exceed, both ways."""
_EDGE_RATIO = 5.0
"""The same for its beginning."""
_LARGEST_SHARE = 0.2
"""Artefacts of one stimulator are alike: weaker ones than this share of the largest are not."""
_JITTER = 0.5
"""ms by which one stimulus may differ between sweeps."""
_SLOWEST_SAMPLING = 0.25
"""ms; with samples farther apart an artefact cannot be told from an EPSC."""


def artefacts_of(time: np.ndarray, sweep: np.ndarray) -> np.ndarray:
    """Times (k,) in ms at which the artefacts of one sweep (n,) begin."""
    slope = np.diff(sweep) / np.diff(time)
    noise = _noise(slope)
    steep = np.flatnonzero(np.abs(slope) > _EDGE_RATIO * noise)
    if steep.size == 0:
        return np.empty(0)
    found: list[tuple[float, float]] = []
    for start in _starts(time, steep):
        inside = slope[(time[:-1] >= time[start]) & (time[:-1] < time[start] + _WIDTH)]
        found.append((float(time[start]), float(min(inside.max(), -inside.min()))))
    times, strengths = (np.array(column) for column in zip(*found, strict=True))
    least = max(_NOISE_RATIO * noise, _LARGEST_SHARE * float(strengths.max()))
    return np.asarray(times[strengths >= least])


def stimulus_times(recording: Recording) -> np.ndarray:
    """Times (k,) in ms of the stimuli: artefacts that more than half of the sweeps share.

    Raises:
        RecordingError: there are none, or the sampling is too coarse to see them.
    """
    if recording.interval > _SLOWEST_SAMPLING:
        raise RecordingError(
            f"{recording.name}: one sample every {recording.interval:.3g} ms is too coarse to "
            f"find stimulus artefacts; {_SLOWEST_SAMPLING:g} ms or less is needed"
        )
    per_sweep = [artefacts_of(recording.time, sweep) for sweep in recording.sweeps]
    pooled = np.sort(np.concatenate(per_sweep))
    groups = np.split(pooled, np.flatnonzero(np.diff(pooled) > _JITTER) + 1)
    enough = 0.5 * len(per_sweep)
    times = np.array([np.median(group) for group in groups if group.size > enough])
    if times.size == 0:
        raise RecordingError(
            f"{recording.name}: no stimulus artefacts were found in its {len(per_sweep)} sweeps"
        )
    return times


def blanked(
    time: np.ndarray, sweeps: np.ndarray, stimuli: np.ndarray, before: float = 0.3,
    after: float = 2.0,
) -> np.ndarray:  # fmt: skip
    """Sweeps (..., n) with nan from `before` to `after` ms around each stimulus."""
    clean = np.array(sweeps, dtype=float)
    for stimulus in stimuli:
        clean[..., (time >= stimulus - before) & (time <= stimulus + after)] = np.nan
    return clean


def _noise(slope: np.ndarray) -> float:
    """Standard deviation of the slope between events, from its median absolute deviation."""
    spread = 1.4826 * float(np.median(np.abs(slope - np.median(slope))))
    # In a quiet digitised trace half of the slopes are zero; one step is then the noise.
    if spread > 0.0:
        return spread
    moving = np.abs(slope[slope != 0.0])
    return float(np.min(moving)) if moving.size else 1.0


def _starts(time: np.ndarray, steep: np.ndarray) -> np.ndarray:
    """First samples of runs of steep slope that lie more than a width apart."""
    gaps = np.diff(time[steep]) > _WIDTH
    return np.asarray(steep[np.concatenate(([True], gaps))])
