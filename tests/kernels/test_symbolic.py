"""The graph simplifies without changing a value, and differentiates exactly."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engines.programs import program
from tests.kernels.interpreter import compiled, interpret

from quantal.expression import Apply, Name, Number, evaluate
from quantal.kernels.generate import straight_line
from quantal.kernels.symbolic.dag import CONSTANT, Graph
from quantal.kernels.symbolic.derivative import gradients
from quantal.kernels.symbolic.equations import Equations

STATES = ("x", "y", "z")
EMPTY = program(dict.fromkeys(STATES, (0.0, 0.0)))


def _positive(inner):
    """Something that is always positive, for logarithms, roots and divisors."""
    return inner.map(lambda e: Apply("+", (Apply("*", (e, e)), Number(0.5))))


def _whole_power(inner):
    pairs = st.tuples(_positive(inner), st.integers(-3, 4).map(lambda n: Number(float(n))))
    return pairs.map(lambda pair: Apply("^", pair))


def _grow(inner):
    small = inner.map(lambda e: Apply("tanh", (e,)))
    binary = st.tuples(st.sampled_from("+-*"), inner, inner)
    return st.one_of(
        binary.map(lambda t: Apply(t[0], t[1:])),
        st.tuples(inner, _positive(inner)).map(lambda t: Apply("/", t)),
        st.tuples(st.sampled_from(("log", "log10", "sqrt")), _positive(inner)).map(
            lambda t: Apply(t[0], (t[1],))
        ),
        st.tuples(st.sampled_from(("exp", "tanh", "exprel", "neg", "abs")), small).map(
            lambda t: Apply(t[0], (t[1],))
        ),
        _whole_power(inner),
        st.tuples(_positive(inner), small).map(lambda t: Apply("^", t)),
        st.tuples(st.sampled_from(("min", "max")), inner, inner).map(lambda t: Apply(t[0], t[1:])),
        st.tuples(st.sampled_from(("<", "<=", ">", ">=")), inner, inner, inner, inner).map(
            lambda t: Apply("if", (Apply(t[0], t[1:3]), t[3], t[4]))
        ),
        st.tuples(inner, inner).map(lambda t: Apply("binomial", t)),
    )


LEAVES = st.one_of(
    st.sampled_from(STATES).map(Name),
    st.sampled_from((0.0, 1.0, -1.0, 2.0, 0.3, -1.7)).map(Number),
)
EXPRESSIONS = st.recursive(LEAVES, _grow, max_leaves=12)
POINTS = st.tuples(*[st.floats(-2.0, 2.0).map(lambda v: round(v, 3)) for _ in STATES])


def built(expression):
    graph = Graph()
    node = Equations(graph, EMPTY).node(expression)
    return graph, node, [graph.leaf("state", index) for index in range(3)]


def agree(a, b, tolerance=1e-9):
    return (not np.isfinite(b)) or abs(a - b) <= tolerance * max(1.0, abs(b))


@settings(max_examples=300, deadline=None)
@given(EXPRESSIONS, POINTS)
def test_a_node_has_the_value_of_its_expression(expression, point):
    graph, node, leaves = built(expression)
    with np.errstate(all="ignore"):
        exact = float(evaluate(expression, dict(zip(STATES, point, strict=True))))
    if not abs(exact) < 1e100:
        return
    simulated = interpret(graph, [node], dict(zip(leaves, map(complex, point), strict=True)))[0]
    assert agree(simulated.real, exact)


@settings(max_examples=300, deadline=None)
@given(EXPRESSIONS, POINTS)
def test_derivatives_agree_with_the_complex_step(expression, point):
    """f'(x) = Im f(x + ih)/h holds to rounding, away from kinks (Squire & Trapp 1998)."""
    graph, node, leaves = built(expression)
    partial = gradients(graph, [node], leaves)[node]
    for place, leaf in enumerate(leaves):
        moved = [v + 1e-3 * (k + 1) / 7 for k, v in enumerate(point)]
        shifted = [complex(v, 1e-30 * (k == place)) for k, v in enumerate(moved)]
        values = dict(zip(leaves, shifted, strict=True))
        real = {leaf: complex(value.real) for leaf, value in values.items()}
        try:
            exact = interpret(graph, [node], values)[0].imag / 1e-30
            simulated = interpret(graph, [partial.get(leaf, graph.zero)], real)[0].real
        except (OverflowError, ZeroDivisionError):
            return
        assert agree(simulated, exact, 1e-7)


@settings(max_examples=25, deadline=None)
@given(st.lists(EXPRESSIONS, min_size=1, max_size=5), POINTS)
def test_machine_code_gives_the_same_values_and_derivatives(expressions, point):
    graph = Graph()
    equations = Equations(graph, EMPTY)
    nodes = [equations.node(expression) for expression in expressions]
    leaves = [graph.leaf("state", index) for index in range(3)]
    for gradient in gradients(graph, list(nodes), leaves).values():
        nodes += gradient.values()
    code, _ = compiled(graph, nodes)
    point = [value + 1e-3 * (k + 1) / 7 for k, value in enumerate(point)]
    try:
        exact = interpret(graph, nodes, dict(zip(leaves, map(complex, point), strict=True)))
    except (OverflowError, ZeroDivisionError):
        return
    for simulated, value in zip(code(point), exact, strict=True):
        assert agree(simulated, value.real, 1e-8)


