"""Propagators applied wrongly are caught by the comparison with the full scheme."""

import numpy as np
import pytest
from tests.agreement.test_event import AMPA, train, worst

from quantal.engines.propagators import blocks, curves
from quantal.engines.propagators.decay import Modes
from quantal.engines.propagators.panels import Panels

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
