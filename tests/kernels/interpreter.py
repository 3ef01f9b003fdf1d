"""A slow interpreter of graphs, real or complex, and a way to compile a few nodes."""

from __future__ import annotations

import cmath
import ctypes
from collections.abc import Mapping, Sequence

import numpy as np

from quantal.kernels.generate import mathematics
from quantal.kernels.generate.straight_line import StraightLine, near_places
from quantal.kernels.native import compile_ir, load_object
from quantal.kernels.symbolic.dag import Graph


def exprel(x):
    if abs(x) > 1e-3:
        return (cmath.exp(x) - 1) / x
    return 1 + x / 2 * (1 + x / 3 * (1 + x / 4 * (1 + x / 5)))


def exprel_slope(x):
    if abs(x) > 0.1:
        return (cmath.exp(x) - exprel(x)) / x
    total, factorial = 0.0, 1.0
    for k in range(1, 14):
        factorial *= k + 1 if k > 1 else 2
        total += k * x ** (k - 1) / factorial
    return total


_ONE = {
    "exp": cmath.exp, "log": cmath.log, "log10": lambda x: cmath.log(x) / cmath.log(10.0),
    "sqrt": cmath.sqrt, "tanh": cmath.tanh, "exprel": exprel, "exprel'": exprel_slope,
    "neg": lambda x: -x, "reciprocal": lambda x: 1 / x, "abs": lambda x: x if x.real >= 0 else -x,
    "not": lambda x: not x,
}  # fmt: skip
_TWO = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b,
    "^": lambda a, b: a**b, "<": lambda a, b: a.real < b.real, "<=": lambda a, b: a.real <= b.real,
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b, "and": lambda a, b: a and b,
}  # fmt: skip


def interpret(graph: Graph, outputs: Sequence[int], leaves: Mapping[int, complex]) -> list[complex]:
    """The values of nodes, one by one."""
    values: dict[int, complex] = dict(leaves)
    for node in graph.ancestors(outputs):
        if node in values:
            continue
        operation = graph.operation[node]
        inputs = [values[argument] for argument in graph.arguments[node]]
        if operation == "number":
            values[node] = complex(graph.value[node])
        elif operation == "if":
            values[node] = inputs[1] if inputs[0] else inputs[2]
        else:
            values[node] = (_ONE if len(inputs) == 1 else _TWO)[operation](*inputs)
    return [values[output] for output in outputs]


def compiled(graph: Graph, outputs: Sequence[int], near: int | None = None):
    """`f(y) -> values` of nodes over the leaves `("state", i)`, in machine code; and its IR.

    From place `near` of its scratch exponentials keep what they were last.
    """
    free = 0 if near is None else near + near_places(graph, outputs)
    code = StraightLine(
        "f", ["y", "out", "scratch"], graph, {"state": "%y"}, internal=False, near=near, free=free
    )
    code.store(outputs, "%out")
    body = "\n".join(function.text() for function in code.functions())
    text = "\n".join([mathematics.declarations(), mathematics.used_by(body), body])
    native = load_object(compile_ir(text))
    call = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3)(native.address("f"))

    scratch = np.zeros(code.scratch + 1)

    def evaluate(y):
        y, out = np.array(y, dtype=float), np.zeros(len(outputs))
        call(y.ctypes.data, out.ctypes.data, scratch.ctypes.data)
        return out

    evaluate.native = native
    return evaluate, text
