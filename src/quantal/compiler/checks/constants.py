"""The values of constant expressions, and how exactly they are printed."""

from __future__ import annotations

import math
import re

from quantal.compiler.expand import CONSTANTS, expand
from quantal.constants import ZERO_CELSIUS
from quantal.expression import Apply, Expression, Name, Number, evaluate, walk
from quantal.model.model import Model

FEWEST_DIGITS = 2
"""A number of one digit is taken as exact to two: `5` for 5.0."""

_ROOM = 22.0 + ZERO_CELSIUS
_DIGITS = re.compile(r"(\d+)(?:\.(\d+))?")


def constant_values(model: Model, order: tuple[str, ...]) -> dict[str, float]:
    """Values of parameters and of the lets that depend on nothing else."""
    temperature = model.temperature.value if model.temperature is not None else _ROOM
    values = {"temperature": temperature}
    values |= {name: number.value for name, number in CONSTANTS.items()}
    values |= {parameter.name: parameter.value.value for parameter in model.parameters}
    lets = {let.name: let.expression for let in model.lets}
    for name in order:
        if name in lets:
            value = constant_value(lets[name], values)
            if value is not None:
                values[name] = value
    return values


def constant_value(expression: Expression, values: dict[str, float]) -> float | None:
    """The value of a constant expression; None where it varies or is undefined."""
    try:
        value = float(evaluate(expand(expression), values))
    except (KeyError, ArithmeticError, TypeError):
        return None
    return value if math.isfinite(value) else None


def literal(expression: Expression) -> float | None:
    """The value of a written number, perhaps with a minus; None for anything else."""
    if isinstance(expression, Number):
        return expression.value
    if isinstance(expression, Apply) and expression.function == "neg":
        inner = literal(expression.arguments[0])
        return None if inner is None else -inner
    return None


def printed_rounding(model: Model, order: tuple[str, ...]) -> dict[str, float]:
    """For each parameter and let, the relative error that its printed digits leave."""
    table = {p.name: _half_a_digit(p.value) for p in model.parameters}
    lets = {let.name: let.expression for let in model.lets}
    for name in order:
        if name in lets:
            table[name] = rounding_of(lets[name], table)
    return table


def rounding_of(expression: Expression, table: dict[str, float]) -> float:
    """At most how far, relatively, the printed digits of an expression may be off."""
    total = 0.0
    for node in walk(expression):
        if isinstance(node, Number) and "[" in node.text:
            # A bare number in a formula is a statistical factor, which is exact.
            total += _half_a_digit(node)
        elif isinstance(node, Name):
            total += table.get(node.name, 0.0)
    return total


def _half_a_digit(number: Number) -> float:
    """Half a unit of the last significant digit, over the number."""
    match = _DIGITS.match(number.text)
    if match is None:
        return 0.0
    whole, fraction = match.group(1), match.group(2)
    digits = (whole + fraction if fraction else whole.rstrip("0")).lstrip("0")
    if not digits:
        return 0.0
    mantissa = float(digits[0] + "." + (digits[1:] or "0"))
    return 0.5 * 10.0 ** (1 - max(len(digits), FEWEST_DIGITS)) / mantissa
