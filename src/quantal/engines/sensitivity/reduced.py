"""A Program without clamped states: what is given from outside is a drive to the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace

from quantal.expression import Expression
from quantal.program import (
    Assignment,
    DriveSlot,
    Emission,
    Equilibrium,
    Firing,
    Handler,
    Program,
)
from quantal.stimulus import Stimulus


@dataclass(frozen=True, eq=False)
class Reduced:
    """The Program that is left, and which states it holds.

    `kept` are the numbers that the states have in the whole Program; `clamped` those of the
    states that are drives now, behind the Program's own.
    """

    program: Program
    kept: tuple[int, ...]
    clamped: tuple[int, ...]

    def stimulus(self, given: Stimulus) -> Stimulus:
        """What drives it: what held states comes behind the drives.

        Where nothing is held it is the very same, whose tables are known already.
        """
        if not given.clamps:
            return given
        return replace(given, drives=(*given.drives, *given.clamps.values()), clamps={})


def reduced(program: Program, clamped: tuple[int, ...]) -> Reduced:
    """Clamped states become drives."""
    kept = tuple(i for i in range(len(program.states)) if i not in clamped)
    new = {old: number for number, old in enumerate(kept)}
    held = tuple(DriveSlot(program.states[i].name, None, program.states[i].unit) for i in clamped)
    smaller = replace(
        program,
        states=tuple(replace(program.states[i], clampable=False) for i in kept),
        drives=(*program.drives, *held),
        derivatives=tuple(program.derivatives[i] for i in kept),
        initial=tuple(program.initial[i] for i in kept),
        equilibria=tuple(_equilibrium(each, new) for each in program.equilibria),
        handlers=tuple(_handler(each, new) for each in program.handlers),
        reactions=tuple(
            replace(row, changes=_changes(row.changes, new), reactants=(), products=())
            for row in program.reactions
        ),
        invariants=(),
    )
    return Reduced(smaller, kept, clamped)


def _equilibrium(rest: Equilibrium, new: dict[int, int]) -> Equilibrium:
    return Equilibrium(tuple(new[i] for i in rest.indices if i in new))


def _handler(handler: Handler, new: dict[int, int]) -> Handler:
    """What an event does to a clamped state has no effect."""
    actions: list[Assignment | Firing | Emission] = []
    for action in handler.actions:
        if isinstance(action, Assignment):
            if action.index in new:
                actions.append(Assignment(new[action.index], action.value))
        elif isinstance(action, Firing):
            actions.append(Firing(action.times, _changes(action.changes, new)))
        else:
            actions.append(action)
    return replace(handler, actions=tuple(actions))


def _changes(
    changes: tuple[tuple[int, Expression], ...], new: dict[int, int]
) -> tuple[tuple[int, Expression], ...]:
    return tuple((new[i], share) for i, share in changes if i in new)
