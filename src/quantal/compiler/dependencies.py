"""What depends on what in a Program: which names need which drives."""

from __future__ import annotations

from collections.abc import Iterable

from quantal.expression import names_in
from quantal.program import Assignment, Crossing, Firing, Handler, Program


def uses(program: Program) -> dict[str, set[str]]:
    """For every state and definition, the names that it directly depends on."""
    table = {item.name: names_in(item.expression) for item in program.definitions}
    for state, derivative, start in zip(
        program.states, program.derivatives, program.initial, strict=True
    ):
        table[state.name] = names_in(derivative) | names_in(start)
    for handler in program.handlers:
        trigger = _trigger_names(handler)
        for action in handler.actions:
            if isinstance(action, Assignment):
                table[program.states[action.index].name] |= names_in(action.value) | trigger
            elif isinstance(action, Firing):
                for index, share in action.changes:
                    used = names_in(action.times) | names_in(share) | trigger
                    table[program.states[index].name] |= used
    return table


def _trigger_names(handler: Handler) -> set[str]:
    if isinstance(handler.trigger, Crossing):
        return names_in(handler.trigger.expression)
    return set()


def needed_by(program: Program, names: Iterable[str]) -> set[str]:
    """Everything that these names depend on, themselves included."""
    table = uses(program)
    found: set[str] = set()
    stack = [program.roles.get(name, name) for name in names]
    while stack:
        name = stack.pop()
        if name not in found:
            found.add(name)
            stack.extend(table.get(name, ()))
    return found


def tainted_by(program: Program, sources: Iterable[str]) -> set[str]:
    """Everything that depends on any of these names, themselves included."""
    users: dict[str, set[str]] = {}
    for name, used in uses(program).items():
        for source in used:
            users.setdefault(source, set()).add(name)
    found: set[str] = set()
    stack = list(sources)
    while stack:
        name = stack.pop()
        if name not in found:
            found.add(name)
            stack.extend(users.get(name, ()))
    return found
