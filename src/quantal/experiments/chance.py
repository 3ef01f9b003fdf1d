"""Single events of many trials as a table: how many, and how late the first."""

from __future__ import annotations

import numpy as np

from quantal.experiments.quantal_analysis import WINDOW, stimuli_of
from quantal.observables.quantal import events_after, latencies
from quantal.trajectory import Trajectory

EventRow = tuple[str, float, float, float, float | None]


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
