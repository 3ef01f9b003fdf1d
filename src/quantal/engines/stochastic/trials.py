"""Many trials of one run: estimate first, then chunks on all cores, then one Trajectory.

A chunk's trials depend on nothing but the seed and their numbers, so neither the number of
workers, nor the size of chunks, nor their order changes a bit of the result.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, cast

import numpy as np

from quantal.engines.base import Settings
from quantal.engines.observe import Observer, parameter_values
from quantal.engines.stochastic import agenda
from quantal.engines.stochastic.cells import cut
from quantal.engines.stochastic.chunk import Chunk, Outcome, Plan, Stopped
from quantal.engines.stochastic.streams import LARGEST_SEED
from quantal.errors import RunError, UsageError
from quantal.expression import names_in
from quantal.kernels.stochastic.kernel import stochastic_kernel
from quantal.program import Program
from quantal.stimulus import Stimulus
from quantal.trajectory import Trajectory

Array = np.ndarray[Any, np.dtype[np.float64]]

SAMPLES = 1001
"""Rows of a run without sample times."""
MOST_BYTES = 2e9
CHUNK_BYTES = 64e6
LARGEST_CHUNK = 32


def run_trials(engine: str, program: Program, stimulus: Stimulus, settings: Settings) -> Trajectory:
    """All trials of a Program that counts, as one Trajectory."""
    started = time.perf_counter()
    count = 1 if settings.trials is None else settings.trials
    if count < 1:
        raise UsageError(f"a run needs at least one trial, not {count}")
    if not 0 <= settings.seed <= LARGEST_SEED:
        raise UsageError(f"a seed is a whole number from 0 to 2^63 - 1, not {settings.seed}")
    stop = threading.Event()
    plan, cached = make_plan(program, stimulus, settings, stop)
    compiled = time.perf_counter() - started
    kept = _kept(program, settings)
    expected = _check_cost(plan, settings, count, len(kept))
    done, status = _work(plan, settings, count, kept, stop)
    if not done:
        raise RunError("the run was stopped before its first trial had ended")
    return _trajectory(
        engine, plan, settings, done, kept, status,
        {"compile_seconds": compiled, "cached": float(cached), "expected_events": expected},
    )  # fmt: skip


def make_plan(
    program: Program, stimulus: Stimulus, settings: Settings, stop: threading.Event
) -> tuple[Plan, bool]:
    """What all trials have in common, and whether the code was found rather than made."""
    missing = [drive.name for drive in program.drives[len(stimulus.drives) :]]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        raise RunError(f"{names} must be driven by the protocol: say `hold` or `pulse`")
    clamped = tuple(sorted(stimulus.clamps))
    try:
        kernel, cached = stochastic_kernel(program, clamped)
    except ValueError as problem:
        raise RunError(f"`{program.name}` cannot be counted: {problem}") from problem
    functions = (*stimulus.drives, *(stimulus.clamps[index] for index in clamped))
    cells = cut(functions, kernel.layout.driven, stimulus.start, stimulus.end)
    samples = settings.sample
    if samples is None:
        samples = np.linspace(min(0.0, stimulus.end), stimulus.end, SAMPLES)
    plan = Plan(
        program, stimulus, kernel, functions, clamped, cells, np.asarray(samples, dtype=float),
        agenda.plan(program, stimulus), settings.seed, _watched(program, kernel.layout, settings),
        settings.max_events, lambda: not stop.is_set(),
    )  # fmt: skip
    return plan, cached


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


def _kept(program: Program, settings: Settings) -> list[int]:
    """The states that the wanted names depend on; all where nothing is said."""
    if settings.record is None:
        return list(range(len(program.states)))
    table = {item.name: names_in(item.expression) for item in program.definitions}
    found: set[str] = set()
    stack = [program.roles.get(name, name) for name in settings.record]
    while stack:
        name = stack.pop()
        if name not in found:
            found.add(name)
            stack.extend(table.get(name, ()))
    return [i for i, state in enumerate(program.states) if state.name in found]


def _check_cost(plan: Plan, settings: Settings, count: int, kept: int) -> float:
    """Refuse before it starts what would take hours or fill the memory."""
    size = 8.0 * count * len(plan.samples) * max(kept, 1)
    if size > MOST_BYTES:
        raise UsageError(
            f"{count} trials of {len(plan.samples)} samples of {kept} states are "
            f"{size / 1e9:.3g} GB; sample more coarsely, record fewer names, or run fewer trials"
        )
    expected = Chunk(plan, range(1)).estimate()
    if expected * count > settings.max_events:
        raise UsageError(
            f"about {expected * count:.2g} events are expected ({expected:.2g} in each trial), "
            f"more than the {settings.max_events:.2g} allowed; with so many molecules chance "
            "hardly matters: use `stiff`, or `hybrid` with the abundant ones continuous, or raise "
            "`max_events`"
        )
    return expected * count


def _work(
    plan: Plan, settings: Settings, count: int, kept: list[int], stop: threading.Event
) -> tuple[list[Outcome], str]:
    """All chunks; what is finished when Ctrl-C comes is kept."""
    chunks = _chunks(plan, settings, count)
    workers = max(min(settings.workers or os.cpu_count() or 1, len(chunks)), 1)
    done: list[Outcome] = []

    def one(trials: range) -> Outcome:
        outcome = Chunk(plan, trials).run()
        if len(kept) < outcome.counts.shape[2]:
            outcome.counts = np.ascontiguousarray(outcome.counts[:, :, kept])
        return outcome

    pool = ThreadPoolExecutor(workers)
    waiting: set[Future[Outcome]] = {pool.submit(one, trials) for trials in chunks}
    interrupted = False
    try:
        while waiting:
            finished, waiting = wait(waiting, timeout=0.1, return_when=FIRST_COMPLETED)
            done += [future.result() for future in finished]
            if finished and settings.progress:
                settings.progress(sum(len(each.trials) for each in done) / count)
    except KeyboardInterrupt:
        interrupted = True
    finally:
        stop.set()
        for future in waiting:
            future.cancel()
        pool.shutdown(wait=True)
    if interrupted:
        done += _late(waiting)
    done.sort(key=lambda outcome: outcome.trials.start)
    finished_trials = sum(len(outcome.trials) for outcome in done)
    status = f"The run reached its end at {plan.stimulus.end:g} ms in {finished_trials} trials."
    if interrupted:
        status = (
            f"The run was stopped after {finished_trials} of {count} trials; those are whole, "
            "and the same as in a run that was not stopped."
        )
    return done, status


def _late(futures: Iterable[Future[Outcome]]) -> list[Outcome]:
    """Chunks that were whole by the time the others had stopped."""
    whole = []
    for future in futures:
        if future.done() and not future.cancelled():
            try:
                whole.append(future.result())
            except Stopped:
                continue
    return whole


def _chunks(plan: Plan, settings: Settings, count: int) -> list[range]:
    own = 8.0 * len(plan.samples) * max(plan.kernel.layout.states, 1)
    largest = settings.chunk or int(min(max(CHUNK_BYTES // own, 1), LARGEST_CHUNK))
    return [range(first, min(first + largest, count)) for first in range(0, count, largest)]


def _trajectory(
    engine: str, plan: Plan, settings: Settings, done: list[Outcome], kept: list[int],
    status: str, statistics: dict[str, float],
) -> Trajectory:  # fmt: skip
    import llvmlite

    program, samples = plan.program, plan.samples
    trials = np.concatenate([np.arange(each.trials.start, each.trials.stop) for each in done])
    counts = np.concatenate([each.counts for each in done])
    states = _values(plan, counts, kept, done[0].sizes)
    drives = np.column_stack([np.zeros((len(samples), 0)), *(d.at(samples) for d in
                             plan.functions[: len(program.drives)])])  # fmt: skip
    changes = [
        (int(np.searchsorted(samples, when)), index, value)
        for when, index, value in sorted(plan.stimulus.changes)
    ]
    parameters = parameter_values(plan.stimulus.parameters, changes, len(samples))
    shape = (len(trials), len(samples))
    observer = Observer(
        program, np.tile(samples, len(trials)), states, np.tile(drives, (len(trials), 1)),
        [np.tile(p, len(trials)) if isinstance(p, np.ndarray) else p for p in parameters],
    )  # fmt: skip

    def compute(names: Iterable[str]) -> dict[str, Array]:
        found = observer.compute(names)
        return found if settings.trials is None else {k: v.reshape(shape) for k, v in found.items()}

    statistics |= {
        "trials": float(len(trials)), "events": float(sum(each.events for each in done)),
        "rejected": float(sum(each.rejected for each in done)), "rows": float(len(samples)),
        "cells": float(len(plan.cells.edges) - 1),
    }  # fmt: skip
    rows = sorted(set(plan.watched.values()))
    firings = {
        program.reactions[row].name: [times for each in done for times in each.firings[row]]
        for row in rows
    }
    made_by = {
        "engine": engine, "method": "direct method with thinning",
        "source": "Gillespie 1977 J Phys Chem 81:2340; Lewis & Shedler 1979; Salmon et al. 2011",
        "program": program.name, "mechanisms": list(program.mechanisms), "seed": settings.seed,
        "versions": {"numpy": np.__version__, "llvmlite": llvmlite.__version__},
    }  # fmt: skip
    return Trajectory(
        samples, program.units(), compute, plan.agenda.record, dict(program.roles), status,
        statistics, made_by, trials=None if settings.trials is None else trials, firings=firings,
    )  # fmt: skip


class _Columns:
    """Only the columns that were kept of an array (rows, states), each by its number."""

    def __init__(self, columns: dict[int, Array], rows: int) -> None:
        self._columns, self._rows = columns, rows

    def __getitem__(self, place: tuple[slice, int]) -> Array:
        known = self._columns.get(place[1])
        return np.broadcast_to(np.nan, self._rows) if known is None else known


def _values(plan: Plan, counts: Array, kept: list[int], sizes: dict[int, float]) -> Array:
    """Counts over sizes, of trials behind one another (trials * n, states)."""
    rows = counts.shape[0] * counts.shape[1]
    columns = {}
    for column, index in enumerate(kept):
        size = sizes.get(index, 1.0)
        columns[index] = counts[:, :, column].reshape(rows) * (1.0 / size if size else 0.0)
    functions = plan.functions[len(plan.program.drives) :]
    for index, function in zip(plan.clamped, functions, strict=True):
        columns[index] = np.tile(function.at(plan.samples), counts.shape[0])
    return cast("Array", _Columns(columns, rows))
