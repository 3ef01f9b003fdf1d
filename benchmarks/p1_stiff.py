"""One stiff synapse (21 states, 50 Hz for 1 s, calcium peaks of 30 uM, 1,001 samples).

Ours at many tolerances beside libroadrunner at many, in one process, in turn: for each
error, the cheapest setting of either that reaches it. The error is the largest departure
from scipy's DOP853 at 1e-12, over five quantities, as a share of each one's range.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from row import Row

sys.path.append(str(Path(__file__).parents[1]))

from tests.agreement.problems import (
    JONAS,
    PEAK,
    REST,
    SYNAPSE,
    SYNAPSE_STATES,
    WIDTH,
    calcium_table,
    synapse_program,
    synapse_rates,
)
from tests.engines.programs import stimulus

from quantal.engines.base import Settings
from quantal.engines.stiff import ENGINE, Stiff

END, PERIOD, FIRST = 1000.0, 20.0, 5.0
SAMPLES = np.linspace(0.0, END, 1001)
WATCHED = ("E", "G", "O", "NO", "V")
TARGETS = (1e-4, 2e-6, 1e-8)
ROUNDS = 15
PIECES = {1e-4: 160, 2e-6: 160, 1e-8: 640}
"""Cubic pieces per transient, so that the drive itself is exact enough for each target."""
TOLERANCES = 10.0 ** np.arange(-2.0, -9.9, -0.25)

Run = Callable[[float], np.ndarray]
"""A tolerance to the watched quantities (5, samples)."""


def reference() -> np.ndarray:
    """The watched quantities by scipy, from stop to stop."""
    from scipy.integrate import solve_ivp

    centres = np.arange(FIRST, END, PERIOD)
    rates = synapse_rates(centres)
    y0 = np.zeros(len(SYNAPSE_STATES))
    y0[[0, 8, 15, 20]] = 1.0, 1.0, 1.0, -65.0
    solved = solve_ivp(
        rates, (0.0, END), y0, "DOP853", t_eval=SAMPLES, rtol=1e-12, atol=1e-14, max_step=0.1
    )
    return solved.y[[SYNAPSE_STATES.index(name) for name in WATCHED]]


def ours(pieces: int, engine: Stiff = ENGINE) -> Run:
    """The stiff engine; the table of the drive is made once, as a protocol would."""
    made = synapse_program()
    table, stops = calcium_table(np.arange(FIRST, END, PERIOD), pieces)
    driven = stimulus(made, END, [table], stops=stops)

    def run(tolerance: float) -> np.ndarray:
        trajectory = engine.run(made, driven, Settings(tolerance, tolerance * 1e-3, SAMPLES))
        return np.stack([trajectory.internal(name) for name in WATCHED])

    return run


def roadrunner() -> Run:
    """libroadrunner (CVODE, compiled rates); without a largest step it skips pulses."""
    import antimony
    import roadrunner as peer

    antimony.clearPreviousLoads()
    if antimony.loadAntimonyString(ANTIMONY) < 0:
        raise RuntimeError(antimony.getLastError())
    model = peer.RoadRunner(antimony.getSBMLString("synapse"))
    model.timeCourseSelections = ["time", *WATCHED]

    def run(tolerance: float) -> np.ndarray:
        integrator: Any = model.integrator
        integrator.relative_tolerance = tolerance
        integrator.absolute_tolerance = tolerance * 1e-3
        integrator.maximum_time_step = 0.25
        integrator.maximum_num_steps = 10**6
        model.resetAll()
        return np.asarray(model.simulate(0.0, END, len(SAMPLES)))[:, 1:].T

    return run


def rows() -> list[Row]:
    """One row for each error: the cheapest setting of both that reaches it."""
    exact = reference()
    note, peer = "", None
    try:
        peer = roadrunner()
    except ImportError:
        note = "libroadrunner is not installed"
    peer_errors = {} if peer is None else _errors(peer, exact)
    measured = []
    for target in TARGETS:
        run = ours(PIECES[target])
        errors = _errors(run, exact)
        mine, theirs = _cheapest(errors, target), _cheapest(peer_errors, target)
        if mine is None:
            continue
        runs = {"ours": (run, mine)}
        if peer is not None and theirs is not None:
            runs["peer"] = (peer, theirs)
        seconds = _in_turn(runs)
        if "peer" in seconds and theirs is not None:
            ratio = float(np.median(seconds["peer"] / seconds["ours"]))
            note = f"tolerances {mine:.0e}, {theirs:.0e}; median of the rounds' ratios {ratio:.1f}"
        measured.append(
            Row(
                f"P1, error {target:g}", _milliseconds(seconds["ours"]), "ms", "libroadrunner",
                _milliseconds(seconds["peer"]) if "peer" in seconds else None,
                errors[mine], None if theirs is None else peer_errors[theirs],
                resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3, ">= 20x", note,
            )
        )  # fmt: skip
    return measured


def _errors(run: Run, exact: np.ndarray) -> dict[float, float]:
    """Tolerance to error."""
    size = np.ptp(exact, axis=1)
    return {
        tolerance: float((np.abs(run(tolerance) - exact).max(axis=1) / size).max())
        for tolerance in TOLERANCES.tolist()
    }


def _cheapest(errors: dict[float, float], target: float) -> float | None:
    """The largest tolerance whose error stays within the target."""
    return max((t for t, error in errors.items() if error <= target), default=None)


def _milliseconds(seconds: np.ndarray) -> float:
    return float(np.median(seconds)) * 1e3


def _in_turn(runs: dict[str, tuple[Run, float]]) -> dict[str, np.ndarray]:
    """The thread's seconds of each, in turn, so that a busy machine is busy for all."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, (run, tolerance) in runs.items():
            started = time.thread_time()
            run(tolerance)
            seconds[name].append(time.thread_time() - started)
    return {name: np.array(values) for name, values in seconds.items()}


