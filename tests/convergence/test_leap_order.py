"""The weak order of leaps and of the Langevin equation, from populations too large for noise."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from tests.statistics.models import loaded
from tests.statistics.test_channels_and_sensors import following

from quantal import engines
from quantal.compiler.bind import bind
from quantal.engines.base import Settings
from quantal.experiments.loading import prepare
from quantal.protocols.protocol import Protocol

END = 2.0

DECAY = """mechanism decay "Exponential decay"
species X = 1e13 [molecules] inside
species Y = 0 [molecules] inside
reaction dies = X -> Y : 1 [/ms]
"""
PAIRS = """mechanism pairs "Pairs form"
species X = 1e13 [molecules] inside
reaction meet = 2 X -> nothing : 5e-14 [/ms]
reaction born = nothing -> X rate 1e12 [/ms]
"""
DRIVEN = """mechanism driven "Arrivals that follow a drive"
input u [mV] inside
species X = 1e13 [molecules] inside
reaction born = nothing -> X rate u/1 [mV]*1e13 [/ms]
reaction dies = X -> nothing : 1 [/ms]
"""
PROBLEMS = {
    "linear": (DECAY, None, lambda t, x: -x),
    "nonlinear": (PAIRS, None, lambda t, x: -x * x + 0.1),
    "driven": (DRIVEN, "u = 1 [mV]*(1 + 0.5*time/1 [ms])", lambda t, x: 1.0 + 0.5 * t - x),
}


def error(engine, problem, step):
    text, drive, derivative = PROBLEMS[problem]
    program = prepare(loaded(text))
    actions = following(drive).actions if drive else ()
    stimulus = bind(program, Protocol(actions, END), ()).stimulus
    made = replace(engines.get(engine), longest=step)
    run = made.run(program, stimulus, Settings(sample=np.array([END]), trials=1, leap=0.5))
    exact = solve_ivp(derivative, (0.0, END), [1.0], rtol=1e-12, atol=1e-14).y[0, -1]
    return abs(run["X"][0, 0] / 1e13 - exact)


@pytest.mark.parametrize("engine", ["leap", "langevin"])
@pytest.mark.parametrize("problem", PROBLEMS)
def test_means_converge_with_the_second_order(engine, problem):
    steps = np.array([0.2, 0.1, 0.05, 0.025])
    found = [error(engine, problem, step) for step in steps]
    slope = np.polyfit(np.log(steps), np.log(found), 1)[0]
    assert slope == pytest.approx(2.0, abs=0.2)