@pytest.mark.parametrize("length", [1, 2, 5, 9])
def test_long_code_in_parts_gives_the_same_values(length, monkeypatch):
    """Numbers, comparisons and shared values pass between the parts."""
    graph = Graph()
    x, y, z = (graph.leaf("state", index) for index in range(3))
    less = graph.compare("<", x, y)
    product = graph.multiply(x, graph.add(y, z))
    outputs = [
        graph.choose(less, product, graph.call("exp", z)),
        graph.choose(graph.both(less, graph.compare("<", y, z)), graph.add(product, z), x),
        graph.reciprocal(product), graph.number(3.0), x,
        graph.subtract(graph.call("tanh", product), graph.multiply(z, y)),
    ]  # fmt: skip
    whole, _ = compiled(graph, outputs)
    monkeypatch.setattr(straight_line, "PART", length)
    parts, text = compiled(graph, outputs)
    assert text.count("@f.") > 2
    for point in ([1.0, 2.0, 3.0], [2.0, 1.0, 0.5], [-1.0, 0.5, 0.1]):
        assert np.allclose(parts(point), whole(point), rtol=1e-15)


def nodes_of(graph, *names):
    return [graph.leaf("state", STATES.index(name)) for name in names]


def test_equal_expressions_are_one_node():
    graph = Graph()
    x, y = nodes_of(graph, "x", "y")
    assert graph.add(x, y) == graph.add(y, x)
    assert graph.multiply(x, graph.negate(y)) == graph.negate(graph.multiply(y, x))
    assert graph.divide(x, y) == graph.multiply(graph.reciprocal(y), x)
    assert graph.power(x, graph.number(2)) == graph.multiply(x, x)


def test_neutral_elements_vanish():
    graph = Graph()
    (x,) = nodes_of(graph, "x")
    assert graph.add(x, graph.zero) == x
    assert graph.multiply(graph.one, x) == x
    assert graph.multiply(graph.zero, x) == graph.zero
    assert graph.subtract(x, x) == graph.zero
    assert graph.choose(graph.compare("<", graph.zero, graph.one), x, graph.one) == x


def test_parameter_factors_gather_so_that_they_are_computed_once():
    graph = Graph()
    (x,) = nodes_of(graph, "x")
    a, b = graph.leaf("parameter", 0, CONSTANT), graph.leaf("parameter", 1, CONSTANT)
    product = graph.multiply(graph.multiply(graph.multiply(a, x), graph.number(3.0)), b)
    coefficient, rest = graph.arguments[product]
    assert rest == x
    assert graph.level[coefficient] == CONSTANT


def test_a_whole_power_is_multiplications():
    graph = Graph()
    (x,) = nodes_of(graph, "x")
    power = graph.power(x, graph.number(8))
    assert [graph.operation[n] for n in graph.ancestors([power])].count("*") == 3


def test_a_long_sum_needs_no_recursion():
    graph = Graph()
    tree = Name("x")
    for _ in range(5000):
        tree = Apply("+", (tree, Apply("*", (Name("y"), Name("z")))))
    node = Equations(graph, EMPTY).node(tree)
    value = interpret(graph, [node], dict(zip(nodes_of(graph, *STATES), (1, 2, 3), strict=True)))
    assert value[0].real == 1 + 5000 * 6


@pytest.mark.parametrize("x", [0.0, 1e-300, -1e-9, 9e-6, 1.1e-5, -0.02, 0.031, 1.0, -30.0, 300.0])
def test_exprel_and_its_slope_near_zero_and_far_from_it(x):
    graph = Graph()
    (leaf,) = nodes_of(graph, "x")
    node = graph.call("exprel", leaf)
    slope = gradients(graph, [node], [leaf])[node][leaf]
    value, derivative = compiled(graph, [node, slope])[0]([x])
    exact = math.expm1(x) / x if abs(x) > 1e-12 else 1.0 + x / 2
    series = sum(k * x ** (k - 1) / math.factorial(k + 1) for k in range(1, 30))
    exact_slope = series if abs(x) < 2.0 else (math.exp(x) - exact) / x
    assert value == pytest.approx(exact, rel=1e-14)
    assert derivative == pytest.approx(exact_slope, rel=1e-12)


def test_division_happens_once_per_divisor():
    """x/z + y/z and their derivatives need one division in machine code."""
    graph = Graph()
    x, y, z = nodes_of(graph, *STATES)
    total = graph.add(graph.divide(x, z), graph.divide(y, z))
    partial = gradients(graph, [total], [x, y, z])[total]
    _, text = compiled(graph, [total, *partial.values()])
    body = text[text.index("@f(") :]
    assert body.count("fdiv") == 1
    assert "arcp" not in text
