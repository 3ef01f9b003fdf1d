"""The stiff engine beside scipy at tight tolerances, over five problems."""

from functools import cache

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from tests.agreement.problems import PROBLEMS

from quantal.engines.base import Settings
from quantal.engines.rosenbrock import METHODS
from quantal.engines.stiff import Stiff

SAMPLES = 201

ALLOWED = {"axon": 100.0}
"""Errors in units of the tolerance. On the flank of a spike V moves by 4 of its own sizes per
ms, and what delays one spike delays all later ones: 1e-6 off in the first V is 8e-6 at the end."""


@cache
def problem(name):
    return PROBLEMS[name]()


def grid(name):
    end = problem(name).stimulus.end
    if name == "robertson":
        return np.concatenate([[0.0], np.geomspace(1e-5, end, SAMPLES - 1)])
    return np.linspace(0.0, end, SAMPLES)


def inside_of(rates, start, stop):
    """The rates with time kept inside a segment, so that a jump at its end stays out."""
    last = np.nextafter(stop, start)
    return lambda t, y: rates(min(max(t, start), last), y)


@cache
def exact(name):
    """scipy from stop to stop."""
    case, times = problem(name), grid(name)
    y, t, rows = case.y0, 0.0, []
    for stop in (*case.stops, case.stimulus.end):
        inside = times[(times >= t) & (times < stop)]
        solved = solve_ivp(
            inside_of(case.rates, t, stop), (t, stop), y, case.method,
            t_eval=np.append(inside, stop),
            rtol=1e-12 if case.method == "DOP853" else 1e-11, atol=1e-14,
            max_step=0.1 if name == "synapse" else np.inf,
        )  # fmt: skip
        assert solved.success
        rows.append(solved.y.T[:-1])
        y, t = solved.y[:, -1], stop
        if stop in case.jumps:
            y = case.jump(stop, y)
    rows.append(y[None, :])
    return np.concatenate(rows)


@pytest.mark.parametrize("method", ["Rodas5P", "Rodas4", "switching"])
@pytest.mark.parametrize("name", PROBLEMS)
def test_the_error_stays_within_the_tolerance_asked_for(name, method):
    """At every tolerance, over all states and times, as a share of each state's range."""
    case, reference = problem(name), exact(name)
    alone = method in METHODS
    engine = Stiff(tableau=METHODS[method], pair=None) if alone else Stiff()
    size = np.abs(reference).max(axis=0)
    for relative in (1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9):
        settings = Settings(relative, relative * 1e-3, grid(name))
        trajectory = engine.run(case.program, case.stimulus, settings)
        simulated = np.stack([trajectory.internal(s.name) for s in case.program.states], axis=1)
        error = np.max(np.abs(simulated - reference) / size)
        assert error <= ALLOWED.get(name, 1.0) * relative, (relative, error)
