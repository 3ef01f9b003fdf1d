"""The stiff engine against closed forms."""

import numpy as np
import pytest
from tests.engines.programs import call, edges, names, program, pulses, stimulus

from quantal.engines import auto, get, recorder
from quantal.engines.base import Settings
from quantal.engines.stiff import ENGINE
from quantal.errors import RunError, UsageError
from quantal.stimulus import Piecewise

GRID = np.linspace(0.0, 10.0, 101)


def run(made, stimulus_, sample=GRID, relative=1e-8, **more):
    return ENGINE.run(made, stimulus_, Settings(relative, 1e-12, sample, **more))


def decay(**more):
    x, k = names("x k")
    return program({"x": (-k * x, 1.0)}, {"k": 0.7}, **more)


def test_exponential_decay():
    made = decay()
    simulated = run(made, stimulus(made, 10.0))["x"]
    assert np.allclose(simulated, np.exp(-0.7 * GRID), rtol=1e-7, atol=0)


def test_along_the_steps_the_time_rises_and_ends_where_the_run_ends():
    made = decay()
    trajectory = run(made, stimulus(made, 10.0), sample=None)
    assert trajectory.time[0] == 0.0
    assert trajectory.time[-1] == 10.0
    assert np.all(np.diff(trajectory.time) > 0.0)
    assert np.allclose(trajectory["x"], np.exp(-0.7 * trajectory.time), rtol=1e-7, atol=0)


def test_along_the_steps_a_slow_run_has_rows_enough_for_its_area():
    x, k = names("x k")
    made = program({"x": (-k * x, 1.0)}, {"k": 0.05})
    trajectory = run(made, stimulus(made, 400.0), sample=None, relative=1e-6)
    simulated = np.trapezoid(trajectory["x"], trajectory.time)
    assert np.isclose(simulated, (1.0 - np.exp(-20.0)) / 0.05, rtol=2e-4)


def test_explicit_time_enters_through_its_own_derivative():
    x, t = names("x time")
    made = program({"x": (-1000.0 * (x - call("exp", -t)) - call("exp", -t), 1.0)})
    simulated = run(made, stimulus(made, 10.0))["x"]
    assert np.allclose(simulated, np.exp(-GRID), rtol=1e-7, atol=1e-10)


def test_a_drive_made_of_pulses_is_followed_from_edge_to_edge():
    x, u = names("x u")
    made = program({"x": (u - x, 0.0)}, drives=["u"])
    driven = stimulus(made, 10.0, [pulses([2.0], 1.0, 0.0, 1.0)], stops=edges([2.0], 1.0))
    simulated = run(made, driven)["x"]
    rising = np.clip(1.0 - np.exp(-(GRID - 2.0)), 0.0, None)
    top = 1.0 - np.exp(-1.0)
    exact = np.where(GRID < 3.0, rising, top * np.exp(-(GRID - 3.0)))
    assert np.allclose(simulated, exact, atol=1e-8)


def test_the_drive_itself_is_given_from_the_right_at_an_edge():
    x, u = names("x u")
    made = program({"x": (u - x, 0.0)}, drives=["u"])
    driven = stimulus(made, 10.0, [pulses([2.0], 1.0, 0.0, 1.0)], stops=edges([2.0], 1.0))
    given = run(made, driven, sample=np.array([1.9, 2.0, 2.5, 3.0, 10.0]))["u"]
    assert given.tolist() == [0.0, 1.0, 1.0, 0.0, 0.0]


def test_a_brief_smooth_waveform_is_never_leapt_over():
    """A bump of 0.1 ms in a second of silence, without any stop that announces it."""
    (u,) = names("u")
    made = program({"x": (u, 0.0)}, drives=["u"])
    edges_ = np.linspace(500.0, 500.1, 21)
    s = edges_ - 500.05
    v, d = (1 - (s / 0.05) ** 2) ** 2, -4 * s / 0.05**2 * (1 - (s / 0.05) ** 2)
    h = np.diff(edges_)
    c2 = (3 * np.diff(v) / h - 2 * d[:-1] - d[1:]) / h
    c3 = (d[:-1] + d[1:] - 2 * np.diff(v) / h) / h**2
    rows = np.zeros((22, 6))
    rows[1:21, :4] = np.stack([v[:-1], d[:-1], c2, c3], axis=1)
    bump = Piecewise(np.concatenate([[-1e300], edges_]), rows)
    simulated = run(made, stimulus(made, 1000.0, [bump]), sample=np.array([1000.0]))["x"][0]
    assert simulated == pytest.approx(0.05 * 16 / 15, rel=1e-4)


def test_a_decaying_drive_uses_its_exponential():
    (u,) = names("u")
    made = program({"x": (u, 0.0)}, drives=["u"])
    table = Piecewise(np.array([0.0]), np.array([[0.5, 0.0, 0.0, 0.0, 2.0, 3.0]]))
    simulated = run(made, stimulus(made, 10.0, [table]))["x"]
    exact = 0.5 * GRID + 2.0 / 3.0 * (1.0 - np.exp(-3.0 * GRID))
    assert np.allclose(simulated, exact, rtol=1e-8, atol=1e-12)


