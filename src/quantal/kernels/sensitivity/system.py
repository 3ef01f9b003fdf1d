"""One Program's step and the derivatives of its parts, as straight-line functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quantal.kernels.generate.hoist import hoisted
from quantal.kernels.generate.ir import Function
from quantal.kernels.generate.straight_line import StraightLine
from quantal.kernels.layout import Layout
from quantal.kernels.sensitivity.derive import (
    DRIFT,
    ENTRY,
    EXTRA,
    INCREMENT,
    NODE,
    PITCH,
    STAGE_DRIVE,
    STAGE_STATE,
    STAGE_TIME,
    Derived,
    derive,
)
from quantal.kernels.sensitivity.directions import Arrangement, Direction
from quantal.kernels.sensitivity.events import Event, event, reached, watched
from quantal.kernels.sensitivity.layout import FORWARDS, Sizes
from quantal.kernels.sensitivity.linear import Add, Coefficient, Operation, Scale
from quantal.kernels.sensitivity.stage import adjoint_stage, tangent_stages
from quantal.kernels.symbolic.dag import Graph
from quantal.kernels.symbolic.equations import (
    DRIVE,
    PARAMETER,
    STATE,
    TIME,
    Equations,
    after_actions,
)
from quantal.kernels.symbolic.jacobian import CLAMP_SLOPE, DRIVE_SLOPE, FREE
from quantal.kernels.symbolic.sparse_lu import substitute
from quantal.program import Crossing, Program

_ARRAYS = {
    STATE: "%y", PARAMETER: "%constants", DRIVE: "%drives", DRIVE_SLOPE: "%slopes",
    TIME: "%now", PITCH: "%pitch", ENTRY: "%lu", EXTRA: "%extra", FREE: "%free",
    CLAMP_SLOPE: "%clamp_slopes", INCREMENT: "%increment", DRIFT: "%drift",
    STAGE_STATE: "%argument", STAGE_DRIVE: "%stage_drives", STAGE_TIME: "%stage_now",
}  # fmt: skip

_POINT = (STATE, PARAMETER, DRIVE, TIME)
_FACTOR = (*_POINT, DRIVE_SLOPE, FREE, CLAMP_SLOPE, PITCH)
_STAGE = (*_POINT, FREE, EXTRA, ENTRY)
PARTIALS = (*_POINT, DRIVE_SLOPE, DRIFT, INCREMENT, STAGE_STATE, STAGE_DRIVE, STAGE_TIME)


@dataclass(frozen=True)
class System:
    """Functions and the sizes they agree on."""

    functions: list[Function]
    layout: Layout
    sizes: Sizes
    calls: list[tuple[str, int]]
    """The tangent functions to call in turn, each with the number of groups it takes."""


@dataclass(frozen=True)
class _Task:
    """A function to write: its inputs, and for each array written the nodes and places."""

    name: str
    inputs: Sequence[str]
    results: Sequence[tuple[str, Sequence[int], Sequence[int] | None]]
    internal: bool = True


def write_system(program: Program, directions: Sequence[Direction], way: str) -> System:
    """Derive what one Program needs, and write it as IR.

    Args:
        program: without clamped states; drives beyond its own are tables of derivatives.
        directions: what is differentiated to.
        way: `forwards` for tangents, `backwards` for the adjoint.
    """
    graph = Graph()
    equations = Equations(graph, program)
    derived = derive(graph, equations, program, directions)
    events = [event(graph, program, handler, directions) for handler in program.handlers]
    crossing = watched(graph, equations, program, directions)
    arrangement = Arrangement(reached(program, directions, derived.stage, events))
    places = arrangement.places
    coefficients = [
        item.coefficient[1]
        for item in derived.stage.operations
        if isinstance(item.coefficient, tuple) and item.coefficient[0] == NODE
    ]
    pushed = list(derived.stage.pushes)
    roots = [*coefficients, *derived.stage.pushes.values()]
    tasks = _own_tasks(graph, equations, program, derived)
    once = _once(graph, tasks, [events, [crossing]], roots)
    moving = [node for node in dict.fromkeys(coefficients) if _varies(graph, node, once)]
    tasks.append(
        _Task("partials", PARTIALS, [
            ("entries", moving, None),
            ("pushes", [derived.stage.pushes[each] for each in pushed],
             [places[each] for each in pushed]),
        ])
    )  # fmt: skip
    tasks += [
        _Task(f"jump_{number}", _POINT, [("out", each.nodes, None)], False)
        for number, each in enumerate(events)
    ]
    tasks.append(_Task("watched", _POINT, [("out", crossing.nodes, None)], False))
    parameters = len(program.parameters)
    given = {node: ("%constants", parameters + index) for index, node in enumerate(once)}
    functions, scratch = _written(graph, tasks, given)
    prepare = StraightLine("prepare", ["constants", "scratch"], graph, _ARRAYS, internal=False)
    prepare.store(once, "%constants", parameters)
    functions += prepare.functions()
    operations = _placed(graph, derived.stage.operations, moving, given)
    calls: list[tuple[str, int]] = []
    if way == FORWARDS:
        tangents, calls = tangent_stages(operations, arrangement)
        functions += tangents
    else:
        functions.append(adjoint_stage(operations, len(program.states), pushed, places))
    layout = Layout(
        len(program.states), _tables(program, directions), parameters, parameters + len(once),
        len(derived.entries), sum(isinstance(h.trigger, Crossing) for h in program.handlers),
        len(program.handlers), len(program.handlers) + len(program.links),
        max(scratch, prepare.scratch), tuple(derived.factors.reciprocal_pivots()),
    )  # fmt: skip
    sizes = Sizes(
        tuple((group.directions, group.states) for group in arrangement.groups),
        len(moving), tuple(each.jump for each in events), crossing.jump,
    )  # fmt: skip
    return System(functions, layout, sizes, calls)


def _own_tasks(
    graph: Graph, equations: Equations, program: Program, derived: Derived
) -> list[_Task]:
    """What the step itself needs, as the plain engine has it."""
    linear, factors = derived.linear, derived.factors
    stored = {place: graph.leaf(ENTRY, slot) for place, slot in factors.slots.items()}
    right = [graph.add(rate, graph.leaf(EXTRA, i)) for i, rate in enumerate(linear.rates)]
    right += [graph.zero] * linear.intermediates
    solution = substitute(graph, factors, stored, right)[: len(program.states)]
    crossings = [
        equations.node(item.trigger.expression)
        for item in program.handlers
        if isinstance(item.trigger, Crossing)
    ]
    written = [item.delay for item in program.handlers]
    written += [item.delay for item in program.links]
    delays = [graph.zero if each is None else equations.node(each) for each in written]
    tasks = [
        _Task("factor", _FACTOR, [("lu", derived.entries, None), ("slope", linear.slopes, None)]),
        _Task("stage", _STAGE, [("u", solution, None)], False),
        _Task("crossings", _POINT, [("g", crossings, None)], False),
        _Task("delays", _POINT, [("out", delays, None)], False),
    ]
    for number, handler in enumerate(program.handlers):
        changed = after_actions(graph, program, handler)
        result = ("y", list(changed.values()), list(changed))
        tasks.append(_Task(f"handler_{number}", _POINT, [result], False))
    return tasks


def _once(
    graph: Graph, tasks: Sequence[_Task], events: Sequence[Sequence[Event]], roots: Sequence[int]
) -> list[int]:
    """Everything that follows from parameters alone."""
    nodes = [node for task in tasks for _, found, _ in task.results for node in found]
    nodes += [node for some in events for each in some for node in each.nodes]
    return hoisted(graph, [*nodes, *roots])


def _varies(graph: Graph, node: int, once: Sequence[int]) -> bool:
    """Whether a coefficient must be evaluated at each stage."""
    is_parameter = graph.leaf_of.get(node, ("",))[0] == PARAMETER
    return not (graph.is_number(node) or node in once or is_parameter)


def _written(
    graph: Graph, tasks: Sequence[_Task], given: dict[int, tuple[str, int]]
) -> tuple[list[Function], int]:
    functions: list[Function] = []
    scratch = 0
    for task in tasks:
        names = [_ARRAYS[kind][1:] for kind in task.inputs]
        names += [result for result, _, _ in task.results] + ["scratch"]
        arguments = list(dict.fromkeys(names))
        code = StraightLine(task.name, arguments, graph, _ARRAYS, given, task.internal)
        for result, nodes, places in task.results:
            if places is None:
                code.store(nodes, f"%{result}")
            else:
                code.store_at_end(nodes, f"%{result}", places)
        functions += code.functions()
        scratch = max(scratch, code.scratch)
    return functions, scratch


def _placed(
    graph: Graph, operations: Sequence[Operation], moving: Sequence[int],
    given: dict[int, tuple[str, int]],
) -> list[Operation]:  # fmt: skip
    """Coefficients as numbers, or where they lie."""
    slots = {node: index for index, node in enumerate(moving)}

    def placed(coefficient: Coefficient) -> Coefficient:
        if isinstance(coefficient, float) or coefficient[0] != NODE:
            return coefficient
        node = coefficient[1]
        if graph.is_number(node):
            return graph.value[node]
        if node in given:
            return "constants", given[node][1]
        if node in graph.leaf_of and graph.leaf_of[node][0] == PARAMETER:
            return "constants", graph.leaf_of[node][1]
        return "entries", slots[node]

    return [
        Scale(item.target, placed(item.coefficient))
        if isinstance(item, Scale)
        else Add(item.target, placed(item.coefficient), item.source, item.minus)
        for item in operations
    ]


def _tables(program: Program, directions: Sequence[Direction]) -> int:
    """The drives and, behind them, the tables of their derivatives."""
    return max([len(program.drives), *(t + 1 for each in directions for _, t in each.tables)])
