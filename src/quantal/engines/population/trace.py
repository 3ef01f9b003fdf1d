"""When and where one instance ceased to be finite: its chunk again, step by step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from quantal.engines.population.acts import Acts
from quantal.engines.population.bounds import said
from quantal.engines.population.job import Job
from quantal.engines.population.plan import Chunk
from quantal.kernels.population.loop import GROUP
from quantal.kernels.population.slots import Slots


def trace(
    job: Job, chunk: Chunk, happening: Acts | None, before: np.ndarray[Any, Any],
    own: np.ndarray[Any, Any], shared: np.ndarray[Any, Any],
    limits: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]], lane: int,
) -> tuple[float, str] | None:  # fmt: skip
    """The end (ms) of the first step after which a state has no possible value, and which.

    Args:
        job: the run.
        chunk: the steps in which it happened.
        happening: the pieces of steps of the chunk.
        before: the tile's states before the chunk (vectors, states, width).
        own: what the instances have of their own (vectors, entries, width).
        shared: what all share.
        limits: the lowest and highest possible value of each state.
        lane: the instance's place in the tile.
    """
    layout = job.kernel.layout
    vector, inside = divmod(lane, layout.width)
    slots = Slots()

    def point(name: str, values: Any) -> np.ndarray[Any, Any]:
        array = np.ascontiguousarray(values)
        slots.point(name, array)
        return array

    def alone(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        one = array[vector, :, inside][None, :, None]
        return np.broadcast_to(one, (GROUP, array.shape[1], layout.width)).copy()

    kind = before.dtype
    state = point("state", alone(before))
    point("group", np.zeros_like(state))
    point("own", alone(own))
    point("shared", shared)
    point("scratch", np.zeros((GROUP, max(layout.scratch, 1), layout.width), kind))
    for name in ("work", "trial"):
        point(name, np.zeros((1, layout.states, layout.width), kind))
    point("own_work", np.zeros((1, max(layout.own, 1), layout.width), kind))
    point("shared_work", shared.copy())
    point("kept", np.zeros(1, np.int64))
    point("out", np.zeros(1, kind))
    point("out_row", np.full(1, -1, np.int64))
    slots.set("groups", 1)
    slots.set("steps", 1)
    for step in range(chunk.steps):
        point("rows", chunk.rows[step : step + 1].astype(kind))
        _act(slots, happening, step, lane, kind, layout.states)
        job.kernel.advance(slots.address)
        values = state[0, :, 0]
        bad = ~((values >= limits[0]) & (values <= limits[1]))
        if bad.any():
            which = int(np.flatnonzero(bad)[0])
            state_of, value = job.program.states[which], float(values[which])
            return float(chunk.edges[step + 1]), said(state_of, value, layout.element == "float")
    return None


def _act(
    slots: Slots, happening: Acts | None, step: int, lane: int, kind: Any, states: int
) -> None:
    slots.set("acts", 0)
    if happening is None:
        return
    mine = (happening.step == step) & (happening.lane == lane) & (happening.out < 0)
    count = int(mine.sum())
    if not count:
        return
    chosen = replace(happening, **{name: value[mine] for name, value in vars(happening).items()})
    whole = np.zeros(count, np.int64)
    slots.set("acts", count)
    for name in ("first", "last", "handler", "out"):
        slots.point(f"act_{name}", np.ascontiguousarray(getattr(chosen, name)))
    first = np.zeros(count, np.int64)
    first[0] = 1
    slots.point("act_first", first)
    slots.point("act_step", whole)
    slots.point("act_lane", whole)
    for name in ("length", "rows", "event_rows"):
        values = np.ascontiguousarray(getattr(chosen, name), dtype=kind)
        slots.point(f"act_{name}", values)
    slots.point("done", np.zeros(count * states, kind))
