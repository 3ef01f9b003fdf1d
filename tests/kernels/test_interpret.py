"""Values by numpy, and the second derivative that only sensitivities need."""

import math

import numpy as np
import pytest
from tests.kernels.interpreter import interpret as slow

from quantal.kernels.symbolic.dag import Graph
from quantal.kernels.symbolic.derivative import gradients
from quantal.kernels.symbolic.interpret import interpret


def test_every_operation_is_the_same_as_one_by_one():
    graph = Graph()
    x, y = graph.leaf("state", 0), graph.leaf("state", 1)
    nodes = [
        graph.add(x, y), graph.subtract(x, y), graph.multiply(x, y), graph.divide(x, y),
        graph.negate(x), graph.power(x, y), graph.power(y, graph.number(3.0)),
        *(graph.call(name, x) for name in ("exp", "log", "log10", "sqrt", "abs", "tanh")),
        graph.call("exprel", y), graph.call("exprel'", y),
        graph.choose(graph.both(graph.compare("<", x, y), graph.compare("!=", x, y)), x, y),
        graph.choose(graph.invert(graph.compare("<=", x, y)), x, y),
        graph.choose(graph.compare("==", x, y), x, y),
    ]  # fmt: skip
    a, b = np.array([0.3, 1.7, 2.0]), np.array([0.011, 1.2, 2.0])
    together = interpret(graph, nodes, {("state", 0): a, ("state", 1): b})
    for place in range(3):
        alone = slow(graph, nodes, {x: complex(a[place]), y: complex(b[place])})
        found = [float(np.broadcast_to(value, 3)[place]) for value in together]
        np.testing.assert_allclose(found, [value.real for value in alone], rtol=1e-12)


@pytest.mark.parametrize("x", [-30.0, -2.0, -0.5001, -0.4999, -1e-7, 0.0, 0.3, 0.51, 4.0])
def test_the_second_derivative_of_exprel(x):
    graph = Graph()
    leaf = graph.leaf("state", 0)
    once = gradients(graph, [graph.call("exprel", leaf)], {leaf})
    (first,) = once.values()
    twice = gradients(graph, [first[leaf]], {leaf})[first[leaf]][leaf]
    simulated = float(interpret(graph, [twice], {("state", 0): x})[0])
    # exprel'' = sum over k of (k + 1)(k + 2) x^k/(k + 3)!, all terms of one sign for x > 0;
    # for x < 0 by exprel(x) = e^x exprel(-x), differentiated twice.
    exact = _second(x) if x >= 0 else _reflected(x)
    assert simulated == pytest.approx(exact, rel=1e-11)


def _series(x, order):
    return sum(
        math.prod(range(k + 1, k + order + 1)) * x**k / math.factorial(k + order + 1)
        for k in range(80)
    )


def _second(x):
    return _series(x, 2)


def _reflected(x):
    return math.exp(x) * (_series(-x, 0) - 2.0 * _series(-x, 1) + _series(-x, 2))
