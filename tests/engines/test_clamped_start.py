"""A run whose membrane is held starts with everything settled at that potential."""

import numpy as np
import pytest

import quantal

CELL = """mechanism cell "c"
place inner
membrane V = -65 [mV] capacitance 10 [pF] in inner
gate m
  inf = 1/(1 + exp(-(V + 20 [mV])/5 [mV]))
  tau = 3 [ms]
current i = 1 [nS]*m*(V - 50 [mV])
"""


def test_gates_settle_at_a_held_port() -> None:
    trajectory = quantal.run(
        "channels/calcium_p_borst_1998", quantal.protocols.hold("V", "0 mV"), until="5 ms",
        record=["open"],
    )  # fmt: skip
    assert np.ptp(trajectory["open"]) == pytest.approx(0.0, abs=1e-9)


def test_a_clamped_membrane_starts_where_it_is_held() -> None:
    held = quantal.protocols.hold("V", "-20 mV")
    trajectory = quantal.run(quantal.load(CELL), held, until="10 ms")
    np.testing.assert_allclose(trajectory["m"], 0.5, rtol=1e-12)
    np.testing.assert_allclose(trajectory["V"], -20.0, rtol=1e-12)
