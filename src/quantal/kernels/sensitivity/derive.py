"""The exact derivative of one stage of a Rosenbrock step, derived symbolically.

A stage solves W u = f(Y) + (sum of earlier u) + h d df/dt with W = 1/(h gamma) I - J(y). Varying
everything but the step h gives

    W u' = J(Y) Y' + df/dp(Y) p' + (sum of earlier u') + dK/dy y' + dK/dp p',
    K(y, p) = J(y) u + h d df/dt(y), with u held fixed:

the second line holds what the linearisation itself contributes, without which the tangents
would be those of another method. W is that of the step, so its factors are used again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from quantal.kernels.sensitivity.directions import Direction
from quantal.kernels.sensitivity.linear import Add, Operation, Register, Scale
from quantal.kernels.symbolic.dag import CONSTANT, Graph
from quantal.kernels.symbolic.derivative import Gradient, gradients
from quantal.kernels.symbolic.equations import DRIVE, PARAMETER, STATE, TIME, Equations
from quantal.kernels.symbolic.intermediates import choose
from quantal.kernels.symbolic.jacobian import DRIVE_SLOPE, Linearised, linearise
from quantal.kernels.symbolic.sparse_lu import Factors, factorise
from quantal.program import Program

PITCH, ENTRY, EXTRA = "pitch", "entry", "extra"
INCREMENT, DRIFT = "increment", "drift"
"""Leaves: the stage's u, held fixed; h times the stage's d."""
STAGE_STATE, STAGE_DRIVE, STAGE_TIME = "stage_state", "stage_drive", "stage_time"
"""Leaves at the stage's own point; the plain ones are at the start of the step."""

NODE = "node"
"""A coefficient of this array is a node of the graph, to be placed when code is written."""


@dataclass(frozen=True)
class Stage:
    """The tangent of one stage.

    `operations` work on the registers `x` (right side, then u'), `argument` (Y') and `base`
    (y'); `pushes` are the nodes of what each (state, direction) receives by itself.
    """

    operations: tuple[Operation, ...]
    pushes: dict[tuple[int, int], int]


@dataclass(frozen=True)
class Derived:
    """Everything that is needed of a Program's own step, and of its tangent.

    `stage` is that of the Rosenbrock method, `slope` that of an explicit one: f(Y) alone.
    """

    linear: Linearised
    factors: Factors
    entries: list[int]
    stage: Stage
    slope: Stage


def derive(
    graph: Graph, equations: Equations, program: Program, directions: Sequence[Direction]
) -> Derived:
    """Derive the step and its tangent in the given directions."""
    linear = linearise(graph, equations, program)
    size = len(program.states)
    diagonal = [graph.leaf(PITCH, 0)] * size + [graph.one] * linear.intermediates
    factors, entries = factorise(graph, diagonal, linear.jacobian)
    rates, moved = _rates(graph, program)
    bend, bent = _bend(graph, equations, program)
    solution = _solution(factors, size)
    operations = (*rates, *bend, *solution)
    own: dict[tuple[int, int], int] = {}
    for number, direction in enumerate(directions):
        for row, node in _pushed(graph, moved, direction, STAGE_DRIVE, None).items():
            own[row, number] = node
    pushes = dict(own)
    for number, direction in enumerate(directions):
        for row, node in _pushed(graph, bent, direction, DRIVE, DRIVE_SLOPE).items():
            pushes[row, number] = graph.add(pushes.get((row, number), graph.zero), node)
    pushes = {place: node for place, node in pushes.items() if node != graph.zero}
    stage = Stage(operations, pushes)
    return Derived(linear, factors, entries, stage, Stage(tuple(rates), own))


def _rates(graph: Graph, program: Program) -> tuple[list[Operation], dict[int, Gradient]]:
    """J(Y) Y' as operations, and the derivatives of f(Y) to parameters and drives."""
    there = {index: graph.leaf(STAGE_STATE, index) for index in range(len(program.states))}
    equations = Equations(graph, program, there)
    equations.let(TIME, graph.leaf(STAGE_TIME, 0))
    drives = [graph.leaf(STAGE_DRIVE, index) for index in range(len(program.drives))]
    for slot, leaf in zip(program.drives, drives, strict=True):
        equations.let(slot.name, leaf)
    rows = [equations.node(expression) for expression in program.derivatives]
    between = choose(graph, rows, list(there.values()))
    sources: dict[int, Register] = {leaf: ("argument", i) for i, leaf in there.items()}
    operations = _chain(graph, between, "inner", rows, sources)
    return operations, _totals(graph, program, rows, drives)


