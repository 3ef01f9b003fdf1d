"""Programs without a state, evaluated."""

import numpy as np
from tests.engines.programs import edges, names, program, pulses, stimulus

from quantal.engines import auto
from quantal.engines.algebraic import ENGINE
from quantal.engines.base import Settings
from quantal.program import Program


def squared() -> Program:
    k, u = names("k u")
    return program({}, {"k": 3.0}, drives=["u"], definitions={"y": k * u * u})


def test_it_is_chosen_where_there_is_nothing_to_integrate():
    engine, why = auto(squared())
    assert engine is ENGINE
    assert "no states" in why


def test_a_pulse_is_seen_from_edge_to_edge():
    made = squared()
    driven = stimulus(made, 10.0, [pulses([2.0], 1.0, 0.5, 2.0)], stops=edges([2.0], 1.0))
    run = ENGINE.run(made, driven, Settings())
    inside = (run.time >= 2.0) & (run.time < 3.0)
    assert run.time[0] == 0.0
    assert run.time[-1] == 10.0
    assert np.all(np.diff(run.time) > 0.0)
    exact = np.where(inside, 3.0 * 2.0**2, 3.0 * 0.5**2)
    assert np.allclose(run["y"], exact, rtol=1e-14)


def test_asked_for_samples_are_given():
    made = squared()
    driven = stimulus(made, 10.0, [pulses([2.0], 1.0, 0.5, 2.0)], stops=edges([2.0], 1.0))
    run = ENGINE.run(made, driven, Settings(sample=np.array([0.0, 2.5, 10.0])))
    assert np.allclose(run["y"], [0.75, 12.0, 0.75], rtol=1e-14)


def test_a_program_with_states_is_refused():
    (x,) = names("x")
    assert ENGINE.supports(program({"x": (-x, 1.0)})) == ["it has states, which must be integrated"]
