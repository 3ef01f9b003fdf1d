"""Explicit and implicit steps alternate by themselves, and the result does not show where."""

import numpy as np
import pytest
from tests.engines.programs import names, program, stimulus

from quantal.engines.base import Settings
from quantal.engines.stiff import Stiff
from quantal.stimulus import Piecewise

SAMPLE = np.linspace(0.0, 100.0, 401)
TIGHT = Settings(1e-7, 1e-10, SAMPLE)


def relaxing(rate):
    """x follows a slow y with a rate: y = cos(t/10), and x as it must from x(0) = 1."""
    x, y, z, k = names("x y z k")
    made = program(
        {"x": (-k * (x - y), 1.0), "y": (-0.1 * z, 1.0), "z": (0.1 * y, 0.0)}, {"k": rate}
    )
    w = 0.1
    a, b = rate * rate / (rate * rate + w * w), rate * w / (rate * rate + w * w)

    def exact(t):
        return a * np.cos(w * t) + b * np.sin(w * t) + (1.0 - a) * np.exp(-rate * t)

    return made, exact


@pytest.mark.parametrize("rate", [0.3, 3.0, 30.0, 1e3, 1e6, 1e9])
def test_the_result_is_right_however_fast_a_state_follows(rate):
    made, exact = relaxing(rate)
    found = Stiff().run(made, stimulus(made, 100.0), TIGHT)
    assert np.max(np.abs(found["x"] - exact(SAMPLE))) <= 1e-7


def test_slow_problems_are_solved_by_explicit_steps():
    x, y = names("x y")
    made = program({"x": (y, 0.0), "y": (-x, 1.0)})
    found = Stiff().run(made, stimulus(made, 100.0), TIGHT)
    assert np.max(np.abs(found["x"] - np.sin(SAMPLE))) <= 1e-6
    assert found.statistics["factorisations"] <= 0.05 * found.statistics["steps"]


def test_stiff_problems_are_solved_by_few_implicit_steps():
    made, _ = relaxing(1e6)
    mixed = Stiff().run(made, stimulus(made, 100.0), TIGHT).statistics
    alone = Stiff(pair=None).run(made, stimulus(made, 100.0), TIGHT).statistics
    assert mixed["explicit_steps"] < 0.5 * mixed["steps"]
    assert mixed["steps"] < 1.5 * alone["steps"] + 20


def test_explicit_steps_are_taken_up_again_where_a_rate_falls():
    """The rate falls from 1e3 to 0.1 within 20 ms, as a cubic without a stop.

    x' = rate(t) (s - x) + s' with s = sin(4 t) leaves x - s to decay from 0.5.
    """
    x, s, c, gate = names("x s c gate")
    speed = 1e3 * gate + 0.1
    made = program(
        {"x": (speed * (s - x) + 4.0 * c, 0.5), "s": (4.0 * c, 0.0), "c": (-4.0 * s, 1.0)},
        drives=["gate"],
    )
    falling = np.zeros((3, 6))
    falling[1, [0, 2, 3]] = 1.0, -3.0 / 20.0**2, 2.0 / 20.0**3
    drive = Piecewise(np.array([-1e300, 0.0, 20.0]), falling)
    found = Stiff().run(made, stimulus(made, 100.0, [drive]), TIGHT)
    late = np.maximum(SAMPLE, 1.0)
    rest = 0.5 * np.exp(-1e3 * (late - late**3 / 400.0 + late**4 / 16000.0) - 0.1 * late)
    exact = np.sin(4.0 * SAMPLE) + np.where(SAMPLE >= 1.0, rest, 0.0)
    near = (SAMPLE >= 1.0) | (SAMPLE == 0.0)
    exact[0] = 0.5
    assert np.max(np.abs(found["x"] - exact)[near]) <= 1e-6
    assert found.statistics["factorisations"] > 20
    assert found.statistics["explicit_steps"] > 200
    assert found.statistics["steps"] < 4000


@pytest.mark.parametrize("rate", [0.3, 1e4])
def test_stops_and_events_do_not_depend_on_the_method(rate):
    made, exact = relaxing(rate)
    stops = tuple(np.arange(5.0, 100.0, 7.0))
    found = Stiff().run(made, stimulus(made, 100.0, stops=stops), TIGHT)
    assert np.max(np.abs(found["x"] - exact(SAMPLE))) <= 1e-7
