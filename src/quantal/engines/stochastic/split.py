"""A Program cut in two: what is counted one by one, and what is continuous.

Each part is a Program of its own, in which the other part's quantities are drives. The
continuous part sees a discrete reaction as the rate of its single events, so that whatever
it does with that rate (fill a cleft, open a pore) it does once per event.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from quantal.expression import Expression, evaluate, names_in
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

MOST_MEMBERS = 5000
"""Schemes with more members than this are continuous: chance hardly shows in them."""


@dataclass(frozen=True)
class Split:
    """`counted` are states, `rows` the reactions among them; `why` says what was chosen.

    `upstream` are the continuous states on which the counted part depends, `rates` the
    rates of counted reactions, and `occupied` the counted states, that the continuous part
    uses.
    """

    program: Program
    counted: tuple[int, ...]
    rows: tuple[int, ...]
    upstream: tuple[int, ...]
    rates: tuple[str, ...]
    occupied: tuple[int, ...]
    why: str
    left: str

    @property
    def continuous(self) -> tuple[int, ...]:
        """All other states."""
        own = set(self.counted)
        return tuple(i for i in range(len(self.program.states)) if i not in own)


def split(program: Program) -> Split:
    """Schemes of few members, with the vesicles they exchange, are counted.

    A scheme stays continuous if it has no count, or too many members, or if what it depends
    on depends on it: then its chance would act back on its own rates.
    """
    sizes = _Sizes(program)
    chosen: dict[str, set[int]] = {}
    left: list[str] = []
    for scheme in program.invariants:
        grown = _grown(program, sizes, set(scheme.indices))
        reason = _obstacle(program, sizes, scheme.indices, grown)
        if reason:
            left.append(f"`{scheme.name}` ({reason})")
        else:
            chosen[scheme.name] = grown
    # What is counted together must not act on itself through what is continuous.
    while chosen:
        counted = set().union(*chosen.values())
        looping = [name for name in chosen if _acts_back(program, counted, chosen[name])]
        if not looping:
            break
        for name in looping:
            del chosen[name]
            left.append(f"`{name}` (its rates follow its own events)")
    counted = set().union(*chosen.values()) if chosen else set()
    return _described(program, counted, list(chosen), left)


def _described(program: Program, counted: set[int], chosen: list[str], left: list[str]) -> Split:
    rows = rows_of(program, counted)
    uses = depends(program)
    own = {program.states[i].name for i in counted}
    needed = _closure(uses, _laws(program, rows), stop=own)
    upstream = [i for i, s in enumerate(program.states) if s.name in needed and i not in counted]
    laws = set(_laws(program, rows))
    continuous = [s.name for i, s in enumerate(program.states) if i not in counted]
    used = _closure(uses, continuous, stop=own | laws)
    why = ""
    if chosen:
        why = f"Counted one by one: {', '.join(f'`{name}`' for name in chosen)}"
        extra = [program.states[i].name for i in sorted(counted - _of_schemes(program))]
        why += f" with {', '.join(f'`{name}`' for name in extra)}. " if extra else ". "
        why += "Everything else is continuous"
        why += f"; so are {', '.join(left)}." if left else "."
    return Split(
        program, tuple(sorted(counted)), tuple(rows), tuple(upstream),
        tuple(sorted(laws & used)), tuple(i for i in sorted(counted)
                                          if program.states[i].name in used), why,
        "; ".join(left) or "it has no schemes",
    )  # fmt: skip


def _of_schemes(program: Program) -> set[int]:
    return {i for scheme in program.invariants for i in scheme.indices}


class _Sizes:
    """Sizes of states at the parameters' own values."""

    def __init__(self, program: Program) -> None:
        known: dict[str, float] = {slot.name: slot.value for slot in program.parameters}
        for item in program.definitions:
            if item.constant:
                known[item.name] = float(evaluate(item.expression, known))
        self._known = known
        self._program = program

    def of(self, index: int) -> float | None:
        size = self._program.states[index].size
        return None if size is None else float(evaluate(size, self._known))


def rows_of(program: Program, counted: Iterable[int]) -> list[int]:
    """The reactions that change any of these states."""
    own = set(counted)
    return [n for n, row in enumerate(program.reactions) if any(i in own for i, _ in row.changes)]


def _grown(program: Program, sizes: _Sizes, states: set[int]) -> set[int]:
    """A scheme with the numbers of vesicles that its steps, and theirs, exchange."""
    found = set(states)
    while True:
        more = {
            i
            for n in rows_of(program, found)
            for i, _ in program.reactions[n].changes
            if program.states[i].kind == "amount" and program.states[i].unit.text == "vesicles"
        }
        if more <= found:
            return found
        found |= more


def _obstacle(program: Program, sizes: _Sizes, scheme: tuple[int, ...], grown: set[int]) -> str:
    size = sizes.of(scheme[0])
    if size is None:
        return "it has no count"
    if size > MOST_MEMBERS:
        return f"{size:.3g} members"
    if abs(size - round(size)) > 1e-9 * max(size, 1.0):
        return f"{size:g} members are no whole number"
    for n in rows_of(program, grown):
        row = program.reactions[n]
        if row.forward_size is None or (row.backward is not None and row.backward_size is None):
            return f"`{row.name}` is in a place without a size"
        if row.backward is not None and any(i not in grown for i, _ in row.changes):
            return f"`{row.name}` takes and gives back what is continuous"
    late = _set_off_by_crossings(program)
    for handler in program.handlers:
        touched = set(_touched(handler))
        if touched & grown and handler.trigger in late:
            return f"{handler.line}: it changes at an event that a threshold sets off"
        if touched & grown and not touched <= grown:
            return f"{handler.line}: one event changes it and what is continuous"
        if touched & grown and isinstance(handler.trigger, Crossing):
            return f"{handler.line}: it changes when a value crosses a threshold"
    return ""


