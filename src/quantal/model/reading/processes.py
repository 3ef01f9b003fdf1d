"""Statements that say what happens: scheme, reaction, current, role, q10, use, connect."""

from __future__ import annotations

from quantal.expression import Expression, is_number
from quantal.model.processes import Connect, Current, Reaction, Term, Use
from quantal.model.quantities import Q10, Counting, Role, Scheme
from quantal.model.reading.context import Context
from quantal.model.reading.expressions import (
    expect,
    expression,
    literal,
    optional_unit,
)
from quantal.model.reading.names import expand, name, new_name, new_names
from quantal.model.reading.parser import Node, Token, Tree
from quantal.model.reading.quantities import string
from quantal.model.reading.sides import check_whole, side, side_text
from quantal.units import NUMBER


def reaction(tree: Tree, context: Context, scheme: str | None = None) -> Reaction:
    """`pump = Ca -> pumped rate Vmax*Ca/(Km + Ca)`, alone or as a scheme's transition."""
    named, left_node, arrow, right_node, law, where, text = tree.parts
    left, right = side(left_node, context), side(right_node, context)
    assert isinstance(law, Tree)
    mass_action = law.rule == "constants"
    forward = expression(law.parts[0], context)
    backward = None if law.parts[1] is None else expression(law.parts[1], context)
    _check_arrow(tree, str(arrow), mass_action, backward is not None, context)
    if mass_action:
        check_whole(left_node, left, context)
        if arrow == "<->":
            check_whole(right_node, right, context)
    return Reaction(
        new_name(_token(named.parts[0]), context) if isinstance(named, Tree) else None,
        left,
        right,
        "mass action" if mass_action else "rate",
        forward,
        backward,
        context.where(tree),
        scheme,
        name(_token(where.parts[0]), context) if isinstance(where, Tree) else None,
        f"{side_text(left)} {arrow} {side_text(right)}",
        description=string(text),
    )


def scheme(tree: Tree, context: Context) -> Scheme:
    """`scheme receptor = C0 C1 O count n start 0.9 C0 + 0.1 O`, without its transitions."""
    token, *states, count, start, text, _ = tree.parts
    how, shares = _start(start, context)
    names = [declared for state in states for declared in new_names(_token(state), context)]
    return Scheme(
        new_name(_token(token), context),
        tuple(names),
        context.where(tree),
        expression(count.parts[0], context) if isinstance(count, Tree) else None,
        how,
        shares,
        string(text),
    )


def _start(node: Node | None, context: Context) -> tuple[str, tuple[Term, ...]]:
    """Where a scheme starts: a word, or the share of it in each state."""
    if not isinstance(node, Tree):
        return "first", ()
    shares = side(node.parts[0], context)
    if len(shares) == 1 and is_number(shares[0][0], 1.0):
        word = shares[0][1]
        if word in ("first", "equilibrium"):
            return word, ()
    return "shares", shares


def current(tree: Tree, context: Context) -> Current:
    """`current i = g*m^2*(V - E) carries Ca from V1 to V2`."""
    token, unit, value, *ends, text = tree.parts
    carries, leaves, enters = (
        name(_token(end.parts[0]), context) if isinstance(end, Tree) else None for end in ends
    )
    return Current(
        new_name(_token(token), context),
        expression(value, context),
        context.where(tree),
        optional_unit(unit, context),
        carries,
        leaves,
        enters,
        string(text),
    )


def role(tree: Tree, context: Context) -> Role:
    """`role open = O`."""
    token, value, text = tree.parts
    return Role(
        new_name(_token(token), context),
        expression(value, context),
        context.where(tree),
        string(text),
    )


def q10(tree: Tree, context: Context) -> Q10:
    """`q10 3 for m h receptor`; the reference temperature is added once it is known."""
    factor, *tokens = tree.parts
    value = expect(literal(factor, context), NUMBER, factor, context, "the factor")
    if value.value <= 0:
        context.report(tree, f"the factor `{value.text}` of a q10 is not more than 0")
    names = [word for token in tokens for word in expand(_token(token), context)]
    return Q10(value, tuple(names), context.where(tree))


def counting(tree: Tree, context: Context) -> Counting:
    """`discrete sites docked` or `continuous glu`."""
    names = [name for token in tree.parts for name in expand(_token(token), context)]
    return Counting(tree.rule == "discrete", tuple(names), context.where(tree))


def use(tree: Tree, context: Context) -> Use:
    """`use ampa = receptors/ampa_jonas_1993 at psd over zone with exchange glu, n = 80`."""
    token, path, at, over, given = tree.parts
    settings: dict[str, Expression] = {}
    exchanges = []
    for setting in given.parts if isinstance(given, Tree) else ():
        assert isinstance(setting, Tree)
        word = name(_token(setting.parts[0]), context)
        if setting.rule == "set_exchange":
            exchanges.append(word)
        elif word in settings:
            context.report(setting, f"`{word}` is given twice")
        else:
            settings[word] = expression(setting.parts[1], context)
    return Use(
        new_name(_token(token), context),
        path_text(path, context),
        context.where(tree),
        name(_token(at.parts[0]), context) if isinstance(at, Tree) else None,
        tuple(settings.items()),
        tuple(exchanges),
        name(_token(over.parts[0]), context) if isinstance(over, Tree) else None,
    )


def path_text(tree: Node, context: Context) -> str:
    """The name of a mechanism, with its folder where one is written."""
    assert isinstance(tree, Tree)
    path = "/".join(name(_token(part), context) for part in tree.parts)
    if "." in path:
        context.report(tree, f"`{path}` names no mechanism; write `NAME` or `FOLDER/NAME`")
    return path


def connect(tree: Tree, context: Context) -> Connect:
    """`connect a.x = b.y`, or `connect a.spike -> b.spike delay 2 [ms]` (source first)."""
    first, connector, second, delay = tree.parts
    left, right = name(_token(first), context), name(_token(second), context)
    is_event = connector == "->"
    if delay is not None and not is_event:
        context.report(tree, "only events have a `delay`; write `connect a.event -> b.event`")
    target, source = (right, left) if is_event else (left, right)
    return Connect(
        target,
        source,
        context.where(tree),
        is_event,
        expression(delay.parts[0], context) if isinstance(delay, Tree) else None,
    )


def _check_arrow(
    tree: Tree, arrow: str, mass_action: bool, has_backward: bool, context: Context
) -> None:
    kind = "constant" if mass_action else "law"
    if arrow == "<->" and not has_backward:
        context.report(tree, f"`<->` takes two {kind}s, forward and backward; one is given")
    if arrow == "->" and has_backward:
        context.report(tree, f"`->` takes one {kind}; two are given (write `<->` for both ways)")


def _token(node: Node) -> Token:
    assert isinstance(node, Token)
    return node
