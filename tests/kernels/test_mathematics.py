"""The generated exponentials against the C library, one at a time and in vectors."""

import math

import numpy as np
import pytest
from tests.kernels.interpreter import compiled

from quantal.kernels.symbolic.dag import Graph

SPREAD = np.concatenate(
    [np.linspace(-700.0, 709.0, 4003), np.linspace(-1.5, 1.5, 2001), 10.0 ** np.arange(-300, 0.0)]
)


def function(name, count):
    """A compiled function of `count` values at once."""
    graph = Graph()
    nodes = [graph.call(name, graph.leaf("state", index)) for index in range(count)]
    code, text = compiled(graph, nodes)
    assert (f"@quantal.{name.replace(chr(39), '_slope')}.v(" in text) == (count > 1)
    return code


def exact(name, x):
    if name == "exp":
        return math.exp(x)
    series = abs(x) < 0.7
    if name == "exprel":
        return math.expm1(x) / x if abs(x) > 1e-8 else 1.0 + x / 2.0
    terms = (k * x ** (k - 1) / math.factorial(k + 1) for k in range(1, 26))
    return sum(terms) if series else (math.exp(x) - math.expm1(x) / x) / x


@pytest.mark.parametrize("count", [1, 3, 4, 6])
@pytest.mark.parametrize(("name", "units"), [("exp", 2), ("exprel", 4), ("exprel'", 16)])
def test_values_are_right_to_a_few_units_in_the_last_place(name, units, count):
    code = function(name, count)
    for start in range(0, len(SPREAD), 97):
        x = np.resize(SPREAD[start : start + count], count)
        for simulated, value in zip(code(x), x, strict=True):
            reference = exact(name, value)
            if abs(reference) < 1e308:
                assert abs(simulated - reference) <= units * math.ulp(reference), value


@pytest.mark.parametrize("count", [1, 4])
def test_the_ends_of_the_range(count):
    code = function("exp", count)
    for x, value in [(-1000.0, 0.0), (-709.0, 0.0), (710.0, math.inf), (0.0, 1.0), (-0.0, 1.0),
                     (math.inf, math.inf), (-math.inf, 0.0)]:  # fmt: skip
        assert code([x] * count).tolist() == [value] * count
    assert np.all(np.isnan(code([math.nan] * count)))


def test_chained_calls_wait_for_each_other():
    """exp of exp cannot share a vector with its own argument."""
    graph = Graph()
    leaves = [graph.leaf("state", index) for index in range(4)]
    inner = [graph.call("exp", leaf) for leaf in leaves]
    outer = [graph.call("exp", graph.negate(node)) for node in inner]
    code, _ = compiled(graph, [*outer, *inner])
    x = np.array([0.1, -0.4, 1.0, -2.0])
    assert np.allclose(code(x), [*np.exp(-np.exp(x)), *np.exp(x)], rtol=1e-14)


def walking(seed):
    """Exponents that creep, leap, overflow and come back."""
    draw = np.random.default_rng(seed)
    steps = np.where(draw.random(4000) < 0.05, draw.normal(0.0, 60.0, 4000), 0.01)
    path = np.cumsum(steps * draw.choice([-1.0, 1.0], 4000))
    path[1000:1003] = 800.0, -900.0, 0.3
    return path


@pytest.mark.parametrize("count", [1, 3, 4, 6])
def test_kept_exponentials_are_right_wherever_the_exponent_was_before(count):
    graph = Graph()
    nodes = [graph.call("exp", graph.leaf("state", index)) for index in range(count)]
    code, text = compiled(graph, nodes, near=0)
    assert "@quantal.exp_near" in text
    for x in np.stack([walking(seed) for seed in range(count)], axis=1):
        for simulated, value in zip(code(x), x, strict=True):
            if value > 709.78:
                assert simulated == math.inf
            elif value > -700.0:
                assert abs(simulated - math.exp(value)) <= 4 * math.ulp(math.exp(value)), value
            else:
                assert simulated <= 1e-304


def test_a_kept_exponential_is_one_at_zero_before_anything_was_kept():
    graph = Graph()
    code, _ = compiled(graph, [graph.call("exp", graph.leaf("state", 0))], near=0)
    assert code([0.05]).tolist() == pytest.approx([math.exp(0.05)], rel=1e-15)


def test_what_is_no_number_is_not_kept():
    graph = Graph()
    code, _ = compiled(graph, [graph.call("exp", graph.leaf("state", 0))], near=0)
    assert math.isnan(code([math.nan])[0])
    assert code([0.01]).tolist() == pytest.approx([math.exp(0.01)], rel=1e-15)
