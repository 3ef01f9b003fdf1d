"""Bounds of drives in cells of time hold everywhere, and are close."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantal.engines.stochastic.cells import FLOOR, SHARE, cut
from quantal.stimulus import Piecewise

COEFFICIENT = st.floats(-5.0, 5.0)
PIECES = st.lists(
    st.tuples(st.floats(0.01, 3.0), *[COEFFICIENT] * 5, st.floats(-3.0, 3.0)),
    min_size=1,
    max_size=6,
)


def function_of(pieces):
    knots = np.cumsum([0.0, *(piece[0] for piece in pieces[:-1])])
    return Piecewise(knots, np.array([piece[1:] for piece in pieces]))


@settings(max_examples=200, deadline=None)
@given(PIECES, PIECES)
def test_no_drive_leaves_its_bounds(first, second):
    functions = (function_of(first), function_of(second))
    found = cut(functions, [0, 1, 2], 0.1, 7.0)
    assert found.edges[0] == 0.1
    assert found.edges[-1] == 7.0
    assert (np.diff(found.edges) > 0.0).all()
    t = np.linspace(0.1, 7.0, 20_001)[:-1]
    cell = np.searchsorted(found.edges, t, side="right") - 1
    for number, function in enumerate(functions):
        values = function.at(t)
        slack = 1e-9 * np.abs(values).max()
        assert (found.low[cell, number] <= values + slack).all()
        assert (values <= found.high[cell, number] + slack).all()
    assert (found.low[cell, 2] <= t).all()
    assert (t <= found.high[cell, 2]).all()


def test_bounds_are_close_and_cells_few():
    pulse = Piecewise(np.array([0.0, 2.0]), np.array([[1.0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 99, 5.0]]))
    found = cut((pulse,), [0], 0.0, 20.0)
    low, high = found.low[:, 0], found.high[:, 0]
    assert (high - low <= np.maximum(SHARE * high, FLOOR * 100.0) + 1e-9).all()
    assert len(low) < 80


def test_a_constant_drive_needs_one_cell_and_bounds_that_are_equal():
    found = cut((Piecewise.constant(3.0),), [0], -5.0, 100.0)
    assert len(found.edges) == 2
    assert found.low[0, 0] == found.high[0, 0] == 3.0


def test_a_drive_that_no_rate_uses_makes_no_cells():
    wave = Piecewise(np.array([0.0]), np.array([[0.0, 1.0, 0.0, 0.0, 0.0, 0.0]]))
    assert len(cut((wave,), [], 0.0, 10.0).edges) == 2
    assert len(cut((wave,), [0], 0.0, 10.0).edges) > 10


@pytest.mark.parametrize("shape", [(0, 1, -1, 0), (0, -3, 0, 1), (2, 0, 0, 0)])
def test_extremes_inside_a_piece_are_seen(shape):
    cubic = Piecewise(np.array([0.0]), np.array([[*shape, 0.0, 0.0]], dtype=float))
    found = cut((cubic,), [0], 0.0, 1.5)
    values = cubic.at(np.linspace(0.0, 1.5, 100_001))
    assert found.high[:, 0].max() == pytest.approx(values.max(), abs=1e-6)
    assert found.low[:, 0].min() == pytest.approx(values.min(), abs=1e-6)
