"""All tiles of a population, on several threads, put together in the order of instances."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from quantal.engines.population.cascade import consequences, obstacles
from quantal.engines.population.ensemble import Ensemble
from quantal.engines.population.instances import Failure, Instances, faults
from quantal.engines.population.job import Job
from quantal.engines.population.plan import Plan
from quantal.engines.population.settings import PANEL, Settings
from quantal.engines.population.stiffness import chosen_method
from quantal.engines.population.tile import Tile
from quantal.errors import UsageError
from quantal.expression import names_in
from quantal.kernels.population.kernel import Loaded, population_kernel
from quantal.kernels.population.layout import Choice
from quantal.program import Program
from quantal.stimulus import Stimulus

FEWEST, MOST = 512, 4096
"""Instances in a tile: the more, the less its own work weighs; enough tiles for all threads."""
BUFFER = 16e6
"""Bytes of output that one tile may hold at a time."""
MOST_STEPS = 1e10


def run(program: Program, stimulus: Stimulus, instances: Instances, settings: Settings) -> Ensemble:
    """Run all instances; those that fail are listed in the result, the others finish.

    Raises:
        UsageError: the program cannot run so, or the output would not fit.
    """
    reasons = obstacles(program)
    if not program.states:
        reasons = ["it has no states"]
    if reasons:
        raise UsageError(
            f"`{program.name}` cannot run as a population: {'; '.join(reasons)}; "
            "run its instances one by one with `quantal.run`"
        )
    steps = (stimulus.end - stimulus.start) / settings.step
    if not steps <= MOST_STEPS:
        raise UsageError(f"{steps:.3g} steps of {settings.step:g} ms are too many; lengthen `dt`")
    follow = {
        name: tuple(consequences(program, name))
        for name in {*instances.spikes, *(event for _, event in stimulus.events)}
    }
    method, why = chosen_method(program, stimulus, settings)
    choice = Choice(
        tuple(sorted(instances.parameters)), tuple(sorted(instances.drives)),
        tuple(stimulus.clamps),
        tuple(sorted({each.handler for found in follow.values() for each in found})),
        method, "float" if settings.precision == "single" else "double",
    )  # fmt: skip
    loaded = population_kernel(program, choice)
    kept = needed_states(program, settings.record, stimulus.clamps)
    threads = settings.threads or os.cpu_count() or 1
    tile = _tile(settings, instances.size, threads)
    row_bytes = tile * max(len(kept), 1) * 8
    plan = Plan(stimulus, settings.step, settings.samples, int(BUFFER // row_bytes))
    refused = {each.instance: each for each in faults(program, instances, stimulus.start)}
    job = Job(
        program, stimulus, instances, choice, loaded.kernel, plan, kept, settings.record,
        follow, refused,
    )  # fmt: skip
    return _Run(job, settings, tile, threads).ensemble(loaded, why)


def needed_states(
    program: Program, names: Iterable[str], clamped: Mapping[int, Any]
) -> tuple[int, ...]:
    """The states that names depend on through definitions."""
    definitions = {item.name: item.expression for item in program.definitions}
    states = {state.name: index for index, state in enumerate(program.states)}
    found: set[int] = set()
    seen: set[str] = set()
    stack = [program.roles.get(name, name) for name in names]
    while stack:
        name = stack.pop()
        if name in seen:
            continue
        seen.add(name)
        if name in states:
            found.add(states[name])
        elif name in definitions:
            stack.extend(names_in(definitions[name]))
    return tuple(sorted(found))


def _tile(settings: Settings, size: int, threads: int) -> int:
    if settings.tile is not None and settings.tile < 1:
        raise UsageError(f"a tile holds at least one instance; got {settings.tile}")
    fair = min(max(size // (4 * threads), FEWEST), MOST)
    wanted = min(settings.tile or fair, size)
    return max(-(-wanted // PANEL), 1) * PANEL


class _Run:
    """Tiles in parallel; their results in order."""

    def __init__(self, job: Job, settings: Settings, tile: int, threads: int) -> None:
        self._job, self._settings, self._tile = job, settings, tile
        self._threads = threads
        self._size = job.instances.size
        self._rows = len(job.plan.samples)
        kind = np.float32 if settings.precision == "single" else np.float64
        self._values: dict[str, np.ndarray[Any, Any]] = {}
        if settings.keep == "all":
            self._values = {name: np.empty((self._size, self._rows), kind) for name in job.record}
        self._failures: list[Failure] = list(job.refused.values())

    def ensemble(self, loaded: Loaded, why: str) -> Ensemble:
        """Run, and put together."""
        job, settings = self._job, self._settings
        starts = range(0, self._size, self._tile)
        means = _Means(job.record, self._rows) if settings.keep == "mean" else None
        with ThreadPoolExecutor(max_workers=min(self._threads, len(starts))) as pool:
            for number, (failed, panels) in enumerate(pool.map(self._one, starts)):
                self._failures += failed
                if means is not None:
                    means.add(panels)
                if settings.progress:
                    settings.progress((number + 1) / len(starts))
        failures = tuple(sorted(self._failures, key=lambda each: each.instance))
        deviations = None
        if means is not None:
            self._values, deviations = means.finished()
        return self._put_together(failures, deviations, loaded, why)

    def _one(self, first: int) -> tuple[list[Failure], list[_Panel]]:
        """One tile; gives its failures and, where only means are kept, its panels."""
        last = min(first + self._tile, self._size)
        tile = Tile(self._job, first, last)
        whole: dict[str, np.ndarray[Any, Any]] = {}
        if self._settings.keep == "mean":
            whole = {name: np.empty((last - first, self._rows)) for name in self._job.record}
        for row, values in tile.run():
            for name, part in values.items():
                if whole:
                    whole[name][:, row : row + part.shape[1]] = part
                else:
                    self._values[name][first:last, row : row + part.shape[1]] = part
        if not whole:
            return tile.failures, []
        failed = {each.instance for each in tile.failures} | set(self._job.refused)
        good = np.array([instance not in failed for instance in range(first, last)])
        return tile.failures, list(_panels(whole, good))

    def _put_together(
        self, failures: tuple[Failure, ...], deviations: dict[str, np.ndarray[Any, Any]] | None,
        loaded: Loaded, why: str,
    ) -> Ensemble:  # fmt: skip
        import llvmlite

        job, settings = self._job, self._settings
        values = self._values
        units = job.program.units()
        finished = self._size - len(failures)
        status = (
            f"{finished} of {self._size} instances reached the end at {job.stimulus.end:g} ms "
            f"in {job.plan.steps} steps."
        )
        if failures:
            status += f" The first that failed is {failures[0]}."
        statistics = {
            "instances": float(self._size), "failed": float(len(failures)),
            "steps": float(job.plan.steps), "threads": float(self._threads),
            "tile": float(self._tile), "compile_seconds": loaded.seconds,
            "cached": float(loaded.cached),
        }  # fmt: skip
        made_by = {
            "engine": "population", "method": job.choice.method, "choice": why,
            "step": settings.step, "precision": settings.precision,
            "program": job.program.name, "mechanisms": list(job.program.mechanisms),
            "versions": {"numpy": np.__version__, "llvmlite": llvmlite.__version__},
        }  # fmt: skip
        return Ensemble(
            np.array(job.plan.samples), {name: units[name] for name in job.record},
            lambda names: {name: values[name] for name in names}, {}, dict(job.program.roles),
            status, statistics, made_by,
            np.arange(self._size) if settings.keep == "all" else None,
            size=self._size, failures=failures, deviations=deviations,
        )  # fmt: skip


_Panel = tuple[int, dict[str, np.ndarray[Any, Any]], dict[str, np.ndarray[Any, Any]]]
"""How many instances, the sums over them, and the sums of squares about their mean."""


def _panels(values: Mapping[str, np.ndarray[Any, Any]], good: np.ndarray[Any, Any]
            ) -> Iterator[_Panel]:  # fmt: skip
    """Sums over panels, whose bounds are the same whatever the tiles."""
    for start in range(0, len(good), PANEL):
        chosen = good[start : start + PANEL]
        count = int(chosen.sum())
        sums, squares = {}, {}
        for name, whole in values.items():
            part = whole[start : start + PANEL][chosen]
            sums[name] = part.sum(axis=0)
            squares[name] = ((part - sums[name] / max(count, 1)) ** 2).sum(axis=0)
        yield count, sums, squares


class _Means:
    """Means and standard deviations from panels, in order (Chan, Golub & LeVeque 1983)."""

    def __init__(self, names: Iterable[str], rows: int) -> None:
        self._count = 0
        self._mean = {name: np.zeros(rows) for name in names}
        self._squares = {name: np.zeros(rows) for name in names}

    def add(self, panels: Iterable[_Panel]) -> None:
        """Some further panels."""
        for count, sums, squares in panels:
            if not count:
                continue
            total = self._count + count
            for name, mean in self._mean.items():
                away = sums[name] / count - mean
                self._squares[name] += squares[name] + away**2 * (self._count * count / total)
                mean += away * (count / total)
            self._count = total

    def finished(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Means and standard deviations (rows,); NaN where no instance finished."""
        if not self._count:
            nothing = {name: np.full_like(mean, np.nan) for name, mean in self._mean.items()}
            return nothing, dict(nothing)
        spread = {name: np.sqrt(s / self._count) for name, s in self._squares.items()}
        return self._mean, spread
