"""What an event leads to: handlers, delays, links and emissions, followed before the run.

Instances are advanced by the thousand without asking anything in between, so everything that
an event brings about must be known when it is scheduled.
"""

from __future__ import annotations

from dataclasses import dataclass

from quantal.expression import Expression, names_in
from quantal.program import Assignment, Crossing, Emission, Firing, Program

DEEPEST = 200
"""Longest chain of events that lead to one another."""


@dataclass(frozen=True)
class Consequence:
    """A handler that acts some `delays` (ms, expressions of parameters) after an event.

    At one moment handlers act by rounds (what is emitted comes after what emits it), and in
    one round in the order of the Program.
    """

    handler: int
    delays: tuple[Expression, ...]
    round: int


def consequences(program: Program, event: str) -> list[Consequence]:
    """All handlers that one firing of an event brings to act.

    Raises:
        RecursionError: events that lead back to themselves.
    """
    found: list[Consequence] = []
    waiting: list[tuple[str, tuple[Expression, ...], int]] = [(event, (), 0)]
    while waiting:
        name, delays, turn = waiting.pop(0)
        if turn > DEEPEST:
            raise RecursionError(name)
        for link in program.links:
            if link.source == name:
                later = () if link.delay is None else (link.delay,)
                waiting.append((link.target, delays + later, turn + 1))
        for number, handler in enumerate(program.handlers):
            if handler.trigger != name:
                continue
            later = () if handler.delay is None else (handler.delay,)
            found.append(Consequence(number, delays + later, turn))
            for action in handler.actions:
                if isinstance(action, Emission):
                    waiting.append((action.event, delays + later, turn + 1))
    return found


def obstacles(program: Program) -> list[str]:
    """Why a Program cannot run as a population; empty if it can."""
    reasons: list[str] = []
    fixed = _fixed_names(program)
    starts = list(program.events)
    for handler in program.handlers:
        if isinstance(handler.trigger, Crossing):
            where = f" ({handler.line})" if handler.line else ""
            if any(isinstance(action, Assignment | Firing) for action in handler.actions):
                reasons.append(f"a crossed threshold changes states{where}")
            starts += [a.event for a in handler.actions if isinstance(a, Emission)]
            for action in handler.actions:
                if isinstance(action, Emission) and _has_consequences(program, action.event):
                    reasons.append(f"`{action.event}` fires at a crossed threshold{where}")
    for name in dict.fromkeys(starts):
        try:
            follow = consequences(program, name)
        except RecursionError:
            reasons.append(f"`{name}` leads back to itself")
            continue
        for each in follow:
            free = set().union(*(names_in(delay) for delay in each.delays)) - fixed
            if free:
                reasons.append(f"a delay after `{name}` depends on `{sorted(free)[0]}`")
    return list(dict.fromkeys(reasons))


def _has_consequences(program: Program, event: str) -> bool:
    try:
        return bool(consequences(program, event))
    except RecursionError:
        return True


def _fixed_names(program: Program) -> set[str]:
    """Parameters, and definitions of them alone."""
    fixed = {slot.name for slot in program.parameters}
    for item in program.definitions:
        if names_in(item.expression) <= fixed:
            fixed.add(item.name)
    return fixed
