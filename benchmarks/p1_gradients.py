"""Gradients of one stiff synapse (P1: 21 states, 50 Hz for 1 s, 1,001 samples), 30 parameters.

The loss is the sum of squares of the AMPA receptor's open share about a recording. Times are
those of whole calls, in solutions of the same engine at the same tolerance without gradients,
measured in turn. The error is the largest departure of the gradient from differences of fourth
order of runs at 1e-11, as a share of its largest entry; the note says how far tangents and
adjoint are apart.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parents[1]))

from row import Row
from tests.agreement.problems import calcium_table, synapse_program
from tests.engines.programs import stimulus

from quantal.engines.base import Settings
from quantal.engines.sensitivity.solve import Solution, solve
from quantal.engines.sensitivity.varied import Varied
from quantal.engines.stiff import ENGINE, Stiff
from quantal.trajectory import Trajectory

END, PERIOD, FIRST, PIECES = 1000.0, 20.0, 5.0, 160
SAMPLES = np.linspace(0.0, END, 1001)
TOLERANCE = 1e-5
FIXED = {"tref", "q", "Mg", "C", "gL", "EL"}
"""Parameters that a fit of the receptors and the sensor would not vary."""
ROUNDS = 15
CHECKED = ("kon", "gam", "tauG", "k2", "a1", "Ro")

MADE = synapse_program()
TABLE, STOPS = calcium_table(np.arange(FIRST, END, PERIOD), PIECES)
DRIVEN = stimulus(MADE, END, [TABLE], stops=STOPS)
VARIED = [
    Varied(slot.name, parameter=index)
    for index, slot in enumerate(MADE.parameters)
    if slot.name not in FIXED
]
SETTINGS = Settings(TOLERANCE, TOLERANCE * 1e-3, SAMPLES, record=("O",))


def plain(
    tolerance: float = TOLERANCE, parameters: np.ndarray | None = None, engine: Stiff = ENGINE
) -> Trajectory:
    """One solution without gradients."""
    driven = DRIVEN if parameters is None else replace(DRIVEN, parameters=parameters)
    return engine.run(MADE, driven, Settings(tolerance, tolerance * 1e-3, SAMPLES))


def recording() -> np.ndarray:
    """What the loss is about: the receptors a third smaller and later."""
    trace = plain().internal("O")
    return np.roll(trace, 1) * 0.7


def by_tangents(target: np.ndarray, explicit: bool = True) -> np.ndarray:
    """d(loss)/d(parameters), carried along."""
    found: Solution = solve(MADE, DRIVEN, SETTINGS, VARIED, explicit=explicit)
    miss = found.observer().compute(["O"])["O"] - target
    return 2.0 * miss @ found.tangent("O")


def by_adjoint(target: np.ndarray, explicit: bool = True) -> np.ndarray:
    """The same, back over the run."""
    found = solve(MADE, DRIVEN, SETTINGS, VARIED, backwards=True, explicit=explicit)
    miss = found.observer().compute(["O"])["O"] - target
    return found.gradient({"O": 2.0 * miss})


def differences(target: np.ndarray) -> dict[int, float]:
    """By differences of precise runs, for some parameters."""

    def loss(values: np.ndarray) -> float:
        miss = plain(1e-11, values).internal("O") - target
        return float(miss @ miss)

    found = {}
    for place, each in enumerate(VARIED):
        if each.name not in CHECKED or each.parameter is None:
            continue
        step = np.zeros(len(MADE.parameters))
        step[each.parameter] = h = 1e-3 * DRIVEN.parameters[each.parameter]
        now = DRIVEN.parameters
        near, far = loss(now + step) - loss(now - step), loss(now + 2 * step) - loss(now - 2 * step)
        found[place] = (8.0 * near - far) / (12.0 * h)
    return found


def rows() -> list[Row]:
    """Tangents and the adjoint; with explicit steps where they are cheaper, and without."""
    target = recording()
    exact = differences(target)
    return [
        row
        for explicit, title, goals in ((True, "", ("<= 5", "<= 4")), (False, ", Rosenbrock steps",
                                                                       ("<= 7", "<= 4")))
        for row in _two(target, exact, explicit, title, goals)
    ]  # fmt: skip


def _two(
    target: np.ndarray, exact: dict[int, float], explicit: bool, title: str, goals: tuple[str, str]
) -> list[Row]:
    tangents, adjoint = by_tangents(target, explicit), by_adjoint(target, explicit)
    size = np.abs(tangents).max()
    apart = float(np.abs(tangents - adjoint).max() / size)
    engine = ENGINE if explicit else Stiff(pair=None)
    seconds = _in_turn({
        "solve": lambda: plain(engine=engine),
        "tangents": lambda: by_tangents(target, explicit),
        "adjoint": lambda: by_adjoint(target, explicit),
    })  # fmt: skip
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    milliseconds = {key: float(np.median(value)) * 1e3 for key, value in seconds.items()}
    measured = []
    for name, found, goal in (("tangents", tangents, goals[0]), ("adjoint", adjoint, goals[1])):
        error = max(abs(found[place] - value) / size for place, value in exact.items())
        ratio = float(np.median(seconds[name] / seconds["solve"]))
        note = (
            f"median of the rounds' ratios; {milliseconds[name]:.1f} ms, one solution "
            f"{milliseconds['solve']:.1f} ms; tangents and adjoint {apart:.0e} apart"
        )
        problem = f"P1{title}, gradient of {len(VARIED)} parameters, {name}"
        measured.append(
            Row(problem, round(ratio, 2), "solutions", error=float(error), memory=memory,
                goal=goal, note=note)
        )  # fmt: skip
    return measured


def _in_turn(runs: dict[str, Callable[[], object]]) -> dict[str, np.ndarray]:
    """Seconds of each, measured in turn, so that a busy machine is busy for all."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            started = time.process_time()
            run()
            seconds[name].append(time.process_time() - started)
    return {name: np.array(values) for name, values in seconds.items()}
