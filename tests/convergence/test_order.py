"""Order of convergence, from the compiled code at fixed steps, within 0.2 of the stated one."""

from dataclasses import dataclass

import numpy as np
import pytest
from tests.engines.programs import call, names, program, stimulus

from quantal.engines.base import Settings
from quantal.engines.rosenbrock import METHODS
from quantal.engines.runge_kutta import PAIRS
from quantal.engines.stiff import Stiff


@dataclass(frozen=True)
class FixedStep(Stiff):
    """The same engine, accepting every step of the length given as `first_step`."""

    largest_growth: float = 1.0


def logistic():
    """Autonomous and nonlinear."""
    (x,) = names("x")
    made = program({"x": (x * (1.0 - x), 0.1)})
    return made, 4.0, lambda t: 1.0 / (1.0 + 9.0 * np.exp(-t))


def driven():
    """A nonlinear state driven by an oscillator: x = 1/(1.3 + cos t)."""
    x, s, c = names("x s c")
    made = program({"x": (x * x * s, 1.0 / 2.3), "s": (c, 0.0), "c": (-s, 1.0)})
    return made, 4.0, lambda t: 1.0 / (1.3 + np.cos(t))


def explicit_time():
    """Time enters through df/dt; x = 1/(1 + t^2)."""
    x, t = names("x time")
    extra = call("exp", -t) * (x - 1.0 / (1.0 + t * t))
    made = program({"x": (-2.0 * t * x * x - extra, 1.0)})
    return made, 3.0, lambda t: 1.0 / (1.0 + t * t)


STATED = METHODS | PAIRS
"""Every method with the orders it states."""


def engine_of(method):
    """The engine with one method alone: a pair is left only where steps are too long for it."""
    if method in PAIRS:
        return FixedStep(pair=PAIRS[method])
    return FixedStep(tableau=METHODS[method], pair=None)


PROBLEMS = {"logistic": logistic, "driven": driven, "explicit_time": explicit_time}


def errors(method, problem, halvings, dense):
    made, end, exact = PROBLEMS[problem]()
    steps = 8 * 2 ** np.arange(halvings)
    found = []
    for count in steps:
        h = end / count
        sample = (np.arange(count) + (0.43 if dense else 1.0)) * h
        sample = np.minimum(sample, end)
        settings = Settings(1e290, 0.0, sample, first_step=h)
        trajectory = engine_of(method).run(made, stimulus(made, end), settings)
        assert trajectory.statistics["steps"] == count
        assert trajectory.statistics["explicit_steps"] == (count if method in PAIRS else 0)
        found.append(np.max(np.abs(trajectory["x"] - exact(sample))))
    return end / steps, np.array(found)


def order(h, error):
    """The slope of the finest octaves above rounding error."""
    used = error > 2e-14
    slopes = np.diff(np.log(error[used])) / np.diff(np.log(h[used]))
    return slopes[-2:].mean()


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("method", STATED)
def test_the_new_state_has_the_stated_order(method, problem):
    h, error = errors(method, problem, 7, dense=False)
    assert order(h, error) == pytest.approx(STATED[method].order, abs=0.2)


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("method", STATED)
def test_dense_output_has_the_stated_order(method, problem):
    """A polynomial of order p between the steps is off by h^(p + 1)."""
    h, error = errors(method, problem, 7, dense=True)
    assert order(h, error) == pytest.approx(STATED[method].dense_order + 1, abs=0.2)
