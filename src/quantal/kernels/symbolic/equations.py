"""A Program's expressions as nodes of one graph: names become leaves or definitions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from quantal.expression import Apply, Expression, Name, Number, names_in
from quantal.kernels.symbolic.dag import CONSTANT, Graph
from quantal.program import Assignment, Emission, Firing, Handler, Program

STATE, PARAMETER, DRIVE, TIME = "state", "parameter", "drive", "time"


class Equations:
    """Nodes for whatever a Program writes. Definitions are built when first used.

    `states` replaces the current value of a state, as the actions of an event do.
    """

    def __init__(
        self, graph: Graph, program: Program, states: Mapping[int, int] | None = None
    ) -> None:
        self.graph = graph
        self.program = program
        self._definitions = {item.name: item.expression for item in program.definitions}
        self._nodes: dict[str, int] = {TIME: graph.leaf(TIME, 0)}
        for index, state in enumerate(program.states):
            replaced = None if states is None else states.get(index)
            self._nodes[state.name] = graph.leaf(STATE, index) if replaced is None else replaced
        for index, parameter in enumerate(program.parameters):
            self._nodes[parameter.name] = graph.leaf(PARAMETER, index, CONSTANT)
        for index, drive in enumerate(program.drives):
            self._nodes[drive.name] = graph.leaf(DRIVE, index)

    def let(self, name: str, node: int) -> None:
        """A further name, for a node made by other means."""
        self._nodes[name] = node

    def node(self, expression: Expression) -> int:
        """The node of an expression.

        Raises:
            KeyError: a name that is no state, parameter, drive, definition or `time`.
        """
        self._build_definitions(expression)
        return self._assemble(expression)

    def _build_definitions(self, expression: Expression) -> None:
        """Build what the expression uses, deepest first, without recursion."""
        stack = [name for name in sorted(names_in(expression)) if name not in self._nodes]
        while stack:
            name = stack[-1]
            if name in self._nodes:
                stack.pop()
                continue
            definition = self._definitions[name]
            missing = [other for other in sorted(names_in(definition)) if other not in self._nodes]
            if missing:
                stack.extend(missing)
            else:
                self._nodes[name] = self._assemble(definition)
                stack.pop()

    def _assemble(self, expression: Expression) -> int:
        """Build a tree bottom-up; an explicit stack, because long sums nest deeply."""
        values: list[int] = []
        stack: list[tuple[Expression, bool]] = [(expression, False)]
        while stack:
            item, ready = stack.pop()
            if isinstance(item, Number):
                values.append(self.graph.number(item.value))
            elif isinstance(item, Name):
                values.append(self._nodes[item.name])
            elif ready:
                count = len(item.arguments)
                arguments = values[len(values) - count :]
                del values[len(values) - count :]
                values.append(_apply(self.graph, item.function, arguments))
            else:
                stack.append((item, True))
                stack.extend((argument, False) for argument in reversed(item.arguments))
        return values[0]


def after_actions(graph: Graph, program: Program, handler: Handler) -> dict[int, int]:
    """The states that a handler changes, with their values after all its actions.

    Assignments see what earlier actions did; a firing changes its states at one moment.
    """
    changed: dict[int, int] = {}
    for action in handler.actions:
        if isinstance(action, Emission):
            continue
        equations = Equations(graph, program, changed)
        if isinstance(action, Assignment):
            changed[action.index] = equations.node(action.value)
        else:
            changed |= _fired(graph, equations, changed, action)
    return changed


def _fired(
    graph: Graph, equations: Equations, changed: Mapping[int, int], firing: Firing
) -> dict[int, int]:
    times = equations.node(firing.times)
    result: dict[int, int] = {}
    for index, share in firing.changes:
        before = result.get(index, changed.get(index, graph.leaf(STATE, index)))
        result[index] = graph.add(before, graph.multiply(equations.node(share), times))
    return result


_BINARY: dict[str, Callable[[Graph, int, int], int]] = {
    "+": Graph.add, "-": Graph.subtract, "*": Graph.multiply, "/": Graph.divide,
    "^": Graph.power, "and": Graph.both, "or": Graph.either,
    # In a run without randomness a draw is its mean.
    "binomial": Graph.multiply,
}  # fmt: skip


def _apply(graph: Graph, function: str, arguments: list[int]) -> int:
    if function in _BINARY:
        return _BINARY[function](graph, arguments[0], arguments[1])
    if function in ("<", "<=", ">", ">=", "==", "!="):
        return graph.compare(function, arguments[0], arguments[1])
    if function == "neg":
        return graph.negate(arguments[0])
    if function == "not":
        return graph.invert(arguments[0])
    if function == "if":
        return graph.choose(arguments[0], arguments[1], arguments[2])
    if function in ("min", "max"):
        result = arguments[0]
        for other in arguments[1:]:
            a, b = (result, other) if function == "min" else (other, result)
            result = graph.choose(graph.compare("<", a, b), result, other)
        return result
    if function == "poisson":
        return arguments[0]
    return graph.call(function, arguments[0])


__all__ = ["DRIVE", "PARAMETER", "STATE", "TIME", "Apply", "Equations", "after_actions"]
