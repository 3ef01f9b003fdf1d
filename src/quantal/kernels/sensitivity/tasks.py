"""Functions to write over one graph: what each reads, and what it writes where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quantal.kernels.generate.ir import Function
from quantal.kernels.generate.straight_line import StraightLine, near_places
from quantal.kernels.sensitivity.derive import (
    DRIFT,
    ENTRY,
    EXTRA,
    INCREMENT,
    PITCH,
    STAGE_DRIVE,
    STAGE_STATE,
    STAGE_TIME,
)
from quantal.kernels.symbolic.dag import Graph
from quantal.kernels.symbolic.equations import DRIVE, PARAMETER, STATE, TIME
from quantal.kernels.symbolic.jacobian import CLAMP_SLOPE, DRIVE_SLOPE, FREE

_ARRAYS = {
    STATE: "%y", PARAMETER: "%constants", DRIVE: "%drives", DRIVE_SLOPE: "%slopes",
    TIME: "%now", PITCH: "%pitch", ENTRY: "%lu", EXTRA: "%extra", FREE: "%free",
    CLAMP_SLOPE: "%clamp_slopes", INCREMENT: "%increment", DRIFT: "%drift",
    STAGE_STATE: "%argument", STAGE_DRIVE: "%stage_drives", STAGE_TIME: "%stage_now",
}  # fmt: skip

POINT = (STATE, PARAMETER, DRIVE, TIME)
FACTOR = (*POINT, DRIVE_SLOPE, FREE, CLAMP_SLOPE, PITCH)
STAGE = (*POINT, FREE, EXTRA, ENTRY)
SLOPE = (*POINT, FREE)
PARTIALS = (*POINT, DRIVE_SLOPE, DRIFT, INCREMENT, STAGE_STATE, STAGE_DRIVE, STAGE_TIME)
SLOPE_PARTIALS = (PARAMETER, STAGE_STATE, STAGE_DRIVE, STAGE_TIME)


@dataclass(frozen=True)
class Task:
    """A function: its inputs, and for each array that it writes the nodes and their places.

    A `padded` array has room for whole vectors; what is called `often` keeps its exponentials.
    """

    name: str
    inputs: Sequence[str]
    results: Sequence[tuple[str, Sequence[int], Sequence[int] | None]]
    internal: bool = True
    padded: bool = False
    often: bool = False

    @property
    def nodes(self) -> list[int]:
        """All that it writes."""
        return [node for _, found, _ in self.results for node in found]


def written(
    graph: Graph, tasks: Sequence[Task], once: Sequence[int], given: Mapping[int, tuple[str, int]],
    parameters: int,
) -> tuple[list[Function], int]:  # fmt: skip
    """All functions, with `prepare` for the constants; and how much scratch they need."""
    kept = [near_places(graph, task.nodes) if task.often else 0 for task in tasks]
    free = sum(kept)
    prepare = StraightLine(
        "prepare", ["constants", "scratch"], graph, _ARRAYS, internal=False, free=free
    )
    prepare.store(once, "%constants", parameters)
    functions, scratch = prepare.functions(), prepare.scratch
    for number, task in enumerate(tasks):
        names = [_ARRAYS[kind][1:] for kind in task.inputs]
        names += [result for result, _, _ in task.results] + ["scratch"]
        near = sum(kept[:number]) if task.often else None
        code = StraightLine(
            task.name, list(dict.fromkeys(names)), graph, _ARRAYS, given, task.internal, near, free
        )
        for result, nodes, places in task.results:
            if places is None:
                code.store(nodes, f"%{result}", padded=task.padded)
            else:
                code.store_at_end(nodes, f"%{result}", places)
        functions += code.functions()
        scratch = max(scratch, code.scratch)
    return functions, scratch
