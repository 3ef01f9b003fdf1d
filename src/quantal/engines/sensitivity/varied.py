"""What a solution is differentiated to, in a Program's own numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from quantal.engines.sensitivity.reduced import Reduced
from quantal.engines.sensitivity.start import leaves_at_start, start_tangents
from quantal.engines.workspace import Array
from quantal.kernels.sensitivity.directions import Direction
from quantal.stimulus import Piecewise, Stimulus


@dataclass(frozen=True, eq=False)
class Varied:
    """One of: a parameter's index, the state whose initial value it is, shapes of drives.

    `drives` and `clamps` hold, by index, the derivative of what drives a slot or holds a state.
    """

    name: str
    parameter: int | None = None
    initial: int | None = None
    drives: Mapping[int, Piecewise] = field(default_factory=dict)
    clamps: Mapping[int, Piecewise] = field(default_factory=dict)


def directions(
    given: Reduced, stimulus: Stimulus, y0: Array, varied: Sequence[Varied]
) -> tuple[list[Direction], Stimulus, Array]:
    """Directions for a kernel, the stimulus with the tables of derivatives, the first tangents.

    Args:
        given: the Program without clamped states.
        stimulus: what drives that.
        y0: its initial state (states,).
        varied: what is varied, in the numbers of the whole Program.
    """
    own = len(given.program.drives)
    tables = list(stimulus.drives)
    held = {state: own - len(given.clamped) + i for i, state in enumerate(given.clamped)}
    found = []
    for each in varied:
        shapes = dict(each.drives) | {held[state]: curve for state, curve in each.clamps.items()}
        pairs = []
        for drive, curve in shapes.items():
            pairs.append((drive, len(tables)))
            tables.append(curve)
        found.append(Direction(each.parameter, tuple(pairs)))
    if len(tables) > len(stimulus.drives):
        stimulus = replace(stimulus, drives=tuple(tables))
    place = {state: number for number, state in enumerate(given.kept)}
    initial = [None if each.initial is None else place[each.initial] for each in varied]
    leaves = leaves_at_start(given.program, stimulus, y0)
    start = start_tangents(given.program, leaves, found, initial)
    started = found
    if start.any():
        started = [
            replace(each, started=tuple(np.flatnonzero(start[:, number]).tolist()))
            for number, each in enumerate(found)
        ]
    return started, stimulus, start
