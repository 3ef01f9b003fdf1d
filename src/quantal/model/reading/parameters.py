"""The statement `parameter`: a literal with its bounds and its distribution."""

from __future__ import annotations

from collections.abc import Iterator

from quantal.errors import did_you_mean
from quantal.expression import Number
from quantal.model.quantities import Distribution, Parameter
from quantal.model.reading.context import Context
from quantal.model.reading.expressions import expect, literal, literal_of, unit_of
from quantal.model.reading.names import new_names
from quantal.model.reading.parser import Node, Token, Tree
from quantal.model.reading.quantities import string
from quantal.units import NUMBER, Unit

PER = ("firing", "trial", "copy")
FAMILIES = {
    "gamma": ("cv",), "normal": ("cv",), "lognormal": ("cv",), "beta": ("cv",),
    "uniform": ("low", "high"),
}  # fmt: skip
"""Distributions with the arguments they take."""


def parameter(tree: Tree, context: Context) -> Iterator[Parameter]:
    """`parameter kon = 4.59 [/mM/ms] between 1 and 20 "binding"`."""
    token, value_node, between, distribution, text = tree.parts
    assert isinstance(token, Token)
    value = literal_of(value_node, context)
    if value is None:
        raise context.stop(
            tree, f"a parameter is a literal number; write `let {token} = …` for what is computed"
        )
    unit = unit_of(value_node)
    low, high = _bounds(between, value, unit, context)
    for declared in new_names(token, context):
        yield Parameter(
            declared,
            value,
            unit,
            context.where(tree),
            low,
            high,
            _distribution(distribution, context),
            string(text),
        )


def _bounds(
    between: Node, value: Number, unit: Unit, context: Context
) -> tuple[Number | None, Number | None]:
    """The bounds; one without a unit is in the parameter's own."""
    if not isinstance(between, Tree):
        return None, None
    bounds = []
    for part in between.parts:
        bound = literal(part, context)
        if bound.dimension == NUMBER and unit.dimension != NUMBER and "[" not in bound.text:
            internal = unit.to_internal(float(bound.text))
            bound = Number(internal, unit.dimension, f"{bound.text} [{unit.text}]")
        bounds.append(expect(bound, unit.dimension, part, context, "the bound"))
    low, high = bounds
    if low.value > high.value:
        context.report(between, f"the bounds run backwards: {low.text} is more than {high.text}")
    elif not low.value <= value.value <= high.value:
        context.report(
            between, f"`{value.text}` is not between its bounds {low.text} and {high.text}"
        )
    return low, high


def _distribution(tree: Node, context: Context) -> Distribution | None:
    if not isinstance(tree, Tree):
        return None
    call, per = tree.parts
    assert isinstance(call, Tree)
    family = str(call.parts[0])
    if str(per) not in PER:
        context.report(
            tree,
            f"`per {per}` is unknown; expected `per firing`, `per trial` or `per copy`"
            f"{did_you_mean(str(per), PER)}",
        )
    if family not in FAMILIES:
        context.report(
            tree,
            f"`{family}` is no distribution of the language; expected "
            f"{', '.join(FAMILIES)}{did_you_mean(family, FAMILIES)}",
        )
    arguments = []
    for part in call.parts[1:]:
        named = part if isinstance(part, Tree) and part.rule == "named" else None
        value = literal_of(named.parts[1], context) if named else None
        if named is None or value is None:
            raise context.stop(tree, "a distribution takes named numbers: `gamma(cv = 0.3)`")
        arguments.append((str(named.parts[0]), value))
    wanted = FAMILIES.get(family, ())
    if family in FAMILIES and tuple(word for word, _ in arguments) != wanted:
        shown = ", ".join(f"{word} = …" for word in wanted)
        context.report(tree, f"`{family}` is written `{family}({shown})`")
    return Distribution(family, tuple(arguments), str(per))