def _bend(
    graph: Graph, equations: Equations, program: Program
) -> tuple[list[Operation], dict[int, Gradient]]:
    """dK/dy y' as operations, and the derivatives of K to parameters, drives and slopes."""
    states = [graph.leaf(STATE, index) for index in range(len(program.states))]
    drives = [graph.leaf(DRIVE, index) for index in range(len(program.drives))]
    slopes = [graph.leaf(DRIVE_SLOPE, index) for index in range(len(program.drives))]
    drift, time = graph.leaf(DRIFT, 0), graph.leaf(TIME, 0)
    inner = [equations.node(expression) for expression in program.derivatives]
    between = choose(graph, inner, states)
    partial = gradients(graph, [*between, *inner], {*states, *drives, time, *between})
    speed = {leaf: graph.leaf(INCREMENT, index) for index, leaf in enumerate(states)}
    speed |= {leaf: graph.multiply(s, drift) for leaf, s in zip(drives, slopes, strict=True)}
    speed[time] = drift
    for node in between:
        speed[node] = _along(graph, partial[node], speed)
    moving = [speed[node] for node in between]
    rows = [_along(graph, partial[node], speed) for node in inner]
    sources: dict[int, Register] = {leaf: ("base", i) for i, leaf in enumerate(states)}
    kept = [*between, *(node for node in moving if graph.arguments[node])]
    operations = _chain(graph, kept, "bent", rows, sources)
    return operations, _totals(graph, program, rows, [*drives, *slopes])


def _along(graph: Graph, gradient: Gradient, speed: Mapping[int, int]) -> int:
    moved = [leaf for leaf in sorted(gradient) if leaf in speed]
    return graph.total(graph.multiply(gradient[leaf], speed[leaf]) for leaf in moved)


def _chain(
    graph: Graph, between: Iterable[int], name: str, rows: Sequence[int],
    sources: Mapping[int, Register],
) -> list[Operation]:  # fmt: skip
    """Tangents of intermediates, each from earlier ones, then those of the rows `x`."""
    inner = list(dict.fromkeys(between))
    known = {**sources, **{node: (name, number) for number, node in enumerate(inner)}}
    partial = gradients(graph, [*inner, *rows], set(known))
    operations: list[Operation] = []
    targets: list[tuple[Register, int]] = [((name, k), node) for k, node in enumerate(inner)]
    targets += [(("x", row), node) for row, node in enumerate(rows)]
    for target, node in targets:
        # A row that is itself an intermediate follows it.
        found = {node: graph.one} if target[0] == "x" and node in known else partial[node]
        operations += [
            Add(target, (NODE, entry), known[leaf])
            for leaf, entry in sorted(found.items())
            if entry != graph.zero
        ]
    return operations


def _totals(
    graph: Graph, program: Program, rows: Sequence[int], leaves: Sequence[int]
) -> dict[int, Gradient]:
    """The whole derivatives of rows to every parameter and some further leaves."""
    parameters = [graph.leaf(PARAMETER, i, CONSTANT) for i in range(len(program.parameters))]
    found = gradients(graph, rows, {*parameters, *leaves})
    return {row: found[node] for row, node in enumerate(rows)}


def _pushed(
    graph: Graph, rows: Mapping[int, Gradient], direction: Direction, drive: str, slope: str | None
) -> dict[int, int]:
    """What each row receives when a direction is varied."""
    result: dict[int, int] = {}
    for row, gradient in rows.items():
        terms = []
        if direction.parameter is not None:
            leaf = graph.leaf(PARAMETER, direction.parameter, CONSTANT)
            terms.append(gradient.get(leaf, graph.zero))
        for index, table in direction.tables:
            for kind in (drive, slope):
                if kind is not None:
                    factor = gradient.get(graph.leaf(kind, index), graph.zero)
                    terms.append(graph.multiply(factor, graph.leaf(kind, table)))
        total = graph.total(terms)
        if total != graph.zero:
            result[row] = total
    return result


def _solution(factors: Factors, size: int) -> list[Operation]:
    """Forward and back substitution in place, as `sparse_lu.substitute` does it."""
    rank = {state: position for position, state in enumerate(factors.order)}
    lower: dict[int, list[int]] = {}
    upper: dict[int, list[int]] = {}
    for row, column in factors.slots:
        if rank[row] > rank[column]:
            lower.setdefault(column, []).append(row)
        elif row != column:
            upper.setdefault(row, []).append(column)
    operations: list[Operation] = []
    for pivot in factors.order:
        for row in sorted(lower.get(pivot, ())):
            entry = ("lu", factors.slots[row, pivot])
            operations.append(Add(("x", row), entry, ("x", pivot), minus=True))
    for pivot in reversed(factors.order):
        operations.append(Scale(("x", pivot), ("lu", factors.slots[pivot, pivot])))
        for column in sorted(upper.get(pivot, ()), key=lambda column: -rank[column]):
            entry = ("lu", factors.slots[pivot, column])
            operations.append(Add(("x", pivot), entry, ("x", column), minus=True))
    return operations
