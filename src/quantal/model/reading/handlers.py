"""The statement `on`: what happens at an event, or when a value crosses another."""

from __future__ import annotations

from quantal.errors import Where
from quantal.expression import ONE
from quantal.model.processes import Assign, Crosses, Emit, Fire, On
from quantal.model.reading.context import Context
from quantal.model.reading.expressions import expression
from quantal.model.reading.names import name
from quantal.model.reading.parser import Node, Token, Tree
from quantal.model.reading.sides import side, side_text


def on(tree: Tree, context: Context) -> On:
    """`on spike after 0.6 [ms]` with what then happens."""
    trigger, after, *actions = tree.parts
    if isinstance(trigger, Tree):
        value, threshold, direction = trigger.parts
        moment: str | Crosses = Crosses(
            expression(value, context),
            expression(threshold, context),
            "both" if direction is None else str(direction),
        )
    else:
        moment = name(_token(trigger), context)
    return On(
        moment,
        tuple(_action(action, context) for action in actions),
        context.where(tree),
        expression(after.parts[0], context) if isinstance(after, Tree) else None,
    )


def _action(tree: Node, context: Context) -> Assign | Fire | Emit:
    assert isinstance(tree, Tree)
    where: Where = context.where(tree)
    if tree.rule == "emit":
        return Emit(name(_token(tree.parts[0]), context), where)
    if tree.rule == "assign":
        token, operator, value = tree.parts
        target = name(_token(token), context)
        return Assign(target, str(operator), expression(value, context), where)
    left_node, arrow, right_node, times = tree.parts
    if arrow != "->":
        context.report(tree, "an event fires one way: write `->`")
    left, right = side(left_node, context), side(right_node, context)
    return Fire(
        left,
        right,
        ONE if times is None else expression(times, context),
        where,
        f"{side_text(left)} -> {side_text(right)}",
    )


def _token(node: Node) -> Token:
    assert isinstance(node, Token)
    return node
