"""Propagators applied wrongly are caught by the comparison with the full scheme."""

import numpy as np
import pytest
from tests.agreement import test_event_population as population
from tests.agreement.test_event import AMPA, train, worst

from quantal.engines.propagators import blocks, compiled, curves, kept, messenger
from quantal.engines.propagators.decay import Modes
from quantal.engines.propagators.panels import Panels


@pytest.fixture(autouse=True)
def _nothing_kept():
    """No table made with a fault may serve another test."""
    kept.forget()
    yield
    kept.forget()


TIMES = np.arange(5.0, 160.0, 30.0)


def error():
    return worst(AMPA, train(TIMES), ["open", "C0"], until=160.0, sample=0.5)


def test_without_a_fault_nothing_is_found():
    assert error() <= 1e-11


def backwards(self, start):
    """The window's panels multiplied in the wrong order: the last one first."""
    steps = self.panels.series.sum(axis=1)  # the value of each panel at its end
    state = np.append(start, 1.0)
    wrong = steps[0] @ state
    return Panels(self.panels.edges, self.panels.series @ state, wrong)


def transposed(self, starts, times):
    modes = (starts @ self.basis) * np.exp(np.multiply.outer(times, self.rates))
    return np.ascontiguousarray((modes @ self.inverse).real)


@pytest.mark.parametrize(
    ("place", "name", "fault"),
    [
        (blocks.Window, "from_state", backwards),
        (Modes, "each", transposed),
        (curves, "FORGOTTEN", 1e-3),
        (blocks, "end_of_window", lambda *_: 0.05),
    ],
    ids=["order of panels", "transposed modes", "window cut early", "window of 0.05 ms"],
)
def test_a_planted_fault_is_caught(monkeypatch, place, name, fault):
    monkeypatch.setattr(place, name, fault)
    assert error() > 1e-6


def summed_error():
    simulated, exact = population.both(population.ONE.format(tau=0.1), 4, 60.0, 0.5)
    return population.worst(simulated, exact)


def by_rows(modes, ends):
    """Propagators of the modes stored by rows, where the loop reads columns."""
    return np.ascontiguousarray(right_ends(modes, ends.transpose(0, 2, 1)))


right_ends = compiled._ends


@pytest.mark.parametrize(
    ("place", "name", "fault"),
    [
        (compiled, "_ends", by_rows),
        (messenger, "FORGOTTEN", 1e-3),
        (compiled, "CELLS", (1,)),
    ],
    ids=["rows for columns", "window cut early", "one cell"],
)
def test_a_fault_planted_in_the_sum_is_caught(monkeypatch, place, name, fault):
    monkeypatch.setattr(place, name, fault)
    assert summed_error() > 1e-6


def test_without_a_fault_in_the_sum_nothing_is_found():
    assert summed_error() <= 1e-9
