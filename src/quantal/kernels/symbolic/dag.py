"""A hash-consed graph of expressions: equal sub-expressions are one node.

Nodes are whole numbers; an argument always has a smaller number than what uses it, so
ascending order is a valid order of evaluation. Construction simplifies (neutral elements,
numbers, signs outward, division as one shared reciprocal) and keeps parameter-only
factors of a product together, so that they can be computed once per run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

NUMBER, CONSTANT, VARIABLE = 0, 1, 2
"""How often a node changes: never, when parameters change, all the time."""

_LEAF = "leaf"
_COMPARISONS = frozenset({"<", "<=", "==", "!=", "and", "or", "not"})
_LARGEST_UNROLLED_POWER = 64

_FOLD: dict[str, Callable[..., float]] = {
    "exp": math.exp, "log": math.log, "log10": math.log10, "sqrt": math.sqrt,
    "abs": abs, "tanh": math.tanh, "^": math.pow,
    "exprel": lambda x: math.expm1(x) / x if abs(x) > 1e-5 else 1.0 + x / 2.0 + x * x / 6.0,
    "exprel'": lambda x: (
        (math.exp(x) - math.expm1(x) / x) / x
        if abs(x) > 0.03
        else 0.5 + x * (1 / 3 + x * (1 / 8 + x * (1 / 30 + x * (1 / 144 + x / 840))))
    ),
}  # fmt: skip
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b,
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
}  # fmt: skip


class Graph:
    """Nodes as parallel lists: `operation`, `arguments`, `value` (numbers), `level`."""

    def __init__(self) -> None:
        self.operation: list[str] = []
        self.arguments: list[tuple[int, ...]] = []
        self.value: list[float] = []
        self.level: list[int] = []
        self.leaf_of: dict[int, tuple[str, int]] = {}
        self._known: dict[object, int] = {}
        self.zero = self.number(0.0)
        self.one = self.number(1.0)

    # -- leaves ----------------------------------------------------------------------

    def number(self, value: float) -> int:
        """A number."""
        value = float(value)
        key = ("number", value if value != 0.0 else 0.0, math.isnan(value))
        return self._node(key, "number", (), NUMBER, value)

    def leaf(self, kind: str, index: int, level: int = VARIABLE) -> int:
        """An input: entry `index` of the array called `kind`."""
        node = self._node((kind, index), _LEAF, (), level)
        self.leaf_of[node] = (kind, index)
        return node

    def is_number(self, node: int) -> bool:
        return self.level[node] == NUMBER

    def is_truth(self, node: int) -> bool:
        """Whether a node is a comparison or a logical combination of them."""
        return self.operation[node] in _COMPARISONS

    # -- sums ------------------------------------------------------------------------

    def add(self, a: int, b: int) -> int:
        a, b = self._as_value(a), self._as_value(b)
        if a == self.zero:
            return b
        if b == self.zero:
            return a
        if self.is_number(a) and self.is_number(b):
            return self.number(self.value[a] + self.value[b])
        if self.operation[b] == "neg":
            return self.subtract(a, self.arguments[b][0])
        if self.operation[a] == "neg":
            return self.subtract(b, self.arguments[a][0])
        return self._make("+", (a, b) if a < b else (b, a))

    def subtract(self, a: int, b: int) -> int:
        a, b = self._as_value(a), self._as_value(b)
        if b == self.zero:
            return a
        if a == b:
            return self.zero
        if a == self.zero:
            return self.negate(b)
        if self.is_number(a) and self.is_number(b):
            return self.number(self.value[a] - self.value[b])
        if self.operation[b] == "neg":
            return self.add(a, self.arguments[b][0])
        if self.operation[a] == "neg":
            return self.negate(self.add(self.arguments[a][0], b))
        return self._make("-", (a, b))

    def negate(self, a: int) -> int:
        a = self._as_value(a)
        if self.is_number(a):
            return self.number(-self.value[a])
        if self.operation[a] == "neg":
            return self.arguments[a][0]
        # `-(x - y)` stays as it is, so that one reaction's flux is one node in all its states.
        return self._make("neg", (a,))

    def total(self, terms: Iterable[int]) -> int:
        """The sum of all terms, left to right."""
        result = self.zero
        for term in terms:
            result = self.add(result, term)
        return result

    # -- products --------------------------------------------------------------------

    def multiply(self, a: int, b: int) -> int:
        a, b = self._as_value(a), self._as_value(b)
        if a == self.zero or b == self.zero:
            return self.zero
        if self.operation[a] == "neg":
            return self.negate(self.multiply(self.arguments[a][0], b))
        if self.operation[b] == "neg":
            return self.negate(self.multiply(a, self.arguments[b][0]))
        (number_a, constant_a, rest_a) = self._factors(a)
        (number_b, constant_b, rest_b) = self._factors(b)
        number = self.number(number_a * number_b)
        constant = self._times(constant_a, constant_b)
        coefficient = self._scaled(number, constant)
        return self._scaled(coefficient, self._times(rest_a, rest_b))

    def product(self, a: int, b: int) -> int:
        """a*b as they stand where both vary: many factors of one kind, put together, overflow."""
        a, b = self._as_value(a), self._as_value(b)
        for one, other in ((a, b), (b, a)):
            if self.operation[one] == "neg":
                return self.negate(self.product(self.arguments[one][0], other))
        if self.level[a] == VARIABLE == self.level[b]:
            return self._times(a, b)
        return self.multiply(a, b)

    def divide(self, a: int, b: int) -> int:
        b = self._as_value(b)
        if self.is_number(a) and self.is_number(b) and self.value[b] != 0.0:
            return self.number(self.value[a] / self.value[b])
        return self.multiply(a, self.reciprocal(b))

    def reciprocal(self, a: int) -> int:
        a = self._as_value(a)
        if self.is_number(a):
            value = self.value[a]
            return self.number(1.0 / value if value else math.copysign(math.inf, value))
        if self.operation[a] == "neg":
            return self.negate(self.reciprocal(self.arguments[a][0]))
        if self.operation[a] == "reciprocal":
            return self.arguments[a][0]
        return self._make("reciprocal", (a,))

    def power(self, a: int, b: int) -> int:
        """`a^b`; a written whole exponent becomes shared multiplications."""
        a, b = self._as_value(a), self._as_value(b)
        if not self.is_number(b):
            return self._make("^", (a, b))
        exponent = self.value[b]
        if exponent == 0.5:
            return self.call("sqrt", a)
        if exponent != round(exponent) or abs(exponent) > _LARGEST_UNROLLED_POWER:
            return self._make("^", (a, b))
        result = self._whole_power(a, abs(round(exponent)))
        return result if exponent >= 0 else self.reciprocal(result)

    def _whole_power(self, a: int, exponent: int) -> int:
        if exponent == 0:
            return self.one
        if exponent == 1:
            return a
        half = self._whole_power(a, exponent // 2)
        square = self.multiply(half, half)
        return self.multiply(square, a) if exponent % 2 else square

    def _factors(self, a: int) -> tuple[float, int, int]:
        """A product as (number, parameter-only factor, the rest)."""
        if self.is_number(a):
            return self.value[a], self.one, self.one
        number, constant = 1.0, self.one
        if self.operation[a] == "*" and self.level[a] == VARIABLE:
            left, right = self.arguments[a]
            if self.level[left] != VARIABLE:
                number, constant, _ = self._factors(left)
                return number, constant, right
        if self.level[a] == CONSTANT:
            if self.operation[a] == "*" and self.is_number(self.arguments[a][0]):
                return self.value[self.arguments[a][0]], self.arguments[a][1], self.one
            return number, a, self.one
        return number, constant, a

    def _times(self, a: int, b: int) -> int:
        if a == self.one:
            return b
        if b == self.one:
            return a
        return self._make("*", (a, b) if a < b else (b, a))

    def _scaled(self, coefficient: int, rest: int) -> int:
        """A coefficient, always the left argument, times the rest."""
        if rest == self.one:
            return coefficient
        if coefficient == self.one:
            return rest
        if self.is_number(coefficient):
            if self.is_number(rest):
                return self.number(self.value[coefficient] * self.value[rest])
            if self.value[coefficient] == -1.0:
                return self.negate(rest)
        return self._make("*", (coefficient, rest))

    # -- functions and choices ---------------------------------------------------------

    def call(self, function: str, a: int) -> int:
        """A function of one argument."""
        a = self._as_value(a)
        if function == "exp" and self.operation[a] == "log":
            return self.arguments[a][0]
        return self._make(function, (a,))

    def compare(self, operator: str, a: int, b: int) -> int:
        """A comparison; `>` and `>=` are written the other way round."""
        a, b = self._as_value(a), self._as_value(b)
        if operator in (">", ">="):
            operator, a, b = {">": "<", ">=": "<="}[operator], b, a
        if self.is_number(a) and self.is_number(b):
            return self.number(float(_COMPARE[operator](self.value[a], self.value[b])))
        return self._make(operator, (a, b))

    def both(self, a: int, b: int) -> int:
        a, b = self._as_truth(a), self._as_truth(b)
        if self.is_number(a):
            return b if self.value[a] else self.zero
        if self.is_number(b):
            return a if self.value[b] else self.zero
        return self._make("and", (a, b))

    def either(self, a: int, b: int) -> int:
        return self.invert(self.both(self.invert(a), self.invert(b)))

    def invert(self, a: int) -> int:
        a = self._as_truth(a)
        if self.is_number(a):
            return self.zero if self.value[a] else self.one
        return self.arguments[a][0] if self.operation[a] == "not" else self._make("not", (a,))

    def choose(self, condition: int, a: int, b: int) -> int:
        """`a` where the condition holds, else `b`."""
        condition = self._as_truth(condition)
        a, b = self._as_value(a), self._as_value(b)
        if self.is_number(condition):
            return a if self.value[condition] else b
        return a if a == b else self._make("if", (condition, a, b))

    def _as_truth(self, a: int) -> int:
        if self.is_truth(a) or self.is_number(a):
            return a
        return self._make("!=", (a, self.zero))

    def _as_value(self, a: int) -> int:
        return self._make("if", (a, self.one, self.zero)) if self.is_truth(a) else a

    # -- storage -------------------------------------------------------------------------

    def _make(self, operation: str, arguments: tuple[int, ...]) -> int:
        known = self._known.get((operation, arguments))
        if known is not None:
            return known
        level = max(self.level[argument] for argument in arguments)
        if level == NUMBER and operation in _FOLD:
            try:
                return self.number(_FOLD[operation](*(self.value[x] for x in arguments)))
            except (ValueError, OverflowError, ZeroDivisionError):
                # Left to run time, where it becomes NaN or infinity and is reported.
                level = CONSTANT
        return self._node((operation, arguments), operation, arguments, max(level, CONSTANT))

    def _node(
        self, key: object, operation: str, arguments: tuple[int, ...], level: int,
        value: float = math.nan,
    ) -> int:  # fmt: skip
        node = self._known.get(key)
        if node is None:
            node = len(self.operation)
            self._known[key] = node
            self.operation.append(operation)
            self.arguments.append(arguments)
            self.value.append(value)
            self.level.append(level)
        return node

    def ancestors(self, outputs: Iterable[int]) -> list[int]:
        """All nodes that the outputs need, themselves included, in ascending order."""
        seen: set[int] = set()
        stack = list(outputs)
        while stack:
            node = stack.pop()
            if node not in seen:
                seen.add(node)
                stack.extend(self.arguments[node])
        return sorted(seen)
