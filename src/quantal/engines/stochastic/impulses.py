"""Single events of many trials as drives that change from step to step.

An event that adds at once (a quantum of transmitter) is given to the two steps whose middles lie
around it, in the shares that keep its time: the mean time of what was handed over is the event's
own, so that the error is of second order in the step. A count that jumps is its mean over each
step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]
Whole = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, eq=False)
class Happened:
    """Events of some trials: `time` (n,) ms, `kind` (n,), `trial` (n,) from 0 on."""

    time: Array
    kind: Whole
    trial: Whole


@dataclass(frozen=True, eq=False)
class Effects:
    """What an event of each kind does: `impulse` and `jump` (drives, kinds)."""

    impulse: Array
    jump: Array


class Impulses:
    """Drives (steps, drives, trials) of events, piece by piece in order of time.

    Args:
        edges: start and end (steps, 2) of all steps, ms; a step may have no length.
        start: the drives at the start (drives, trials).
        happened: the events.
        effects: what they do.
    """

    def __init__(self, edges: Array, start: Array, happened: Happened, effects: Effects) -> None:
        # In order of time, so that what follows is nearly sorted already.
        order = np.argsort(happened.time, kind="stable")
        happened = Happened(happened.time[order], happened.kind[order], happened.trial[order])
        self._level = start.copy()
        self._drives, self._trials = start.shape
        step, drive, trial, value = _shared_out(edges, happened, effects.impulse)
        self._impulse = _sorted(step, drive * self._trials + trial, value)
        step, drive, trial, value = _jumps(edges, happened, effects.jump)
        self._jump = _sorted(step, drive * self._trials + trial, value)
        self._jumping = np.flatnonzero(np.any(effects.jump != 0.0, axis=1))

    def part(self, first: int, count: int, width: int) -> Array:
        """Steps `first` to `first + count`; trials beyond the last repeat it up to `width`."""
        size = self._drives * self._trials
        table = np.zeros((count, size))
        _add(table, self._jump, first)
        if len(self._jumping):
            shaped = table.reshape(count, self._drives, self._trials)
            shaped[:, self._jumping] = np.cumsum(shaped[:, self._jumping], axis=0)
        change = table[-1].reshape(self._drives, self._trials).copy()
        table += self._level.reshape(1, size)
        self._level += change
        _add(table, self._impulse, first)
        whole = np.empty((count, self._drives, width))
        whole[:, :, : self._trials] = table.reshape(count, self._drives, self._trials)
        whole[:, :, self._trials :] = whole[:, :, self._trials - 1 : self._trials]
        return whole


_Entries = tuple[Whole, Whole, Array]


def _sorted(step: Whole, place: Whole, value: Array) -> _Entries:
    order = np.argsort(step, kind="stable")
    return step[order], place[order], value[order]


def _add(table: Array, entries: _Entries, first: int) -> None:
    step, place, value = entries
    a, b = np.searchsorted(step, [first, first + len(table)])
    np.add.at(table, (step[a:b] - first, place[a:b]), value[a:b])


def _expanded(
    happened: Happened, table: Array
) -> tuple[Array, Whole, Whole, Array]:  # fmt: skip
    """Every event once for each drive that it touches: time, drive, trial, size."""
    kind, drive = np.nonzero(table.T)
    first = np.searchsorted(kind, np.arange(table.shape[1] + 1))
    often = np.diff(first)[happened.kind]
    event = np.repeat(np.arange(len(happened.time)), often)
    within = np.arange(len(event)) - np.repeat(np.cumsum(often) - often, often)
    pair = first[happened.kind[event]] + within
    return (
        happened.time[event], drive[pair], happened.trial[event],
        table[drive[pair], kind[pair]],
    )  # fmt: skip


def _places(edges: Array, time: Array) -> tuple[Whole, Whole]:
    """Among the steps that have a length the one of each time; and the numbers of all those."""
    long = np.flatnonzero(edges[:, 1] > edges[:, 0])
    at = np.clip(np.searchsorted(edges[long, 0], time, side="right") - 1, 0, len(long) - 1)
    return at, long


def _shared_out(
    edges: Array, happened: Happened, table: Array
) -> tuple[Whole, Whole, Whole, Array]:
    time, drive, trial, size = _expanded(happened, table)
    at, long = _places(edges, time)
    start, end = edges[long].T
    middle, length = 0.5 * (start + end), end - start
    other = np.clip(np.where(time < middle[at], at - 1, at + 1), 0, len(long) - 1)
    apart = np.where(other == at, 1.0, np.abs(middle[other] - middle[at]))
    share = np.where(other == at, 0.0, np.abs(time - middle[at]) / apart)
    step = np.concatenate([at, other])
    given = np.concatenate([(1.0 - share) * size, share * size]) / length[step]
    return long[step], np.tile(drive, 2), np.tile(trial, 2), given


def _jumps(edges: Array, happened: Happened, table: Array) -> tuple[Whole, Whole, Whole, Array]:
    time, drive, trial, size = _expanded(happened, table)
    at, long = _places(edges, time)
    start, end = edges[long].T
    now = size * np.clip((end[at] - time) / (end[at] - start[at]), 0.0, 1.0)
    # The rest of it from the next step on; behind the last step nobody looks.
    after = long[at] + 1
    return (
        np.concatenate([long[at], after]), np.tile(drive, 2), np.tile(trial, 2),
        np.concatenate([now, size - now]),
    )  # fmt: skip
