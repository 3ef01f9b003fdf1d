"""One side of a reaction: what takes part, and how many of each."""

from __future__ import annotations

from math import isfinite

from quantal.expression import (
    ONE,
    Apply,
    Expression,
    Name,
    Number,
    evaluate,
    is_number,
    to_text,
    walk,
)
from quantal.model.processes import Term
from quantal.model.reading.context import Context
from quantal.model.reading.expressions import expression
from quantal.model.reading.names import participant
from quantal.model.reading.parser import Node, Token, Tree
from quantal.units import NUMBER


def side(tree: Node, context: Context) -> tuple[Term, ...]:
    """One side of a reaction: what takes part, how many of each."""
    assert isinstance(tree, Tree)
    terms = []
    for term in tree.parts:
        assert isinstance(term, Tree)
        coefficient, token = term.parts
        amount = ONE if coefficient is None else _folded(expression(coefficient, context))
        assert isinstance(token, Token)
        terms.append((amount, participant(token, context)))
    return tuple(terms)


def side_text(terms: tuple[Term, ...]) -> str:
    """A side as the language writes it."""
    return " + ".join(_term_text(*term) for term in terms) or "nothing"


def check_whole(tree: Node, terms: tuple[Term, ...], context: Context) -> None:
    """Reactants of mass action take part in whole numbers."""
    assert isinstance(tree, Tree)
    for coefficient, word in terms:
        if not _is_whole(coefficient):
            context.report(
                tree,
                f"`{_term_text(coefficient, word)}` reacts by mass action, so its coefficient is "
                "a whole number of 1 or more; write `rate` and the whole law for anything else",
            )


def _is_whole(coefficient: Expression) -> bool:
    return (
        isinstance(coefficient, Number)
        and coefficient.dimension == NUMBER
        and coefficient.value >= 1
        and coefficient.value == int(coefficient.value)
    )


def _folded(coefficient: Expression) -> Expression:
    """A coefficient such as `(i + 1)` as the number that it is."""
    if isinstance(coefficient, Apply) and _is_pure(coefficient):
        value = float(evaluate(coefficient, {}))
        if not isfinite(value):
            return coefficient
        return Number(value, NUMBER, f"{value:.17g}")
    return coefficient


def _is_pure(value: Expression) -> bool:
    return all(
        node.function in ("+", "-", "*", "neg")
        if isinstance(node, Apply)
        else isinstance(node, Number) and node.dimension == NUMBER
        for node in walk(value)
    )


def _term_text(coefficient: Expression, word: str) -> str:
    if is_number(coefficient, 1.0):
        return word
    plain = isinstance(coefficient, Name) or (
        isinstance(coefficient, Number) and not coefficient.text.startswith("-")
    )
    text = to_text(coefficient)
    return f"{text} {word}" if plain and not isinstance(coefficient, Apply) else f"({text}) {word}"
