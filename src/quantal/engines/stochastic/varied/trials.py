"""Trials of which each has parameters of its own: one run of one trial for each."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from quantal.engines.base import Engine, Settings
from quantal.engines.stochastic.chunk import Stopped
from quantal.engines.stochastic.results import trial_count
from quantal.engines.stochastic.spread import spread
from quantal.engines.stochastic.varied.applied import of_trial, per_trial
from quantal.errors import UsageError
from quantal.program import Program
from quantal.stimulus import Stimulus
from quantal.trajectory import Trajectory

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass
class _One:
    trials: range
    run: Trajectory


def run_each(
    engine: Engine, program: Program, stimulus: Stimulus, settings: Settings
) -> Trajectory:
    """All trials, each with its own draw of the parameters that vary per trial.

    Trial 7 is trial 7 however many others there are: its parameters and its random numbers
    follow from the seed and its number.

    Raises:
        UsageError: trials to keep, or parameters that cannot vary so.
    """
    if settings.keep is not None:
        raise UsageError(
            "trials whose parameters vary per trial cannot be kept to go on from; leave `resume`"
        )
    count, stop = trial_count(settings), threading.Event()

    def one(trials: range) -> _One:
        number = trials.start
        own = replace(settings, trials=1, seed=_seed(settings.seed, number), workers=1,
                      progress=None, stop=stop, max_events=settings.max_events / count)  # fmt: skip
        try:
            run = engine.run(program, of_trial(program, stimulus, settings.seed, number), own)
        except KeyboardInterrupt:
            # The run of one trial gives up because all do.
            raise Stopped from None
        return _One(trials, run)

    chunks = [range(trial, trial + 1) for trial in range(count)]
    done, status = spread(one, chunks, settings, stimulus.end, stop)
    if not done:
        raise KeyboardInterrupt
    return _joined(program, stimulus, settings, done, status)


def _seed(seed: int, trial: int) -> int:
    """A seed for the trial's own run, unlike any that a person would choose."""
    digest = hashlib.sha256(f"trial {trial} of {seed}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


def _joined(
    program: Program, stimulus: Stimulus, settings: Settings, done: list[_One], status: str
) -> Trajectory:
    runs = [each.run for each in done]
    first = runs[0]
    numbers = [each.trials.start for each in done]
    drawn = {
        program.parameters[i].name: [
            float(of_trial(program, stimulus, settings.seed, n).parameters[i]) for n in numbers
        ]
        for i in per_trial(program)
    }
    single = settings.trials is None
    statistics = {
        name: float(sum(run.statistics.get(name, 0.0) for run in runs)) for name in first.statistics
    }
    return Trajectory(
        first.time, dict(first.units), _values(runs, single), dict(first.events),
        dict(first.roles), status, statistics,
        {**first.made_by, "seed": settings.seed, "drawn per trial": drawn},
        trials=None if single else np.array(numbers),
        firings={name: [run.firings[name][0] for run in runs] for name in first.firings},
    )  # fmt: skip


def _values(runs: list[Trajectory], single: bool) -> Callable[[Iterable[str]], dict[str, Array]]:
    def compute(names: Iterable[str]) -> dict[str, Array]:
        wanted = list(names)
        for run in runs:
            run.hold(wanted)
        rows = {name: np.concatenate([run.internal(name) for run in runs]) for name in wanted}
        return {name: values[0] for name, values in rows.items()} if single else rows

    return compute
