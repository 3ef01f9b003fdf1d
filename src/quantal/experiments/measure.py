"""Measured quantities written as text: `peak(open, since = 10 ms)/peak(open, until = 10 ms)`."""

from __future__ import annotations

import re

from quantal.errors import UsageError
from quantal.expression import Expression
from quantal.model.reading.context import Context, Unreadable
from quantal.model.reading.expressions import expression
from quantal.model.reading.parser import SyntaxMistake, Tree, parse
from quantal.observables.dimension import dimension_of, unit_of
from quantal.observables.measured import value_of
from quantal.trajectory import Trajectory
from quantal.units import UnitError, natural_unit, parse_unit

LONGEST = 1000
"""Characters; a longer text is no measured quantity."""

_NUMBER_AND_WORD = re.compile(
    r"(?<![\w.\[])(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s+((?:/?[A-Za-zµμ%]+\d*)(?:/[A-Za-zµμ]+\d*)*)"
)


def measure(trajectory: Trajectory, text: str, unit: str | None = None) -> float:
    """The value of a measured quantity, as a target would take it.

    Args:
        trajectory: the run.
        text: an expression of measured quantities (`docs/measured-quantities.md`); units
            may stand with or without brackets.
        unit: the unit of the result; by default that of the name which is measured, ms for
            times, and a natural unit for anything else.

    Raises:
        UsageError: the text makes no sense, a name or an event is unknown, or the unit does
            not fit.
    """
    return _measured(trajectory, text, unit)[0]


def measure_with_unit(trajectory: Trajectory, text: str) -> tuple[float, str]:
    """The same, with the unit that the value is in."""
    return _measured(trajectory, text, None)


def _measured(trajectory: Trajectory, text: str, asked: str | None) -> tuple[float, str]:
    tree = parse_measured(text)
    dimension = dimension_of(tree, trajectory.units)
    unit = unit_of(tree, trajectory.units) or natural_unit(dimension)
    if asked is not None:
        try:
            unit = parse_unit(asked)
        except UnitError as error:
            raise UsageError(str(error)) from error
        if unit.dimension != dimension:
            raise UsageError(f"`{text}` is in [{natural_unit(dimension).text}], not in {unit}")
    return float(unit.from_internal(value_of(tree, trajectory))), unit.text


def parse_measured(text: str) -> Expression:
    """The tree of a measured quantity.

    Raises:
        UsageError: with what is wrong and what was expected.
    """
    if "\n" in text or "\0" in text or len(text) > LONGEST:
        raise UsageError(f"a measured quantity is one line of at most {LONGEST} characters")
    line = f"target {with_brackets(text)} = 1 +- 1\n"
    context = Context("")
    try:
        statement = parse(line)
        assert isinstance(statement, Tree)
        tree = expression(statement.parts[0], context, measured=True)
    except SyntaxMistake as mistake:
        found = "its end" if mistake.found.strip() in ("", "=", "$END") else f"`{mistake.found}`"
        raise UsageError(
            f"`{text}`: it cannot be read at {found}; write for example `peak(open)`"
        ) from mistake
    except Unreadable:
        tree = None
    if tree is None or context.problems:
        raise UsageError("; ".join(f"`{text}`: {p.message}" for p in context.problems))
    return tree


def with_brackets(text: str) -> str:
    """`10 ms` as `10 [ms]`; what stands in brackets already stays."""
    return _NUMBER_AND_WORD.sub(_bracketed, text)


def _bracketed(match: re.Match[str]) -> str:
    number, word = match.groups()
    parts = word.split("/")
    # `10 ms/x` divides by x: the longest beginning that is a unit is meant.
    for length in range(len(parts), 0, -1):
        written = "/".join(parts[:length])
        try:
            parse_unit(written)
        except UnitError:
            continue
        rest = "/".join(parts[length:])
        return f"{number} [{written}]" + (f"/{rest}" if rest else "")
    return match.group()