def test_a_parameter_change_acts_from_its_time_on():
    made = decay()
    driven = stimulus(made, 10.0, changes=((4.0, 0, 0.1),), stops=(4.0,))
    simulated = run(made, driven)["x"]
    exact = np.exp(-0.7 * np.minimum(GRID, 4.0) - 0.1 * np.clip(GRID - 4.0, 0.0, None))
    assert np.allclose(simulated, exact, rtol=1e-7, atol=0)


def test_definitions_follow_a_parameter_change():
    x, k = names("x k")
    made = program({"x": (-x, 1.0)}, {"k": 2.0}, definitions={"scaled": k * x, "only": k + 1})
    trajectory = run(made, stimulus(made, 10.0, changes=((4.0, 0, 5.0),), stops=(4.0,)))
    factor = np.where(GRID >= 4.0, 5.0, 2.0)
    assert np.allclose(trajectory["scaled"], factor * trajectory["x"], rtol=1e-14)
    assert np.array_equal(trajectory["only"], factor + 1.0)


def test_a_clamped_state_follows_its_table_and_drives_the_others():
    v, x = names("v x")
    made = program({"v": (-v + x, 3.0), "x": (v - x, 0.0)}, clampable=["v"])
    ramp = Piecewise(
        np.array([-1e300, 0.0]), np.array([[1.0, 0, 0, 0, 0, 0], [1.0, 2.0, 0, 0, 0, 0]])
    )
    trajectory = run(made, stimulus(made, 10.0, clamps={0: ramp}))
    assert np.allclose(trajectory["v"], 1.0 + 2.0 * GRID, rtol=1e-14)
    exact = 2.0 * GRID - 1.0 + np.exp(-GRID)
    assert np.allclose(trajectory["x"], exact, rtol=1e-7, atol=1e-8)


def test_a_step_of_a_clamp_needs_no_other_kernel():
    v, x = names("v x")
    made = program({"v": (-v, 3.0), "x": (v - x, 0.0)}, clampable=["v"])
    held = pulses([2.0], 3.0, -1.0, 1.0)
    trajectory = run(made, stimulus(made, 10.0, clamps={0: held}, stops=edges([2.0], 3.0)))
    before = -(1.0 - np.exp(-GRID))
    at_2, at_5 = -(1.0 - np.exp(-2.0)), 1.0 + (-(1.0 - np.exp(-2.0)) - 1.0) * np.exp(-3.0)
    during = 1.0 + (at_2 - 1.0) * np.exp(-(GRID - 2.0))
    after = -1.0 + (at_5 + 1.0) * np.exp(-(GRID - 5.0))
    exact = np.where(GRID < 2.0, before, np.where(GRID < 5.0, during, after))
    assert np.allclose(trajectory["x"], exact, atol=1e-8)
    free = run(made, stimulus(made, 10.0))
    assert np.allclose(free["v"], 3.0 * np.exp(-GRID), rtol=1e-7)


def test_roles_name_what_they_stand_for():
    made = decay(roles={"open": "x"})
    trajectory = run(made, stimulus(made, 10.0))
    assert np.array_equal(trajectory["open"], trajectory["x"])


def test_a_run_of_no_length_gives_its_start():
    made = decay()
    for sample in (None, np.zeros(1)):
        trajectory = run(made, stimulus(made, 0.0), sample)
        assert trajectory.time.tolist() == [0.0]
        assert trajectory["x"].tolist() == [1.0]


def test_more_rows_than_memory_should_hold_are_refused(monkeypatch):
    monkeypatch.setattr(recorder, "MOST_BYTES", 1e5)
    x, y = names("x y")
    made = program({"x": (100.0 * y, 1.0), "y": (-100.0 * x, 0.0)})
    with pytest.raises(RunError, match="ask for sample times"):
        run(made, stimulus(made, 100.0), None)


def test_statistics_and_origin_are_given():
    made = decay()
    trajectory = run(made, stimulus(made, 10.0))
    assert trajectory.statistics["steps"] > 3
    assert trajectory.made_by["method"] == "Rodas5P and Tsit5"
    assert "10 ms" in trajectory.status


def test_samples_outside_the_run_are_refused():
    made = decay()
    with pytest.raises(UsageError, match="sample times reach from 0 to 11 ms"):
        run(made, stimulus(made, 10.0), sample=np.array([0.0, 11.0]))


def test_a_drive_that_nobody_gives_is_refused_by_name():
    x, u = names("x u")
    made = program({"x": (u - x, 0.0)}, drives=["u"])
    with pytest.raises(RunError, match="`u` must be driven by the protocol"):
        run(made, stimulus(made, 10.0))


def test_the_registry_finds_the_engine_by_its_file():
    assert get("stiff") is ENGINE
    engine, sentence = auto(decay())
    assert engine is ENGINE
    assert sentence.startswith("The engine `stiff` was chosen")
    with pytest.raises(UsageError, match="there is no engine `stif`; did you mean `stiff`"):
        get("stif")
