"""Ten published models keep the tolerance asked for, beside scipy's DOP853 at 1e-12.

The reference shares only the Program with the engine: trees are evaluated plainly. Where
rates are affine in the states and in the drives that vary, as in any scheme of transitions,
their matrices are read off from a few evaluations, and checked at points in between.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from tests.oracle import values_at

from quantal import protocols
from quantal.compiler.bind import bind
from quantal.engines.initial import initial_state
from quantal.experiments.loading import load, prepare
from quantal.experiments.run import run_program
from quantal.expression import evaluate
from quantal.program import Program
from quantal.protocols.protocol import Protocol
from quantal.stimulus import Piecewise, Stimulus

Rates = Callable[[float, np.ndarray], np.ndarray]

PULSES = protocols.decaying("glu", "1.1 mM", "1.2 ms", every="10 ms", count=3)
GABA = protocols.decaying("gaba", "1 mM", "0.6 ms", every="10 ms", count=3)
CALCIUM = protocols.decaying("Ca", "30 uM", "0.4 ms", every="10 ms", count=3)
MODELS = {
    "receptors/ampa_robert_howe_2003": PULSES,
    "receptors/ampa_jonas_1993": PULSES,
    "receptors/nmda_kampa_2004": PULSES + protocols.hold("V", "-40 mV"),
    "receptors/gabaa_jones_westbrook_1995": GABA,
    "receptors/glycine_burzomato_2004": protocols.decaying("gly", "3 mM", "0.5 ms"),
    "release/sensor_lou_2005": CALCIUM,
    "release/sensor_sun_2007": CALCIUM,
    "release/sensor_schneggenburger_2000": CALCIUM,
    "signalling/gabab_destexhe_1995": GABA,
    "calcium/terminal_calyx": protocols.decaying("i_Ca", "-500 pA", "0.5 ms", every="9 ms"),
}  # fmt: skip
"""The last two are not linear in their states."""

TIMES = np.linspace(0.0, 25.0, 51)


def tree_rates(program: Program, stimulus: Stimulus) -> Rates:
    """The right-hand side, tree by tree."""

    def slope(t: float, y: np.ndarray) -> np.ndarray:
        names = values_at(program, stimulus, t, y)
        return np.array([evaluate(d, names) for d in program.derivatives], dtype=float)

    return slope


def affine_rates(program: Program, stimulus: Stimulus) -> Rates | None:
    """The same through matrices, where it is affine in the states and in what varies."""
    size = len(program.states)
    moving = [
        i
        for i, drive in enumerate(stimulus.drives)
        if len(drive.knots) > 1 or np.any(drive.coefficients[:, 1:5])
    ]

    def at(levels: np.ndarray, y: np.ndarray) -> np.ndarray:
        drives = list(stimulus.drives)
        for index, level in zip(moving, levels, strict=True):
            drives[index] = Piecewise.constant(level)
        frozen = Stimulus(0.0, 1.0, stimulus.parameters, tuple(drives))
        return tree_rates(program, frozen)(0.0, y)

    def parts(levels: np.ndarray) -> np.ndarray:
        base = at(levels, np.zeros(size))
        columns = [at(levels, row) - base for row in np.eye(size)]
        return np.column_stack([*columns, base])

    rest = parts(np.zeros(len(moving)))
    # At the size that the drive has: small changes of large numbers would lose digits.
    fine = np.linspace(0.0, 25.0, 501)
    reach = np.array([np.abs(stimulus.drives[i].at(fine)).max() for i in moving])
    signs = np.array([np.sign(stimulus.drives[i].at(fine).sum()) for i in moving])
    unit = np.diag(reach * signs)
    growth = [(parts(row) - rest) / row.sum() for row in unit]
    rng = np.random.default_rng(1)
    for _ in range(3):
        levels = reach * signs * rng.uniform(0.1, 1.0, len(moving))
        y = rng.uniform(0.1, 1.0, size)
        whole = rest + sum(level * part for level, part in zip(levels, growth, strict=True))
        expected = at(levels, y)
        if not np.allclose(whole @ np.append(y, 1.0), expected, rtol=1e-10, atol=1e-14):
            return None

    def slope(t: float, y: np.ndarray) -> np.ndarray:
        out = rest @ np.append(y, 1.0)
        for index, part in zip(moving, growth, strict=True):
            out += float(stimulus.drives[index].at(t)) * (part @ np.append(y, 1.0))
        return out

    return slope


@cache
def exact(name: str) -> np.ndarray:
    """States (n_times, n_states), from stop to stop; longer steps would interpolate less well."""
    program = prepare(load(name))
    states = [state.name for state in program.states]
    stimulus = bind(program, MODELS[name] + Protocol(until=25.0), states).stimulus
    slope = affine_rates(program, stimulus) or tree_rates(program, stimulus)
    drives = np.array([drive.at(0.0) for drive in stimulus.drives])
    y = initial_state(program, stimulus.parameters, drives, 0.0, {})
    rows = np.empty((len(TIMES), len(y)))
    scale = np.array([state.scale for state in program.states])
    for begin, end in pairwise([0.0, *(s for s in stimulus.stops if 0.0 < s < 25.0), 25.0]):
        inside = begin, end - 1e-12 * (end - begin)
        here = (begin <= TIMES) & (inside[1] > TIMES)
        solved = solve_ivp(
            slope, inside, y, method="DOP853", rtol=1e-12, atol=1e-15 * scale,
            t_eval=np.append(TIMES[here], inside[1]), max_step=0.1,
        )  # fmt: skip
        assert solved.success, solved.message
        rows[here] = solved.y.T[:-1]
        y = solved.y[:, -1]
    rows[-1] = y
    return rows


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
