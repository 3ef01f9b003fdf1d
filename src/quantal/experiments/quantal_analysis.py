"""Everything that a physiologist measures in many trials of one synapse, in one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from quantal.errors import UsageError
from quantal.experiments.releases import CURRENTS, PRESYNAPTIC
from quantal.experiments.spontaneous import Spontaneous, spontaneous
from quantal.observables.deconvolution import deconvolved
from quantal.observables.estimate import Estimate, share
from quantal.observables.quanta import release_rate, synaptic_delay
from quantal.observables.quantal import (
    Ratio,
    events_after,
    latencies,
    paired_pulse_ratio,
    trial_amplitudes,
)
from quantal.observables.variance import Parabola, mean_variance_of
from quantal.trajectory import Trajectory
from quantal.units import CURRENT

WINDOW = 20.0
"""ms after the last stimulus in which a response is looked for, and before the first one."""
BIN = 0.1
"""ms, of the rate of release."""
FAILED = 0.5
"""A response smaller than so many quanta is a failure."""
SMOOTH = 0.005
"""Of the mean EPSC's peak: what the deconvolved rate may leave unexplained."""


@dataclass(frozen=True, eq=False)
class QuantalAnalysis:
    """Trials (k) of one current at times `time` (n,) in ms, and what they show.

    `currents` (k, n) in `unit`; `stimuli` (m,) in ms; `heights` (k, m) are amplitudes;
    `releases` are the times (ms) of all vesicles in each trial; `presynaptic` (n,) is the
    mean potential of the terminal, where it was recorded.
    """

    name: str
    unit: str
    time: np.ndarray
    currents: np.ndarray
    stimuli: np.ndarray
    heights: np.ndarray
    releases: list[np.ndarray]
    minis: Spontaneous | None
    presynaptic: np.ndarray | None = None

    @cached_property
    def window(self) -> float:
        """ms after the first stimulus that are its own."""
        return float(self.stimuli[1] - self.stimuli[0]) if len(self.stimuli) > 1 else WINDOW

    @cached_property
    def mean(self) -> np.ndarray:
        """The mean current (n,)."""
        return np.asarray(self.currents.mean(axis=0))

    @cached_property
    def counts(self) -> np.ndarray:
        """Vesicles released after the first stimulus (k,)."""
        return events_after(self.releases, float(self.stimuli[0]), self.window)

    @cached_property
    def quantum(self) -> float:
        """The mean size of a mini, signed; nan where there is none."""
        return self.minis.quantum.size.value if self.minis else float("nan")

    @cached_property
    def failed(self) -> float:
        """Size of the largest failure: half a quantum; without one, a hundredth of the mean."""
        if self.minis:
            return FAILED * abs(self.quantum)
        return 0.01 * abs(float(self.heights[:, 0].mean()))

    @cached_property
    def failing(self) -> np.ndarray:
        """Whether the first response of each trial (k,) is a failure."""
        first = self.heights[:, 0]
        towards = np.sign(self.quantum if self.minis else first.mean())
        return np.asarray(towards * first <= self.failed)

    @cached_property
    def failures(self) -> Estimate:
        """The share of trials whose first response is a failure."""
        return share(int(np.count_nonzero(self.failing)), len(self.failing))

    @cached_property
    def ratio(self) -> Ratio | None:
        """The second response over the first; None with one stimulus."""
        if self.heights.shape[1] < 2:
            return None
        return paired_pulse_ratio(self.heights[:, 0], self.heights[:, 1], self.failed)

    @cached_property
    def parabola(self) -> Parabola | None:
        """N, p and q from the responses to all stimuli; None where they allow none."""
        cv = self.minis.quantum.cv if self.minis else 0.0
        try:
            return mean_variance_of(self.heights, quantal_cv=cv if cv == cv else 0.0)
        except (ValueError, np.linalg.LinAlgError):
            return None

    @cached_property
    def latencies(self) -> np.ndarray:
        """ms from the first stimulus to the first vesicle, of the trials that release one."""
        return latencies(self.releases, float(self.stimuli[0]), self.window)

    @cached_property
    def delay(self) -> float:
        """ms from the peak of the terminal's potential to the onset of the mean current.

        From the stimulus, where the terminal was not recorded.
        """
        begin, end = float(self.stimuli[0]), float(self.stimuli[0]) + self.window
        part = (self.time >= begin) & (self.time <= end)
        time, mean = self.time[part], self.mean[part]
        before = np.zeros(len(time)) if self.presynaptic is None else self.presynaptic[part]
        return synaptic_delay(time, before, mean)

    @cached_property
    def edges(self) -> np.ndarray:
        """ms: bins of the rate of release, from before the first stimulus to the run's end."""
        begin = max(float(self.stimuli[0]) - WINDOW, float(self.time[0]))
        end = min(float(self.stimuli[-1]) + 2 * WINDOW, float(self.time[-1]))
        return begin + BIN * np.arange(int((end - begin) / BIN + 1e-9) + 1)

    @cached_property
    def rate(self) -> np.ndarray:
        """Vesicles per ms and trial in each bin, counted."""
        return release_rate(self.releases, self.edges)

    @cached_property
    def deconvolved(self) -> np.ndarray | None:
        """The same (n,) at `time`, from the mean current and the mean mini alone."""
        if self.minis is None:
            return None
        onset = int(np.argmin(np.abs(self.minis.offsets)))
        base = self.mean - self.mean[max(np.searchsorted(self.time, self.stimuli[0]) - 1, 0)]
        noise = SMOOTH * float(np.abs(base).max())
        return deconvolved(self.time, base, self.minis.waveform[onset:], noise)


