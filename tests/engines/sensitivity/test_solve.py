"""Tangents and the adjoint of the stiff solution, beside differences of whole runs."""

from dataclasses import replace

import numpy as np
import pytest
from tests.agreement.problems import PROBLEMS, synapse
from tests.engines.programs import call, names, program, pulses, stimulus, tree

from quantal.engines.base import Settings
from quantal.engines.sensitivity.solve import solve
from quantal.engines.sensitivity.varied import Varied
from quantal.engines.stiff import ENGINE
from quantal.expression import Number
from quantal.program import Assignment, Crossing, Equilibrium, Handler
from quantal.stimulus import Piecewise

TIGHT = 1e-11
"""Tolerance of the runs whose differences are taken."""


def differences(run, size):
    """df/dx at 0 by central differences of fourth order."""
    h = size
    near, far = run(h) - run(-h), run(2.0 * h) - run(-2.0 * h)
    return (8.0 * near - far) / (12.0 * h)


def states_of(made, driven, samples):
    result = ENGINE.run(made, driven, Settings(TIGHT, TIGHT * 1e-2, samples))
    return np.stack([result.internal(state.name) for state in made.states], axis=1)


def by_parameter(made, driven, samples, index):
    values = np.array(driven.parameters)
    unit = np.eye(len(values))[index]

    def run(step):
        return states_of(made, replace(driven, parameters=values + step * unit), samples)

    return differences(run, 1e-3 * abs(values[index]))


def tangents(made, driven, samples, varied, tolerance=1e-9, explicit=True):
    settings = Settings(tolerance, tolerance * 1e-3, samples)
    found = solve(made, driven, settings, varied, explicit=explicit)
    made_explicitly = found.statistics["explicit_steps"]
    assert (made_explicitly > 0.4 * found.statistics["steps"]) == explicit
    return np.stack([found.tangent(state.name) for state in made.states], axis=1)


def agrees(simulated, independent, share=1e-6):
    """Each state within a share of the largest derivative to the same parameter."""
    size = np.abs(independent).max()
    assert size > 0.0
    assert np.abs(simulated - independent).max() < share * size


@pytest.mark.parametrize("explicit", [True, False], ids=["explicit", "implicit"])
@pytest.mark.parametrize("name", ["ampa", "calcium_pool", "synapse"])
def test_tangents_are_the_differences_of_runs(name, explicit):
    problem = synapse(160) if name == "synapse" else PROBLEMS[name]()
    made, driven = problem.program, problem.stimulus
    samples = np.linspace(0.0, driven.end, 60)
    chosen = range(0, len(made.parameters), 3)
    varied = [Varied(made.parameters[i].name, parameter=i) for i in chosen]
    found = tangents(made, driven, samples, varied, explicit=explicit)
    for place, index in enumerate(chosen):
        agrees(found[:, :, place], by_parameter(made, driven, samples, index))


@pytest.mark.parametrize("explicit", [True, False], ids=["explicit", "implicit"])
def test_gates_and_their_second_derivatives(explicit):
    """Hodgkin & Huxley's axon, spiking; its initial values and the injected current."""
    problem = PROBLEMS["axon"]()
    made, driven = problem.program, problem.stimulus
    samples = np.linspace(0.0, 12.0, 40)
    driven = replace(driven, end=12.0)
    shape = pulses([5.0], 40.0, 0.0, 1.0)
    varied = [Varied("m", initial=1), Varied("n", initial=3), Varied("I", drives={0: shape})]
    found = tangents(made, driven, samples, varied, 1e-10, explicit)

    def started(index):
        def run(step):
            first = list(made.initial)
            first[index] = Number(problem.y0[index] + step)
            return states_of(replace(made, initial=tuple(first)), driven, samples)

        return run

    def injected(step):
        drive = pulses([5.0], 40.0, 0.0, 10.0 + step)
        return states_of(made, replace(driven, drives=(drive,)), samples)

    for place, (run, size) in enumerate(((started(1), 1e-4), (started(3), 1e-4), (injected, 1e-3))):
        agrees(found[:, :, place], differences(run, size))


