"""Bounds of an expression while its drives stay between bounds: interval arithmetic on the graph.

Every operation gives the least and the largest value that its arguments allow (Moore 1966),
so that the result is a proof, not a sample: no value of the drives within their bounds takes
the expression outside. Counts are taken as they are. Bounds are wider than need be where one
drive stands twice; narrow cells of time make up for it.
"""

from __future__ import annotations

from quantal.kernels.symbolic.dag import Graph
from quantal.kernels.symbolic.equations import DRIVE

LOW, HIGH = "low", "high"
"""Leaves: the least and the largest value of each drive in the present cell of time."""

_RISING = frozenset({"exp", "log", "log10", "sqrt", "tanh", "exprel"})
_INFINITY = float("inf")

Pair = tuple[int, int]


class Unbounded(ValueError):
    """An operation for which no bounds are known."""


class Intervals:
    """Least and largest values of nodes, as further nodes of the same graph."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._known: dict[int, Pair] = {}

    def of(self, node: int) -> Pair:
        """(least, largest) of a node.

        Raises:
            Unbounded: it holds an operation without a rule.
        """
        for each in self._graph.ancestors([node]):
            if each not in self._known:
                self._known[each] = self._bounds(each)
        return self._known[node]

    def _bounds(self, node: int) -> Pair:
        graph = self._graph
        leaf = graph.leaf_of.get(node)
        if leaf is not None:
            kind, index = leaf
            if kind != DRIVE:
                return node, node
            return graph.leaf(LOW, index), graph.leaf(HIGH, index)
        arguments = graph.arguments[node]
        pairs = [self._known[each] for each in arguments]
        if all(low == high for low, high in pairs) and not graph.is_truth(node):
            return node, node
        return self._rule(node, graph.operation[node], arguments, pairs)

    def _rule(
        self, node: int, operation: str, arguments: tuple[int, ...], pairs: list[Pair]
    ) -> Pair:
        graph = self._graph
        if operation == "+":
            (a, b), (c, d) = pairs
            return graph.add(a, c), graph.add(b, d)
        if operation == "-":
            (a, b), (c, d) = pairs
            return graph.subtract(a, d), graph.subtract(b, c)
        if operation == "neg":
            return graph.negate(pairs[0][1]), graph.negate(pairs[0][0])
        if operation == "*":
            return self._square(pairs[0]) if arguments[0] == arguments[1] else self._product(pairs)
        if operation == "reciprocal":
            return self._reciprocal(pairs[0])
        if operation in _RISING:
            return graph.call(operation, pairs[0][0]), graph.call(operation, pairs[0][1])
        if operation == "abs":
            return self._magnitude(pairs[0])
        if operation == "^":
            return self._power(arguments, pairs)
        if operation == "if":
            return self._choice(arguments, pairs)
        if graph.is_truth(node):
            # Used by `if` alone, which takes both branches where a drive decides.
            return graph.zero, graph.one
        raise Unbounded(operation)

    # -- rules ---------------------------------------------------------------------------

    def _least(self, a: int, b: int) -> int:
        return self._graph.choose(self._graph.compare("<", b, a), b, a)

    def _largest(self, a: int, b: int) -> int:
        return self._graph.choose(self._graph.compare("<", a, b), b, a)

    def _hull(self, corners: list[int]) -> Pair:
        low = high = corners[0]
        for corner in corners[1:]:
            low, high = self._least(low, corner), self._largest(high, corner)
        return low, high

    def _product(self, pairs: list[Pair]) -> Pair:
        (a, b), (c, d) = pairs
        multiply = self._graph.multiply
        first = {a, b}
        second = {c, d}
        return self._hull([multiply(x, y) for x in sorted(first) for y in sorted(second)])

    def _square(self, pair: Pair) -> Pair:
        low, high = self._magnitude(pair)
        return self._graph.multiply(low, low), self._graph.multiply(high, high)

    def _magnitude(self, pair: Pair) -> Pair:
        graph = self._graph
        a, b = (graph.call("abs", each) for each in pair)
        same = graph.compare("<", graph.zero, graph.multiply(*pair))
        return graph.choose(same, self._least(a, b), graph.zero), self._largest(a, b)

    def _reciprocal(self, pair: Pair) -> Pair:
        """1/x; without bounds where x can be zero."""
        graph = self._graph
        same = graph.compare("<", graph.zero, graph.multiply(*pair))
        low, high = graph.reciprocal(pair[1]), graph.reciprocal(pair[0])
        return (
            graph.choose(same, low, graph.number(-_INFINITY)),
            graph.choose(same, high, graph.number(_INFINITY)),
        )

    def _power(self, arguments: tuple[int, ...], pairs: list[Pair]) -> Pair:
        """x^y for x >= 0, where the corners are the extremes; else NaN, which stops the run."""
        graph = self._graph
        corners = [graph.power(x, y) for x in sorted(set(pairs[0])) for y in sorted(set(pairs[1]))]
        low, high = self._hull(corners)
        negative = graph.compare("<", pairs[0][0], graph.zero)
        unknown = graph.number(float("nan"))
        return graph.choose(negative, unknown, low), graph.choose(negative, unknown, high)

    def _choice(self, arguments: tuple[int, ...], pairs: list[Pair]) -> Pair:
        condition, (a, b), (c, d) = arguments[0], pairs[1], pairs[2]
        if not self._is_driven(condition):
            return self._graph.choose(condition, a, c), self._graph.choose(condition, b, d)
        return self._least(a, c), self._largest(b, d)

    def _is_driven(self, node: int) -> bool:
        graph = self._graph
        leaves = (graph.leaf_of.get(each, ("", 0))[0] for each in graph.ancestors([node]))
        return DRIVE in leaves


__all__ = ["HIGH", "LOW", "Intervals", "Unbounded"]
