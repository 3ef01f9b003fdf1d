"""What many trials of one synapse show, as a table: responses, failures, ratios, events."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from quantal.observables.quantal import (
    coefficient_of_variation,
    events_after,
    failure_rate,
    latencies,
    paired_pulse_ratio,
    trial_amplitudes,
)
from quantal.trajectory import Trajectory
from quantal.units import CURRENT

Row = tuple[str, float, str]
EventRow = tuple[str, float, float, float, float | None]

WINDOW = 20.0
"""Without a next stimulus, events within so many ms belong to a stimulus."""


def responses(trajectory: Trajectory, names: Iterable[str]) -> list[Row]:
    """Rows (what, value, unit) on the last current among `names`, over the trials of a run.

    The mean response to the first stimulus, its variation, its failures, and the second
    over the first both ways. Nothing without trials or stimuli.
    """
    stimuli = stimuli_of(trajectory)
    if trajectory.trials is None or len(trajectory.trials) < 2 or not stimuli:
        return []
    currents = [n for n in names if trajectory.units[n].dimension == CURRENT]
    return [row for name in currents[-1:] for row in _responses(trajectory, name, stimuli)]


def single_events(trajectory: Trajectory) -> list[EventRow]:
    """Rows on reactions and events whose times were kept in each trial.

    (name, events in a trial, their standard deviation, those after the first stimulus, the
    median delay of the first of them in ms). `sites.near_full3` counts as `sites.near_full`.
    """
    if trajectory.trials is None or len(trajectory.trials) < 2:
        return []
    stimuli = stimuli_of(trajectory)
    groups: dict[str, list[list[np.ndarray]]] = {}
    for name, trials in trajectory.firings.items():
        groups.setdefault(name.rstrip("0123456789"), []).append(list(trials))
    rows = []
    for name, members in groups.items():
        merged = [np.sort(np.concatenate(each)) for each in zip(*members, strict=True)]
        if any(len(times) for times in merged):
            rows.append(_event_row(name, merged, stimuli))
    return rows


def _event_row(name: str, firings: list[np.ndarray], stimuli: list[float]) -> EventRow:
    counts = np.array([len(times) for times in firings])
    begin = stimuli[0] if stimuli else 0.0
    length = stimuli[1] - begin if len(stimuli) > 1 else WINDOW
    delays = latencies(firings, begin, length)
    return (
        name, float(counts.mean()), float(counts.std(ddof=1)),
        float(events_after(firings, begin, length).mean()),
        float(np.median(delays)) if len(delays) else None,
    )  # fmt: skip


def stimuli_of(trajectory: Trajectory) -> list[float]:
    """Times of the event that comes most often in the protocol, before the run's end."""
    end = float(trajectory.time[-1])
    trains = [[t for t in times if t < end] for times in trajectory.events.values()]
    return max(trains, key=len, default=[])


def _responses(trajectory: Trajectory, name: str, stimuli: list[float]) -> list[Row]:
    heights = trial_amplitudes(trajectory.time, trajectory[name], stimuli)
    unit = trajectory.units[name].text
    first = heights[:, 0]
    rows: list[Row] = [
        (f"{name}: mean of the first response", float(first.mean()), unit),
        (f"{name}: its coefficient of variation", coefficient_of_variation(first), ""),
        (f"{name}: failures of the first", 100.0 * failure_rate(first, _nothing(first)), "%"),
    ]
    if heights.shape[1] > 1:
        ratio = paired_pulse_ratio(first, heights[:, 1])
        rows += [
            (f"{name}: second/first, ratio of means", ratio.of_means, ""),
            (f"{name}: second/first, mean of {ratio.used} ratios", ratio.mean_of, ""),
        ]
    return rows


def _nothing(heights: np.ndarray) -> float:
    """A hundredth of the mean response: no quantum is as small."""
    return 0.01 * float(np.abs(heights).mean())
