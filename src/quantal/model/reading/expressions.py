"""Syntax trees of expressions to the typed expression tree: units, loops, known functions."""

from __future__ import annotations

from math import isfinite

from quantal.errors import did_you_mean
from quantal.expression import FUNCTIONS, Apply, Expression, Name, Number
from quantal.model.reading.context import Context
from quantal.model.reading.names import name
from quantal.model.reading.parser import Node, Token, Tree
from quantal.model.target import MEASURED
from quantal.units import NUMBER, TEMPERATURE, Dimension, Unit, UnitError, natural_unit, parse_unit

DEEPEST = 256
"""Deeper expressions are refused, so that no part of Quantal can overrun the stack."""

PURE = parse_unit("1")
WINDOW = ("since", "until")


def expression(node: Node, context: Context, measured: bool = False, depth: int = 0) -> Expression:
    """The expression of a syntax tree. `measured` allows the quantities of targets."""
    assert isinstance(node, Tree)
    if depth > DEEPEST:
        raise context.stop(
            node, f"an expression nests deeper than {DEEPEST}; name a part of it with `let`"
        )
    parts = node.parts
    if node.rule == "number":
        return number(parts[0], parts[1], context)
    if node.rule == "name":
        return _name(parts[0], context)
    if node.rule == "unary":
        return _unary(node, context, measured, depth)
    if node.rule == "binary":
        left = expression(parts[0], context, measured, depth + 1)
        right = expression(parts[2], context, measured, depth + 1)
        return Apply(str(parts[1]), (left, right))
    if node.rule == "call":
        return _call(node, context, measured, depth)
    raise context.stop(node, f"`{_named_word(node)} = …` stands only in a measured quantity")


def number(digits: Node, unit_token: Node, context: Context, minus: bool = False) -> Number:
    """A written number in internal units; its text keeps the unit it was written in."""
    assert isinstance(digits, Token)
    sign = "-" if minus else ""
    if not isfinite(float(digits)):
        context.report(digits, f"the number `{digits}` is too large")
    if unit_token is None:
        return Number(float(sign + digits), NUMBER, sign + digits)
    written = unit(unit_token, context)
    value = written.to_internal(float(sign + digits))
    return Number(value, written.dimension, f"{sign}{digits} [{written.text}]")


def unit(token: Node, context: Context) -> Unit:
    """The unit of a `[…]` token; an unknown one is noted and stands as a pure number."""
    assert isinstance(token, Token)
    try:
        return parse_unit(token[1:-1])
    except UnitError as error:
        context.report(token, str(error))
        return PURE


def optional_unit(token: Node, context: Context) -> Unit | None:
    """The unit of an optional `[…]`."""
    return None if token is None else unit(token, context)


def literal(node: Node, context: Context) -> Number:
    """The number of a `literal`: a sign, digits, a unit."""
    assert isinstance(node, Tree)
    minus, digits, unit_token = node.parts
    return number(digits, unit_token, context, minus is not None)


def literal_of(node: Node, context: Context) -> Number | None:
    """The number where an expression is nothing else, None otherwise."""
    value = expression(node, context)
    return value if isinstance(value, Number) else None


def unit_of(node: Node) -> Unit:
    """The unit in which a plain literal (an expression or `literal`) is written."""
    while isinstance(node, Tree) and node.rule == "unary":
        node = node.parts[1]
    if isinstance(node, Tree) and isinstance(node.parts[-1], Token) and node.parts[-1][0] == "[":
        try:
            return parse_unit(node.parts[-1][1:-1])
        except UnitError:
            return PURE
    return PURE


def expect(value: Number, dimension: Dimension, node: Node, context: Context, what: str) -> Number:
    """The number, after a note where its dimension is not the expected one."""
    assert isinstance(node, Tree)
    if value.dimension != dimension:
        wanted = "[degC]" if dimension == TEMPERATURE else str(natural_unit(dimension))
        if value.dimension == NUMBER:
            message = f"{what} `{value.text}` is a pure number; write `{value.text} {wanted}`"
        else:
            message = f"{what} `{value.text}` is {natural_unit(value.dimension)}; expected {wanted}"
        context.report(node, message)
    return value


def whole(node: Node, context: Context, what: str) -> int:
    """A literal that must be a whole number of 1 or more."""
    value = literal(node, context)
    assert isinstance(node, Tree)
    if value.dimension != NUMBER or value.value < 1 or value.value != int(value.value):
        context.report(node, f"{what} `{value.text}` is not a whole number of 1 or more")
        return 1
    return int(value.value)


def _name(token: Node, context: Context) -> Expression:
    assert isinstance(token, Token)
    if token in context.loops:
        value = context.loops[token]
        return Number(float(value), NUMBER, str(value))
    return Name(name(token, context))


def _unary(node: Tree, context: Context, measured: bool, depth: int) -> Expression:
    operator, operand = node.parts
    if operator == "-" and isinstance(operand, Tree) and operand.rule == "number":
        return number(operand.parts[0], operand.parts[1], context, minus=True)
    argument = expression(operand, context, measured, depth + 1)
    return Apply("neg" if operator == "-" else "not", (argument,))


def _call(node: Tree, context: Context, measured: bool, depth: int) -> Expression:
    word = str(node.parts[0])
    arguments: list[Expression] = []
    for part in node.parts[1:]:
        if part is None:
            continue
        if isinstance(part, Tree) and part.rule == "named":
            if not (measured and word in MEASURED):
                raise context.stop(
                    node, f"`{_named_word(part)} = …` stands only in a measured quantity"
                )
            arguments.append(_window(part, context, depth))
        else:
            arguments.append(expression(part, context, measured, depth + 1))
    _check_call(node, word, arguments, context, measured)
    return Apply(word, tuple(arguments))


def _window(node: Tree, context: Context, depth: int) -> Expression:
    word = _named_word(node)
    if word not in WINDOW:
        raise context.stop(
            node, f"a measured quantity takes `since` and `until`, not `{word}`"
            f"{did_you_mean(word, WINDOW)}"
        )  # fmt: skip
    return Apply(word, (expression(node.parts[1], context, depth=depth + 1),))


def _check_call(
    node: Tree, word: str, arguments: list[Expression], context: Context, measured: bool
) -> None:
    known = {**FUNCTIONS, **(dict.fromkeys(MEASURED) if measured else {})}
    if word in MEASURED and measured:
        if not arguments or (isinstance(arguments[0], Apply) and arguments[0].function in WINDOW):
            context.report(node, f"`{word}` needs the quantity to measure: `{word}(open)`")
        return
    if word in MEASURED:
        context.report(node, f"`{word}` is a measured quantity, which only a `target` has")
    elif word not in known:
        context.report(node, f"`{word}` is no function of the language{did_you_mean(word, known)}")
    else:
        wanted = FUNCTIONS[word]
        enough = len(arguments) >= 2 if wanted is None else len(arguments) == wanted
        if not enough:
            takes = "two or more arguments" if wanted is None else _arguments(wanted)
            context.report(node, f"`{word}` takes {takes}, not {len(arguments)}")


def _arguments(count: int) -> str:
    return "1 argument" if count == 1 else f"{count} arguments"


def _named_word(node: Tree) -> str:
    return str(node.parts[0])