def _antimony() -> str:
    """The same equations in libroadrunner's language."""
    p = SYNAPSE | JONAS
    lines = ["model synapse", f"T={PERIOD}; rest={REST}; peak={PEAK}; width={WIDTH}"]
    lines += [f"{name}={value}" for name, value in p.items()]
    lines.append(f"shifted := time - {FIRST} + T/2")
    lines.append("phase := shifted - T*floor(shifted/T) - T/2")
    lines.append("Ca := rest + peak*exp(-4*ln(2)*(phase/width)^2)")
    lines.append("compartment c; c = 1")
    lines.append("species " + ", ".join(f"{n} in c" for n in SYNAPSE_STATES if n != "V"))
    lines.append("S0 = 1; C0 = 1; N0 = 1")
    for i in range(5):
        lines.append(f"S{i} -> S{i + 1}; {5 - i}*kon*Ca*S{i} - {i + 1}*koff*b^{i}*S{i + 1}")
    lines += ["S5 -> E; gam*S5", "E -> S0; E/tref", "-> G; nves*q*gam*S5", "G -> ; G/tauG"]
    for a, b, on, off in [
        ("C0", "C1", "k1*G", "km1"), ("C1", "C2", "k2*G", "km2"), ("C2", "O", "al", "be"),
        ("C1", "C3", "a1", "b1"), ("C2", "C4", "a2", "b2"), ("O", "C5", "a3", "b3"),
        ("C3", "C4", "k3*G", "km3"), ("C4", "C5", "a4", "b4"), ("N0", "N1", "Rb*G", "Ru"),
        ("N1", "N2", "Rb*G", "Ru"), ("N2", "NO", "Ro", "Rc"), ("N2", "ND", "Rd", "Rr"),
    ]:  # fmt: skip
        lines.append(f"{a} -> {b}; {on}*{a} - {off}*{b}")
    block = "1 + exp(-0.062*V)*Mg/3.57"
    lines.append("V = -65")
    lines.append(f"V' = (-gL*(V - EL) - (gA*O + gN*NO/({block}))*V)/C")
    return "\n".join([*lines, "end"])


ANTIMONY = _antimony()
