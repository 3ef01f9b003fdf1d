"""Minis of many trials: found in the current as in a recording, against what was released."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quantal.observables.estimate import Estimate
from quantal.observables.minis import aligned, detect
from quantal.observables.quanta import Quantum, quantum_of

BEFORE, AFTER = 1.0, 12.0
"""ms of a single quantum's current that is kept before and after its onset."""
ENOUGH = 5
"""Quanta of the quiet time, for their mean to be the template."""
LEAST_SHARE = 0.3
"""Of the mean quantum: smaller than that is no mini, nor the tail of one."""


@dataclass(frozen=True, eq=False)
class Spontaneous:
    """What single quanta look like and how often they come.

    `waveform` (m,) at `offsets` (m,) in ms is the mean current of the `averaged` quanta that
    were alone; `amplitudes` (k,) are those of the minis found in the quiet time before the
    first stimulus, `times` (k,) theirs, in ms, with the quiet parts of the trials laid end
    to end, `duration` ms in all; `released` vesicles fused in it.
    """

    offsets: np.ndarray
    waveform: np.ndarray
    averaged: int
    amplitudes: np.ndarray
    times: np.ndarray
    duration: float
    released: int

    @property
    def intervals(self) -> np.ndarray:
        """ms between successive minis (k - 1,)."""
        return np.diff(self.times)

    @property
    def rate(self) -> Estimate:
        """Minis per second, with the exact interval of a Poisson count (Garwood 1936)."""
        from scipy.special import gammaincinv

        k, seconds = len(self.times), self.duration / 1e3
        if not seconds > 0.0:
            return Estimate(float("nan"))
        low = float(gammaincinv(k, 0.025)) if k else 0.0
        return Estimate(k / seconds, low / seconds, float(gammaincinv(k + 1, 0.975)) / seconds)

    @property
    def quantum(self) -> Quantum:
        """Of the minis; where none was found, of the mean single quantum."""
        if len(self.amplitudes):
            return quantum_of(self.amplitudes)
        return quantum_of(self.waveform[[int(np.argmax(np.abs(self.waveform)))]])


def spontaneous(
    time: np.ndarray, currents: np.ndarray, releases: Sequence[np.ndarray], until: float
) -> Spontaneous | None:
    """Minis in trials (k, n) before `until` ms; None where no quantum was ever alone.

    The template is the mean current of quanta that were released alone, in the quiet time or,
    where too few were, in the whole trial; with it minis are found in the current (Clements &
    Bekkers 1997).
    """
    offsets, single = _alone(time, currents, [times[times < until - AFTER] for times in releases])
    if len(single) < ENOUGH:
        offsets, single = _alone(time, currents, releases)
    if not len(single):
        return None
    waveform = single.mean(axis=0)
    place = int(np.argmax(np.abs(waveform)))
    size, quiet = float(waveform[place]), time < until
    if size == 0.0:
        return None
    length = float(until - time[0]) if quiet.any() else 0.0
    heights, moments = [np.zeros(0)], [np.zeros(0)]
    for trial, row in enumerate(currents):
        part = row[quiet]
        # Nothing was released, and nothing is written over it: no need to look.
        if len(part) <= len(waveform) or np.ptp(part) < LEAST_SHARE * abs(size):
            continue
        found = detect(
            time[quiet], part, waveform / size, least=LEAST_SHARE * abs(size), onset=BEFORE,
            sign=1 if size > 0 else -1,
        )  # fmt: skip
        heights.append(found.amplitudes)
        moments.append(found.times - time[0] + trial * length)
    released = sum(np.count_nonzero((times >= time[0]) & (times < until)) for times in releases)
    return Spontaneous(
        offsets, waveform, len(single), np.concatenate(heights), np.concatenate(moments),
        length * len(currents), int(released),
    )  # fmt: skip


def _alone(
    time: np.ndarray, currents: np.ndarray, releases: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Times from the onset (m,) and the currents (k, m) of quanta that were alone."""
    pieces = [
        aligned(time, row, times, BEFORE, AFTER)
        for row, times in zip(currents, releases, strict=True)
    ]
    return pieces[0][0], np.concatenate([found for _, found in pieces])
