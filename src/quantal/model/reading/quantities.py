"""Statements that declare something with a value: let, place, species, gate, port."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from quantal.errors import did_you_mean
from quantal.expression import Expression, Number
from quantal.model.quantities import (
    EventPort,
    Gate,
    Let,
    Membrane,
    Place,
    Port,
    Species,
    State,
)
from quantal.model.reading.context import Context
from quantal.model.reading.expressions import (
    expression,
    literal,
    optional_unit,
    unit_of,
)
from quantal.model.reading.names import name, new_name, new_names
from quantal.model.reading.parser import Node, Token, Tree
from quantal.units import NUMBER, Unit, parse_unit


def let(tree: Tree, context: Context) -> Iterator[Let]:
    """`let KD = koff/kon`."""
    token, unit, value, text = tree.parts
    for declared in new_names(_token(token), context):
        yield Let(
            declared,
            expression(value, context),
            optional_unit(unit, context),
            context.where(tree),
            string(text),
        )


def place(tree: Tree, context: Context) -> Iterator[Place]:
    """`place psd between spine and cleft surface = 0.1 [um2]`."""
    token, between, *sizes, text = tree.parts
    inside = outside = None
    if isinstance(between, Tree):
        inside, outside = (name(_token(part), context) for part in between.parts)
    given: dict[str, Any] = {}
    for size in sizes:
        assert isinstance(size, Tree)
        word = str(size.parts[0])
        if word in given:
            context.report(tree, f"`{word}` is given twice")
        given[word] = expression(size.parts[1], context)
    if "volume" in given and inside is not None:
        context.report(tree, "a place between two others is a surface; it has no `volume`")
    for declared in new_names(_token(token), context):
        yield Place(
            declared,
            context.where(tree),
            inside,
            outside,
            given.get("volume"),
            given.get("surface"),
            string(text),
        )


def species(tree: Tree, context: Context) -> Iterator[Species]:
    """`species Ca = 0.05 [uM] in terminal charge 2`."""
    token, unit, value_node, *options, text = tree.parts
    value, declared_unit = _initial(value_node, unit, context)
    where: str | None = None
    charge: int | None = None
    for option in options:
        assert isinstance(option, Tree)
        if option.rule == "location":
            if where is not None:
                context.report(tree, f"`{token}` is said to be in two places")
            where = location(option, context)
        else:
            charge = _charge(option, context)
    for declared in new_names(_token(token), context):
        yield Species(
            declared, value, declared_unit, context.where(tree), where, charge, string(text)
        )


def state(tree: Tree, context: Context) -> Iterator[State]:
    """`state u = 0.2` with its line `u' = …`."""
    token, unit, value_node, text, block = tree.parts
    value, declared_unit = _initial(value_node, unit, context)
    names = new_names(_token(token), context)
    equations: dict[str, Expression] = {}
    for line in block.parts if isinstance(block, Tree) else ():
        assert isinstance(line, Tree)
        for derived in _derived(line, names, context):
            if derived in equations:
                context.report(line, f"`{derived}'` is given twice")
            equations[derived] = expression(line.parts[1], context)
    for declared in names:
        yield State(
            declared,
            value,
            declared_unit,
            context.where(tree),
            equations.get(declared),
            string(text),
        )


def gate(tree: Tree, context: Context) -> Iterator[Gate]:
    """`gate m` with `alpha` and `beta`, or `inf` and `tau`."""
    token, text, block = tree.parts
    rates: dict[str, Expression] = {}
    known = ("alpha", "beta", "inf", "tau")
    for line in block.parts if isinstance(block, Tree) else ():
        assert isinstance(line, Tree)
        word = str(line.parts[0])
        if word not in known:
            context.report(
                line,
                f"a gate has `alpha` and `beta`, or `inf` and `tau`, not `{word}`"
                f"{did_you_mean(word, known)}",
            )
        if word in rates:
            context.report(line, f"`{word}` is given twice")
        rates[word] = expression(line.parts[1], context)
    if set(rates) <= set(known) and set(rates) not in ({"alpha", "beta"}, {"inf", "tau"}):
        context.report(tree, f"the gate `{token}` needs `alpha` and `beta`, or `inf` and `tau`")
    for declared in new_names(_token(token), context):
        yield Gate(
            declared,
            context.where(tree),
            rates.get("alpha"),
            rates.get("beta"),
            rates.get("inf"),
            rates.get("tau"),
            string(text),
        )


def membrane(tree: Tree, context: Context) -> Iterator[Membrane | Port]:
    """`membrane V = -65 [mV] capacitance 1 [uF/cm2] in soma`, or a port `membrane V inside`."""
    token, alias, unit, potential, where, text = tree.parts
    declared = new_name(_token(token), context)
    there = location(where, context) if isinstance(where, Tree) else None
    if isinstance(potential, Tree):
        if alias is not None:
            context.report(tree, "`as` is for ports; a membrane with a value has its own name")
        value, declared_unit = _initial(potential.parts[0], unit, context)
        yield Membrane(
            declared,
            value,
            declared_unit,
            expression(potential.parts[1], context),
            context.where(tree),
            there,
            string(text),
        )
        return
    if there not in (None, "inside", "outside"):
        context.report(
            tree,
            f"a membrane without a value looks `inside` or `outside`; it is not in `{there}`",
        )
    yield Port(
        "membrane",
        declared,
        _role(alias, declared, context),
        optional_unit(unit, context) or parse_unit("mV"),
        context.where(tree),
        there,
        None,
        string(text),
    )


def port(tree: Tree, context: Context) -> Iterator[Port]:
    """`input Mg [mM] = 1 [mM] outside` and `exchange Ca [uM] inside`."""
    token, alias, unit, default, side, text = tree.parts
    value = declared_unit = None
    if isinstance(default, Tree):
        value, declared_unit = _initial(default.parts[0], unit, context)
    declared_unit = declared_unit or optional_unit(unit, context)
    if declared_unit is None:
        raise context.stop(tree, f"the unit of `{token}` is missing; write `{token} [mM]`")
    for declared in new_names(_token(token), context):
        yield Port(
            tree.rule,
            declared,
            _role(alias, declared, context),
            declared_unit,
            context.where(tree),
            None if side is None else str(side),
            value,
            string(text),
        )


def event(tree: Tree, context: Context) -> Iterator[EventPort]:
    """`event spike`, `event spike out`."""
    token, out, text = tree.parts
    for declared in new_names(_token(token), context):
        yield EventPort(declared, context.where(tree), out is not None, string(text))


def location(tree: Tree, context: Context) -> str:
    """`in PLACE`, `inside` or `outside`."""
    token = _token(tree.parts[0])
    return str(token) if token.terminal == "SIDE" else name(token, context)


def string(token: Node) -> str:
    """A description without its quotes."""
    return str(token)[1:-1] if isinstance(token, Token) else ""


def _token(node: Node) -> Token:
    assert isinstance(node, Token)
    return node


def _role(alias: Node, declared: str, context: Context) -> str:
    return name(_token(alias.parts[0]), context) if isinstance(alias, Tree) else declared


def _initial(node: Node, unit: Node, context: Context) -> tuple[Expression, Unit | None]:
    """A starting value with the unit stated for it, or the one it is written in."""
    value = expression(node, context)
    if unit is not None:
        return value, optional_unit(unit, context)
    return value, unit_of(node) if isinstance(value, Number) else None


def _charge(option: Tree, context: Context) -> int:
    value = literal(option.parts[0], context)
    if value.dimension != NUMBER or value.value != int(value.value):
        context.report(option, f"the charge `{value.text}` is not a whole number such as `2`")
        return 0
    return int(value.value)


def _derived(line: Tree, names: list[str], context: Context) -> list[str]:
    """The states that one line `u' = …` of a state's block is about."""
    token = _token(line.parts[0])
    derived = new_names(token, context)
    for wrong in [word for word in derived if word not in names]:
        context.report(
            line,
            f"this block belongs to `{names[0]}`, not to `{wrong}`{did_you_mean(wrong, names)}",
        )
    return derived
