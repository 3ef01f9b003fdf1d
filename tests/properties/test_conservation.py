"""What no reaction changes stays, to 1e-12 over 1e5 steps and at any stiffness."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.agreement.problems import JONAS, JONAS_STATES, chain, jonas_fluxes
from tests.engines.programs import names, program, pulses, stimulus

from quantal.engines.base import Settings
from quantal.engines.rosenbrock import METHODS
from quantal.engines.stiff import Stiff


def drift(made, driven, weights, engine=None, **more):
    """Largest relative departure of a weighted sum of states from its first value."""
    wanted = Settings(**({"relative": 1e-6, "absolute": 1e-9} | more))
    trajectory = (engine or Stiff()).run(made, driven, wanted)
    total = sum(w * trajectory.internal(name) for name, w in weights.items())
    return np.max(np.abs(total / total[0] - 1.0)), trajectory.statistics["steps"]


@pytest.mark.parametrize("method", [*METHODS, "switching"])
def test_occupancies_sum_to_one_over_a_hundred_thousand_steps(method):
    (glu,) = names("glu")
    derivatives = chain(jonas_fluxes(glu))
    made = program(
        {name: (derivatives[name], float(name == "C0")) for name in JONAS_STATES}, JONAS,
        drives=["glu"],
    )  # fmt: skip
    times = np.arange(1.0, 100_000.0, 20.0)
    stops = tuple(np.stack([times, times + 1.0], axis=1).ravel())
    driven = stimulus(made, 100_000.0, [pulses(times, 1.0, 0.0, 1.0)], stops=stops)
    sample = np.linspace(0.0, 100_000.0, 1001)
    engine = Stiff(tableau=METHODS[method], pair=None) if method in METHODS else Stiff()
    weights = dict.fromkeys(JONAS_STATES, 1.0)
    found, steps = drift(made, driven, weights, engine, sample=sample)
    assert steps > 1e5
    assert found <= 1e-12


@settings(max_examples=20, deadline=None)
@given(st.floats(-3.0, 6.0), st.floats(-3.0, 6.0), st.floats(-3.0, 6.0), st.floats(0.1, 50.0))
def test_molecules_and_buffer_are_kept_however_stiff(on, off, move, ratio):
    """Binding in one place and exchange with another of a different volume."""
    a, b, ab, far = names("a b ab far")
    kon, koff, rate, volume = names("kon koff rate volume")
    bound, moved = kon * a * b - koff * ab, rate * (a - far)
    made = program(
        {"a": (-bound - moved, 1.0), "b": (-bound, 0.7), "ab": (bound, 0.1),
         "far": (moved * volume, 0.0)},
        {"kon": 10.0**on, "koff": 10.0**off, "rate": 10.0**move, "volume": ratio},
    )  # fmt: skip
    driven = stimulus(made, 100.0)
    assert drift(made, driven, {"a": 1.0, "ab": 1.0, "far": 1.0 / ratio})[0] <= 1e-12
    assert drift(made, driven, {"b": 1.0, "ab": 1.0})[0] <= 1e-12
