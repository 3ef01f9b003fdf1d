"""Sums over a population: by the engine `event` where it can, else by fixed steps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from quantal.engines.population.ensemble import Ensemble
from quantal.engines.population.instances import Instances, Spikes, faults
from quantal.engines.propagators.many import Population
from quantal.engines.propagators.obstacles import Irreducible, obstacles
from quantal.errors import UsageError
from quantal.program import Program
from quantal.stimulus import Stimulus

Array = np.ndarray[Any, np.dtype[np.float64]]


def choose(
    engine: str, keep: str, program: Program, stimulus: Stimulus, instances: Instances,
    names: tuple[str, ...], samples: Array,
) -> tuple[str, str]:  # fmt: skip
    """`event` or `population`, and the sentence that says why.

    Raises:
        UsageError: `event` was asked for and cannot; with the reasons.
    """
    if engine == "population" or (engine == "auto" and keep != "sum"):
        return "population", ""
    reasons = obstacles(program, stimulus, instances, names, samples)
    if not reasons:
        try:
            Population(program, stimulus, instances, names, samples)
        except Irreducible as irreducible:
            reasons = [str(irreducible)]
    if keep == "all":
        reasons = [
            "it gives sums and means, not each instance: say `keep='sum'` or `keep='mean'`",
            *reasons,
        ]
    if not reasons:
        if engine == "event":
            return "event", "The engine `event` was asked for."
        return "event", (
            "The engine `event` was chosen: what is summed is linear between spikes, so exact "
            "propagators carry it from spike to spike."
        )
    if engine == "event":
        raise UsageError(
            f"engine `event` cannot run `{program.name}` as a population: {'; '.join(reasons)}"
        )
    return "population", (
        f"The engine `population` was chosen, with fixed steps (`event` cannot: "
        f"{'; '.join(reasons)})."
    )


def by_events(
    program: Program, stimulus: Stimulus, instances: Instances, names: tuple[str, ...],
    samples: Array, keep: str,
) -> Ensemble:  # fmt: skip
    """Sums or means over all instances that can run, from spike to spike."""
    failures = tuple(faults(program, instances, stimulus.start))
    good = np.ones(instances.size, dtype=bool)
    good[[failure.instance for failure in failures]] = False
    size = int(good.sum())
    if not size:
        raise UsageError(f"none of the {instances.size} instances can run; {failures[0]}")
    run = Population(program, stimulus, _only(instances, good), names, samples).run()
    factor = float(size) if keep == "sum" else 1.0

    def compute(wanted: Iterable[str]) -> dict[str, np.ndarray]:
        return {name: factor * values for name, values in run.compute(wanted).items()}

    return Ensemble(
        run.time, run.units, compute, {}, run.roles, run.status, run.statistics,
        run.made_by, None, size=instances.size, failures=failures,
    )  # fmt: skip


def summed(means: Ensemble) -> Ensemble:
    """The sums over the instances that finished, from their means."""
    size = float(means.finished.sum())

    def compute(names: Iterable[str]) -> dict[str, np.ndarray]:
        return {name: size * means.internal(name) for name in names}

    return Ensemble(
        means.time, means.units, compute, means.events, means.roles, means.status,
        means.statistics, means.made_by, None, size=means.size, failures=means.failures,
    )  # fmt: skip


def _only(instances: Instances, good: np.ndarray[Any, np.dtype[np.bool_]]) -> Instances:
    """Those instances that can run."""
    if good.all():
        return instances
    kept = np.flatnonzero(good)
    return Instances(
        len(kept),
        {index: values[kept] for index, values in instances.parameters.items()},
        {index: values[kept] for index, values in instances.drives.items()},
        {index: values[kept] for index, values in instances.initial.items()},
        {
            name: Spikes.of([
                train.times[train.offsets[i] : train.offsets[i + 1]] for i in kept
            ])
            for name, train in instances.spikes.items()
        },
    )  # fmt: skip
