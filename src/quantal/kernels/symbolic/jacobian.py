"""The right-hand side with its exact sparse Jacobian and its slope in time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from quantal.kernels.symbolic.dag import Graph
from quantal.kernels.symbolic.derivative import Gradient, gradients
from quantal.kernels.symbolic.equations import DRIVE, STATE, TIME, Equations
from quantal.kernels.symbolic.intermediates import choose
from quantal.program import Program

DRIVE_SLOPE, FREE, CLAMP_SLOPE = "drive_slope", "free", "clamp_slope"
"""Leaves: d(drive)/dt; 1 for a free state, 0 for a clamped one; d(clamped state)/dt."""


@dataclass(frozen=True, eq=False)
class Linearised:
    """Nodes of f (n,), of df_i/dt (n,), and of the non-zero entries of the Jacobian.

    Rows and columns from n on are `intermediates`: quantities v with v = v(y, v), for which
    an entry is dv/dy. With them J is sparser; eliminating them gives df/dy exactly.
    A clamped state is a function of time to the others: its row and column of J vanish
    through the factor `FREE`, and its slope enters df/dt.
    """

    rates: tuple[int, ...]
    slopes: tuple[int, ...]
    jacobian: dict[tuple[int, int], int]
    intermediates: int


def linearise(graph: Graph, equations: Equations, program: Program) -> Linearised:
    """Derive J and df/dt of a Program symbolically."""
    free = {
        index: graph.leaf(FREE, index)
        for index, state in enumerate(program.states)
        if state.clampable
    }
    inner = [equations.node(expression) for expression in program.derivatives]
    states = [graph.leaf(STATE, index) for index in range(len(inner))]
    drives = [graph.leaf(DRIVE, index) for index in range(len(program.drives))]
    time = graph.leaf(TIME, 0)
    between = choose(graph, inner, states)
    partial = gradients(graph, [*between, *inner], {*states, *drives, time, *between})
    speed = {leaf: graph.leaf(DRIVE_SLOPE, index) for index, leaf in enumerate(drives)}
    speed[time] = graph.one
    speed |= {states[index]: graph.leaf(CLAMP_SLOPE, index) for index in free}
    for node in between:
        speed[node] = _slope(graph, partial[node], speed)
    rows = [(index, node) for index, node in enumerate(inner)]
    rows += [(len(inner) + number, node) for number, node in enumerate(between)]
    column = {leaf: index for index, leaf in enumerate([*states, *between])}
    jacobian = {
        (row, column[leaf]): _entry(graph, derivative, row, column[leaf], free)
        for row, node in rows
        for leaf, derivative in sorted(partial[node].items())
        if leaf in column and derivative != graph.zero
    }
    slopes = [_slope(graph, partial[node], speed) for node in inner]
    return Linearised(
        tuple(_kept(graph, node, free.get(row)) for row, node in enumerate(inner)),
        tuple(_kept(graph, node, free.get(row)) for row, node in enumerate(slopes)),
        jacobian,
        len(between),
    )


def _slope(graph: Graph, gradient: Gradient, speed: Mapping[int, int]) -> int:
    """d/dt of a node through everything that moves by itself."""
    moved = [leaf for leaf in sorted(gradient) if leaf in speed]
    return graph.total(graph.multiply(gradient[leaf], speed[leaf]) for leaf in moved)


def _entry(graph: Graph, node: int, row: int, column: int, free: Mapping[int, int]) -> int:
    node = _kept(graph, node, free.get(column))
    return node if row == column else _kept(graph, node, free.get(row))


def _kept(graph: Graph, node: int, factor: int | None) -> int:
    return node if factor is None else graph.multiply(node, factor)
