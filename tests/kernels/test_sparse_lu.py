"""The unrolled factorisation solves W x = b, with little fill and one division per pivot."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.kernels.interpreter import compiled, interpret

from quantal.kernels.symbolic.dag import Graph
from quantal.kernels.symbolic.sparse_lu import factorise, markowitz_order, substitute


def solved(matrix, right, pitch):
    """(x from the graph, the graph, its factor nodes) of (pitch I - J) x = right."""
    size = len(right)
    graph = Graph()
    pattern = [tuple(map(int, place)) for place in np.argwhere(matrix != 0.0)]
    jacobian = {place: graph.leaf("J", number) for number, place in enumerate(pattern)}
    factors, entries = factorise(graph, [graph.leaf("pitch", 0)] * size, jacobian)
    entry = {place: entries[slot] for place, slot in factors.slots.items()}
    b = [graph.leaf("b", index) for index in range(size)]
    x = substitute(graph, factors, entry, b)
    leaves = {jacobian[place]: complex(matrix[place]) for place in pattern}
    leaves[graph.leaf("pitch", 0)] = complex(pitch)
    leaves |= {b[index]: complex(right[index]) for index in range(size)}
    return np.array([v.real for v in interpret(graph, x, leaves)]), graph, entries


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 12), st.floats(0.1, 0.9), st.integers(0, 10_000))
def test_the_solution_is_that_of_numpy(size, density, seed):
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(size, size)) * (random.random((size, size)) < density)
    right = random.normal(size=size)
    pitch = 2.0 * np.abs(matrix).sum() + 1.0
    exact = np.linalg.solve(pitch * np.eye(size) - matrix, right)
    simulated, _, _ = solved(matrix, right, pitch)
    assert np.allclose(simulated, exact, rtol=1e-10, atol=1e-13)


def test_each_pivot_is_divided_by_once():
    random = np.random.default_rng(1)
    matrix = random.normal(size=(6, 6))
    _, graph, entries = solved(matrix, np.ones(6), 50.0)
    assert [graph.operation[n] for n in graph.ancestors(entries)].count("reciprocal") == 6


def test_a_chain_has_no_fill_in():
    size = 30
    matrix = -np.eye(size) + np.eye(size, k=1) + np.eye(size, k=-1)
    simulated, _, entries = solved(matrix, np.ones(size), 9.0)
    assert len(entries) == 3 * size - 2
    assert np.allclose((9.0 * np.eye(size) - matrix) @ simulated, 1.0)


def test_a_hub_is_eliminated_last():
    """An arrow matrix fills completely in its natural order and not at all in Markowitz order."""
    size = 20
    pattern = [(i, i) for i in range(size)] + [(0, i) for i in range(1, size)]
    pattern += [(i, 0) for i in range(1, size)]
    assert markowitz_order(size, pattern).index(0) >= size - 2


@pytest.mark.parametrize("stiffness", [1e3, 1e6, 1e9])
def test_a_closed_scheme_stays_closed_in_machine_code(stiffness):
    """Columns of J that sum to zero: sum(x) = sum(b)/pitch however stiff."""
    size = 7
    random = np.random.default_rng(3)
    matrix = random.random((size, size)) * stiffness
    matrix -= np.diag(matrix.sum(axis=0))
    graph = Graph()
    leaves = {(i, j): graph.leaf("state", i * size + j) for i in range(size) for j in range(size)}
    factors, entries = factorise(graph, [graph.one] * size, leaves)
    entry = {place: entries[slot] for place, slot in factors.slots.items()}
    b = [graph.leaf("state", size * size + i) for i in range(size)]
    code, _ = compiled(graph, substitute(graph, factors, entry, b))
    right = random.normal(size=size)
    simulated = code(np.concatenate([matrix.ravel(), right]))
    rounding = 1e-15 * stiffness * np.abs(simulated).sum()
    assert simulated.sum() == pytest.approx(right.sum(), abs=rounding)
