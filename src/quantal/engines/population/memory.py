"""The arrays of one tile on which the compiled loop works."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantal.engines.population.acts import Acts
from quantal.engines.population.plan import Array, Chunk, Plan
from quantal.kernels.population.layout import Layout
from quantal.kernels.population.loop import GROUP
from quantal.kernels.population.slots import Slots

Values = np.ndarray[Any, Any]
LINE = 64
"""Bytes of a cache line."""


class Memory:
    """Arrays for `count` instances; `width` of them make a vector, `GROUP` vectors a group.

    `state` and `own` are (vectors, entries, width); lanes without an instance repeat the last
    one. `shared` is (1, entries, register): the step's length, parameters, and what follows.
    What every step of a group touches lies side by side in one piece of memory: in pieces
    that lie anywhere, lines push one another out of the nearest cache, which costs up to 40 %.
    """

    def __init__(self, layout: Layout, count: int) -> None:
        self.layout, self.count = layout, count
        self.kind = np.float32 if layout.element == "float" else np.float64
        self.per_group = GROUP * layout.width
        self.groups = -(-count // self.per_group)
        self.lanes = self.groups * self.per_group
        self.vectors = self.groups * GROUP
        self.slots = Slots()
        width = layout.width
        near = {
            "shared": (1, layout.shared, layout.register),
            "scratch": (GROUP, layout.scratch, width),
            "group": (GROUP, layout.states, width),
            "shared_work": (1, layout.shared, layout.register),
            "own_work": (1, layout.own, width),
            "work": (1, layout.states, width),
            "trial": (1, layout.states, width),
        }
        arrays = self._side_by_side(near)
        arrays |= self._side_by_side({"state": (self.vectors, layout.states, width)})
        arrays |= self._side_by_side({"own": (self.vectors, layout.own, width)})
        self.state, self.own = arrays["state"], arrays["own"]
        self.shared, self.shared_work = arrays["shared"], arrays["shared_work"]
        self.scratch = arrays["scratch"]
        self.slots.set("groups", self.groups)
        self.slots.set("lanes", self.lanes)

    def _side_by_side(self, shapes: dict[str, tuple[int, int, int]]) -> dict[str, Values]:
        """Arrays of these shapes one behind another, each at the start of a cache line."""
        size = np.dtype(self.kind).itemsize
        shapes = {name: (a, max(b, 1), c) for name, (a, b, c) in shapes.items()}
        counts = {name: int(np.prod(shape)) * size for name, shape in shapes.items()}
        raw = np.zeros(sum(counts.values()) + LINE * (len(shapes) + 1), dtype=np.uint8)
        place = -raw.ctypes.data % LINE
        arrays: dict[str, Values] = {}
        for name, shape in shapes.items():
            part = raw[place : place + counts[name]]
            arrays[name] = part.view(self.kind).reshape(shape)
            self.slots.point(name, arrays[name])
            place += -(-counts[name] // LINE) * LINE
        return arrays

    def put(self, array: Values, place: int, values: Any) -> None:
        """One entry of all instances."""
        whole = np.empty(self.lanes)
        whole[: self.count] = values
        whole[self.count :] = whole[self.count - 1]
        with np.errstate(over="ignore"):
            array[:, place, :] = whole.reshape(self.vectors, -1)

    def get(self, place: int) -> Values:
        """One state of all lanes (lanes,)."""
        return np.ascontiguousarray(self.state[:, place, :]).reshape(-1)

    def blank(self, lanes: Values) -> None:
        """Instances that failed are not a number from here on."""
        if lanes.any():
            where = np.broadcast_to(lanes.reshape(self.vectors, 1, -1), self.state.shape)
            self.state[where] = np.nan

    def point(self, chunk: Chunk, plan: Plan, happening: Acts | None, out: Values) -> None:
        """What the loop needs to know of a chunk of steps, and of what happens in it."""
        slots, looks = self.slots, chunk.looks
        slots.set("steps", chunk.steps)
        slots.point("rows", self.typed(chunk.rows))
        slots.point("out", out)
        slots.point("out_row", chunk.out_row)
        slots.set("looks", len(looks.step))
        slots.point("look_step", np.append(looks.step, -1))
        slots.point("look_row", np.append(looks.row, -1))
        slots.point("look_length", self.typed(np.append(looks.length, 0.0)))
        start = chunk.edges[looks.step]
        slots.point("look_rows", self.typed(plan.rows(start, start + looks.length)))
        slots.set("acts", 0 if happening is None else len(happening.step))
        if happening is None:
            return
        for name in ("step", "lane", "first", "last", "handler", "out"):
            slots.point(f"act_{name}", getattr(happening, name))
        for name in ("length", "rows", "event_rows"):
            slots.point(f"act_{name}", self.typed(getattr(happening, name)))
        slots.point("done", np.empty(len(happening.step) * self.layout.states, self.kind))

    def typed(self, values: Array) -> Values:
        """In the run's precision, never empty."""
        with np.errstate(over="ignore"):
            typed = np.ascontiguousarray(values, dtype=self.kind)
        return typed if typed.size else np.zeros(1, self.kind)
