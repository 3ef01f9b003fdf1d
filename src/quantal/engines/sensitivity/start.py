"""How the initial state depends on what is varied.

Initial values are expressions of parameters, drives and each other; schemes that start at
rest are the solution of a linear system, to which the implicit function theorem applies.
"""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from quantal.expression import Expression, Number
from quantal.kernels.sensitivity.directions import Direction
from quantal.kernels.symbolic.dag import CONSTANT, Graph
from quantal.kernels.symbolic.derivative import gradients
from quantal.kernels.symbolic.equations import DRIVE, PARAMETER, STATE, TIME, Equations
from quantal.kernels.symbolic.interpret import interpret
from quantal.program import Program
from quantal.stimulus import Stimulus

Array = np.ndarray[Any, np.dtype[np.float64]]


def start_tangents(
    program: Program, leaves: Mapping[tuple[str, int], Any], directions: Sequence[Direction],
    initial: Sequence[int | None], given: Collection[int] = (),
) -> Array:  # fmt: skip
    """d(initial state)/d(direction), (states, directions), or (instances, states, directions).

    Args:
        program: without clamped states.
        leaves: the initial states, parameters, time, drives and, behind them, the tables of
            their derivatives: numbers, or arrays (instances,).
        directions: what is varied.
        initial: for each direction the state whose initial value it is, or None.
        given: states whose initial value is not the Program's.
    """
    size = len(program.states)
    result = np.zeros((size, len(directions)))
    for number, state in enumerate(initial):
        if state is not None:
            result[state, number] = 1.0
    at_rest = {index for rest in program.equilibria for index in rest.indices} - set(given)
    written = {
        i: program.derivatives[i] if i in at_rest else program.initial[i]
        for i in range(size)
        if i not in given
    }
    if not at_rest and all(isinstance(each, Number) for each in written.values()):
        return result
    to_states, direct = _slopes(program, written, leaves, directions)
    matrix, moved = np.eye(size) - to_states, result + direct
    for rest in program.equilibria:
        rows = [row for row in rest.indices if row in at_rest]
        if not rows:
            continue
        matrix[..., rows, :], moved[..., rows, :] = to_states[..., rows, :], -moved[..., rows, :]
        # One equation of a scheme follows from the others; the occupancies sum to one.
        size_of = np.abs(to_states[..., rows, :]).max(axis=(-2, -1))
        matrix[..., rows[-1], :] = 0.0
        matrix[..., rows[-1], rows] = np.where(size_of > 0.0, size_of, 1.0)[..., None]
        moved[..., rows[-1], :] = 0.0
    return np.asarray(np.linalg.solve(matrix, moved))


def leaves_at_start(program: Program, stimulus: Stimulus, y0: Array) -> dict[tuple[str, int], Any]:
    """Everything at the start of one run; drives beyond the Program's are tables."""
    leaves: dict[tuple[str, int], Any] = {(TIME, 0): stimulus.start}
    leaves |= {(STATE, i): float(value) for i, value in enumerate(y0)}
    leaves |= {(PARAMETER, i): float(value) for i, value in enumerate(stimulus.parameters)}
    if not _is_plain(program):
        leaves |= {
            (DRIVE, i): float(drive.at(stimulus.start)) for i, drive in enumerate(stimulus.drives)
        }
    return leaves


def _is_plain(program: Program) -> bool:
    return not program.equilibria and all(isinstance(each, Number) for each in program.initial)


@dataclass(frozen=True, eq=False)
class _Slopes:
    """Nodes of the derivatives of what is written: to states, and to directions by themselves."""

    graph: Graph
    to_states: dict[tuple[int, int], int]
    direct: dict[tuple[int, int], int]


_known: OrderedDict[Any, tuple[weakref.ref[Program], _Slopes]] = OrderedDict()
_MOST = 32


def _slopes(
    program: Program, written: Mapping[int, Expression], leaves: Mapping[tuple[str, int], Any],
    directions: Sequence[Direction],
) -> tuple[Array, Array]:  # fmt: skip
    """The derivatives of what is written, (states, states) and (states, directions)."""
    own = tuple(replace(each, started=()) for each in directions)
    key = (id(program), tuple(written), own)
    found = _known.get(key)
    if found is None or found[0]() is not program:
        found = (weakref.ref(program), _derived(program, written, own))
        _known[key] = found
        if len(_known) > _MOST:
            _known.popitem(last=False)
    size = len(program.states)
    slopes = found[1]
    return (
        _filled(slopes.graph, slopes.to_states, leaves, (size, size)),
        _filled(slopes.graph, slopes.direct, leaves, (size, len(directions))),
    )


def _derived(
    program: Program, written: Mapping[int, Expression], directions: Sequence[Direction]
) -> _Slopes:
    graph = Graph()
    equations = Equations(graph, program)
    nodes = {row: equations.node(expression) for row, expression in written.items()}
    columns = {graph.leaf(STATE, i): i for i in range(len(program.states))}
    varied: dict[int, list[tuple[int, int]]] = {}
    for number, direction in enumerate(directions):
        if direction.parameter is not None:
            leaf = graph.leaf(PARAMETER, direction.parameter, CONSTANT)
            varied.setdefault(leaf, []).append((number, graph.one))
        for drive, table in direction.tables:
            moved = graph.leaf(DRIVE, table)
            varied.setdefault(graph.leaf(DRIVE, drive), []).append((number, moved))
    found = gradients(graph, list(nodes.values()), {*columns, *varied})
    slopes = _Slopes(graph, {}, {})
    for row, node in nodes.items():
        for leaf, slope in found[node].items():
            if leaf in columns:
                slopes.to_states[row, columns[leaf]] = slope
            for number, moved in varied.get(leaf, ()):
                known = slopes.direct.get((row, number), graph.zero)
                slopes.direct[row, number] = graph.add(known, graph.multiply(slope, moved))
    return slopes


def _filled(
    graph: Graph, nodes: Mapping[tuple[int, int], int], leaves: Mapping[tuple[str, int], Any],
    shape: tuple[int, int],
) -> Array:  # fmt: skip
    values = interpret(graph, list(nodes.values()), leaves)
    result = np.zeros((*np.broadcast_shapes(*(np.shape(value) for value in values)), *shape))
    for (row, column), value in zip(nodes, values, strict=True):
        result[..., row, column] = value
    return result
