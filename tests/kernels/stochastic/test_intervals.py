"""Bounds hold for every value of the drives, whatever the expression is made of."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.kernels.interpreter import interpret

from quantal.kernels.stochastic.intervals import HIGH, LOW, Intervals
from quantal.kernels.symbolic.dag import Graph
from quantal.kernels.symbolic.equations import DRIVE, STATE

NUMBER = st.floats(-3.0, 3.0)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["+", "-", "*", "square", "exp", "abs", "reciprocal", "least", "exprel", "^", "if"]
        ),
        st.integers(0, 30),
        st.integers(0, 30),
    ),
    min_size=1,
    max_size=10,
)


def build(graph, steps):
    """An expression of two drives and a count, each step of what came before."""
    nodes = [graph.leaf(DRIVE, 0), graph.leaf(DRIVE, 1), graph.leaf(STATE, 0), graph.number(0.7)]
    for operation, i, j in steps:
        a, b = nodes[i % len(nodes)], nodes[j % len(nodes)]
        small = graph.call("tanh", b)
        if operation == "+":
            nodes.append(graph.add(a, b))
        elif operation == "-":
            nodes.append(graph.subtract(a, b))
        elif operation == "*":
            nodes.append(graph.multiply(graph.call("tanh", a), b))
        elif operation == "square":
            nodes.append(graph.multiply(small, small))
        elif operation in ("exp", "exprel"):
            nodes.append(graph.call(operation, small))
        elif operation == "abs":
            nodes.append(graph.call("abs", a))
        elif operation == "reciprocal":
            nodes.append(graph.reciprocal(graph.add(graph.number(1.5), small)))
        elif operation == "least":
            nodes.append(graph.choose(graph.compare("<", a, b), a, b))
        elif operation == "^":
            nodes.append(graph.power(graph.add(graph.one, graph.call("abs", a)), small))
        else:
            nodes.append(graph.choose(graph.compare("<", a, graph.zero), a, b))
    return nodes[-1]


@settings(max_examples=300, deadline=None)
@given(STEPS, st.lists(st.tuples(NUMBER, NUMBER), min_size=2, max_size=2), NUMBER,
       st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=5, max_size=5))  # fmt: skip
def test_no_value_of_the_drives_leaves_the_bounds(steps, ends, count, shares):
    graph = Graph()
    node = build(graph, steps)
    low, high = Intervals(graph).of(node)
    box = [(min(pair), max(pair)) for pair in ends]
    leaves = {graph.leaf(STATE, 0): count}
    for index, (least, largest) in enumerate(box):
        leaves[graph.leaf(LOW, index)], leaves[graph.leaf(HIGH, index)] = least, largest
    bounds = [complex(x).real for x in interpret(graph, [low, high], leaves)]
    for share in [(0.0, 0.0), (1.0, 1.0), (0.0, 1.0), *shares]:
        here = dict(leaves)
        for index, (least, largest) in enumerate(box):
            here[graph.leaf(DRIVE, index)] = least + share[index] * (largest - least)
        value = complex(interpret(graph, [node], here)[0]).real
        slack = 1e-9 * max(1.0, *np.abs(bounds))
        assert bounds[0] - slack <= value <= bounds[1] + slack
