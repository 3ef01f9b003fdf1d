"""The published coefficients of the explicit pairs satisfy their order conditions.

Hairer, Norsett & Wanner 1993, Solving Ordinary Differential Equations I, II.2 table 2.2:
the seventeen conditions to order 5, one for each rooted tree.
"""

import numpy as np
import pytest

from quantal.engines.runge_kutta import PAIRS


@pytest.fixture(params=sorted(PAIRS))
def pair(request):
    return PAIRS[request.param]


def matrix(pair):
    """(A, b, b of the embedded method)."""
    a = np.zeros((pair.stages, pair.stages))
    for i, row in enumerate(pair.a):
        a[i, : len(row)] = row
    return a, a[-1], a[-1] - np.array(pair.error)


def conditions(a, b):
    """(order, left, right), in the order of the table."""
    c = a.sum(axis=1)
    return [
        (1, b.sum(), 1), (2, b @ c, 1 / 2), (3, b @ c**2, 1 / 3), (3, b @ a @ c, 1 / 6),
        (4, b @ c**3, 1 / 4), (4, b @ (c * (a @ c)), 1 / 8), (4, b @ a @ c**2, 1 / 12),
        (4, b @ a @ a @ c, 1 / 24), (5, b @ c**4, 1 / 5), (5, b @ (c**2 * (a @ c)), 1 / 10),
        (5, b @ (c * (a @ c**2)), 1 / 15), (5, b @ (c * (a @ a @ c)), 1 / 30),
        (5, b @ (a @ c) ** 2, 1 / 20), (5, b @ a @ c**3, 1 / 20),
        (5, b @ a @ (c * (a @ c)), 1 / 40), (5, b @ a @ a @ c**2, 1 / 60),
        (5, b @ a @ a @ a @ c, 1 / 120),
    ]  # fmt: skip


def test_row_sums_are_the_stated_abscissas(pair):
    assert np.allclose(matrix(pair)[0].sum(axis=1), pair.c, atol=2e-14)


def test_order_conditions_of_the_method(pair):
    a, b, _ = matrix(pair)
    for order, left, right in conditions(a, b):
        assert order <= pair.order
        assert left == pytest.approx(right, abs=2e-14), (order, right)


def test_the_embedded_method_is_one_order_lower_and_no_better(pair):
    a, _, embedded = matrix(pair)
    found = conditions(a, embedded)
    for order, left, right in found:
        if order <= pair.error_order:
            assert left == pytest.approx(right, abs=2e-14), (order, right)
    beyond = [abs(x - y) for order, x, y in found if order == pair.error_order + 1]
    assert max(beyond) > 1e-5


def test_the_last_two_stages_are_at_the_end_and_the_last_is_the_new_state(pair):
    assert pair.c[-2:] == (1.0, 1.0)
    assert len(pair.a[-1]) == pair.stages - 1


def test_dense_output_conditions_to_order_four(pair):
    a, b, _ = matrix(pair)
    for x in (0.1, 0.37, 0.5, 0.9):
        inner = np.zeros(pair.stages)
        for row in reversed(pair.dense):
            inner = np.array(row) + x * inner
        for order, left, right in conditions(a, x * (b + (1.0 - x) * inner)):
            if order <= pair.dense_order:
                assert left == pytest.approx(right * x**order, abs=1e-14), (order, right)


def test_dense_output_leaves_and_arrives_with_the_right_slope(pair):
    _, b, _ = matrix(pair)
    first, last = np.eye(pair.stages)[[0, -1]]
    at_start = np.array(pair.dense[0])
    at_end = sum(np.array(row) for row in pair.dense)
    assert np.allclose(b + at_start, first, atol=1e-13)
    assert np.allclose(b - at_end, last, atol=1e-13)


def test_modes_within_reach_are_damped(pair):
    """|R(-z)| for 0 < z <= reach, of y' = -z y."""
    a, b, _ = matrix(pair)
    for z in np.linspace(0.05, pair.reach, 60):
        growth = 1.0 - z * b @ np.linalg.solve(np.eye(pair.stages) + z * a, np.ones(pair.stages))
        assert abs(growth) <= max(np.exp(-z) * 1.1, 0.7), z
