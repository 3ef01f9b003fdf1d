"""Names: words of the language, splices `V{i+1}` and ranges `V{0..5}`."""

from __future__ import annotations

import re
from functools import lru_cache

from quantal.model.reading.context import Context
from quantal.model.reading.parser import SyntaxMistake, Token, Tree, parse

RESERVED = frozenset({
    "for", "in", "inside", "outside", "count", "start", "charge", "nothing", "rate", "times",
    "emit", "time", "temperature", "pi", "elementary_charge", "and", "or", "not",
})  # fmt: skip
"""Words that cannot be names: they would be misread where names stand."""

MOST_TURNS = 100_000
"""A loop or range of more turns is taken for a mistake."""

MOST_NAMES = 1_000_000
"""A text that makes more names out of ranges and loops is refused."""

LONGEST = 9
"""Digits of the largest number in a loop."""

_SPLICE = re.compile(r"\{([^{}]*)\}")


def name(token: Token, context: Context) -> str:
    """The one name that a token means inside the present loops."""
    names = expand(token, context)
    if len(names) != 1:
        raise context.stop(token, f"`{token}` means {len(names)} names; one name stands here")
    return names[0]


def new_name(token: Token, context: Context) -> str:
    """A single name that is being declared."""
    return _declarable(name(token, context), token, context)


def new_names(token: Token, context: Context) -> list[str]:
    """All names that a token declares: `V{0..5}` is six."""
    return [_declarable(text, token, context) for text in expand(token, context)]


def expand(token: Token, context: Context) -> list[str]:
    """All names that a token means, its splices replaced by numbers."""
    if token.startswith("__") or ".__" in token:
        context.report(token, f"`{token}` starts with two underscores; names start with a letter")
    if "{" not in token:
        return [str(token)]
    names, position = [""], 0
    for match in _SPLICE.finditer(token):
        before = token[position : match.start()]
        numbers = _splice(match.group(1), token, context)
        context.names_made[context.file] += len(names) * len(numbers)
        if context.names_made[context.file] > MOST_NAMES:
            raise context.stop(token, f"ranges and loops make more than {MOST_NAMES} names")
        names = [stem + before + str(number) for stem in names for number in numbers]
        position = match.end()
    return [stem + token[position:] for stem in names]


def turns(first: Tree | Token, last: Tree | Token, context: Context) -> range:
    """The numbers of a loop or range, both ends included."""
    low, high = whole_number(first, context), whole_number(last, context)
    if high < low:
        raise context.stop(first, f"`{low} .. {high}` runs backwards; the lower number comes first")
    if high - low >= MOST_TURNS:
        raise context.stop(
            first, f"`{low} .. {high}` has more than {MOST_TURNS} numbers; expected a shorter range"
        )
    return range(low, high + 1)


def whole_number(node: Tree | Token | None, context: Context) -> int:
    """The whole number that a loop bound or splice comes to."""
    if isinstance(node, Tree):
        if node.rule == "number" and node.parts[1] is None:
            digits = str(node.parts[0])
            if not digits.isdigit():
                raise context.stop(node, f"`{digits}` is not a whole number; loops count in wholes")
            if len(digits) > LONGEST:
                raise context.stop(node, f"`{digits}` is too large for a loop")
            return int(digits)
        if node.rule == "name":
            word = str(node.parts[0])
            if word in context.loops:
                return context.loops[word]
            raise context.stop(
                node, f"`{word}` is no loop number here; bounds and `{{ }}` are whole numbers"
            )
        if node.rule == "unary" and node.parts[0] == "-":
            return -whole_number(node.parts[1], context)
        if node.rule == "binary":
            return _binary(node, context)
        raise context.stop(node, "a loop bound or `{ }` is a whole number, such as `i + 1`")
    raise ValueError("a splice without an expression")


def _binary(node: Tree, context: Context) -> int:
    left, operator, right = node.parts
    a, b = whole_number(left, context), whole_number(right, context)
    if operator == "+":
        return a + b
    if operator == "-":
        return a - b
    if operator == "*":
        return a * b
    raise context.stop(node, f"`{operator}` has no place in a loop bound; use + - *")


def _splice(text: str, token: Token, context: Context) -> range:
    try:
        tree = _parsed(text)
    except SyntaxMistake:
        raise context.stop(
            token, f"`{{{text}}}` is not a number; write `V{{i+1}}` or `V{{0..5}}`"
        ) from None
    first, last = tree.parts
    for part in (first, last):
        if isinstance(part, Tree):
            part.line = token.line
    assert isinstance(first, Tree)
    if isinstance(last, Tree):
        return turns(first, last, context)
    number = whole_number(first, context)
    if number < 0:
        raise context.stop(token, f"`{token}` has the number {number}; names count from 0")
    return range(number, number + 1)


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Tree:
    tree = parse(text, "splice")
    assert isinstance(tree, Tree)
    return tree


def participant(token: Token, context: Context) -> str:
    """The name of something that takes part in a reaction."""
    return _free(name(token, context), token, context)


def _free(text: str, token: Token, context: Context) -> str:
    if text in RESERVED:
        message = f"`{text}` is a word of the language; choose another name, such as `{text}_1`"
        context.report(token, message)
    return text


def _declarable(text: str, token: Token, context: Context) -> str:
    if "." in text:
        context.report(
            token, f"`{text}` cannot be declared: dotted names belong to used mechanisms"
        )
    return _free(text, token, context)
