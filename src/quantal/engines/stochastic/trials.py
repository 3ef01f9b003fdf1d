"""Many trials of one run: estimate first, then chunks on all cores, then one Trajectory.

A chunk's trials depend on nothing but the seed and their numbers, so neither the number of
workers, nor the size of chunks, nor their order changes a bit of the result.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantal.engines.base import Settings
from quantal.engines.stochastic import agenda
from quantal.engines.stochastic.cells import cut
from quantal.engines.stochastic.chunk import ENOUGH_TRIALS, Chunk, Outcome, Plan
from quantal.engines.stochastic.keeping import Kept, kept_trials
from quantal.engines.stochastic.results import (
    check_output,
    kept_states,
    observed,
    sample_times,
    trial_count,
)
from quantal.engines.stochastic.spread import spread
from quantal.errors import RunError, UsageError
from quantal.kernels.leap.kernel import LeapKernel
from quantal.kernels.stochastic.kernel import (
    StochasticKernel,
    lanes_kernel,
    stochastic_kernel,
)
from quantal.program import Program
from quantal.stimulus import Stimulus
from quantal.trajectory import Trajectory

Array = np.ndarray[Any, np.dtype[np.float64]]

CHUNK_BYTES = 64e6
LARGEST_CHUNK = 128
CHUNKS_PER_WORKER = 8
"""At least, where there are trials enough, so that all workers end together."""


@dataclass(frozen=True)
class Method:
    """How trials of a Program that counts are run: the code, what drives it, where it is from.

    `near` is how close the bounds of drives in one cell of time lie (see `cut`);
    `whole` whether counts must be whole numbers; `unit` what the cost is counted in; trials of one
    `identity` may go on from each other.
    """

    name: str
    method: str
    source: str
    kernel: Callable[..., tuple[Any, bool]] = stochastic_kernel
    chunk: type[Chunk] = Chunk
    near: tuple[float, float] | None = None
    whole: bool = True
    unit: str = "events"
    identity: str = "ssa"
    advice: str = (
        "with so many molecules chance hardly matters: use `leap` or `langevin`, which take many "
        "events at a time, `stiff`, or `hybrid` with the abundant ones continuous, or raise "
        "`max_events`"
    )


EXACT = Method(
    "ssa", "direct method with thinning",
    "Gillespie 1977 J Phys Chem 81:2340; Lewis & Shedler 1979; Salmon et al. 2011",
)  # fmt: skip


def run_trials(
    program: Program, stimulus: Stimulus, settings: Settings, method: Method = EXACT
) -> Trajectory:
    """All trials of a Program that counts, as one Trajectory."""
    started = time.perf_counter()
    count = trial_count(settings)
    stop = threading.Event()
    plan, cached = make_plan(program, stimulus, settings, stop, method)
    compiled = time.perf_counter() - started
    kept = kept_states(program, settings)
    size = check_output(count, len(plan.samples), len(kept))
    expected = _check_cost(plan, settings, count, method)
    on_disk = kept_trials(Outcome, method.identity, program, stimulus, settings)
    done, status = _work(plan, settings, count, kept, stop, method, on_disk)
    if not done:
        raise KeyboardInterrupt
    return _trajectory(
        method, plan, settings, done, kept, status,
        {"compile_seconds": compiled, "cached": float(cached),
         f"expected_{method.unit}": expected, "expected_bytes": size},
    )  # fmt: skip


def make_plan(
    program: Program, stimulus: Stimulus, settings: Settings, stop: threading.Event,
    method: Method = EXACT,
) -> tuple[Plan, bool]:  # fmt: skip
    """What all trials have in common, and whether the code was found rather than made."""
    missing = [drive.name for drive in program.drives[len(stimulus.drives) :]]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        raise RunError(f"{names} must be driven by the protocol: say `hold` or `pulse`")
    clamped = tuple(sorted(stimulus.clamps))
    try:
        kernel, cached = method.kernel(program, clamped)
    except ValueError as problem:
        raise RunError(f"`{program.name}` cannot be counted: {problem}") from problem
    functions = (*stimulus.drives, *(stimulus.clamps[index] for index in clamped))
    cells = cut(functions, kernel.layout.driven, stimulus.start, stimulus.end, method.near)
    samples = sample_times(settings, stimulus)
    plan = Plan(
        program, stimulus, kernel, functions, clamped, cells, samples,
        agenda.plan(program, stimulus), settings.seed, _watched(program, kernel.layout, settings),
        settings.max_events, lambda: not stop.is_set(), method.whole,
        abreast(program, clamped, kernel, settings),
    )  # fmt: skip
    return plan, cached


def abreast(
    program: Program,
    clamped: tuple[int, ...],
    kernel: StochasticKernel | LeapKernel,
    settings: Settings,
) -> Callable[[int], int] | None:
    """The loop that runs trials side by side, where it can and there are enough of them."""
    most = min(settings.trials or 1, settings.chunk or LARGEST_CHUNK)
    if not (isinstance(kernel, StochasticKernel) and kernel.layout.lanes) or most < ENOUGH_TRIALS:
        return None
    return lanes_kernel(program, clamped)


def _watched(program: Program, layout: Any, settings: Settings) -> dict[int, int]:
    """Places whose firings are kept: named one-way steps of schemes, and what is asked for."""
    asked = set(settings.record or ())
    rows = set()
    for number, row in enumerate(program.reactions):
        steps = any(program.states[i].kind == "occupancy" for i, _ in row.changes)
        named = not row.name.startswith("reaction ")
        if row.name in asked or (named and steps and row.backward is None):
            rows.add(number)
    return {place: row for place, row, backward in layout.members if row in rows and not backward}


def _check_cost(plan: Plan, settings: Settings, count: int, method: Method) -> float:
    """Refuse before it starts what would take hours."""
    expected = method.chunk(plan, range(1)).estimate()
    if expected * count > settings.max_events:
        raise UsageError(
            f"about {expected * count:.2g} {method.unit} are expected ({expected:.2g} in each "
            f"trial), more than the {settings.max_events:.2g} allowed; {method.advice}"
        )
    return expected * count


def _work(
    plan: Plan, settings: Settings, count: int, kept: list[int], stop: threading.Event,
    method: Method, on_disk: Kept[Outcome] | None,
) -> tuple[list[Outcome], str]:  # fmt: skip
    """All chunks; what is finished when Ctrl-C comes is kept."""

    def one(trials: range) -> Outcome:
        outcome = method.chunk(plan, trials).run()
        if len(kept) < outcome.counts.shape[2]:
            outcome.counts = np.ascontiguousarray(outcome.counts[:, :, kept])
        return outcome

    chunks = _chunks(plan, settings, count)
    return spread(one, chunks, settings, plan.stimulus.end, stop, on_disk)


def _chunks(plan: Plan, settings: Settings, count: int) -> list[range]:
    own = 8.0 * len(plan.samples) * max(plan.kernel.layout.states, 1)
    fair = -(-count // (CHUNKS_PER_WORKER * (settings.workers or os.cpu_count() or 1)))
    largest = settings.chunk or int(max(min(CHUNK_BYTES // own, LARGEST_CHUNK, fair), 1))
    return [range(first, min(first + largest, count)) for first in range(0, count, largest)]


def _trajectory(
    method: Method, plan: Plan, settings: Settings, done: list[Outcome], kept: list[int],
    status: str, statistics: dict[str, float],
) -> Trajectory:  # fmt: skip
    import llvmlite

    program, samples = plan.program, plan.samples
    trials = np.concatenate([np.arange(each.trials.start, each.trials.stop) for each in done])
    counts = np.concatenate([each.counts for each in done])
    compute = observed(
        program, plan.stimulus, samples, _columns(plan, counts, kept, done[0].sizes), len(trials),
        settings.trials is None,
    )  # fmt: skip
    statistics |= {
        "trials": float(len(trials)), "events": float(sum(each.events for each in done)),
        "rejected": float(sum(each.rejected for each in done)), "rows": float(len(samples)),
        "cells": float(len(plan.cells.edges) - 1), "steps": float(sum(d.steps for d in done)),
    }  # fmt: skip
    rows = sorted(set(plan.watched.values()))
    firings = {
        program.reactions[row].name: [times for each in done for times in each.firings[row]]
        for row in rows
    }
    made_by = {
        "engine": method.name, "method": method.method, "source": method.source,
        "program": program.name, "mechanisms": list(program.mechanisms), "seed": settings.seed,
        "versions": {"numpy": np.__version__, "llvmlite": llvmlite.__version__},
    }  # fmt: skip
    return Trajectory(
        samples, program.units(), compute, plan.agenda.record, dict(program.roles), status,
        statistics, made_by, trials=None if settings.trials is None else trials, firings=firings,
    )  # fmt: skip


def _columns(
    plan: Plan, counts: Array, kept: list[int], sizes: dict[int, float]
) -> dict[int, Array]:
    """Counts over sizes, of trials behind one another, by the number of the state."""
    rows = counts.shape[0] * counts.shape[1]
    columns = {}
    for column, index in enumerate(kept):
        size = sizes.get(index, 1.0)
        columns[index] = counts[:, :, column].reshape(rows) * (1.0 / size if size else 0.0)
    functions = plan.functions[len(plan.program.drives) :]
    for index, function in zip(plan.clamped, functions, strict=True):
        columns[index] = np.tile(function.at(plan.samples), counts.shape[0])
    return columns
