"""From states to whatever is computed of them: the chain rule over all samples at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from quantal.engines.observe import Array
from quantal.expression import Name
from quantal.kernels.sensitivity.directions import Direction
from quantal.kernels.symbolic.dag import CONSTANT, Graph
from quantal.kernels.symbolic.derivative import gradients
from quantal.kernels.symbolic.equations import DRIVE, PARAMETER, STATE, TIME, Equations
from quantal.kernels.symbolic.interpret import interpret
from quantal.program import Program

Leaves = Mapping[tuple[str, int], Any]


class Names:
    """Some names of a Program, and their derivatives to states, parameters and drives."""

    def __init__(self, program: Program, names: Sequence[str]) -> None:
        self.names = list(names)
        self._graph = Graph()
        equations = Equations(self._graph, program)
        self._nodes = [equations.node(Name(program.roles.get(name, name))) for name in self.names]
        leaves = [
            *(self._graph.leaf(STATE, i) for i in range(len(program.states))),
            *(self._graph.leaf(PARAMETER, i, CONSTANT) for i in range(len(program.parameters))),
            *(self._graph.leaf(DRIVE, i) for i in range(len(program.drives))),
        ]
        found = gradients(self._graph, self._nodes, set(leaves))
        self._slopes = [
            {self._graph.leaf_of[leaf]: entry for leaf, entry in found[node].items()}
            for node in self._nodes
        ]

    def states(self) -> list[int]:
        """The states that some of the names depend on."""
        used = {i for slopes in self._slopes for kind, i in slopes if kind == STATE}
        return sorted(used)

    def slopes(self, leaves: Leaves) -> list[dict[tuple[str, int], Any]]:
        """For each name its derivatives, by (kind, index), over all samples."""
        result = []
        for slopes in self._slopes:
            values = interpret(self._graph, list(slopes.values()), leaves)
            result.append(dict(zip(slopes, values, strict=True)))
        return result


def leaves_of(
    times: Array, states: Array, drives: Sequence[Array], parameters: Iterable[Any]
) -> dict[tuple[str, int], Any]:
    """Values of everything that expressions are made of, over the samples."""
    found: dict[tuple[str, int], Any] = {(TIME, 0): times}
    found |= {(STATE, i): states[:, i] for i in range(states.shape[1])}
    found |= {(DRIVE, i): values for i, values in enumerate(drives)}
    found |= {(PARAMETER, i): values for i, values in enumerate(parameters)}
    return found


def tangents_of(
    slopes: Mapping[tuple[str, int], Any], watched: Sequence[int], tangents: Array,
    directions: Sequence[Direction], leaves: Leaves,
) -> Array:  # fmt: skip
    """One name's derivative to every direction, (samples, directions).

    Args:
        slopes: its derivatives to states, parameters and drives.
        watched: the states of which tangents are known.
        tangents: those (samples, watched, directions).
        directions: what is varied.
        leaves: values of everything else.
    """
    result = np.zeros((len(tangents), len(directions)))
    for place, state in enumerate(watched):
        slope = slopes.get((STATE, state))
        if slope is not None:
            result += np.broadcast_to(slope, len(tangents))[:, None] * tangents[:, place]
    for number, direction in enumerate(directions):
        result[:, number] += direct(slopes, direction, leaves)
    return result


def direct(slopes: Mapping[tuple[str, int], Any], direction: Direction, leaves: Leaves) -> Any:
    """What a direction does to a name without any state."""
    total: Any = 0.0
    if direction.parameter is not None:
        total = total + slopes.get((PARAMETER, direction.parameter), 0.0)
    for drive, table in direction.tables:
        total = total + slopes.get((DRIVE, drive), 0.0) * leaves[DRIVE, table]
    return total
