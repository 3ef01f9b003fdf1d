"""Recorded names from the kept states of one tile: states as they are, the rest computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantal.engines.observe import Observer
from quantal.engines.population.job import Job
from quantal.engines.population.plan import Array

Values = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Part:
    """Instances `first` to `first + count` at some `times` (rows,), ms.

    `parameters` are those that all share; `changed` those to which the protocol gave a new
    value, for all instances.
    """

    first: int
    count: int
    times: Array
    parameters: Array
    changed: set[int]

    def of(self, values: Array) -> Array:
        """The part of an array over all instances."""
        return values[self.first : self.first + self.count]


def observed(job: Job, part: Part, out: Values) -> dict[str, Values]:
    """The recorded names (instances, rows), in internal units.

    Args:
        job: the run.
        part: which instances, at which times.
        out: the kept states (rows, kept, lanes).
    """
    rows = len(part.times)
    kept = {index: place for place, index in enumerate(job.kept)}
    names = {state.name: index for index, state in enumerate(job.program.states)}
    found: dict[str, Values] = {}
    computed: list[str] = []
    for name in job.record:
        index = names.get(job.program.roles.get(name, name))
        if index in kept:
            found[name] = out[:rows, kept[index], : part.count].T
        else:
            computed.append(name)
    if computed:
        found |= _computed(job, part, computed, out, kept)
    return found


def _computed(
    job: Job, part: Part, names: list[str], out: Values, kept: Mapping[int, int]
) -> dict[str, Values]:
    """Definitions and drives: all instances behind one another, as one long run."""
    count, rows = part.count, len(part.times)
    flat = (count, rows)
    states = np.full((count * rows, len(job.program.states)), np.nan)
    for index, place in kept.items():
        states[:, index] = out[:rows, place, :count].T.reshape(-1)
    drives = np.empty((count * rows, len(job.program.drives)))
    for index, function in enumerate(job.stimulus.drives):
        own = job.instances.drives.get(index)
        values = function.at(part.times)[None, :] if own is None else part.of(own)[:, None]
        drives[:, index] = np.broadcast_to(values, flat).reshape(-1)
    parameters: list[Any] = []
    for index, value in enumerate(part.parameters):
        own = job.instances.parameters.get(index)
        if own is None or index in part.changed:
            parameters.append(float(value))
        else:
            parameters.append(np.repeat(part.of(own), rows))
    observer = Observer(job.program, np.tile(part.times, count), states, drives, parameters)
    return {name: values.reshape(flat) for name, values in observer.compute(names).items()}
