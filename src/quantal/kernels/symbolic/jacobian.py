"""The right-hand side with its exact sparse Jacobian and its slope in time."""

from __future__ import annotations

from dataclasses import dataclass

from quantal.kernels.symbolic.dag import Graph
from quantal.kernels.symbolic.derivative import gradients
from quantal.kernels.symbolic.equations import DRIVE, STATE, TIME, Equations
from quantal.program import Program

DRIVE_SLOPE, FREE, CLAMP_SLOPE = "drive_slope", "free", "clamp_slope"
"""Leaves: d(drive)/dt; 1 for a free state, 0 for a clamped one; d(clamped state)/dt."""


@dataclass(frozen=True, eq=False)
class Linearised:
    """Nodes of f (n,), of the non-zero J[i, j] = df_i/dy_j, and of df_i/dt.

    A clamped state is a function of time to the others: its row and column of J vanish
    through the factor `FREE`, and its slope enters df/dt.
    """

    rates: tuple[int, ...]
    jacobian: dict[tuple[int, int], int]
    slopes: tuple[int, ...]


def linearise(graph: Graph, equations: Equations, program: Program) -> Linearised:
    """Derive J and df/dt of a Program symbolically."""
    free = {
        index: graph.leaf(FREE, index)
        for index, state in enumerate(program.states)
        if state.clampable
    }
    inner = [equations.node(expression) for expression in program.derivatives]
    states = [graph.leaf(STATE, index) for index in range(len(program.states))]
    drives = [graph.leaf(DRIVE, index) for index in range(len(program.drives))]
    time = graph.leaf(TIME, 0)
    partial = gradients(graph, inner, {*states, *drives, time})
    column = {leaf: index for index, leaf in enumerate(states)}
    speed = {leaf: graph.leaf(DRIVE_SLOPE, index) for index, leaf in enumerate(drives)}
    speed[time] = graph.one
    speed |= {states[index]: graph.leaf(CLAMP_SLOPE, index) for index in free}
    jacobian: dict[tuple[int, int], int] = {}
    slopes: list[int] = []
    for row, node in enumerate(inner):
        gradient = dict(sorted(partial[node].items()))
        terms = [graph.multiply(d, speed[leaf]) for leaf, d in gradient.items() if leaf in speed]
        slopes.append(_kept(graph, graph.total(terms), free.get(row)))
        for leaf, derivative in gradient.items():
            if leaf in column and derivative != graph.zero:
                entry = _kept(graph, derivative, free.get(column[leaf]))
                if row != column[leaf]:
                    entry = _kept(graph, entry, free.get(row))
                jacobian[row, column[leaf]] = entry
    rates = tuple(_kept(graph, node, free.get(row)) for row, node in enumerate(inner))
    return Linearised(rates, jacobian, tuple(slopes))


def _kept(graph: Graph, node: int, factor: int | None) -> int:
    return node if factor is None else graph.multiply(node, factor)
