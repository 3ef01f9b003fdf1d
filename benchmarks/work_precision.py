"""Time against error: the stiff engine beside libroadrunner and scipy, drawn for the docs.

Two problems: P1, one synapse of 21 states for 1 s at 50 Hz, and the complete calyx of Held, 88
states and three spikes. Each solver runs at relative tolerances from 1e-3 to 1e-9 (absolute
ones a thousandth). The error is the largest departure from the reference as a share of each
quantity's range; the time is the thread's, the least of several rounds in turn. A solver that
is not installed is left out and named.
Usage: python benchmarks/work_precision.py, which writes docs/work_precision.png
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np

sys.path.extend(str(Path(__file__).parents[i]) for i in (0, 1))
sys.path.append(str(Path(__file__).parents[1] / "src"))

import p1_stiff
from row import Row

from quantal.engines.base import Settings
from quantal.engines.initial import initial_state
from quantal.engines.stiff import Stiff
from quantal.engines.workspace import Workspace
from quantal.kernels.cache import kernel_for
from quantal.program import Program
from quantal.stimulus import Stimulus

FIGURE = Path(__file__).parents[1] / "docs" / "work_precision.png"
TOLERANCES = tuple(10.0 ** -np.arange(3.0, 9.1, 0.5))
ROUNDS = 3
SWITCHING, IMPLICIT = "Quantal: Rodas5P and Tsit5", "Quantal: Rodas5P alone"
ROADRUNNER, LSODA = "libroadrunner (CVODE)", "scipy LSODA"
COMPILED = f"{LSODA} on our compiled rates"
SLOW = (LSODA, COMPILED)
"""They take a hundred times as long, and so one round only."""

Solver = Callable[[float], np.ndarray]
"""A tolerance to the quantities (n, samples)."""
Curve = list[tuple[float, float]]
"""Error and seconds at each tolerance."""


def curves(solvers: dict[str, Solver], exact: np.ndarray) -> dict[str, Curve]:
    """Every solver at every tolerance, all in turn."""
    size = np.ptp(exact, axis=1)
    found: dict[str, Curve] = {name: [] for name in solvers}
    for tolerance in TOLERANCES:
        seconds = dict.fromkeys(solvers, np.inf)
        errors = dict.fromkeys(solvers, np.inf)
        for count in range(ROUNDS):
            for name, solve in solvers.items():
                if count and name in SLOW:
                    continue
                started = time.thread_time()
                result = solve(tolerance)
                seconds[name] = min(seconds[name], time.thread_time() - started)
                errors[name] = float((np.abs(result - exact).max(axis=1) / size).max())
        for name in solvers:
            found[name].append((errors[name], seconds[name]))
    return found


def synapse() -> tuple[dict[str, Solver], np.ndarray, list[str]]:
    """P1: the solvers, the reference, and what is not installed."""
    exact = p1_stiff.reference()
    solvers: dict[str, Solver] = {
        SWITCHING: p1_stiff.ours(640),
        IMPLICIT: p1_stiff.ours(640, Stiff(pair=None)),
    }
    missing = []
    try:
        solvers[ROADRUNNER] = p1_stiff.roadrunner()
    except ImportError:
        missing.append(ROADRUNNER)
    solvers[LSODA] = _scipy_synapse()
    return solvers, exact, missing


def _scipy_synapse() -> Solver:
    from scipy.integrate import solve_ivp

    rates = p1_stiff.synapse_rates(np.arange(p1_stiff.FIRST, p1_stiff.END, p1_stiff.PERIOD))
    y0 = np.zeros(len(p1_stiff.SYNAPSE_STATES))
    y0[[0, 8, 15, 20]] = 1.0, 1.0, 1.0, -65.0
    rows = [p1_stiff.SYNAPSE_STATES.index(name) for name in p1_stiff.WATCHED]

    def solve(tolerance: float) -> np.ndarray:
        # Like libroadrunner it would step over a pulse without a largest step.
        solved = solve_ivp(
            rates, (0.0, p1_stiff.END), y0, "LSODA", t_eval=p1_stiff.SAMPLES, rtol=tolerance,
            atol=tolerance * 1e-3, max_step=0.25,
        )  # fmt: skip
        return solved.y[rows]

    return solve


def calyx() -> tuple[dict[str, Solver], np.ndarray]:
    """The complete synapse: the solvers and a reference by DOP853 at 1e-12."""
    from quantal import protocols
    from quantal.compiler.bind import bind
    from quantal.experiments.loading import load, prepare
    from quantal.protocols.protocol import Protocol

    program = prepare(load("synapses/calyx_of_held"))
    train = protocols.train("stimulus", count=3, start="1 ms", every="10 ms")
    states = [state.name for state in program.states]
    stimulus = bind(program, train + Protocol(until=31.0), states).stimulus
    samples = np.linspace(0.25, 30.75, 123)
    exact = _by_scipy(program, stimulus, samples, "DOP853")(1e-12)
    scale = np.array([state.scale for state in program.states])
    kept = np.ptp(exact, axis=1) > 1e-6 * scale

    def ours(engine: Stiff) -> Solver:
        def solve(tolerance: float) -> np.ndarray:
            settings = Settings(tolerance, tolerance * 1e-3, samples)
            run = engine.run(program, stimulus, settings)
            return np.stack([run.internal(name) for name in states])[kept]

        return solve

    compiled = _by_scipy(program, stimulus, samples, "LSODA")
    solvers: dict[str, Solver] = {
        SWITCHING: ours(Stiff()),
        IMPLICIT: ours(Stiff(pair=None)),
        COMPILED: lambda tolerance: compiled(tolerance)[kept],
    }
    return solvers, exact[kept]


def _by_scipy(program: Program, stimulus: Stimulus, samples: np.ndarray, method: str) -> Solver:
    """scipy from event to event, with the kernel's right-hand side and event handlers."""
    from scipy.integrate import solve_ivp

    engine = Stiff()
    kernel = kernel_for(program, engine.tableau, engine.pair).kernel
    drives = np.array([float(drive.at(0.0)) for drive in stimulus.drives])
    y0 = initial_state(program, stimulus.parameters, drives)
    size = len(y0)
    scale = np.array([state.scale for state in program.states])

    def solve(tolerance: float) -> np.ndarray:
        work = Workspace(kernel, engine.tableau, program, stimulus, 1.0, engine.pair)
        work.look_at(0.0)
        work.y[:size] = y0
        rows, y = np.empty((size, len(samples))), work.y.copy()
        # The first handler begins the stimulus, the second ends it after its delay.
        length = float(work.all_delays()[1])
        acts = sorted((t + d, n) for t, _ in stimulus.events for n, d in ((0, 0.0), (1, length)))

        def rates(t: float, state: np.ndarray) -> np.ndarray:
            y[:size] = state
            return work.rates(y)

        for (begin, number), (end, _) in pairwise([(0.0, None), *acts, (stimulus.end, None)]):
            if number is not None:
                work.act(number)
            here = (samples >= begin) & (samples < end)
            solved = solve_ivp(
                rates, (begin, end), work.y[:size].copy(), method,
                t_eval=np.append(samples[here], end), rtol=tolerance,
                atol=1e-3 * tolerance * scale, max_step=0.05 if method == "DOP853" else np.inf,
            )  # fmt: skip
            rows[:, here] = solved.y[:, :-1]
            work.y[:size] = solved.y[:, -1]
        return rows

    return solve


