"""Derivatives of what events do to the states, and of the values that are watched."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from quantal.kernels.sensitivity.derive import Stage
from quantal.kernels.sensitivity.directions import Direction, reach
from quantal.kernels.sensitivity.layout import Jump
from quantal.kernels.sensitivity.linear import Add, Register
from quantal.kernels.symbolic.dag import CONSTANT, Graph
from quantal.kernels.symbolic.derivative import gradients
from quantal.kernels.symbolic.equations import (
    DRIVE,
    PARAMETER,
    STATE,
    TIME,
    Equations,
    after_actions,
)
from quantal.program import Crossing, Emission, Handler, Program


@dataclass(frozen=True)
class Event:
    """The pattern of some derivatives, and their nodes in the same order."""

    jump: Jump
    nodes: tuple[int, ...]


def event(
    graph: Graph, program: Program, handler: Handler, directions: Sequence[Direction]
) -> Event:
    """What a handler makes of its states, derived to the states before it."""
    return _derived(graph, program, after_actions(graph, program, handler), directions)


def watched(
    graph: Graph, equations: Equations, program: Program, directions: Sequence[Direction]
) -> Event:
    """The crossing functions; state n stands for time, n + 1 + i for drive i."""
    rows = {
        number: equations.node(handler.trigger.expression)
        for number, handler in enumerate(
            each for each in program.handlers if isinstance(each.trigger, Crossing)
        )
        if isinstance(handler.trigger, Crossing)
    }
    return _derived(graph, program, rows, directions, moving=True)


def _derived(
    graph: Graph, program: Program, rows: dict[int, int], directions: Sequence[Direction],
    moving: bool = False,
) -> Event:  # fmt: skip
    columns = [graph.leaf(STATE, index) for index in range(len(program.states))]
    drives = [graph.leaf(DRIVE, index) for index in range(len(program.drives))]
    if moving:
        columns += [graph.leaf(TIME, 0), *drives]
    parameters = [graph.leaf(PARAMETER, i, CONSTANT) for i in range(len(program.parameters))]
    found = gradients(graph, rows.values(), {*columns, *drives, *parameters})
    states: dict[tuple[int, int], int] = {}
    pushes: dict[tuple[int, int], int] = {}
    for row, node in rows.items():
        gradient = found[node]
        for column, leaf in enumerate(columns):
            if gradient.get(leaf, graph.zero) != graph.zero:
                states[row, column] = gradient[leaf]
        for number, direction in enumerate(directions):
            terms = [
                graph.multiply(gradient.get(drives[index], graph.zero), graph.leaf(DRIVE, table))
                for index, table in direction.tables
            ]
            if direction.parameter is not None:
                terms.append(gradient.get(parameters[direction.parameter], graph.zero))
            total = graph.total(terms)
            if total != graph.zero:
                pushes[row, number] = total
    jump = Jump(tuple(rows), tuple(states), tuple(pushes))
    return Event(jump, (*states.values(), *pushes.values()))


def reached(
    program: Program, directions: Sequence[Direction], stage: Stage, events: Sequence[Event]
) -> list[Collection[int]]:
    """The states that each direction can move, by the equations and by events."""
    size = len(program.states)
    if after_crossings(program)[0]:
        # A moment that moves moves every state with it.
        return [range(size) for _ in directions]
    following: dict[Register, set[Register]] = {}
    for item in stage.operations:
        if isinstance(item, Add) and not _is_solving(item):
            following.setdefault(item.source, set()).add(item.target)
    effects = {state: _rows(state, following) for state in range(size)}
    for each in events:
        for row, state in each.jump.states:
            effects[state].add(row)
    seeds: list[set[int]] = [set(direction.started) for direction in directions]
    for row, number in stage.pushes:
        seeds[number].add(row)
    for each in events:
        for row, number in each.jump.directions:
            seeds[number].add(row)
    return [reach(each, effects) for each in seeds]


def after_crossings(program: Program) -> tuple[bool, bool]:
    """Whether states change at a crossing, and whether they do some time after one."""
    at_once = late = False
    waiting: list[tuple[Handler, bool]] = [
        (handler, False) for handler in program.handlers if isinstance(handler.trigger, Crossing)
    ]
    seen: set[tuple[int, bool]] = set()
    while waiting:
        handler, delayed = waiting.pop()
        delayed = delayed or handler.delay is not None
        if (id(handler), delayed) in seen:
            continue
        seen.add((id(handler), delayed))
        if any(not isinstance(action, Emission) for action in handler.actions):
            at_once, late = at_once or not delayed, late or delayed
        for action in handler.actions:
            if isinstance(action, Emission):
                waiting += _following(program, action.event, delayed)
    return at_once, late


def _following(program: Program, event: str, delayed: bool) -> list[tuple[Handler, bool]]:
    """The handlers that an event sets off, through links, and whether after a delay."""
    found: list[tuple[Handler, bool]] = []
    events, seen = [(event, delayed)], set()
    while events:
        name, later = events.pop()
        if (name, later) in seen:
            continue
        seen.add((name, later))
        found += [(handler, later) for handler in program.handlers if handler.trigger == name]
        for link in program.links:
            if link.source == name:
                events.append((link.target, later or link.delay is not None))
    return found


def _is_solving(item: Add) -> bool:
    return item.source[0] == "x"


def _rows(state: int, following: dict[Register, set[Register]]) -> set[int]:
    """The rows that a state enters, through intermediates."""
    stack: list[Register] = [("argument", state), ("base", state)]
    seen: set[Register] = set()
    while stack:
        register = stack.pop()
        if register not in seen:
            seen.add(register)
            stack.extend(following.get(register, ()))
    return {index for kind, index in seen if kind == "x"}
