"""From the states of many trials to every name of a Program, computed when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

import numpy as np

from quantal.engines.base import Settings
from quantal.engines.observe import Observer, parameter_values
from quantal.engines.stochastic.streams import LARGEST_SEED
from quantal.errors import UsageError
from quantal.expression import names_in
from quantal.program import Program
from quantal.stimulus import Stimulus

Array = np.ndarray[Any, np.dtype[np.float64]]

SAMPLES = 1001
"""Rows of a run without sample times."""
MOST_BYTES = 2e9


def trial_count(settings: Settings) -> int:
    """How many trials are asked for.

    Raises:
        UsageError: fewer than one, or a seed out of range.
    """
    count = 1 if settings.trials is None else settings.trials
    if count < 1:
        raise UsageError(f"a run needs at least one trial, not {count}")
    if not 0 <= settings.seed <= LARGEST_SEED:
        raise UsageError(f"a seed is a whole number from 0 to 2^63 - 1, not {settings.seed}")
    return count


def sample_times(settings: Settings, stimulus: Stimulus) -> Array:
    """The output times (n,) in ms: those asked for, or evenly from 0 to the end."""
    if settings.sample is not None:
        return np.asarray(settings.sample, dtype=float)
    return np.linspace(min(0.0, stimulus.end), stimulus.end, SAMPLES)


def kept_states(program: Program, settings: Settings) -> list[int]:
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


def check_output(count: int, samples: int, states: int) -> float:
    """The bytes of the output; refuses what would fill the memory.

    Raises:
        UsageError: with the size, and what to change.
    """
    size = 8.0 * count * samples * max(states, 1)
    if size > MOST_BYTES:
        raise UsageError(
            f"{count} trials of {samples} samples of {states} states are {size / 1e9:.3g} GB; "
            "sample more coarsely, record fewer names, or run fewer trials"
        )
    return size


class Columns:
    """Only the columns that were kept of an array (rows, states), each by its number."""

    def __init__(self, columns: dict[int, Array], rows: int) -> None:
        self._columns, self._rows = columns, rows

    def __getitem__(self, place: tuple[slice, int]) -> Array:
        known = self._columns.get(place[1])
        return np.broadcast_to(np.nan, self._rows) if known is None else known


def observed(
    program: Program, stimulus: Stimulus, samples: Array, columns: dict[int, Array], trials: int,
    single: bool,
) -> Callable[[Iterable[str]], dict[str, Array]]:  # fmt: skip
    """What gives any name's values (trials, n), or (n,) for a `single` run.

    Args:
        program: what ran.
        stimulus: what drove it.
        samples: the output times (n,), ms.
        columns: values (trials * n,) of states by number, trials behind one another.
        trials: how many.
        single: whether the dimension of trials is left out.
    """
    drives = np.zeros((len(samples), len(program.drives)))
    for number, drive in enumerate(stimulus.drives):
        drives[:, number] = drive.at(samples)
    changes = [
        (int(np.searchsorted(samples, when)), index, value)
        for when, index, value in sorted(stimulus.changes)
    ]
    parameters = parameter_values(stimulus.parameters, changes, len(samples))
    rows = trials * len(samples)
    observer = Observer(
        program, np.tile(samples, trials), cast("Array", Columns(columns, rows)),
        np.tile(drives, (trials, 1)),
        [np.tile(p, trials) if isinstance(p, np.ndarray) else p for p in parameters],
    )  # fmt: skip

    def compute(names: Iterable[str]) -> dict[str, Array]:
        found = observer.compute(names)
        if single:
            return found
        return {name: values.reshape(trials, len(samples)) for name, values in found.items()}

    return compute