def _set_off_by_crossings(program: Program) -> set[str]:
    """Events that fire because some value crosses a threshold."""
    found: set[str] = set()
    while True:
        more = {
            action.event
            for handler in program.handlers
            if isinstance(handler.trigger, Crossing) or handler.trigger in found
            for action in handler.actions
            if isinstance(action, Emission)
        }
        more |= {link.target for link in program.links if link.source in found}
        if more <= found:
            return found
        found |= more


def _touched(handler: Handler) -> Iterator[int]:
    for action in handler.actions:
        if isinstance(action, Assignment):
            yield action.index
        elif isinstance(action, Firing):
            yield from (i for i, _ in action.changes)


def _laws(program: Program, rows: Iterable[int]) -> list[str]:
    names = []
    for n in rows:
        row = program.reactions[n]
        names += [name for name in (row.forward, row.backward) if name is not None]
    return names


def _acts_back(program: Program, counted: set[int], own: set[int]) -> bool:
    """Whether rates of `own` depend, through continuous states, on anything counted."""
    uses = depends(program)
    laws = set(_laws(program, rows_of(program, own)))
    counted_names = {program.states[i].name for i in counted}
    counted_laws = set(_laws(program, rows_of(program, counted)))
    direct = _closure(uses, laws, stop=counted_names)
    if (direct - laws) & counted_laws:
        # A propensity cannot contain the single events of another reaction.
        return True
    through = {
        s.name for i, s in enumerate(program.states) if i not in counted and s.name in direct
    }
    behind = _closure(uses, through, stop=counted_names | counted_laws)
    return bool(behind & (counted_names | counted_laws))


def depends(program: Program) -> dict[str, set[str]]:
    """For every state and definition, the names that its course directly depends on."""
    table = {item.name: names_in(item.expression) for item in program.definitions}
    for state, derivative in zip(program.states, program.derivatives, strict=True):
        table[state.name] = names_in(derivative)
    behind = _behind_events(program)
    for handler in program.handlers:
        causes = set(names_in(handler.delay)) if handler.delay is not None else set()
        if isinstance(handler.trigger, Crossing):
            causes |= names_in(handler.trigger.expression)
        else:
            causes |= behind.get(handler.trigger, set())
        for action in handler.actions:
            if isinstance(action, Assignment):
                table[program.states[action.index].name] |= causes | names_in(action.value)
            elif isinstance(action, Firing):
                for index, share in action.changes:
                    used = names_in(action.times) | names_in(share)
                    table[program.states[index].name] |= causes | used
    return table


def _behind_events(program: Program) -> dict[str, set[str]]:
    """For every event, the names on which it depends whether and when it fires."""
    table: dict[str, set[str]] = {name: set() for name in program.events}
    while True:
        before = sum(len(names) for names in table.values())
        for link in program.links:
            late = names_in(link.delay) if link.delay is not None else set()
            table.setdefault(link.target, set()).update(table.get(link.source, set()) | late)
        for handler in program.handlers:
            late = names_in(handler.delay) if handler.delay is not None else set()
            if isinstance(handler.trigger, Crossing):
                causes = late | names_in(handler.trigger.expression)
            else:
                causes = late | table.get(handler.trigger, set())
            for action in handler.actions:
                if isinstance(action, Emission):
                    table.setdefault(action.event, set()).update(causes)
        if sum(len(names) for names in table.values()) == before:
            return table


def _closure(uses: dict[str, set[str]], names: Iterable[str], stop: Iterable[str] = ()) -> set[str]:
    """Everything that names depend on; names in `stop` are found but not followed."""
    ends, found, stack = set(stop), set(), list(names)
    first = set(stack)
    while stack:
        name = stack.pop()
        if name not in found:
            found.add(name)
            if name not in ends or name in first:
                stack.extend(uses.get(name, ()))
    return found


def counted_part(cut: Split) -> Program:
    """The counted states with their reactions; continuous ones they follow are drives."""
    program = cut.program
    drives = [DriveSlot(program.states[i].name, None, program.states[i].unit) for i in cut.upstream]
    part = _part(program, cut.counted, cut.rows, drives, ())
    calm = tuple(h for h in part.handlers if not isinstance(h.trigger, Crossing))
    return replace(part, handlers=calm)


def upstream_part(cut: Split) -> Program:
    """The continuous states that the counted part follows: the same in every trial."""
    part = _part(cut.program, cut.upstream, (), [], ())
    # Thresholds of what lies downstream are none of its business.
    uses = {item.name: names_in(item.expression) for item in cut.program.definitions}
    ends = {state.name for state in part.states}
    states = {state.name for state in cut.program.states}
    return replace(
        part,
        handlers=tuple(
            handler for handler in part.handlers
            if not (_closure(uses, _names_of(handler)) & states - ends)
        ),
    )  # fmt: skip


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
        roots |= _names_of(handler)
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
    needed = _closure(uses, roots)
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
    touched = set(_touched(handler))
    if touched and not touched <= place.keys():
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


def _names_of(handler: Handler) -> set[str]:
    expressions: list[Expression] = [] if handler.delay is None else [handler.delay]
    if isinstance(handler.trigger, Crossing):
        expressions.append(handler.trigger.expression)
    for action in handler.actions:
        if isinstance(action, Assignment):
            expressions.append(action.value)
        elif isinstance(action, Firing):
            expressions += [action.times, *(share for _, share in action.changes)]
    return set().union(*(names_in(each) for each in expressions)) if expressions else set()
