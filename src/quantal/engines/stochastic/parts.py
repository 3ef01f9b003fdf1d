"""The parts of a split Program, each a Program of its own in which the others are drives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from quantal.engines.stochastic.dependence import closure, names_of
from quantal.engines.stochastic.split import Split, touched
from quantal.expression import Name, names_in
from quantal.program import (
    Assignment,
    Crossing,
    DriveSlot,
    Emission,
    Firing,
    Handler,
    Program,
)
from quantal.units import parse_unit


def counted_part(cut: Split) -> Program:
    """The counted states with their reactions; continuous ones they follow are drives."""
    program = cut.program
    drives = [DriveSlot(program.states[i].name, None, program.states[i].unit) for i in cut.upstream]
    part = _part(program, cut.counted, cut.rows, drives, ())
    calm = tuple(h for h in part.handlers if not isinstance(h.trigger, Crossing))
    return replace(part, handlers=calm)


def shared_part(cut: Split) -> Program:
    """The continuous states that nothing counted reaches: the same in every trial."""
    part = _part(cut.program, cut.shared, (), [], ())
    # Thresholds of what lies downstream are none of its business.
    uses = {item.name: names_in(item.expression) for item in cut.program.definitions}
    ends = {state.name for state in part.states}
    states = {state.name for state in cut.program.states}
    return replace(
        part,
        handlers=tuple(
            handler for handler in part.handlers
            if not (closure(uses, names_of(handler)) & states - ends)
        ),
    )  # fmt: skip


def remaining_part(cut: Split, given: tuple[str, ...], same: Mapping[str, str]) -> Program:
    """The continuous states that differ between trials; shared states that they use are drives.

    `given` are quantities that sum up all that it takes from the counted part; they are the
    last drives. `same` are other names of these.
    """
    renamed = tuple(
        replace(item, expression=Name(same[item.name])) if item.name in same else item
        for item in cut.program.definitions
    )
    # A name of what is given may come before what it is a name of.
    first = [item for item in renamed if item.name in same]
    later = [item for item in renamed if item.name not in same]
    program = replace(cut.program, definitions=(*first, *later))
    cut = replace(cut, program=program)
    own = tuple(i for i in cut.continuous if i not in set(cut.shared))
    uses = {item.name: names_in(item.expression) for item in program.definitions
            if item.name not in given}  # fmt: skip
    wanted = set().union(*(names_in(program.derivatives[i]) | names_in(program.initial[i])
                           for i in own))  # fmt: skip
    needed = closure(uses, wanted)
    drives = [
        DriveSlot(program.states[i].name, None, program.states[i].unit)
        for i in cut.shared if program.states[i].name in needed
    ]  # fmt: skip
    drives += [DriveSlot(name, None, parse_unit("1")) for name in given]
    return replace(_part(program, own, (), drives, given), handlers=(), links=())


def continuous_part(cut: Split) -> Program:
    """The continuous states; what they use of the counted part is given as drives."""
    program = cut.program
    pure = parse_unit("1")
    drives = [DriveSlot(program.states[i].name, None, program.states[i].unit) for i in cut.occupied]
    drives += [DriveSlot(name, None, pure) for name in cut.rates]
    rows = tuple(n for n in range(len(program.reactions)) if n not in set(cut.rows))
    return _part(program, cut.continuous, rows, drives, cut.rates)


def _part(
    program: Program, states: tuple[int, ...], rows: tuple[int, ...],
    drives: list[DriveSlot], given: Iterable[str],
) -> Program:  # fmt: skip
    place = {index: number for number, index in enumerate(states)}
    known = set(given)
    definitions = tuple(item for item in program.definitions if item.name not in known)
    slots = (*program.drives, *drives)
    # Definitions that nothing of this part uses may need what it does not have.
    wanted = [names_in(program.derivatives[i]) | names_in(program.initial[i]) for i in states]
    kept_rows = [program.reactions[n] for n in rows]
    roots = set().union(*wanted, {row.forward for row in kept_rows},
                        {row.backward for row in kept_rows if row.backward})  # fmt: skip
    handlers = tuple(h for h in (_moved(h, place) for h in program.handlers) if h is not None)
    for handler in handlers:
        roots |= names_of(handler)
    for link in program.links:
        roots |= names_in(link.delay) if link.delay is not None else set()
    for row in kept_rows:
        for _, change in row.changes:
            roots |= names_in(change)
        for size in (row.forward_size, row.backward_size):
            roots |= names_in(size) if size is not None else set()
    for i in states:
        size_of = program.states[i].size
        roots |= names_in(size_of) if size_of is not None else set()
    own = {slot.name for slot in slots}
    uses = {item.name: names_in(item.expression) for item in definitions if item.name not in own}
    needed = closure(uses, roots)
    return replace(
        program,
        states=tuple(program.states[i] for i in states),
        drives=slots,
        definitions=tuple(d for d in definitions if d.name in needed and d.name not in own),
        derivatives=tuple(program.derivatives[i] for i in states),
        initial=tuple(program.initial[i] for i in states),
        equilibria=tuple(
            replace(rest, indices=tuple(place[i] for i in rest.indices))
            for rest in program.equilibria if rest.indices[0] in place
        ),
        reactions=tuple(
            replace(
                row,
                changes=tuple((place[i], c) for i, c in row.changes if i in place),
                reactants=tuple((place[i], k) for i, k in row.reactants if i in place),
                products=tuple((place[i], k) for i, k in row.products if i in place),
            )
            for row in kept_rows
        ),
        handlers=handlers,
        invariants=(),
        roles={},
    )  # fmt: skip


def _moved(handler: Handler, place: dict[int, int]) -> Handler | None:
    """A handler's actions on the states of one part, under their new numbers."""
    changed = set(touched(handler))
    if changed and not changed <= place.keys():
        # What it emits is still an event for this part.
        emitted = tuple(action for action in handler.actions if isinstance(action, Emission))
        calm = emitted and not isinstance(handler.trigger, Crossing)
        return replace(handler, actions=emitted) if calm else None
    actions: list[Assignment | Firing | Emission] = []
    for action in handler.actions:
        if isinstance(action, Assignment):
            actions.append(replace(action, index=place[action.index]))
        elif isinstance(action, Firing):
            changes = tuple((place[i], share) for i, share in action.changes)
            actions.append(replace(action, changes=changes))
        else:
            actions.append(action)
    return replace(handler, actions=tuple(actions))
