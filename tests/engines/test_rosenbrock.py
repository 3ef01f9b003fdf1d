"""The published coefficients satisfy their order conditions.

Hairer & Wanner 1996, Solving Ordinary Differential Equations II, section IV.7: with
B = alpha + Gamma, beta = B e, the conditions of table 7.1 (order 1 to 4) and the
non-autonomous ones through c = alpha e and d = Gamma e; order 5 is shown by convergence.
"""

import numpy as np
import pytest

from quantal.engines.rosenbrock import METHODS, RODAS4, RODAS5P


def square(rows, size):
    matrix = np.zeros((size, size))
    for i, row in enumerate(rows):
        matrix[i, : len(row)] = row
    return matrix


def standard(tableau):
    """(alpha, Gamma, b, b of the embedded method) from the form without matrix products."""
    size = tableau.stages
    inverse = np.eye(size) / tableau.gamma - square(tableau.C, size)
    gamma = np.linalg.inv(inverse)
    alpha = square(tableau.a, size) @ gamma
    last = np.append(tableau.a[-1], 1.0)
    embedded = np.append(tableau.a[-1], 0.0)
    return alpha, gamma, last @ gamma, embedded @ gamma


@pytest.fixture(params=sorted(METHODS))
def tableau(request):
    return METHODS[request.param]


def conditions(alpha, gamma, b):
    """(order, left, right) of the conditions to order 4, and bushy and tall trees of order 5."""
    e = np.ones(len(b))
    whole = alpha + gamma
    c, beta = alpha @ e, whole @ e
    return [
        (1, b @ e, 1), (2, b @ beta, 1 / 2), (3, b @ c**2, 1 / 3),
        (3, b @ whole @ beta, 1 / 6), (4, b @ c**3, 1 / 4), (4, b @ (c * (alpha @ beta)), 1 / 8),
        (4, b @ whole @ c**2, 1 / 12), (4, b @ whole @ whole @ beta, 1 / 24),
        (5, b @ c**4, 1 / 5), (5, b @ (c**2 * (alpha @ beta)), 1 / 10),
        (5, b @ (alpha @ beta) ** 2, 1 / 20), (5, b @ (c * (alpha @ c**2)), 1 / 15),
        (5, b @ (c * (alpha @ whole @ beta)), 1 / 30), (5, b @ whole @ c**3, 1 / 20),
        (5, b @ whole @ (c * (alpha @ beta)), 1 / 40), (5, b @ whole @ whole @ c**2, 1 / 60),
        (5, b @ whole @ whole @ whole @ beta, 1 / 120),
    ]  # fmt: skip


def test_row_sums_are_the_stated_abscissas(tableau):
    alpha, gamma, _, _ = standard(tableau)
    assert np.allclose(alpha.sum(axis=1), tableau.c, atol=1e-13)
    assert np.allclose(gamma.sum(axis=1), tableau.d, atol=1e-13)


def test_order_conditions_of_the_method(tableau):
    alpha, gamma, b, _ = standard(tableau)
    for order, left, right in conditions(alpha, gamma, b):
        if order <= tableau.order:
            assert left == pytest.approx(right, abs=2e-13), (order, right)


def test_the_embedded_method_is_one_order_lower_and_no_better(tableau):
    alpha, gamma, _, b = standard(tableau)
    found = conditions(alpha, gamma, b)
    for order, left, right in found:
        if order <= tableau.error_order:
            assert left == pytest.approx(right, abs=2e-13), (order, right)
    next_order = [
        abs(left - right) for order, left, right in found if order == tableau.error_order + 1
    ]
    assert max(next_order) > 1e-4


def test_stiffly_accurate_and_l_stable(tableau):
    """The last stage is the new state, and the stability function vanishes at infinity."""
    alpha, gamma, b, _ = standard(tableau)
    assert np.allclose(alpha[-1] + gamma[-1], b, atol=1e-13)
    whole = alpha + gamma
    assert 1.0 - b @ np.linalg.solve(whole, np.ones(len(b))) == pytest.approx(0.0, abs=1e-10)


def test_dense_output_conditions(tableau):
    """b(x) e = x, b(x) beta = x^2/2, b(x) c^2 = x^3/3, b(x) B beta = x^3/6, and so on."""
    alpha, gamma, _, _ = standard(tableau)
    e = np.ones(tableau.stages)
    whole = alpha + gamma
    beta, c = whole @ e, alpha @ e
    last = np.append(tableau.a[-1], 1.0)
    for x in (0.1, 0.37, 0.5, 0.9):
        z = 1.0 - x
        inner = np.zeros(tableau.stages)
        for row in reversed(tableau.dense):
            inner = np.array(row) + x * inner
        b = (x * (last + z * inner)) @ gamma
        assert b @ e == pytest.approx(x, abs=1e-12)
        assert b @ beta == pytest.approx(x**2 / 2, abs=1e-12)
        assert b @ c**2 == pytest.approx(x**3 / 3, abs=1e-12)
        assert b @ whole @ beta == pytest.approx(x**3 / 6, abs=1e-12)
        if tableau.dense_order >= 4:
            assert b @ c**3 == pytest.approx(x**4 / 4, abs=1e-11)
            assert b @ whole @ whole @ beta == pytest.approx(x**4 / 24, abs=1e-11)


def test_the_two_methods_are_of_the_orders_they_state():
    assert (RODAS5P.order, RODAS4.order) == (5, 4)