@pytest.mark.parametrize("explicit", [True, False], ids=["explicit", "implicit"])
@pytest.mark.parametrize("name", ["ampa", "axon", "calcium_pool", "synapse"])
def test_the_adjoint_gives_the_same_as_the_tangents(name, explicit):
    problem = synapse(160) if name == "synapse" else PROBLEMS[name]()
    made, driven = problem.program, problem.stimulus
    samples = np.linspace(0.0, driven.end, 41)
    varied = [Varied(slot.name, parameter=i) for i, slot in enumerate(made.parameters)]
    varied += [Varied(state.name, initial=i) for i, state in enumerate(made.states)]
    settings = Settings(1e-6, 1e-9, samples)
    forwards = solve(made, driven, settings, varied, explicit=explicit)
    backwards = solve(made, driven, settings, varied, backwards=True, explicit=explicit)
    weights = np.random.default_rng(7).normal(size=(len(made.states), len(samples)))
    cotangents = {state.name: w for state, w in zip(made.states, weights, strict=True)}
    simulated = backwards.gradient(cotangents)
    exact = sum(w @ forwards.tangent(name) for name, w in cotangents.items())
    np.testing.assert_allclose(simulated, exact, rtol=0.0, atol=1e-12 * np.abs(exact).max())
    # A second way back over the same tape finds it untouched.
    np.testing.assert_array_equal(backwards.gradient(cotangents), simulated)


def test_a_decay_in_closed_form():
    """y' = -k y: dy/dk = -t y, dy/dy(0) = exp(-k t)."""
    y, k = names("y k")
    made = program({"y": (-k * y, 2.0)}, {"k": 0.7})
    samples = np.linspace(0.0, 5.0, 30)
    varied = [Varied("k", parameter=0), Varied("initial(y)", initial=0)]
    found = tangents(made, stimulus(made, 5.0), samples, varied, 1e-10)[:, 0]
    decay = np.exp(-0.7 * samples)
    np.testing.assert_allclose(found[:, 0], -2.0 * samples * decay, atol=1e-9)
    np.testing.assert_allclose(found[:, 1], decay, atol=1e-9)


def test_a_scheme_that_starts_at_rest():
    """C <-> O at equilibrium: the open share is a/(a + b), its derivative b/(a + b)^2."""
    c, o, a, b = names("C O a b")
    flux = a * c - b * o
    made = program({"C": (-flux, 1.0), "O": (flux, 0.0)}, {"a": 2.0, "b": 0.5})
    made = replace(made, equilibria=(Equilibrium((0, 1)),))
    samples = np.linspace(0.0, 3.0, 7)
    varied = [Varied("a", parameter=0), Varied("b", parameter=1)]
    found = tangents(made, stimulus(made, 3.0), samples, varied)
    np.testing.assert_allclose(found[:, 1, 0], 0.5 / 2.5**2, rtol=1e-9)
    np.testing.assert_allclose(found[:, 1, 1], -2.0 / 2.5**2, rtol=1e-9)


def test_initial_values_that_are_computed():
    """z starts at 3 k y(0), y at k^2, and both decay with k."""
    y, z, k = names("y z k")
    made = program({"y": (-k * y, k * k), "z": (-k * z, 3.0 * k * y)}, {"k": 0.7})
    samples = np.linspace(0.0, 4.0, 20)
    found = tangents(made, stimulus(made, 4.0), samples, [Varied("k", parameter=0)], 1e-10)
    decay = np.exp(-0.7 * samples)
    np.testing.assert_allclose(found[:, 0, 0], (1.4 - 0.49 * samples) * decay, atol=1e-8)
    exact = (9.0 * 0.49 - 3.0 * 0.343 * samples) * decay
    np.testing.assert_allclose(found[:, 1, 0], exact, atol=1e-8)


def test_a_held_membrane_as_what_is_varied():
    """A gate under voltage clamp follows the command, whose step is varied."""
    v, m, tau = names("V m tau")
    steady = 1.0 / (call("exp", -(v + 40.0) / 9.0) + 1.0)
    made = program(
        {"V": (0.0 * v, -70.0), "m": ((steady - m) / tau, 0.0)}, {"tau": 2.0}, clampable=["V"]
    )
    samples = np.linspace(0.0, 12.0, 60)

    def command(step):
        return stimulus(
            made, 12.0, clamps={0: pulses([2.0], 6.0, -70.0, -20.0 + step)}, stops=(2.0, 8.0)
        )

    varied = [Varied("V", clamps={0: pulses([2.0], 6.0, 0.0, 1.0)}), Varied("tau", parameter=0)]
    found = tangents(made, command(0.0), samples, varied)
    agrees(found[:, 1, 0], differences(lambda s: states_of(made, command(s), samples), 0.01)[:, 1])
    agrees(found[:, 1, 1], by_parameter(made, command(0.0), samples, 0)[:, 1])
    inside = (samples >= 2.0) & (samples < 8.0)
    np.testing.assert_array_equal(found[:, 0, 0], inside.astype(float))


