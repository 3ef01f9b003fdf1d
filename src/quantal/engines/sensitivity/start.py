"""How the initial state depends on what is varied.

Initial values are expressions of parameters, drives and each other; schemes that start at
rest are the solution of a linear system, to which the implicit function theorem applies.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from quantal.expression import Number
from quantal.kernels.sensitivity.directions import Direction
from quantal.kernels.symbolic.dag import CONSTANT, Graph
from quantal.kernels.symbolic.derivative import gradients
from quantal.kernels.symbolic.equations import DRIVE, PARAMETER, STATE, TIME, Equations
from quantal.kernels.symbolic.interpret import interpret
from quantal.program import Program
from quantal.stimulus import Stimulus

Array = np.ndarray[Any, np.dtype[np.float64]]


def start_tangents(
    program: Program, stimulus: Stimulus, y0: Array, directions: Sequence[Direction],
    initial: Sequence[int | None],
) -> Array:  # fmt: skip
    """d(initial state)/d(direction), (states, directions).

    Args:
        program: without clamped states.
        stimulus: its drives, and behind them the tables of their derivatives.
        y0: the initial state (states,).
        directions: what is varied.
        initial: for each direction the state whose initial value it is, or None.
    """
    size = len(program.states)
    result = np.zeros((size, len(directions)))
    for number, state in enumerate(initial):
        if state is not None:
            result[state, number] = 1.0
    at_rest = {index for rest in program.equilibria for index in rest.indices}
    if not at_rest and all(isinstance(each, Number) for each in program.initial):
        return result
    graph = Graph()
    equations = Equations(graph, program)
    written = [
        equations.node(program.derivatives[i] if i in at_rest else program.initial[i])
        for i in range(size)
    ]
    columns = [graph.leaf(STATE, i) for i in range(size)]
    drives = [graph.leaf(DRIVE, i) for i in range(len(program.drives))]
    parameters = [graph.leaf(PARAMETER, i, CONSTANT) for i in range(len(program.parameters))]
    found = gradients(graph, written, {*columns, *drives, *parameters})
    leaves = _leaves(program, stimulus, y0)

    def slopes(wanted: Sequence[int]) -> Array:
        nodes = [found[node].get(leaf, graph.zero) for node in written for leaf in wanted]
        values = [float(value) for value in interpret(graph, nodes, leaves)]
        return np.reshape(values, (size, len(wanted)))

    to_states = slopes(columns)
    moved = result + _direct(slopes(parameters), slopes(drives), stimulus, directions)
    matrix = np.eye(size) - to_states
    for rest in program.equilibria:
        rows = list(rest.indices)
        matrix[rows], moved[rows] = to_states[rows], -moved[rows]
        # One equation of a scheme follows from the others; the occupancies sum to one.
        matrix[rows[-1]] = 0.0
        matrix[rows[-1], rows] = np.abs(to_states[rows]).max() or 1.0
        moved[rows[-1]] = 0.0
    return np.asarray(np.linalg.solve(matrix, moved))


def _leaves(program: Program, stimulus: Stimulus, y0: Array) -> dict[tuple[str, int], Any]:
    leaves: dict[tuple[str, int], Any] = {(TIME, 0): stimulus.start}
    leaves |= {(STATE, i): float(value) for i, value in enumerate(y0)}
    leaves |= {(PARAMETER, i): float(value) for i, value in enumerate(stimulus.parameters)}
    leaves |= {
        (DRIVE, i): float(stimulus.drives[i].at(stimulus.start)) for i in range(len(program.drives))
    }
    return leaves


def _direct(
    to_parameters: Array, to_drives: Array, stimulus: Stimulus, directions: Sequence[Direction]
) -> Array:
    result = np.zeros((len(to_parameters), len(directions)))
    for number, direction in enumerate(directions):
        if direction.parameter is not None:
            result[:, number] += to_parameters[:, direction.parameter]
        for drive, table in direction.tables:
            moved = float(stimulus.drives[table].at(stimulus.start))
            result[:, number] += to_drives[:, drive] * moved
    return result
