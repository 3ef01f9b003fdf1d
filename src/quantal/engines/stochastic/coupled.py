"""A split run: the shared solution once, then each trial's counts and its continuous part."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from quantal.engines.base import Settings
from quantal.engines.stochastic import side_by_side
from quantal.engines.stochastic.keeping import kept_trials
from quantal.engines.stochastic.one_by_one import OneByOne
from quantal.engines.stochastic.results import check_output, observed, trial_count
from quantal.engines.stochastic.shared import Result, Shared
from quantal.engines.stochastic.side_by_side import SideBySide
from quantal.engines.stochastic.spread import spread
from quantal.errors import RunError
from quantal.program import Program
from quantal.stimulus import Stimulus
from quantal.trajectory import Trajectory

if TYPE_CHECKING:
    from quantal.engines.hybrid import Hybrid

Array = np.ndarray[Any, np.dtype[np.float64]]

PIECES_PER_WORKER = 8
FEWEST_TOGETHER = 32
"""Half as many take half as long again."""


def run_coupled(
    engine: Hybrid, program: Program, stimulus: Stimulus, settings: Settings
) -> Trajectory:
    """All trials of a Program of which a part is counted, as one Trajectory."""
    started = time.perf_counter()
    count = trial_count(settings)
    missing = [drive.name for drive in program.drives[len(stimulus.drives) :]]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        raise RunError(f"{names} must be driven by the protocol: say `hold` or `pulse`")
    shared = Shared(engine, program, stimulus, settings)
    size = check_output(count, len(shared.samples), len(shared.kept))
    runner = _runner(shared)
    ready = time.perf_counter() - started
    piece = min(settings.chunk or _fair(settings, count), runner.largest)
    chunks = [range(first, min(first + piece, count)) for first in range(0, count, piece)]
    kept = kept_trials(Result, engine, program, stimulus, settings)
    done, status = spread(runner.run, chunks, settings, stimulus.end, shared.stop, kept)
    if not done:
        raise KeyboardInterrupt
    trajectory = _trajectory(shared, runner, done, status, ready)
    trajectory.statistics |= {"expected_events": runner.expected, "expected_bytes": size}
    return trajectory


def _fair(settings: Settings, count: int) -> int:
    """Trials in a piece: so few that progress is seen and Ctrl-C keeps some, not too few to
    share their steps."""
    pieces = PIECES_PER_WORKER * (settings.workers or os.cpu_count() or 1)
    return max(-(-count // pieces), FEWEST_TOGETHER)


def _runner(shared: Shared) -> OneByOne | SideBySide:
    """Common steps where they can be taken, and are found to be short enough."""
    reasons = side_by_side.obstacles(shared)
    if reasons:
        return OneByOne(shared, "; ".join(reasons))
    runner = SideBySide(shared)
    if np.isfinite(runner.error):
        return runner
    return OneByOne(shared, f"no common step down to {runner.step:g} ms held all states in bounds")


def _trajectory(
    shared: Shared, runner: OneByOne | SideBySide, done: list[Result], status: str, ready: float
) -> Trajectory:  # fmt: skip
    program, settings = shared.program, shared.settings
    trials = np.concatenate([np.arange(each.trials.start, each.trials.stop) for each in done])
    columns = {
        index: np.concatenate([each.states[index] for each in done]).reshape(-1)
        for index in done[0].states
    }
    single = settings.trials is None
    compute = observed(program, shared.stimulus, shared.samples, columns, len(trials), single)
    names = dict.fromkeys(name for each in done for name in each.firings)
    common = shared.agenda.record
    firings: dict[str, list[Array]] = {name: [] for name in names}
    for each in done:
        for name, found in firings.items():
            nothing = [np.array(common.get(name, []))] * len(each.trials)
            found += each.firings.get(name, nothing)
    statistics = {
        "trials": float(len(trials)), "events": float(sum(each.events for each in done)),
        "steps": sum(each.steps for each in done), "prepare_seconds": ready,
        "resolution": runner.step, "rows": float(len(shared.samples)),
    }  # fmt: skip
    if np.isfinite(runner.error):
        statistics["step_error"] = runner.error
    made_by = {
        "engine": shared.engine.name, "method": "piecewise-deterministic, split by parts",
        "source": "Davis 1984 J R Stat Soc B 46:353; Gillespie 1977 J Phys Chem 81:2340",
        "program": program.name, "mechanisms": list(program.mechanisms), "seed": settings.seed,
        "split": shared.cut.why, "continuous": runner.how, "relative": settings.relative,
        "absolute": settings.absolute, "versions": {"numpy": np.__version__},
    }  # fmt: skip
    events = {name: times for name, times in common.items() if name not in firings}
    return Trajectory(
        shared.samples, program.units(), compute, events, dict(program.roles), status,
        statistics, made_by, trials=None if single else trials, firings=firings,
    )  # fmt: skip
