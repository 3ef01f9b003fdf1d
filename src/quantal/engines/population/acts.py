"""Everything that happens to single instances of one tile during one chunk of steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantal.engines.population.cascade import Consequence
from quantal.engines.population.plan import Array, Chunk, Plan, Whole, placed
from quantal.expression import evaluate


@dataclass(frozen=True, eq=False)
class Agenda:
    """Handlers due in one tile, sorted by instance and time: lane, time (ms), handler."""

    lane: Whole
    time: Array
    handler: Whole


@dataclass(frozen=True, eq=False)
class Acts:
    """Pieces of steps, in the order in which the compiled loop meets them.

    Each advances one instance by `length`, then lets `handler` act (-1: none). `first` takes
    the instance out of the common step, `last` puts it back. A piece with `out` >= 0 only
    looks ahead and writes a row.
    """

    step: Whole
    lane: Whole
    first: Whole
    last: Whole
    length: Array
    handler: Whole
    out: Whole
    rows: Array
    event_rows: Array


def agenda(
    events: Sequence[tuple[str, Whole, Array]],
    follow: Mapping[str, Sequence[Consequence]],
    values: Mapping[str, Any],
    position: Mapping[int, int],
) -> Agenda:
    """What the events of a tile lead to.

    Args:
        events: for each event its name, the lanes (n,) and the times (n,), ms.
        follow: each event's consequences.
        values: parameters and definitions of them, numbers or arrays (lanes,).
        position: for each handler its place among those compiled.
    """
    lanes, times, handlers, turns = [], [], [], []
    for name, lane, time in events:
        for each in follow[name]:
            delay: Any = 0.0
            for expression in each.delays:
                delay = delay + np.maximum(evaluate(expression, values), 0.0)
            late = delay[lane] if np.ndim(delay) else float(delay)
            lanes.append(lane)
            times.append(time + late)
            handlers.append(np.full(len(lane), position[each.handler], dtype=np.int64))
            turns.append(np.full(len(lane), each.round * len(position) + position[each.handler]))
    if not lanes:
        none = np.zeros(0, dtype=np.int64)
        return Agenda(none, np.zeros(0), none)
    lane, time = np.concatenate(lanes), np.concatenate(times)
    order = np.lexsort((np.concatenate(turns), time, lane))
    return Agenda(lane[order], time[order], np.concatenate(handlers)[order])


def acts(due: Agenda, chunk: Chunk, plan: Plan, group: int) -> Acts | None:
    """The pieces of steps of one chunk; None where nothing happens to anyone.

    `group` is how many instances the compiled loop carries together.
    """
    now = (due.time > chunk.after) & (due.time <= chunk.until)
    if not now.any():
        return None
    step, when = placed(chunk.edges, due.time[now])
    return _pieces(due.lane[now], step, when, due.handler[now], chunk, plan, group)


def _pieces(
    lane: Whole, step: Whole, when: Array, handler: Whole, chunk: Chunk, plan: Plan, group: int
) -> Acts:
    """Events, looks and the rest of each step, each as a piece with its own length."""
    edges, looks = chunk.edges, chunk.looks
    # Steps and lanes as one whole number each: far faster to sort than pairs.
    lanes = int(lane.max()) + 1
    rest_step, rest_lane = np.divmod(np.unique(step * lanes + lane), lanes)
    parts: list[tuple[np.ndarray[Any, Any], ...]] = [
        (step, lane, when, np.zeros(len(lane)), handler, np.full(len(lane), -1))
    ]
    if len(looks.step):
        # Every sample time inside a step is looked at again for the instances taken out.
        first = np.searchsorted(looks.step, rest_step, side="left")
        last = np.searchsorted(looks.step, rest_step, side="right")
        count = last - first
        which = np.repeat(np.arange(len(rest_step)), count)
        inside = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        number = np.repeat(first, count) + inside
        at = edges[looks.step[number]] + looks.length[number]
        parts.append((
            rest_step[which], rest_lane[which], at, np.ones(len(which)),
            np.full(len(which), -1), looks.row[number],
        ))  # fmt: skip
    parts.append((
        rest_step, rest_lane, edges[rest_step + 1], np.full(len(rest_step), 2.0),
        np.full(len(rest_step), -1), np.full(len(rest_step), -1),
    ))  # fmt: skip
    columns: list[Any] = [np.concatenate([part[column] for part in parts]) for column in range(6)]
    step, lane, when, kind, handler, out = columns
    order = np.lexsort((kind, when, ((lane // group) * chunk.steps + step) * lanes + lane))
    step, lane, when, kind, handler, out = (each[order] for each in columns)
    first_of = np.ones(len(step), dtype=bool)
    first_of[1:] = (step[1:] != step[:-1]) | (lane[1:] != lane[:-1])
    before = _before(when, first_of, edges[step], kind == 1.0)
    whole = np.int64
    return Acts(
        step.astype(whole), lane.astype(whole), first_of.astype(whole),
        (kind == 2.0).astype(whole), when - before, handler.astype(whole), out.astype(whole),
        plan.rows(before, when), plan.rows(when, when),
    )  # fmt: skip


def _before(when: Array, first: np.ndarray, start: Array, looks: np.ndarray) -> Array:
    """For each piece, from where it advances: the last event before it, or the step's start."""
    # A look does not advance the instance; pieces in a step come in order of time, and the
    # largest time so far of what advances is kept within each instance's step.
    moves = np.where(looks, -np.inf, when)
    number = np.cumsum(first) - 1
    begin = np.flatnonzero(first)
    place = np.arange(len(when))
    source = np.where(looks, -1, place)
    reached = np.maximum.accumulate(source)
    previous = np.concatenate([[-1], reached[:-1]])
    inside = previous >= begin[number]
    return np.where(inside, moves[np.maximum(previous, 0)], start)
