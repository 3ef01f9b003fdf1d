"""A Program as it runs by chance: with its copies and classes, and their values."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from quantal.engines.stochastic.streams import COPY, TRIAL, generator
from quantal.engines.stochastic.varied.copies import with_copies
from quantal.engines.stochastic.varied.distributions import classes, drawn
from quantal.engines.stochastic.varied.firings import with_classes
from quantal.engines.stochastic.varied.handlers import carried
from quantal.engines.stochastic.varied.names import numbered
from quantal.program import ParameterSlot, Program, Spread
from quantal.stimulus import Stimulus

WHOLE = ("molecules", "ions", "vesicles", "channels", "sites")
"""Units of which there are whole ones: their values are rounded."""


@dataclass(frozen=True)
class Applied:
    """`program` runs; `notes` say what varies and how."""

    program: Program
    notes: tuple[str, ...]


def applied(program: Program, parameters: np.ndarray) -> Applied:
    """The Program with copies and classes written out, at these values of its parameters.

    Raises:
        UsageError: a parameter that cannot vary as it is said to.
    """
    varied = [slot for slot in program.parameters if slot.spread is not None]
    if not varied:
        return Applied(program, program.notes)
    made, into = with_classes(with_copies(program, parameters))
    notes = [note for note in program.notes if not note.endswith("this run uses its mean")]
    for slot in varied:
        assert slot.spread is not None
        text = f"`{slot.name}` varies per {slot.spread.per}"
        if slot.spread.per != "firing" or slot.name in carried(program):
            notes.append(f"{text}: {described(slot.spread)}")
        elif slot.name in into:
            states = ", ".join(f"`{name}`" for name in into[slot.name])
            notes.append(
                f"{text}: {described(slot.spread)}, carried by single events into {states}; its "
                "mean is used elsewhere"
            )
        else:
            notes.append(f"{text}; no single event of this model carries it: its mean is used")
    return Applied(made, tuple(notes))


def described(spread: Spread) -> str:
    """A distribution as the language writes it."""
    return f"{spread.family}({', '.join(f'{word} = {x:g}' for word, x in spread.arguments)})"


def filled(program: Program, stimulus: Stimulus, seed: int) -> Stimulus:
    """A stimulus in which the members' and the classes' own values stand.

    A member's value depends on the seed and its number alone, so that it is the same in all
    trials.
    """
    values = np.array(stimulus.parameters, dtype=float)
    place = {slot.name: i for i, slot in enumerate(program.parameters)}
    for index, slot in enumerate(program.parameters):
        if slot.spread is None or slot.spread.per == "trial":
            continue
        own: list[int] = []
        while numbered(slot.name, len(own)) in place:
            own.append(place[numbered(slot.name, len(own))])
        if not own:
            continue
        if slot.spread.per == "firing":
            values[own] = rounded(slot, classes(slot, float(values[index]), len(own)))
        else:
            values[own] = [
                drawn(slot, float(values[index]), generator(seed, copy, COPY, index))
                for copy in range(len(own))
            ]
    return replace(stimulus, parameters=values)


def rounded(slot: ParameterSlot, values: np.ndarray) -> np.ndarray:
    """Whole numbers where there are no others."""
    return np.rint(values) if slot.unit.text in WHOLE else values


def of_trial(program: Program, stimulus: Stimulus, seed: int, trial: int) -> Stimulus:
    """A stimulus with the parameters of one trial."""
    values = np.array(stimulus.parameters, dtype=float)
    for index in per_trial(program):
        slot = program.parameters[index]
        value = drawn(slot, float(values[index]), generator(seed, trial, TRIAL, index))
        values[index] = rounded(slot, np.array(value))
    return replace(stimulus, parameters=values)


def per_trial(program: Program) -> list[int]:
    """The numbers of the parameters that every trial draws anew."""
    return [
        i for i, slot in enumerate(program.parameters)
        if slot.spread is not None and slot.spread.per == "trial"
    ]  # fmt: skip