def analyse(trajectory: Trajectory, current: str | None = None) -> QuantalAnalysis:
    """Measure the trials of a run.

    Args:
        trajectory: several trials with one or more stimuli.
        current: a name that was recorded; else the role `epsc`, `ipsc` or `psc`.

    Raises:
        UsageError: one trial, no stimulus, or no such current.
    """
    if trajectory.trials is None or len(trajectory.trials) < 2:
        raise UsageError("one trial varies from no other: run several, with `trials`")
    stimuli = stimuli_of(trajectory)
    if not stimuli:
        raise UsageError("nothing was stimulated: give a train, such as `stimulus every 20 ms`")
    name = current or next((role for role in CURRENTS if role in trajectory), None)
    if name is None:
        raise UsageError("no role says which current to measure; name one")
    time, values = trajectory.time, trajectory[name]
    if trajectory.units[name].dimension != CURRENT:
        raise UsageError(f"`{name}` is no current; it is in [{trajectory.units[name].text}]")
    releases = _releases(trajectory)
    even = len(time) > 2 and bool(np.allclose(np.diff(time), time[1] - time[0]))
    found = spontaneous(time, values, releases, stimuli[0]) if even else None
    potential = next((role for role in PRESYNAPTIC if _known(trajectory, role)), None)
    return QuantalAnalysis(
        name, trajectory.units[name].text, time, values, np.array(stimuli),
        trial_amplitudes(time, values, stimuli, WINDOW), releases, found,
        None if potential is None else trajectory[potential].mean(axis=0),
    )  # fmt: skip


def stimuli_of(trajectory: Trajectory) -> list[float]:
    """Times of the event that comes most often in the protocol, before the run's end."""
    end = float(trajectory.time[-1])
    trains = [[t for t in times if t < end] for times in trajectory.events.values()]
    return max(trains, key=len, default=[])


def _known(trajectory: Trajectory, name: str) -> bool:
    return name in trajectory and bool(np.isfinite(trajectory[name]).all())


def _releases(trajectory: Trajectory) -> list[np.ndarray]:
    """Times of vesicles in each trial, of all reactions that release one."""
    assert trajectory.trials is not None
    names = trajectory.made_by.get("released", ())
    kept: Sequence[list[np.ndarray]] = [
        trajectory.firings[name] for name in names if name in trajectory.firings
    ]
    empty = [np.zeros(0)] * len(trajectory.trials)
    return [np.sort(np.concatenate(each)) for each in zip(empty, *kept, strict=True)]