def integrate_and_fire():
    """V relaxes to `drive`; at 1 it is reset to `low` and x gains `jump` times itself."""
    v, x, tau, drive, low, jump = names("V x tau drive low jump")
    made = program(
        {"V": ((drive - v) / tau, 0.0), "x": (-x / 3.0, 1.0)},
        {"tau": 4.0, "drive": 1.6, "low": 0.1, "jump": 0.3},
        handlers=[
            Handler(
                Crossing(tree(v - 1.0), "up"),
                (Assignment(0, tree(low)), Assignment(1, tree(x + jump * x + 0.2 * v))),
            )
        ],
    )
    return made, stimulus(made, 14.0)


@pytest.mark.parametrize("explicit", [True, False], ids=["explicit", "implicit"])
def test_a_moment_of_crossing_moves(explicit):
    """The saltation of an integrate-and-fire cell, against differences of runs."""
    made, driven = integrate_and_fire()
    spikes = ENGINE.run(made, driven, Settings(1e-10, 1e-12)).statistics["events"]
    assert spikes >= 3.0
    samples = np.array([3.0, 8.0, 12.0, 14.0])
    varied = [Varied(slot.name, parameter=i) for i, slot in enumerate(made.parameters)]
    found = tangents(made, driven, samples, varied, 1e-11, explicit)
    for index in range(len(varied)):
        agrees(found[:, :, index], by_parameter(made, driven, samples, index))


def test_the_adjoint_of_a_moment_that_moves():
    made, driven = integrate_and_fire()
    samples = np.linspace(0.0, 14.0, 15)
    varied = [Varied(slot.name, parameter=i) for i, slot in enumerate(made.parameters)]
    settings = Settings(1e-8, 1e-11, samples)
    forwards = solve(made, driven, settings, varied)
    backwards = solve(made, driven, settings, varied, backwards=True)
    weights = np.random.default_rng(3).normal(size=(2, len(samples)))
    exact = weights[0] @ forwards.tangent("V") + weights[1] @ forwards.tangent("x")
    simulated = backwards.gradient({"V": weights[0], "x": weights[1]})
    np.testing.assert_allclose(simulated, exact, rtol=1e-12)


def test_computed_names_follow_by_the_chain_rule():
    """i = g (V - E) y with a drive V: its derivatives to g, to E and to the level of V."""
    y, k, g, e, v = names("y k g E V")
    made = program(
        {"y": (-k * y, 1.0)}, {"k": 0.5, "g": 3.0, "E": -10.0}, drives=["V"],
        definitions={"i": g * (v - e) * y}, roles={"current": "i"},
    )  # fmt: skip
    driven = stimulus(made, 4.0, [Piecewise.constant(20.0)])
    samples = np.linspace(0.0, 4.0, 9)
    varied = [Varied(n, parameter=i) for i, n in enumerate(("k", "g", "E"))]
    varied.append(Varied("V", drives={0: Piecewise.constant(1.0)}))
    found = solve(made, driven, Settings(1e-10, 1e-12, samples), varied).tangent("current")
    decay = np.exp(-0.5 * samples)
    exact = np.stack([-samples * 90.0 * decay, 30.0 * decay, -3.0 * decay, 3.0 * decay], axis=1)
    np.testing.assert_allclose(found, exact, atol=1e-7)


def test_the_states_are_those_of_the_plain_engine():
    problem = synapse(160)
    samples = np.linspace(0.0, problem.stimulus.end, 51)
    varied = [Varied("kon", parameter=0)]
    found = solve(problem.program, problem.stimulus, Settings(1e-7, 1e-10, samples), varied)
    plain = ENGINE.run(problem.program, problem.stimulus, Settings(1e-7, 1e-10, samples))
    assert found.statistics["steps"] == plain.statistics["steps"]
    exact = np.stack([plain.internal(state.name) for state in problem.program.states], axis=1)
    np.testing.assert_allclose(found.states, exact, rtol=1e-12, atol=1e-14)
