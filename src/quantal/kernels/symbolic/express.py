"""Graph nodes back as a Program's expressions, with shared ones as definitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from quantal.expression import ONE, Apply, Expression, Name, Number
from quantal.kernels.symbolic.dag import VARIABLE, Graph
from quantal.program import Definition

_SAME = {
    "+", "-", "*", "^", "neg", "exp", "log", "log10", "sqrt", "abs", "tanh", "exprel", "<", "<=",
    "==", "!=", "and", "not", "if",
}  # fmt: skip
_SERIES = (1 / 2, 1 / 3, 1 / 8, 1 / 30, 1 / 144, 1 / 840)
"""The slope of exprel near zero, (k + 1)/(k + 2)!."""
_NEAR = 0.03


class Written:
    """Expressions of nodes. What several use becomes a definition, in `definitions`.

    `leaves` says how leaves are written; names of definitions begin with `prefix`, which no
    name of the language can.
    """

    def __init__(self, graph: Graph, leaves: Mapping[tuple[str, int], Expression], prefix: str):
        self._graph, self._prefix = graph, prefix
        self._known: dict[int, Expression] = {
            node: leaves[leaf] for node, leaf in graph.leaf_of.items() if leaf in leaves
        }
        self.definitions: list[Definition] = []

    def let(self, node: int, expression: Expression) -> None:
        """How a node is written."""
        self._known[node] = expression

    def all(self, nodes: Iterable[int]) -> list[Expression]:
        """The expressions of nodes; each is built once."""
        wanted = list(nodes)
        uses: dict[int, int] = dict.fromkeys(wanted, 1)
        order = self._missing(wanted)
        for node in order:
            for argument in self._graph.arguments[node]:
                uses[argument] = uses.get(argument, 0) + 1
        for node in order:
            self._known[node] = self._one(node)
            if self._graph.arguments[node] and uses.get(node, 0) > 1:
                self._share(node)
        return [self._known[node] for node in wanted]

    def _missing(self, nodes: list[int]) -> list[int]:
        seen: set[int] = set()
        stack = list(nodes)
        while stack:
            node = stack.pop()
            if node not in seen and node not in self._known:
                seen.add(node)
                stack.extend(self._graph.arguments[node])
        return sorted(seen)

    def _share(self, node: int) -> None:
        if self._graph.is_truth(node):
            return
        name = f"{self._prefix}{len(self.definitions)}"
        constant = self._graph.level[node] != VARIABLE
        self.definitions.append(Definition(name, self._known[node], None, constant))
        self._known[node] = Name(name)

    def _one(self, node: int) -> Expression:
        graph = self._graph
        if graph.is_number(node):
            return Number(graph.value[node])
        operation = graph.operation[node]
        arguments = tuple(self._known[each] for each in graph.arguments[node])
        if operation in _SAME:
            return Apply(operation, arguments)
        if operation == "reciprocal":
            return Apply("/", (ONE, *arguments))
        if operation == "exprel'":
            return _exprel_slope(arguments[0])
        raise ValueError(f"`{operation}` cannot be written as an expression")


def _exprel_slope(x: Expression) -> Expression:
    """(e^x - exprel(x))/x, by its series near zero, where the quotient would cancel."""
    series: Expression = Number(_SERIES[-1])
    for coefficient in reversed(_SERIES[:-1]):
        series = Apply("+", (Number(coefficient), Apply("*", (x, series))))
    near = Apply("<", (Apply("abs", (x,)), Number(_NEAR)))
    safe = Apply("if", (near, ONE, x))
    above = Apply("-", (Apply("exp", (safe,)), Apply("exprel", (safe,))))
    return Apply("if", (near, series, Apply("/", (above, safe))))
