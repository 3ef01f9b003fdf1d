"""An independent way to run a Program: plain tree evaluation under scipy, no kernels.

Slow and simple on purpose; it shares only the Program with what it is compared to.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.integrate import solve_ivp

from quantal.engines.initial import initial_state
from quantal.expression import evaluate
from quantal.program import Program
from quantal.stimulus import Stimulus


def values_at(program: Program, stimulus: Stimulus, t: float, y: np.ndarray) -> dict[str, float]:
    """Every name's value at one moment."""
    names = {s.name: v for s, v in zip(program.parameters, stimulus.parameters, strict=True)}
    names |= {s.name: float(c.at(t)) for s, c in zip(program.drives, stimulus.drives, strict=True)}
    names |= {s.name: v for s, v in zip(program.states, y, strict=True)}
    for index, curve in stimulus.clamps.items():
        names[program.states[index].name] = float(curve.at(t))
    names["time"] = t
    for item in program.definitions:
        names[item.name] = evaluate(item.expression, names)
    return names


def integrate(
    program: Program, stimulus: Stimulus, times: np.ndarray, tolerance: float = 1e-10
) -> np.ndarray:
    """States (n_times, n_states), restarted at every stop. Programs without events only."""
    assert not stimulus.events
    scale = np.array([state.scale for state in program.states])
    held = list(stimulus.clamps)

    def slope(t: float, y: np.ndarray) -> np.ndarray:
        names = values_at(program, stimulus, t, y)
        out = np.array([evaluate(d, names) for d in program.derivatives], dtype=float)
        out[held] = 0.0
        return out

    drives = np.array([curve.at(stimulus.start) for curve in stimulus.drives])
    clamps = {i: float(curve.at(stimulus.start)) for i, curve in stimulus.clamps.items()}
    y = initial_state(program, stimulus.parameters, drives, stimulus.start, clamps)
    rows = np.empty((len(times), len(y)))
    edges = [stimulus.start, *stimulus.stops, stimulus.end]
    for begin, end in pairwise(edges):
        # Just inside the stretch, so that a drive is read on its own side of a jump.
        inside = (begin + (end - begin) * 1e-12, end - (end - begin) * 1e-12)
        solution = solve_ivp(
            slope, inside, y, method="LSODA", rtol=tolerance, atol=tolerance * 1e-3 * scale,
            dense_output=True, max_step=max((end - begin) / 20, 1e-3),
        )  # fmt: skip
        assert solution.success, solution.message
        here = (times >= begin) & (times <= end)
        if here.any():
            rows[here] = solution.sol(np.clip(times[here], *inside)).T
        y = solution.y[:, -1]
    for index, curve in stimulus.clamps.items():
        rows[:, index] = curve.at(times)
    return rows
