"""How messages speak of dimensions: in the units of the file they are about."""

from __future__ import annotations

from typing import Protocol

from quantal.errors import Where
from quantal.expression import Apply, Expression, Name, Number, to_text
from quantal.units import NUMBER, Dimension, Unit, UnitError, natural_unit, parse_unit


class Scope(Protocol):
    """What names mean in a model."""

    def dimension_of(self, name: str, where: Where) -> Dimension | None:
        """The dimension of a name; None where it is unknown, which has been reported."""
        ...

    def unit_of(self, name: str) -> Unit | None:
        """The unit that the model states for a name, if it does."""
        ...

    def like(self, where: Where) -> str:
        """A unit text with the molar prefix of the file, for messages in its language."""
        ...


class Phrases:
    """Names dimensions and suggests units, within a scope."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def named(self, dimension: Dimension, where: Where) -> str:
        """A dimension as a message says it: `[mV]`, or `a pure number`."""
        if dimension == NUMBER:
            return "a pure number"
        return str(natural_unit(dimension, self.scope.like(where)))

    def shown(self, expression: Expression, dimension: Dimension, where: Where) -> str:
        """The unit of an expression as its text states it, else a natural one."""
        unit = self.written_unit(expression)
        if unit is not None and unit.dimension == dimension != NUMBER:
            return str(unit)
        return self.named(dimension, where)

    def written_unit(self, expression: Expression) -> Unit | None:
        """The unit that stands in a literal or in the declaration of a name."""
        if isinstance(expression, Name):
            return self.scope.unit_of(expression.name)
        if isinstance(expression, Number):
            return literal_unit(expression)
        if expression.function in ("neg", "abs"):
            return self.written_unit(expression.arguments[0])
        return None

    def hint(self, expression: Expression, expected: Dimension, where: Where) -> str:
        """`; write `0 [mV]`?` for a bare number where a unit is needed."""
        if not is_bare(expression) or expected == NUMBER:
            return ""
        unit = natural_unit(expected, self.scope.like(where))
        return f"; write `{to_text(expression)} {unit}`?"


def is_bare(expression: Expression) -> bool:
    """A number written without a unit, perhaps with a minus."""
    if isinstance(expression, Apply) and expression.function == "neg":
        return is_bare(expression.arguments[0])
    return isinstance(expression, Number) and expression.dimension == NUMBER


def literal_unit(number: Number) -> Unit | None:
    """The unit in the text of a literal such as `4.59 [/mM/ms]`."""
    start, end = number.text.find("["), number.text.rfind("]")
    if start < 0 or end < start:
        return None
    try:
        return parse_unit(number.text[start + 1 : end])
    except UnitError:
        return None
