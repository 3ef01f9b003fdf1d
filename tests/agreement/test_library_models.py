"""Five published models against plain tree evaluation under scipy at 1e-10."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from tests.oracle import integrate

from quantal import protocols
from quantal.compiler.bind import bind
from quantal.experiments.loading import load, prepare
from quantal.experiments.run import run_program
from quantal.protocols.protocol import Protocol

PULSES = protocols.decaying("glu", "1.1 mM", "1.2 ms", every="10 ms", count=3)
CALCIUM = protocols.decaying("Ca", "30 uM", "0.4 ms", every="10 ms", count=3)
MODELS = {
    "receptors/ampa_robert_howe_2003": PULSES,
    "receptors/nmda_kampa_2004": PULSES + protocols.hold("V", "-40 mV"),
    "release/sensor_lou_2005": CALCIUM,
    "release/sensor_sun_2007": CALCIUM,
    "receptors/glycine_burzomato_2004": protocols.decaying("gly", "3 mM", "0.5 ms"),
}


TIMES = np.linspace(0.0, 25.0, 51)


@cache
def exact(name: str) -> np.ndarray:
    """States (n_times, n_states), by an engine that shares only the Program."""
    program = prepare(load(name))
    protocol = MODELS[name] + Protocol(until=25.0)
    states = [state.name for state in program.states]
    return integrate(program, bind(program, protocol, states).stimulus, TIMES, 1e-10)


@pytest.mark.parametrize("relative", [1e-4, 1e-6, 1e-8])
@pytest.mark.parametrize("name", MODELS)
def test_the_result_keeps_the_tolerance_asked_for(name: str, relative: float) -> None:
    program = prepare(load(name))
    protocol = MODELS[name] + Protocol(until=25.0)
    states = [state.name for state in program.states]
    run = run_program(
        program, protocol, sample=TIMES, record=states, relative=relative, absolute=relative * 1e-3
    )
    simulated = np.stack([run.internal(state) for state in states], axis=1)
    reach = np.abs(exact(name)).max(axis=0)
    error = np.abs(simulated - exact(name)) / np.maximum(reach, 1e-6)
    assert error.max() <= relative, states[int(error.max(axis=0).argmax())]