def rows() -> list[Row]:
    """P1 at the tolerance that everyone uses, by both ways of the engine."""
    exact = p1_stiff.reference()
    solvers = {SWITCHING: p1_stiff.ours(640), IMPLICIT: p1_stiff.ours(640, Stiff(pair=None))}
    size = np.ptp(exact, axis=1)
    found = []
    for name, solve in solvers.items():
        error = float((np.abs(solve(1e-6) - exact).max(axis=1) / size).max())
        seconds = []
        for _ in range(ROUNDS):
            started = time.thread_time()
            solve(1e-6)
            seconds.append(time.thread_time() - started)
        problem = f"P1 at tolerance 1e-6, {name.removeprefix('Quantal: ')}"
        found.append(Row(problem, min(seconds) * 1e3, "ms", error=error))
    return found


def draw(panels: dict[str, dict[str, Curve]]) -> None:
    """Both problems side by side."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    look = {
        SWITCHING: ("#0b6e4f", "o"), IMPLICIT: ("#6bb38f", "s"), ROADRUNNER: ("#b5542c", "^"),
        LSODA: ("#6d6d8e", "D"), COMPILED: ("#6d6d8e", "D"),
    }  # fmt: skip
    figure, axes = plt.subplots(1, len(panels), figsize=(11.0, 4.6), layout="constrained")
    for axis, (title, found) in zip(axes, panels.items(), strict=True):
        for name, curve in found.items():
            errors, seconds = np.array(curve).T
            colour, marker = look[name]
            axis.loglog(errors, seconds * 1e3, color=colour, marker=marker, ms=5, label=name)
        axis.set_title(title, fontsize=11)
        axis.set_xlabel("largest error, share of the range")
        axis.set_ylabel("time (ms)")
        axis.grid(True, which="major", color="#e4e4e4")
        axis.legend(fontsize=9, frameon=False)
        axis.invert_xaxis()
    figure.savefig(FIGURE, dpi=150)


def main() -> int:
    """Measure, print and draw."""
    solvers, exact, missing = synapse()
    panels = {"One synapse: 21 states, 1 s at 50 Hz": curves(solvers, exact)}
    solvers, exact = calyx()
    panels["The calyx of Held: 88 states, 3 spikes"] = curves(solvers, exact)
    for title, found in panels.items():
        print(title)
        for name, curve in found.items():
            print(f"  {name}")
            for tolerance, (error, seconds) in zip(TOLERANCES, curve, strict=True):
                print(f"    {tolerance:.0e}  error {error:.1e}  {seconds * 1e3:9.3f} ms")
    for name in missing:
        print(f"{name} is not installed")
    draw(panels)
    return 0


if __name__ == "__main__":
    sys.exit(main())
