"""The typed expression tree that every part of Quantal shares.

Three kinds of node: a number with its dimension, a name, and a function applied to
arguments (operators are functions named by their symbol). Nothing here is ever
evaluated as Python text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantal.units import NUMBER, Dimension

OPERATORS = ("+", "-", "*", "/", "^", "<", "<=", ">", ">=", "==", "!=", "and", "or")
"""Binary operators; unary minus is `Apply("neg", (x,))`, `Apply("not", (x,))` is logical."""

FUNCTIONS: dict[str, int | None] = {
    "exp": 1, "log": 1, "log10": 1, "sqrt": 1, "abs": 1, "tanh": 1, "exprel": 1,
    "min": None, "max": None, "if": 3, "ghk": 4, "nernst": 3, "binomial": 2, "poisson": 1,
}  # fmt: skip
"""Functions of the language with their number of arguments (None: two or more)."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number in internal units, with its dimension and the text it was written as."""

    value: float
    dimension: Dimension = NUMBER
    text: str = ""


@dataclass(frozen=True, slots=True)
class Name:
    """A reference to a quantity by its (possibly dotted) name."""

    name: str


@dataclass(frozen=True, slots=True)
class Apply:
    """A function or operator applied to its arguments."""

    function: str
    arguments: tuple[Expression, ...]


Expression = Number | Name | Apply

ZERO = Number(0.0)
ONE = Number(1.0)


def exprel(x: Any) -> Any:
    """(e^x - 1)/x, 1 at zero."""
    x = np.asarray(x, dtype=float)
    small = np.abs(x) < 1e-5
    safe = np.where(small, 1.0, x)
    return np.where(small, 1.0 + x / 2.0 + x * x / 6.0, np.expm1(safe) / safe)


def _least(*arguments: Any) -> Any:
    result = arguments[0]
    for argument in arguments[1:]:
        result = np.minimum(result, argument)
    return result


def _largest(*arguments: Any) -> Any:
    result = arguments[0]
    for argument in arguments[1:]:
        result = np.maximum(result, argument)
    return result


_EVALUATE: dict[str, Callable[..., Any]] = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b,
    "/": lambda a, b: np.divide(a, b), "^": lambda a, b: np.power(np.asarray(a, dtype=float), b),
    "neg": lambda a: -a, "not": np.logical_not,
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b, "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
    "and": np.logical_and, "or": np.logical_or,
    "exp": np.exp, "log": np.log, "log10": np.log10, "sqrt": np.sqrt, "abs": np.abs,
    "tanh": np.tanh, "exprel": exprel, "min": _least, "max": _largest,
    "if": lambda c, a, b: np.where(c, a, b),
    # In a run without randomness a draw is its mean.
    "binomial": lambda n, p: n * p, "poisson": lambda m: m,
}  # fmt: skip


def evaluate(expression: Expression, values: Mapping[str, Any]) -> Any:
    """The value of an expression in internal units, for numbers or numpy arrays.

    `ghk` and `nernst` must have been expanded before (`quantal.compiler.expand`). What has no
    value (0/0, the logarithm of a negative number) is nan or infinite, without a warning.

    Raises:
        KeyError: a name that `values` does not hold.
    """
    with np.errstate(all="ignore"):
        return _value(expression, values)


def _value(expression: Expression, values: Mapping[str, Any]) -> Any:
    if isinstance(expression, Number):
        return expression.value
    if isinstance(expression, Name):
        return values[expression.name]
    arguments = [_value(argument, values) for argument in expression.arguments]
    return _EVALUATE[expression.function](*arguments)


def names_in(expression: Expression) -> set[str]:
    """All names that an expression mentions."""
    return {node.name for node in walk(expression) if isinstance(node, Name)}


def walk(expression: Expression) -> Iterator[Expression]:
    """Every node of a tree, the root first."""
    stack: list[Expression] = [expression]
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, Apply):
            stack.extend(reversed(node.arguments))


def substitute(expression: Expression, replace: Callable[[Name], Expression]) -> Expression:
    """The expression with every name replaced by `replace(name)`."""
    if isinstance(expression, Name):
        return replace(expression)
    if isinstance(expression, Apply):
        return Apply(
            expression.function,
            tuple(substitute(argument, replace) for argument in expression.arguments),
        )
    return expression


def add(a: Expression, b: Expression) -> Expression:
    """`a + b`, without adding a written zero."""
    if is_number(a, 0.0):
        return b
    if is_number(b, 0.0):
        return a
    return Apply("+", (a, b))


def subtract(a: Expression, b: Expression) -> Expression:
    """`a - b`, without subtracting a written zero."""
    if is_number(b, 0.0):
        return a
    return negate(b) if is_number(a, 0.0) else Apply("-", (a, b))


def multiply(a: Expression, b: Expression) -> Expression:
    """`a * b`, with factors of one and zero removed."""
    if is_number(a, 0.0) or is_number(b, 0.0):
        return ZERO
    if is_number(a, 1.0):
        return b
    return a if is_number(b, 1.0) else Apply("*", (a, b))


def divide(a: Expression, b: Expression) -> Expression:
    """`a / b`, without dividing by a written one."""
    if is_number(a, 0.0):
        return ZERO
    return a if is_number(b, 1.0) else Apply("/", (a, b))


def negate(a: Expression) -> Expression:
    """`-a`, folded into a number where `a` is one."""
    return Number(-a.value, a.dimension) if isinstance(a, Number) else Apply("neg", (a,))


def is_number(expression: Expression, value: float) -> bool:
    """Whether an expression is this very number."""
    return isinstance(expression, Number) and expression.value == value


_PRECEDENCE = {
    "or": 1, "and": 2, "not": 3, "<": 4, "<=": 4, ">": 4, ">=": 4, "==": 4, "!=": 4,
    "+": 5, "-": 5, "*": 6, "/": 6, "neg": 7, "^": 8,
}  # fmt: skip


def to_text(expression: Expression, outer: int = 0) -> str:
    """The expression as the language writes it."""
    if isinstance(expression, Number):
        text = expression.text or f"{expression.value:g}"
        compound = text[0] == "-" or text[-1] == "]"
        return f"({text})" if compound and outer > _PRECEDENCE["neg"] else text
    if isinstance(expression, Name):
        return expression.name
    own = _PRECEDENCE.get(expression.function)
    if own is None:
        inner = ", ".join(to_text(argument) for argument in expression.arguments)
        return f"{expression.function}({inner})"
    if expression.function in ("neg", "not"):
        sign = "-" if expression.function == "neg" else "not "
        text = sign + to_text(expression.arguments[0], own)
    else:
        left, right = expression.arguments
        space = "" if expression.function in ("*", "/", "^") else " "
        # `a - (b - c)` and `a/(b*c)` keep their brackets; `^` binds to the right, and
        # comparisons do not chain.
        left_bound = own + (expression.function == "^" or own == _PRECEDENCE["<"])
        right_bound = own + (expression.function != "^")
        text = (
            f"{to_text(left, left_bound)}{space}{expression.function}{space}"
            f"{to_text(right, right_bound)}"
        )
    return f"({text})" if own < outer else text
