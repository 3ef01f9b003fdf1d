"""Why a population cannot be summed from spike to spike, and what it is cut into."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from quantal.engines.population.instances import Instances
from quantal.engines.propagators.cascade import Block, cascade
from quantal.engines.propagators.curves import Equations
from quantal.engines.propagators.readout import readout
from quantal.engines.propagators.split import Split, split
from quantal.engines.propagators.weights import NoFactor, weight
from quantal.expression import names_in
from quantal.kernels.symbolic.equations import DRIVE, PARAMETER
from quantal.program import Program
from quantal.stimulus import Piecewise, Stimulus

Array = np.ndarray[Any, np.dtype[np.float64]]

SAME_SPACING = 1e-9
"""Steps between the times of the output differ by no more, as a share."""


def obstacles(
    program: Program, stimulus: Stimulus, instances: Instances, names: Iterable[str],
    samples: Array,
) -> list[str]:  # fmt: skip
    """Why the means of these names over a population cannot be had from event to event."""
    needed, reasons = readout(program, names)
    parts = split(program, needed)
    reasons += parts.reasons
    if stimulus.clamps:
        held = program.states[next(iter(stimulus.clamps))].name
        reasons.append(f"the state `{held}` is clamped")
    if stimulus.changes:
        reasons.append("parameters change on the way")
    deciding = {index for block in parts.deciding for index in block.indices}
    for index in sorted(needed & deciding):
        reasons.append(f"`{program.states[index].name}` decides what spikes do and is not summed")
    reasons += _own_rates(program, parts, instances)
    reasons += _moving(program, parts, stimulus)
    if instances.initial:
        reasons.append("instances start with values of their own")
    own = {program.drives[index].name for index in instances.drives}
    definitions = {item.name: item.expression for item in program.definitions}
    for name in names:
        used = _names_of(program.roles.get(name, name), definitions)
        for each in sorted(used & own):
            reasons.append(f"`{each}` differs between instances and is part of `{name}`")
        try:
            weight(program, name, stimulus.parameters, instances.parameters)
        except NoFactor:
            theirs = {program.parameters[index].name for index in instances.parameters}
            listed = ", ".join(f"`{each}`" for each in sorted(used & theirs))
            reasons.append(f"{listed} of each instance is more than a factor of `{name}`")
    steps = np.diff(samples)
    if len(steps) and np.abs(steps - steps.mean()).max() > SAME_SPACING * steps.mean():
        reasons.append("the times of the output are not evenly spaced")
    return list(dict.fromkeys(reasons))


class Irreducible(Exception):
    """What the numbers of a Program show to have no modes to sum."""


def _names_of(name: str, definitions: Mapping[str, Any]) -> set[str]:
    found, stack = set(), [name]
    while stack:
        one = stack.pop()
        if one not in found:
            found.add(one)
            if one in definitions:
                stack.extend(names_in(definitions[one]))
    return found


def blocks_of(program: Program, parts: Split) -> list[Block]:
    """Free blocks, those that decide, and those that follow."""
    free = set(parts.free)
    return [
        *(block for block in cascade(program).blocks if set(block.indices) <= free),
        *parts.deciding, *parts.following,
    ]  # fmt: skip


def _own_rates(program: Program, parts: Split, instances: Instances) -> list[str]:
    own = {(PARAMETER, i): program.parameters[i].name for i in instances.parameters}
    own |= {(DRIVE, i): program.drives[i].name for i in instances.drives}
    reasons = []
    for block in blocks_of(program, parts):
        for leaf in Equations(block).leaves:
            if leaf in own:
                state = program.states[block.indices[0]].name
                reasons.append(
                    f"`{own[leaf]}` differs between instances and is a rate of `{state}`"
                )
    return reasons


def _moving(program: Program, parts: Split, stimulus: Stimulus) -> list[str]:
    reasons = []
    for block in blocks_of(program, parts):
        for kind, index in block.reads:
            if kind == DRIVE and not _is_constant(stimulus.drives[index], stimulus):
                reasons.append(f"the input `{program.drives[index].name}` changes with time")
    return reasons


def _is_constant(curve: Piecewise, stimulus: Stimulus) -> bool:
    inside = curve.knots < stimulus.end
    used = curve.coefficients[inside]
    first = max(int(np.searchsorted(curve.knots, stimulus.start, side="right")) - 1, 0)
    used = used[first:]
    return not used[:, 1:5].any() and bool((used[:, 0] == used[0, 0]).all())
