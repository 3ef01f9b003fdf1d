"""What happens in a model as canonical text: schemes, reactions, currents, events, uses."""

from __future__ import annotations

from collections.abc import Iterator

from quantal.expression import ONE
from quantal.model.model import Model
from quantal.model.processes import (
    Assign,
    Connect,
    Crosses,
    Current,
    Emit,
    Fire,
    On,
    Reaction,
    Use,
)
from quantal.model.quantities import Q10, Counting, Role, Scheme
from quantal.model.reading.sides import side_text
from quantal.model.writing.numbers import expression_text, number_text, quoted, words


def process_lines(model: Model) -> Iterator[str]:
    """The lines of everything that happens, connections and roles."""
    yield from _reactions(model)
    yield from map(_current, model.currents)
    yield from map(q10_line, model.q10s)
    yield from map(_counting, model.countings)
    for handler in model.handlers:
        yield from _on(handler)
    yield from map(_use, model.uses)
    yield from map(_connect, model.connections)
    yield from map(_role, model.roles)


def _reactions(model: Model) -> Iterator[str]:
    """Schemes and reactions, so mixed that the reactions keep their order."""
    loose = [(i, r) for i, r in enumerate(model.reactions) if r.scheme is None]
    for scheme in model.schemes:
        lines = [(i, r) for i, r in enumerate(model.reactions) if r.scheme == scheme.name]
        while lines and loose and loose[0][0] < lines[0][0]:
            yield f"reaction {_transition(loose.pop(0)[1])}"
        yield _scheme(scheme)
        yield from (f"  {_transition(reaction)}" for _, reaction in lines)
    yield from (f"reaction {_transition(reaction)}" for _, reaction in loose)


def _scheme(scheme: Scheme) -> str:
    return words(
        f"scheme {scheme.name} = {' '.join(scheme.states)}",
        f"count {expression_text(scheme.count)}" if scheme.count is not None else "",
        _start(scheme),
        quoted(scheme.description),
    )


def _start(scheme: Scheme) -> str:
    if scheme.start == "shares":
        return f"start {side_text(scheme.shares)}"
    return "" if scheme.start == "first" else f"start {scheme.start}"


def _transition(reaction: Reaction) -> str:
    law = expression_text(reaction.forward)
    if reaction.backward is not None:
        law += f", {expression_text(reaction.backward)}"
    arrow = "->" if reaction.backward is None else "<->"
    return words(
        f"{reaction.name} =" if reaction.name else "",
        f"{side_text(reaction.left)} {arrow} {side_text(reaction.right)}",
        f": {law}" if reaction.law == "mass action" else f"rate {law}",
        f"in {reaction.place}" if reaction.place else "",
        quoted(reaction.description),
    )


def _current(current: Current) -> str:
    unit = f" [{current.unit.text}]" if current.unit else ""
    return words(
        f"current {current.name}{unit} = {expression_text(current.expression)}",
        f"carries {current.carries}" if current.carries else "",
        f"from {current.from_membrane}" if current.from_membrane else "",
        f"to {current.to_membrane}" if current.to_membrane else "",
        quoted(current.description),
    )


def _on(handler: On) -> Iterator[str]:
    trigger = handler.trigger
    if isinstance(trigger, Crosses):
        direction = "" if trigger.direction == "both" else trigger.direction
        value, threshold = expression_text(trigger.expression), expression_text(trigger.threshold)
        trigger = words(f"{value} crosses {threshold}", direction)
    after = f"after {expression_text(handler.after)}" if handler.after is not None else ""
    yield words(f"on {trigger}", after)
    yield from (f"  {_action(action)}" for action in handler.actions)


def _action(action: Assign | Fire | Emit) -> str:
    if isinstance(action, Emit):
        return f"emit {action.event}"
    if isinstance(action, Assign):
        return f"{action.target} {action.operator} {expression_text(action.expression)}"
    times = "" if action.times == ONE else f"times {expression_text(action.times)}"
    return words(f"{side_text(action.left)} -> {side_text(action.right)}", times)


def q10_line(q10: Q10) -> str:
    """`q10 3 for m h receptor`."""
    return f"q10 {number_text(q10.factor)} for {' '.join(q10.names)}"


def _counting(counting: Counting) -> str:
    word = "discrete" if counting.discrete else "continuous"
    return f"{word} {' '.join(counting.names)}"


def _use(use: Use) -> str:
    settings = [f"exchange {name}" for name in use.exchanges]
    settings += [f"{name} = {expression_text(value)}" for name, value in use.settings]
    return words(
        f"use {use.name} = {use.mechanism}",
        f"at {use.place}" if use.place else "",
        f"over {use.over}" if use.over else "",
        f"with {', '.join(settings)}" if settings else "",
    )


def _connect(connection: Connect) -> str:
    if not connection.is_event:
        return f"connect {connection.target} = {connection.source}"
    delay = f"delay {expression_text(connection.delay)}" if connection.delay is not None else ""
    return words(f"connect {connection.source} -> {connection.target}", delay)


def _role(role: Role) -> str:
    return words(f"role {role.name} = {expression_text(role.expression)}", quoted(role.description))
