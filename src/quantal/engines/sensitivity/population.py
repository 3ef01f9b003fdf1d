"""The tangents of a population: those of its larger Program, started for every instance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from quantal.engines.population.instances import Instances
from quantal.engines.population.start import Start
from quantal.engines.sensitivity.augmented import Augmented, Input, augmented
from quantal.engines.sensitivity.start import start_tangents
from quantal.kernels.sensitivity.directions import Direction
from quantal.kernels.symbolic.equations import DRIVE, PARAMETER, STATE, TIME
from quantal.program import Program
from quantal.stimulus import Stimulus


def with_tangents(
    program: Program, stimulus: Stimulus, instances: Instances, inputs: Sequence[Input],
    names: Sequence[str],
) -> tuple[Augmented, Instances]:  # fmt: skip
    """The larger Program, and the instances with their tangents' initial values.

    Args:
        program, stimulus, instances: what would run without tangents.
        inputs: what they are to.
        names: the names whose derivatives are wanted.
    """
    clamped = tuple(stimulus.clamps)
    leaves = _leaves(program, stimulus, instances)
    directions, table = [], len(program.drives)
    for each in inputs:
        tables: tuple[tuple[int, int], ...] = ()
        if each.drive is not None:
            tables = ((each.drive, table),)
            leaves[DRIVE, table] = 1.0
            table += 1
        directions.append(Direction(each.parameter, tables))
    first = start_tangents(
        program, leaves, directions, [each.initial for each in inputs],
        {*clamped, *instances.initial},
    )  # fmt: skip
    moves = np.any(first.reshape(-1, *first.shape[-2:]) != 0.0, axis=0)
    started = [(int(i), int(n)) for i, n in np.argwhere(moves) if i not in clamped]
    larger = augmented(program, inputs, names, clamped, started)
    initial = dict(instances.initial)
    for state, number in started:
        values = np.broadcast_to(first[..., state, number], instances.size)
        initial[larger.tangents[state, number]] = np.ascontiguousarray(values)
    return larger, replace(instances, initial=initial)


def _leaves(
    program: Program, stimulus: Stimulus, instances: Instances
) -> dict[tuple[str, int], Any]:
    """Everything at the start: numbers, or arrays (instances,)."""
    start = stimulus.start
    leaves: dict[tuple[str, int], Any] = {(TIME, 0): start}
    for i, value in enumerate(stimulus.parameters):
        leaves[PARAMETER, i] = instances.parameters.get(i, float(value))
    for i, curve in enumerate(stimulus.drives):
        leaves[DRIVE, i] = instances.drives.get(i, float(curve.at(start)))
    known: dict[str, Any] = {"time": start}
    known |= {slot.name: leaves[PARAMETER, i] for i, slot in enumerate(program.parameters)}
    known |= {slot.name: leaves[DRIVE, i] for i, slot in enumerate(program.drives)}
    for i, curve in stimulus.clamps.items():
        known[program.states[i].name] = float(curve.at(start))
    known |= {program.states[i].name: values for i, values in instances.initial.items()}
    values = Start(program, known)
    leaves |= {(STATE, i): values[state.name] for i, state in enumerate(program.states)}
    return leaves
