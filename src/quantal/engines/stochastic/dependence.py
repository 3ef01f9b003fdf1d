"""What depends on what in a Program: names, through definitions, equations and events."""

from __future__ import annotations

from collections.abc import Iterable

from quantal.expression import Expression, names_in
from quantal.program import Assignment, Crossing, Emission, Firing, Handler, Program


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


def closure(uses: dict[str, set[str]], names: Iterable[str], stop: Iterable[str] = ()) -> set[str]:
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


def names_of(handler: Handler) -> set[str]:
    """All names that a handler reads."""
    expressions: list[Expression] = [] if handler.delay is None else [handler.delay]
    if isinstance(handler.trigger, Crossing):
        expressions.append(handler.trigger.expression)
    for action in handler.actions:
        if isinstance(action, Assignment):
            expressions.append(action.value)
        elif isinstance(action, Firing):
            expressions += [action.times, *(share for _, share in action.changes)]
    return set().union(*(names_in(each) for each in expressions)) if expressions else set()
