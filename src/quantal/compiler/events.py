"""Events -> handlers over numbered states, and links from one event to the next."""

from __future__ import annotations

from quantal.compiler.check import Checked
from quantal.compiler.names import Names
from quantal.compiler.reactions import net_changes
from quantal.compiler.sizes import ONE_OF, Sizes
from quantal.expression import Apply, Expression, Name, multiply, subtract
from quantal.model.processes import Assign, Crosses, Fire, On
from quantal.program import Assignment, Crossing, Emission, Firing, Handler, Link

_OPERATORS = {"+=": "+", "-=": "-", "*=": "*"}


def lower_handlers(
    checked: Checked, names: Names, sizes: Sizes, index: dict[str, int]
) -> tuple[Handler, ...]:
    """One handler for each `on` block, in the order of the text."""
    return tuple(_handler(on, names, sizes, index) for on in checked.model.handlers)


def _handler(on: On, names: Names, sizes: Sizes, index: dict[str, int]) -> Handler:
    trigger: str | Crossing
    if isinstance(on.trigger, Crosses):
        level = subtract(on.trigger.expression, on.trigger.threshold)
        trigger = Crossing(names.rewrite(level), on.trigger.direction)
    else:
        trigger = on.trigger
    actions: list[Assignment | Firing | Emission] = []
    for action in on.actions:
        if isinstance(action, Assign):
            actions.append(Assignment(index[action.target], _assigned(action, names)))
        elif isinstance(action, Fire):
            actions.append(_firing(action, names, sizes, index))
        else:
            actions.append(Emission(action.event))
    delay = names.rewrite(on.after) if on.after is not None else None
    return Handler(trigger, tuple(actions), delay, str(on.where))


def _assigned(action: Assign, names: Names) -> Expression:
    value = names.rewrite(action.expression)
    operator = _OPERATORS.get(action.operator)
    return value if operator is None else Apply(operator, (Name(action.target), value))


def _firing(fire: Fire, names: Names, sizes: Sizes, index: dict[str, int]) -> Firing:
    """Each participant gains coefficient/size per event: an event is of one molecule."""
    changes = []
    for name, coefficient in net_changes(fire.left, fire.right, index).items():
        own = sizes.of(name)
        share = sizes.ratio(ONE_OF, own, fire.where, f"`{fire.text}`")
        change = coefficient if own.same_as(ONE_OF) else multiply(coefficient, share)
        changes.append((index[name], names.rewrite(change)))
    return Firing(names.rewrite(fire.times), tuple(changes))


def lower_links(checked: Checked, names: Names) -> tuple[Link, ...]:
    """Event connections, each with its delay."""
    return tuple(
        Link(
            connection.source,
            connection.target,
            names.rewrite(connection.delay) if connection.delay is not None else None,
        )
        for connection in checked.model.connections
        if connection.is_event
    )
