"""A reaction as its text says it."""

from __future__ import annotations

from quantal.expression import Apply, to_text
from quantal.model.processes import Reaction, Term


def equation(reaction: Reaction) -> str:
    """`C + glu <-> O`, as it was written."""
    if reaction.text:
        return reaction.text
    arrow = "->" if reaction.backward is None else "<->"
    return f"{side(reaction.left)} {arrow} {side(reaction.right)}"


def side(terms: tuple[Term, ...]) -> str:
    """One side of an equation."""
    if not terms:
        return "nothing"
    written = []
    for coefficient, name in terms:
        text = to_text(coefficient)
        if isinstance(coefficient, Apply):
            text = f"({text})"
        written.append(name if text == "1" else f"{text} {name}")
    return " + ".join(written)
