"""The fixed step of populations is of second order, within 0.2, with either method."""

import numpy as np
import pytest
from tests.engines.programs import call, names, program, stimulus

from quantal.engines.population.instances import Instances, Spikes
from quantal.engines.population.run import run
from quantal.engines.population.settings import Settings
from quantal.kernels import cache
from quantal.kernels.population import code
from quantal.kernels.population.step import METHODS
from quantal.program import Assignment, Handler
from quantal.stimulus import Piecewise


def logistic():
    """One nonlinear state."""
    (x,) = names("x")
    made = program({"x": (x * (1.0 - x), 0.1)})
    return made, stimulus(made, 4.0), lambda t: 1.0 / (1.0 + 9.0 * np.exp(-t))


def driven():
    """Nonlinear states, one upstream of the other two: x = 1/(2 + cos t)."""
    x, s, c = names("x s c")
    made = program({"x": (x * x * s, 1.0 / 3.0), "s": (c, 0.0), "c": (-s, 1.0)})
    return made, stimulus(made, 4.0), lambda t: 1.0 / (2.0 + np.cos(t))


def explicit_time():
    """Time itself in the equation: x = 1/(1 + t^2)."""
    x, t = names("x time")
    extra = call("exp", -t) * (x - 1.0 / (1.0 + t * t))
    made = program({"x": (-2.0 * t * x * x - extra, 1.0)})
    return made, stimulus(made, 3.0), lambda t: 1.0 / (1.0 + t * t)


def binding():
    """A scheme of two states under a decaying drive: dx/dt = u(1 - x) - x, u = 2 exp(-t)."""
    x, y, u = names("x y u")
    made = program({"x": (u * y - x, 0.0), "y": (x - u * y, 1.0)}, drives=["u"])
    decay = Piecewise(np.array([-1e300, 0.0]), np.array([[0.0] * 6, [0, 0, 0, 0, 2.0, 1.0]]))

    def exact(t):
        # dx/dt + (1 + u) x = u: its integrating factor, and a fine quadrature.
        fine = np.linspace(0.0, t, 200_001)
        growth = np.exp(-(fine - 2.0 * (np.exp(-fine) - np.exp(0.0))))
        inside = 2.0 * np.exp(-fine) / growth
        return growth[-1] * np.trapezoid(inside, fine)

    return made, stimulus(made, 3.0, [decay]), exact


def cascade():
    """A state downstream of a nonlinear one: x' = u with u logistic."""
    u, x = names("u x")
    made = program({"u": (u * (1.0 - u), 0.1), "x": (u + 0.0 * x, 0.0)})
    return made, stimulus(made, 4.0), lambda t: np.log((np.exp(t) + 9.0) / 10.0)


PROBLEMS = {f.__name__: f for f in (logistic, driven, explicit_time, binding, cascade)}


def order(h, error):
    return (np.diff(np.log(error)) / np.diff(np.log(h)))[-2:].mean()


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("method", METHODS)
def test_the_step_has_order_two(method, problem):
    made, driven_by, exact = PROBLEMS[problem]()
    steps = 16 * 2 ** np.arange(5)
    error = []
    for count in steps:
        settings = Settings(
            driven_by.end / count, np.array([driven_by.end]), ("x",), method=method
        )  # fmt: skip
        simulated = run(made, driven_by, Instances(1), settings)["x"][0, 0]
        error.append(abs(simulated - exact(driven_by.end)))
    assert order(driven_by.end / steps, np.array(error)) == pytest.approx(2.0, abs=0.2)


@pytest.fixture
def in_many_loops(monkeypatch, tmp_path):
    """Code cut into loops as short as they can be, as that of a large model is."""
    monkeypatch.setenv("QUANTAL_CACHE", str(tmp_path))
    monkeypatch.setattr(code, "PART", 3)
    monkeypatch.setattr(code, "ENOUGH", 1)
    cache.forget()
    yield
    cache.forget()


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("method", METHODS)
def test_the_order_does_not_depend_on_how_the_code_is_cut(in_many_loops, problem, method):
    test_the_step_has_order_two(method, problem)


def test_cutting_the_code_changes_no_bit(in_many_loops, monkeypatch):
    made, driven_by, _ = driven()
    settings = Settings(0.1, np.array([driven_by.end]), ("x", "s", "c"))
    cut = run(made, driven_by, Instances(1), settings)
    cache.forget()
    monkeypatch.undo()
    whole = run(made, driven_by, Instances(1), settings)
    for name in ("x", "s", "c"):
        assert cut[name] == whole[name]


@pytest.mark.parametrize("method", METHODS)
def test_events_inside_steps_do_not_lower_the_order(method):
    """A logistic state, halved at a time on no grid; closed form on either side of it."""
    (x,) = names("x")
    halve = Handler("hit", (Assignment(0, (0.5 * x).tree),))
    made = program({"x": (x * (1.0 - x), 0.1)}, events=["hit"], handlers=[halve])
    when, end = 1.2345, 4.0
    before = 1.0 / (1.0 + 9.0 * np.exp(-when))
    odds = 2.0 / before - 1.0
    exact = 1.0 / (1.0 + odds * np.exp(-(end - when)))
    steps = 16 * 2 ** np.arange(6)
    error = []
    for count in steps:
        instances = Instances(1, spikes={"hit": Spikes.of([[when]])})
        settings = Settings(end / count, np.array([end]), ("x",), method=method)
        simulated = run(made, stimulus(made, end), instances, settings)["x"][0, 0]
        error.append(abs(simulated - exact))
    # The piece before the event has another length at each step: an average over all.
    slope = np.polyfit(np.log(end / steps), np.log(error), 1)[0]
    assert slope == pytest.approx(2.0, abs=0.2)
