"""Symbolic differentiation on the graph: all partial derivatives of many nodes at once."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable

from quantal.kernels.symbolic.dag import Graph

_SERIES = 0.5
"""Below it the quotient for the second derivative of exprel would cancel."""

Gradient = dict[int, int]
"""Leaf node -> node of the partial derivative; absent leaves have derivative zero."""


def gradients(graph: Graph, outputs: Iterable[int], leaves: Collection[int]) -> dict[int, Gradient]:
    """The partial derivatives of each output with respect to each of the leaves.

    A leaf may have arguments of its own; then it is held fixed where others use it, and its
    own derivatives are given where it is an output.

    Forward accumulation of sparse gradients in order of evaluation; products and
    reciprocals of the function itself are shared with its derivatives.
    """
    outputs = list(outputs)
    wanted, asked = set(leaves), set(outputs)
    given: dict[int, Gradient] = {}
    result: dict[int, Gradient] = {}
    for node in graph.ancestors(outputs):
        own: Gradient = {}
        if graph.arguments[node] and not graph.is_truth(node):
            own = _gradient(graph, node, result)
        if node in asked:
            given[node] = own if graph.arguments[node] else {node: graph.one}
        result[node] = {node: graph.one} if node in wanted else own
    return {node: given[node] if node in wanted else result[node] for node in outputs}


def _gradient(graph: Graph, node: int, known: dict[int, Gradient]) -> Gradient:
    operation, arguments = graph.operation[node], graph.arguments[node]
    if operation == "if":
        condition, a, b = arguments
        return {
            leaf: graph.choose(
                condition, known[a].get(leaf, graph.zero), known[b].get(leaf, graph.zero)
            )
            for leaf in {**known[a], **known[b]}
        }
    if operation == "+":
        return _sum(graph, known[arguments[0]], known[arguments[1]])
    if operation == "-":
        negative = {leaf: graph.negate(d) for leaf, d in known[arguments[1]].items()}
        return _sum(graph, known[arguments[0]], negative)
    if operation == "*":
        a, b = arguments
        return _sum(graph, _scaled(graph, known[a], b), _scaled(graph, known[b], a))
    if operation == "^":
        return _of_power(graph, node, known)
    (argument,) = arguments
    if not known[argument]:
        return {}
    return _scaled(graph, known[argument], _slope(graph, node, operation, argument))


def _sum(graph: Graph, a: Gradient, b: Gradient) -> Gradient:
    if not b:
        return a
    result = dict(a)
    for leaf, derivative in b.items():
        total = graph.add(result[leaf], derivative) if leaf in result else derivative
        result[leaf] = total
    return {leaf: derivative for leaf, derivative in result.items() if derivative != graph.zero}


def _scaled(graph: Graph, gradient: Gradient, factor: int) -> Gradient:
    return {leaf: graph.multiply(derivative, factor) for leaf, derivative in gradient.items()}


def _of_power(graph: Graph, node: int, known: dict[int, Gradient]) -> Gradient:
    base, exponent = graph.arguments[node]
    result: Gradient = {}
    if known[base]:
        lower = graph.power(base, graph.subtract(exponent, graph.one))
        result = _scaled(graph, known[base], graph.multiply(exponent, lower))
    if known[exponent]:
        factor = graph.multiply(node, graph.call("log", base))
        result = _sum(graph, result, _scaled(graph, known[exponent], factor))
    return result


def _slope(graph: Graph, node: int, operation: str, x: int) -> int:
    """d(node)/dx for a function of one argument, in terms of the node where possible."""
    if operation == "neg":
        return graph.number(-1.0)
    if operation == "reciprocal":
        return graph.negate(graph.multiply(node, node))
    if operation == "exp":
        return node
    if operation == "log":
        return graph.reciprocal(x)
    if operation == "log10":
        return graph.multiply(graph.number(1.0 / math.log(10.0)), graph.reciprocal(x))
    if operation == "sqrt":
        return graph.multiply(graph.number(0.5), graph.reciprocal(node))
    if operation == "abs":
        return graph.choose(graph.compare("<", x, graph.zero), graph.number(-1.0), graph.one)
    if operation == "tanh":
        return graph.subtract(graph.one, graph.multiply(node, node))
    if operation == "exprel":
        return graph.call("exprel'", x)
    if operation == "exprel'":
        return _bend(graph, node, x)
    raise ValueError(f"`{operation}` has no known derivative")


def _bend(graph: Graph, slope: int, x: int) -> int:
    """The second derivative of exprel: (e^x - 2 exprel')/x, by its series near zero."""
    total = graph.zero
    for k in reversed(range(15)):
        term = graph.number((k + 1) * (k + 2) / math.factorial(k + 3))
        total = graph.add(term, graph.multiply(x, total))
    twice = graph.multiply(graph.number(2.0), slope)
    closed = graph.divide(graph.subtract(graph.call("exp", x), twice), x)
    near = graph.compare("<", graph.call("abs", x), graph.number(_SERIES))
    return graph.choose(near, total, closed)
