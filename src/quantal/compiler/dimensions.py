"""The dimension of an expression, by the rules of the language.

`+ - < min max if` need equal dimensions; `exp log tanh` and exponents need pure numbers; a
dimensional base needs a written exponent. Every problem is collected, none stops the
inference: an expression whose dimension cannot be known is None, and says nothing more.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from quantal.compiler.phrases import Phrases, Scope, is_bare
from quantal.errors import Problem, Where, did_you_mean
from quantal.expression import FUNCTIONS, Apply, Expression, Name, Number, to_text
from quantal.units import (
    CHARGE,
    CONCENTRATION,
    NUMBER,
    VOLTAGE,
    VOLUME,
    Dimension,
)

PURE = frozenset({"exp", "log", "log10", "exprel", "tanh"})
DRAWS = frozenset({"binomial", "poisson"})
UNKNOWN = "unknown"
"""A function that stands where a problem has been reported; it has no dimension."""
_DONE_TO_BOTH = {
    "+": "added", "-": "subtracted", "<": "compared", "<=": "compared", ">": "compared",
    ">=": "compared", "==": "compared", "!=": "compared", "min": "compared", "max": "compared",
}  # fmt: skip
_LOGICAL = frozenset({"and", "or", "not"})
_COMPARISONS = frozenset({"<", "<=", ">", ">=", "==", "!="})


class Dimensions:
    """Infers dimensions within a scope and collects problems.

    `draws` allows `binomial` and `poisson`, which have a meaning only in events.
    """

    def __init__(self, scope: Scope, problems: list[Problem]) -> None:
        self.scope = scope
        self.say = Phrases(scope)
        self.problems = problems

    def of(self, expression: Expression, where: Where, draws: bool = False) -> Dimension | None:
        """The dimension of an expression, or None where a problem hides it."""
        if isinstance(expression, Number):
            return expression.dimension
        if isinstance(expression, Name):
            return self.scope.dimension_of(expression.name, where)
        if expression.function == UNKNOWN:
            return None
        arguments = [self.of(argument, where, draws) for argument in expression.arguments]
        if not self._callable(expression, where, draws):
            return None
        rule = _RULES.get(expression.function, Dimensions._pure)
        return rule(self, expression, arguments, where)

    def expect(
        self, expression: Expression, expected: Dimension, what: str, where: Where
    ) -> Dimension | None:
        """Report `what` where an expression has another dimension than the expected one."""
        found = self.of(expression, where)
        if found is not None and found != expected:
            self.report(
                where,
                f"{what} comes to {self.say.named(found, where)}; "
                f"expected {self.say.named(expected, where)}"
                f"{self.say.hint(expression, expected, where)}",
            )
        return found

    def report(self, where: Where, message: str) -> None:
        self.problems.append(Problem(where, message))

    def _callable(self, expression: Apply, where: Where, draws: bool) -> bool:
        name, given = expression.function, len(expression.arguments)
        if name in _RULES or name in _LOGICAL:
            wanted = FUNCTIONS.get(name, given)
        elif name in PURE:
            wanted = 1
        else:
            self.report(where, f"no function is called `{name}`{did_you_mean(name, FUNCTIONS)}")
            return False
        if name in DRAWS and not draws:
            self.report(where, f"`{name}` draws a number and may stand only in an event")
            return False
        if (wanted is not None and given != wanted) or (wanted is None and given < 2):
            needs = "two or more arguments" if wanted is None else f"{wanted} arguments"
            self.report(where, f"`{name}` takes {needs}, not {given}")
            return False
        return True

    # One rule for each kind of function. Arguments of unknown dimension stay silent.

    def _pure(
        self, expression: Apply, arguments: list[Dimension | None], where: Where
    ) -> Dimension | None:
        for argument, dimension in zip(expression.arguments, arguments, strict=True):
            if dimension is not None and dimension != NUMBER:
                self.report(
                    where,
                    f"`{expression.function}` needs pure numbers, but `{to_text(argument)}` is "
                    f"{self.say.shown(argument, dimension, where)}",
                )
        return NUMBER

    def _equal(
        self, expression: Apply, arguments: list[Dimension | None], where: Where
    ) -> Dimension | None:
        operands = expression.arguments
        if expression.function == "if":
            operands, arguments = operands[1:], arguments[1:]
        known = [
            (operand, dimension)
            for operand, dimension in zip(operands, arguments, strict=True)
            if dimension is not None
        ]
        for operand, dimension in known[1:]:
            if dimension != known[0][1]:
                self._unequal(expression.function, known[0], (operand, dimension), where)
                return NUMBER if expression.function in _COMPARISONS else None
        if expression.function in _COMPARISONS:
            return NUMBER
        return known[0][1] if known else None

    def _unequal(
        self,
        function: str,
        first: tuple[Expression, Dimension],
        second: tuple[Expression, Dimension],
        where: Where,
    ) -> None:
        (a, of_a), (b, of_b) = first, second
        done = _DONE_TO_BOTH.get(function, "the two values of one `if`")
        verb = "cannot be" if function in _DONE_TO_BOTH else "cannot both be"
        fix = ""
        for bare, other, dimension in ((b, a, of_a), (a, b, of_b)):
            if is_bare(bare) and dimension != NUMBER:
                fix = f"; write `{to_text(bare)} {self.say.shown(other, dimension, where)}`?"
        self.report(
            where,
            f"`{to_text(a)}` is {self.say.shown(a, of_a, where)} and `{to_text(b)}` is "
            f"{self.say.shown(b, of_b, where)}: they {verb} {done}{fix}",
        )

    def _product(
        self, expression: Apply, arguments: list[Dimension | None], where: Where
    ) -> Dimension | None:
        left, right = arguments
        if left is None or right is None:
            return None
        return left.times(right) if expression.function == "*" else left.over(right)

    def _power(
        self, expression: Apply, arguments: list[Dimension | None], where: Where
    ) -> Dimension | None:
        base, exponent = expression.arguments
        of_base, of_exponent = arguments
        if of_exponent is not None and of_exponent != NUMBER:
            self.report(
                where,
                f"the exponent `{to_text(exponent)}` is "
                f"{self.say.shown(exponent, of_exponent, where)}; expected a pure number",
            )
            return None
        if of_base is None or of_base == NUMBER:
            return of_base
        written = _written_number(exponent)
        powers = [] if written is None else [Fraction(e) * Fraction(written) for e in of_base]
        if written is None or any(power.denominator != 1 for power in powers):
            self.report(
                where,
                f"`{to_text(base)}` is {self.say.shown(base, of_base, where)}, so its exponent "
                f"must be a written whole number, not `{to_text(exponent)}`",
            )
            return None
        return Dimension(*(int(power) for power in powers))

    def _root(
        self, expression: Apply, arguments: list[Dimension | None], where: Where
    ) -> Dimension | None:
        (inner,) = arguments
        if inner is None:
            return None
        if any(exponent % 2 for exponent in inner):
            argument = expression.arguments[0]
            self.report(
                where,
                f"`{to_text(argument)}` is {self.say.shown(argument, inner, where)}, "
                "which has no root",
            )
            return None
        return Dimension(*(exponent // 2 for exponent in inner))

    def _first(
        self, expression: Apply, arguments: list[Dimension | None], where: Where
    ) -> Dimension | None:
        return arguments[0]

    def _ions(
        self, expression: Apply, arguments: list[Dimension | None], where: Where
    ) -> Dimension | None:
        """`ghk(V, z, inside, outside)` and `nernst(z, inside, outside)`."""
        voltage = expression.function == "ghk"
        if voltage:
            self._must_be(expression, 0, arguments, VOLTAGE, where)
        self._must_be(expression, int(voltage), arguments, NUMBER, where)
        if voltage:
            for index in (2, 3):
                self._must_be(expression, index, arguments, CONCENTRATION, where)
            return CHARGE.over(VOLUME)
        inside, outside = arguments[-2:]
        if inside is not None and outside is not None and inside != outside:
            first, second = zip(expression.arguments[-2:], (inside, outside), strict=True)
            self._unequal("<", first, second, where)
        return VOLTAGE

    def _must_be(
        self,
        expression: Apply,
        index: int,
        arguments: list[Dimension | None],
        expected: Dimension,
        where: Where,
    ) -> None:
        found, argument = arguments[index], expression.arguments[index]
        if found is not None and found != expected:
            self.report(
                where,
                f"`{expression.function}` needs {self.say.named(expected, where)} here, but "
                f"`{to_text(argument)}` is {self.say.shown(argument, found, where)}"
                f"{self.say.hint(argument, expected, where)}",
            )


_Rule = Callable[[Dimensions, Apply, list[Dimension | None], Where], Dimension | None]
_RULES: dict[str, _Rule] = {
    **dict.fromkeys(("+", "-", "min", "max", "if", *_COMPARISONS), Dimensions._equal),
    **dict.fromkeys(("*", "/"), Dimensions._product),
    **dict.fromkeys(("neg", "abs"), Dimensions._first),
    **dict.fromkeys(("ghk", "nernst"), Dimensions._ions),
    **dict.fromkeys(DRAWS, Dimensions._pure),
    "^": Dimensions._power,
    "sqrt": Dimensions._root,
}


def _written_number(expression: Expression) -> float | None:
    if isinstance(expression, Apply) and expression.function == "neg":
        inner = _written_number(expression.arguments[0])
        return None if inner is None else -inner
    return expression.value if isinstance(expression, Number) else None
