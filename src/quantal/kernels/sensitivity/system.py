"""One Program's step and the derivatives of its parts, as straight-line functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quantal.kernels.generate.hoist import hoisted
from quantal.kernels.generate.ir import Function
from quantal.kernels.layout import Layout
from quantal.kernels.sensitivity.derive import ENTRY, EXTRA, NODE, Derived, Stage, derive
from quantal.kernels.sensitivity.directions import Arrangement, Direction
from quantal.kernels.sensitivity.events import event, reached, watched
from quantal.kernels.sensitivity.layout import FORWARDS, Sizes
from quantal.kernels.sensitivity.linear import Add, Coefficient, Operation, Scale
from quantal.kernels.sensitivity.stage import Call, adjoint_stage, tangent_stages
from quantal.kernels.sensitivity.tasks import (
    FACTOR,
    PARTIALS,
    POINT,
    SLOPE,
    SLOPE_PARTIALS,
    STAGE,
    Task,
    written,
)
from quantal.kernels.symbolic.dag import Graph
from quantal.kernels.symbolic.equations import PARAMETER, Equations, after_actions
from quantal.kernels.symbolic.sparse_lu import substitute
from quantal.program import Crossing, Program


@dataclass(frozen=True)
class System:
    """Functions, the sizes they agree on, and the tangent functions to call in turn."""

    functions: list[Function]
    layout: Layout
    sizes: Sizes
    calls: list[Call]


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
    stages = {"": derived.stage, "slope_": derived.slope}
    tasks = _own_tasks(graph, equations, program, derived)
    tasks += [
        Task(f"jump_{number}", POINT, [("out", each.nodes, None)], False)
        for number, each in enumerate(events)
    ]
    tasks.append(Task("watched", POINT, [("out", crossing.nodes, None)], False))
    nodes = [node for task in tasks for node in task.nodes]
    nodes += [
        node for each in stages.values() for node in (*_coefficients(each), *each.pushes.values())
    ]
    once = hoisted(graph, nodes)
    parameters = len(program.parameters)
    given = {node: ("%constants", parameters + index) for index, node in enumerate(once)}
    # Where one method adds something and the other nothing, a zero is written.
    pushed = list(dict.fromkeys([*derived.stage.pushes, *derived.slope.pushes]))
    functions: list[Function] = []
    calls: list[Call] = []
    entries = 0
    for prefix, stage in stages.items():
        moving = [n for n in dict.fromkeys(_coefficients(stage)) if _varies(graph, n, given)]
        entries = max(entries, len(moving))
        tasks.append(_partials(graph, prefix, stage, moving, pushed, arrangement))
        operations = _placed(graph, stage.operations, moving, given)
        if way == FORWARDS:
            tangents, calls = tangent_stages(f"{prefix}tangent", operations, arrangement)
            functions += tangents
        else:
            name, size = f"{prefix}adjoint_stage", len(program.states)
            functions.append(adjoint_stage(name, operations, size, pushed, arrangement.places))
    own, scratch = written(graph, tasks, once, given, parameters)
    layout = Layout(
        len(program.states), _tables(program, directions), parameters, parameters + len(once),
        len(derived.entries), sum(isinstance(h.trigger, Crossing) for h in program.handlers),
        len(program.handlers), len(program.handlers) + len(program.links),
        scratch, tuple(derived.factors.reciprocal_pivots()),
    )  # fmt: skip
    sizes = Sizes(
        tuple((group.directions, group.states) for group in arrangement.groups),
        entries, tuple(each.jump for each in events), crossing.jump,
    )  # fmt: skip
    return System([*own, *functions], layout, sizes, calls)


def _coefficients(stage: Stage) -> list[int]:
    """The nodes with which the tangents of a stage are multiplied."""
    return [
        item.coefficient[1]
        for item in stage.operations
        if isinstance(item.coefficient, tuple) and item.coefficient[0] == NODE
    ]


def _partials(
    graph: Graph, prefix: str, stage: Stage, moving: Sequence[int],
    pushed: Sequence[tuple[int, int]], arrangement: Arrangement,
) -> Task:  # fmt: skip
    """`partials`, or `slope_partials`: what is evaluated at each stage of a step."""
    pushes = [stage.pushes.get(each, graph.zero) for each in pushed]
    places = [arrangement.places[each] for each in pushed]
    inputs = SLOPE_PARTIALS if prefix else PARTIALS
    results = [("entries", moving, None), ("pushes", pushes, places)]
    return Task(f"{prefix}partials", inputs, results, often=True)


def _own_tasks(
    graph: Graph, equations: Equations, program: Program, derived: Derived
) -> list[Task]:
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
    late = [item.delay for item in program.handlers]
    late += [item.delay for item in program.links]
    delays = [graph.zero if each is None else equations.node(each) for each in late]
    tasks = [
        Task(
            "factor",
            FACTOR,
            [("lu", derived.entries, None), ("slope", linear.slopes, None)],
            often=True,
        ),
        Task("stage", STAGE, [("u", solution, None)], False, True, True),
        Task("right_side", SLOPE, [("k", linear.rates, None)], True, True, True),
        Task("crossings", POINT, [("g", crossings, None)], False),
        Task("delays", POINT, [("out", delays, None)], False),
    ]
    for number, handler in enumerate(program.handlers):
        changed = after_actions(graph, program, handler)
        result = ("y", list(changed.values()), list(changed))
        tasks.append(Task(f"handler_{number}", POINT, [result], False))
    return tasks


def _varies(graph: Graph, node: int, given: Mapping[int, tuple[str, int]]) -> bool:
    """Whether a coefficient must be evaluated at each stage."""
    is_parameter = graph.leaf_of.get(node, ("",))[0] == PARAMETER
    return not (graph.is_number(node) or node in given or is_parameter)


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
