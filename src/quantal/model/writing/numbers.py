"""Numbers, expressions and words as canonical text, each number in the unit it was written in."""

from __future__ import annotations

from quantal.expression import Apply, Expression, Number, to_text
from quantal.units import NUMBER, Unit, natural_unit


def number_text(number: Number, unit: Unit | None = None) -> str:
    """A number as written; one that never was, in `unit` or the natural one."""
    if number.text:
        return number.text
    if number.dimension == NUMBER and unit is None:
        return digits(number.value)
    unit = unit or natural_unit(number.dimension)
    text = digits(unit.from_internal(number.value))
    return text if unit.text == "1" else f"{text} [{unit.text}]"


def expression_text(expression: Expression) -> str:
    """An expression with all its units."""
    return to_text(with_texts(expression))


def with_texts(node: Expression) -> Expression:
    """The expression with a text for every number."""
    if isinstance(node, Number):
        return Number(node.value, node.dimension, number_text(node))
    if isinstance(node, Apply):
        return Apply(node.function, tuple(with_texts(argument) for argument in node.arguments))
    return node


def digits(value: float) -> str:
    """The shortest digits that read back as the same number."""
    return repr(float(value)).removesuffix(".0")


def without_unit(text: str, unit: Unit) -> str:
    """`5` for `5 [mM]` where the unit is said elsewhere on the line."""
    return text if unit.text == "1" else text.removesuffix(f" [{unit.text}]")


def quoted(text: str) -> str:
    """A description in its quotes, nothing where there is none."""
    return f'"{text}"' if text else ""


def words(*parts: str) -> str:
    """The parts of a line that are there."""
    return " ".join(part for part in parts if part)
