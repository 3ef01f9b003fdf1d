"""A Program cut in two: what is counted one by one, and what is continuous.

Each part is a Program of its own, in which the other part's quantities are drives. The
continuous part sees a discrete reaction as the rate of its single events, so that whatever
it does with that rate (fill a cleft, open a pore) it does once per event.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from quantal.engines.stochastic.dependence import closure, depends
from quantal.expression import evaluate
from quantal.program import Assignment, Crossing, Emission, Firing, Handler, Program

MOST_MEMBERS = 5000
"""Schemes with more members than this are continuous: chance hardly shows in them."""


@dataclass(frozen=True)
class Split:
    """`counted` are states, `rows` the reactions among them; `why` says what was chosen.

    `refused` are reasons why something is continuous that is declared discrete. `upstream` are
    the continuous states on which the counted part depends, `shared` all that are the same in
    every trial because nothing counted reaches them. `rates` are the rates of counted
    reactions, `occupied` the counted states, that the continuous part uses.
    """

    program: Program
    counted: tuple[int, ...]
    rows: tuple[int, ...]
    upstream: tuple[int, ...]
    shared: tuple[int, ...]
    rates: tuple[str, ...]
    occupied: tuple[int, ...]
    why: str
    left: str
    refused: tuple[str, ...] = ()

    @property
    def continuous(self) -> tuple[int, ...]:
        """All other states."""
        own = set(self.counted)
        return tuple(i for i in range(len(self.program.states)) if i not in own)


def split(program: Program) -> Split:
    """Schemes of few members, with the vesicles they exchange, are counted.

    So is what is declared discrete, and not what is declared continuous. A scheme stays
    continuous if it has no count, or too many members, or if what it depends on depends on
    it: then its chance would act back on its own rates.
    """
    sizes = _Sizes(program)
    chosen: dict[str, set[int]] = {}
    left: list[str] = []
    refused: list[str] = []
    seeds = _seeds(program)
    for name, indices in seeds.items():
        grown = _grown(program, sizes, set(indices))
        reason = _obstacle(program, sizes, indices, grown)
        if reason:
            left.append(f"`{name}` ({reason})")
            if program.states[indices[0]].counted:
                refused.append(f"`{name}` is declared discrete, but {reason}")
        else:
            chosen[name] = grown
    # What is counted together must not act on itself through what is continuous.
    while chosen:
        counted = set().union(*chosen.values())
        looping = [name for name in chosen if _acts_back(program, counted, chosen[name])]
        if not looping:
            break
        for name in looping:
            del chosen[name]
            left.append(f"`{name}` (its rates follow its own events)")
            if program.states[seeds[name][0]].counted:
                refused.append(
                    f"`{name}` is declared discrete, but its rates follow its own events"
                )
    counted = set().union(*chosen.values()) if chosen else set()
    named = {i for name in chosen for i in seeds[name]}
    return replace(_described(program, counted, named, list(chosen), left), refused=tuple(refused))


def _seeds(program: Program) -> dict[str, tuple[int, ...]]:
    """What may be counted, by name: every scheme, and each species that is declared discrete."""
    found = {scheme.name: scheme.indices for scheme in program.invariants}
    of_schemes = _of_schemes(program)
    found |= {
        state.name: (i,)
        for i, state in enumerate(program.states)
        if state.counted and i not in of_schemes
    }
    return found


def _described(
    program: Program, counted: set[int], named: set[int], chosen: list[str], left: list[str]
) -> Split:
    rows = rows_of(program, counted)
    uses = depends(program)
    own = {program.states[i].name for i in counted}
    needed = closure(uses, _laws(program, rows), stop=own)
    upstream = [i for i, s in enumerate(program.states) if s.name in needed and i not in counted]
    laws = set(_laws(program, rows))
    continuous = [s.name for i, s in enumerate(program.states) if i not in counted]
    used = closure(uses, continuous, stop=own | laws)
    why = ""
    if chosen:
        why = f"Counted one by one: {', '.join(f'`{name}`' for name in chosen)}"
        extra = [program.states[i].name for i in sorted(counted - named - _of_schemes(program))]
        why += f" with {', '.join(f'`{name}`' for name in extra)}. " if extra else ". "
        why += "Everything else is continuous"
        why += f"; so are {', '.join(left)}." if left else "."
    shared = [
        i for i, s in enumerate(program.states)
        if i not in counted and not closure(uses, [s.name], stop=own | laws) & (own | laws)
    ]  # fmt: skip
    return Split(
        program, tuple(sorted(counted)), tuple(rows), tuple(upstream), tuple(shared),
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
            if program.states[i].kind == "amount"
            and program.states[i].unit.text == "vesicles"
            and program.states[i].counted is not False
        }
        if more <= found:
            return found
        found |= more


def _obstacle(program: Program, sizes: _Sizes, scheme: tuple[int, ...], grown: set[int]) -> str:
    size = sizes.of(scheme[0])
    state = program.states[scheme[0]]
    if state.counted is False:
        return "declared continuous"
    if size is None:
        return "it has no count" if state.kind == "occupancy" else "its place has no volume"
    if state.kind == "occupancy" and size > MOST_MEMBERS and not state.counted:
        return f"{size:.3g} members"
    if state.kind == "occupancy" and abs(size - round(size)) > 1e-9 * max(size, 1.0):
        return f"{size:g} members are no whole number"
    for n in rows_of(program, grown):
        row = program.reactions[n]
        if row.forward_size is None or (row.backward is not None and row.backward_size is None):
            return f"`{row.name}` is in a place without a size"
        if row.backward is not None and any(i not in grown for i, _ in row.changes):
            return f"`{row.name}` takes and gives back what is continuous"
    late = _set_off_by_crossings(program)
    for handler in program.handlers:
        changed = set(touched(handler))
        if changed & grown and handler.trigger in late:
            return f"{handler.line}: it changes at an event that a threshold sets off"
        if changed & grown and not changed <= grown:
            return f"{handler.line}: one event changes it and what is continuous"
        if changed & grown and isinstance(handler.trigger, Crossing):
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


def touched(handler: Handler) -> Iterator[int]:
    """The states that a handler changes."""
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
    direct = closure(uses, laws, stop=counted_names)
    if (direct - laws) & counted_laws:
        # A propensity cannot contain the single events of another reaction.
        return True
    through = {
        s.name for i, s in enumerate(program.states) if i not in counted and s.name in direct
    }
    behind = closure(uses, through, stop=counted_names | counted_laws)
    return bool(behind & (counted_names | counted_laws))
