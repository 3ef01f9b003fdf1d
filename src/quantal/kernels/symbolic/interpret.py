"""The values of graph nodes by numpy: for what is needed once, and not worth compiling."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from quantal.expression import Apply, Name, evaluate
from quantal.kernels.symbolic.dag import Graph

_X = Name("x")
_SERIES = 0.03


def _exprel(x: Any) -> Any:
    return evaluate(Apply("exprel", (_X,)), {"x": x})


def _exprel_slope(x: Any) -> Any:
    x = np.asarray(x, dtype=float)
    near = np.abs(x) < _SERIES
    safe = np.where(near, 1.0, x)
    series = 0.5 + x * (1 / 3 + x * (1 / 8 + x * (1 / 30 + x * (1 / 144 + x / 840))))
    return np.where(near, series, (np.exp(safe) - np.expm1(safe) / safe) / safe)


OPERATIONS: dict[str, Callable[..., Any]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "neg": np.negative,
    "reciprocal": lambda x: np.divide(1.0, x), "^": np.power, "exp": np.exp, "log": np.log,
    "log10": np.log10, "sqrt": np.sqrt, "abs": np.abs, "tanh": np.tanh, "exprel": _exprel,
    "exprel'": _exprel_slope, "<": np.less, "<=": np.less_equal, "==": np.equal,
    "!=": np.not_equal, "and": np.logical_and, "not": np.logical_not, "if": np.where,
}  # fmt: skip
"""What each operation of a graph is in numpy."""


def interpret(
    graph: Graph, outputs: Sequence[int], leaves: Mapping[tuple[str, int], Any]
) -> list[Any]:
    """The values of nodes, in their order.

    Args:
        graph: where they are.
        outputs: the nodes wanted.
        leaves: (kind, index) to a number, or to an array; arrays are of one shape.
    """
    values: dict[int, Any] = {}
    with np.errstate(all="ignore"):
        for node in graph.ancestors(outputs):
            if graph.is_number(node):
                values[node] = graph.value[node]
            elif node in graph.leaf_of:
                values[node] = leaves[graph.leaf_of[node]]
            else:
                arguments = (values[argument] for argument in graph.arguments[node])
                values[node] = OPERATIONS[graph.operation[node]](*arguments)
    return [values[output] for output in outputs]
