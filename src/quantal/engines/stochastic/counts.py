"""Where a stochastic run starts: whole numbers of molecules, channels and vesicles."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantal.engines.initial import initial_state
from quantal.engines.stochastic.streams import START, generator
from quantal.errors import RunError
from quantal.program import Program
from quantal.stimulus import Stimulus

Array = np.ndarray[Any, np.dtype[np.float64]]
Truths = np.ndarray[Any, np.dtype[np.bool_]]

ROUNDING = 1e-9
"""A count this close to a whole number (as a share of it) is that number: 24.999999999999996."""
LARGEST = 2.0**53
"""Beyond it a double skips whole numbers."""


def whole(values: Array) -> tuple[Array, Truths]:
    """(nearest whole numbers, whether each value is one up to rounding)."""
    nearest = np.rint(values)
    return nearest, np.abs(values - nearest) <= ROUNDING * np.maximum(np.abs(nearest), 1.0)


def initial_counts(
    program: Program, stimulus: Stimulus, sizes: dict[int, float], seed: int, trials: range,
    wholes: bool = True,
) -> Array:  # fmt: skip
    """Counts at the start (trials, states); states without a size keep their value.

    A scheme that starts at equilibrium is drawn: each of its members is in a state with the
    probability of that state, so the counts are multinomial. `wholes` refuses what is not whole.

    Raises:
        RunError: a count that is negative, not whole or too large, by name.
    """
    start = stimulus.start
    drives = np.array([float(drive.at(start)) for drive in stimulus.drives])
    held = {index: float(curve.at(start)) for index, curve in stimulus.clamps.items()}
    values = initial_state(program, stimulus.parameters, drives, start, held)
    drawn = {i for rest in program.equilibria for i in rest.indices}
    plain = {i: s for i, s in sizes.items() if i not in drawn and i not in held}
    counts = values.copy()
    for index, size in plain.items():
        counts[index] = _checked(program, index, float(values[index]) * size, wholes)
    table = np.tile(counts, (len(trials), 1))
    for number, rest in enumerate(program.equilibria):
        members = _checked(program, rest.indices[0], sizes[rest.indices[0]], verb="holds")
        shares = np.clip(values[list(rest.indices)], 0.0, None)
        for row, trial in enumerate(trials):
            draw = generator(seed, trial, START, number)
            table[row, list(rest.indices)] = draw.multinomial(int(members), shares / shares.sum())
    return table


def _checked(
    program: Program, index: int, count: float, wholes: bool = True, verb: str = "starts with"
) -> float:
    name = program.states[index].name
    if not np.isfinite(count) or count > LARGEST:
        raise RunError(f"`{name}` {verb} {count:g} molecules, more than can be counted one by one")
    nearest, is_whole = whole(np.array(count))
    if count < 0.0 and not (is_whole and nearest == 0.0):
        raise RunError(f"`{name}` {verb} {count:g} molecules; a count cannot be negative")
    if not is_whole and not wholes:
        return count
    if not is_whole:
        raise RunError(
            f"`{name}` {verb} {count:.9g} molecules; a stochastic run counts whole ones: "
            f"choose its value or its size so that it is {np.floor(count):g} or "
            f"{np.ceil(count):g}, hold it, or use `hybrid`"
        )
    return float(abs(nearest))
