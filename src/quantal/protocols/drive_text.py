"""The expression of a drive as people type it, by operator precedence.

Only numbers, bracketed units, `time`, names and the functions of the language are known;
nothing is ever evaluated as Python.
"""

from __future__ import annotations

import re
from math import isfinite

from quantal.errors import did_you_mean
from quantal.expression import FUNCTIONS, Apply, Expression, Name, Number
from quantal.units import NUMBER, UnitError, parse_unit

DEEPEST = 64
"""Deeper nesting is refused."""

_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)|(?P<unit>\[[^\[\]]*\])"
    r"|(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)|(?P<sign><=|>=|==|!=|[-+*/^(),<>]))",
    re.ASCII,
)
_BINDING = {
    "<": 1, "<=": 1, ">": 1, ">=": 1, "==": 1, "!=": 1, "+": 2, "-": 2, "*": 3, "/": 3, "^": 5,
}  # fmt: skip
_SIGN = 4


class MistakenDrive(Exception):
    """What is wrong with the expression."""


def drive_expression(text: str) -> Expression:
    """The expression of a text.

    Raises:
        MistakenDrive: anything that is not an expression over known functions and units.
    """
    reader = _Reader(_tokens(text))
    result = reader.expression(0, 0)
    if reader.peek():
        raise MistakenDrive(f"`{reader.peek()}` cannot stand there")
    return result


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, position, end = [], 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise MistakenDrive(f"`{text[position:].strip()[:12]}` is not an expression")
        kind = match.lastgroup or ""
        tokens.append((kind, match.group(kind)))
        position = match.end()
    return tokens


class _Reader:
    """Reads tokens from the left, each operator binding as tightly as its level."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.position = 0

    def peek(self) -> str:
        """The next token's text, empty at the end."""
        return self.tokens[self.position][1] if self.position < len(self.tokens) else ""

    def expression(self, level: int, depth: int) -> Expression:
        """An expression whose operators bind tighter than `level`."""
        if depth > DEEPEST:
            raise MistakenDrive(f"it nests deeper than {DEEPEST}")
        left = self._operand(depth)
        length = 0
        while _BINDING.get(self.peek(), 0) > level:
            operator = self._next()[1]
            binding = _BINDING[operator]
            # `^` binds to the right, and its exponent may carry a sign.
            right = self.expression(binding - 1 if operator == "^" else binding, depth + 1)
            left = Apply(operator, (left, right))
            length += 1
            if depth + length > DEEPEST:
                raise MistakenDrive(f"it nests deeper than {DEEPEST}")
        return left

    def _operand(self, depth: int) -> Expression:
        kind, text = self._next()
        if kind == "number":
            return self._number(text)
        if text == "-":
            return Apply("neg", (self.expression(_SIGN, depth + 1),))
        if text == "(":
            inner = self.expression(0, depth + 1)
            self._expect(")")
            return inner
        if kind == "name":
            return self._call(text, depth) if self.peek() == "(" else Name(text)
        raise MistakenDrive(f"`{text}` cannot stand there" if text else "it ends too early")

    def _number(self, digits: str) -> Number:
        if not isfinite(float(digits)):
            raise MistakenDrive(f"the number `{digits}` is too large")
        if self.position == len(self.tokens) or self.tokens[self.position][0] != "unit":
            return Number(float(digits), NUMBER, digits)
        try:
            unit = parse_unit(self._next()[1][1:-1])
        except UnitError as error:
            raise MistakenDrive(str(error)) from None
        return Number(unit.to_internal(float(digits)), unit.dimension, f"{digits} [{unit.text}]")

    def _call(self, name: str, depth: int) -> Expression:
        if name not in FUNCTIONS:
            hint = did_you_mean(name, FUNCTIONS)
            raise MistakenDrive(f"`{name}` is no function of the language{hint}")
        self._next()
        arguments = [self.expression(0, depth + 1)]
        while self.peek() == ",":
            self._next()
            arguments.append(self.expression(0, depth + 1))
        self._expect(")")
        wanted = FUNCTIONS[name]
        if wanted is not None and len(arguments) != wanted:
            raise MistakenDrive(f"`{name}` takes {wanted} arguments, not {len(arguments)}")
        return Apply(name, tuple(arguments))

    def _expect(self, sign: str) -> None:
        if self.peek() != sign:
            raise MistakenDrive(f"`{sign}` is missing")
        self._next()

    def _next(self) -> tuple[str, str]:
        if self.position == len(self.tokens):
            return "end", ""
        self.position += 1
        return self.tokens[self.position - 1]
