"""Reactions -> rates (definitions), stoichiometry (rows) and derivatives."""

from __future__ import annotations

from quantal.compiler.check import Checked
from quantal.compiler.names import Names
from quantal.compiler.sizes import Size, Sizes
from quantal.expression import (
    ONE,
    ZERO,
    Apply,
    Expression,
    Name,
    Number,
    add,
    is_number,
    multiply,
    negate,
    subtract,
)
from quantal.model.processes import Reaction, Term
from quantal.program import ReactionRow
from quantal.units import CONCENTRATION, DENSITY, TIME, natural_unit

_PER = {"volume": CONCENTRATION.over(TIME), "surface": DENSITY.over(TIME)}


def add_reactions(
    checked: Checked,
    names: Names,
    sizes: Sizes,
    index: dict[str, int],
    derivatives: list[Expression],
) -> list[ReactionRow]:
    """Define every reaction's rates and add what it changes to the derivatives."""
    rows = []
    for number, reaction in enumerate(checked.model.reactions):
        rows.append(_add_reaction(checked, names, sizes, index, derivatives, number, reaction))
    return rows


def _add_reaction(
    checked: Checked,
    names: Names,
    sizes: Sizes,
    index: dict[str, int],
    derivatives: list[Expression],
    number: int,
    reaction: Reaction,
) -> ReactionRow:
    readings = checked.readings[number]
    label = reaction.name or f"reaction {number + 1}"
    changes = net_changes(reaction.left, reaction.right, index)
    rates: list[Name | None] = []
    per: list[Size] = []
    for backward, constant in enumerate((reaction.forward, reaction.backward)):
        if constant is None:
            rates.append(None)
            continue
        reading = readings[backward]
        assert reading is not None
        size = sizes.of_reaction(reaction, reading, bool(backward))
        law = constant
        if reaction.law == "mass action":
            law = mass_action(constant, reaction.right if backward else reaction.left)
        law = names.scaled(reaction.name, names.scaled(reaction.scheme, law))
        # One rate per size here; events of the whole place are rate * size.
        way = "backward" if backward else "forward"
        rates.append(names.define(f"{label} {way}", law, None))
        per.append(size)
        for name, coefficient in changes.items():
            ratio = sizes.ratio(size, sizes.of(name), reaction.where, f"`{reaction.text}`")
            loses = isinstance(coefficient, Number) and coefficient.value < 0.0
            share = negate(coefficient) if loses else coefficient
            combine = subtract if loses != bool(backward) else add
            gain = multiply(multiply(share, ratio), Name(f"{label} {way}"))
            derivatives[index[name]] = combine(derivatives[index[name]], gain)

    if reaction.name is not None:
        _define_net(names, checked, reaction, per, [rate for rate in rates if rate is not None])
    action = reaction.law == "mass action"
    return ReactionRow(
        label,
        f"{label} forward",
        f"{label} backward" if reaction.backward is not None else None,
        tuple((index[name], coefficient) for name, coefficient in changes.items()),
        str(reaction.where),
        forward_size=per[0].value,
        backward_size=per[1].value if len(per) > 1 else None,
        reactants=_orders(reaction.left, index) if action else (),
        products=_orders(reaction.right, index) if action else (),
    )


def _orders(terms: tuple[Term, ...], index: dict[str, int]) -> tuple[tuple[int, int], ...]:
    """How many of each numbered state meet in an event."""
    orders: dict[int, int] = {}
    for coefficient, name in terms:
        if name in index and isinstance(coefficient, Number):
            orders[index[name]] = orders.get(index[name], 0) + int(coefficient.value)
    return tuple(orders.items())


def _define_net(
    names: Names, checked: Checked, reaction: Reaction, per: list[Size], rates: list[Name]
) -> None:
    """The net rate under the reaction's name: events per time, or per size where unknown."""
    assert reaction.name is not None
    unit = checked.units[reaction.name]
    known = all(size.value is not None for size in per)
    if not known and per[0].kind in _PER:
        unit = natural_unit(_PER[per[0].kind], like=reaction.text)
    net: Expression = ZERO
    for rate, size, combine in zip(rates, per, (add, subtract), strict=False):
        scale = size.value if known and size.value is not None else ONE
        net = combine(net, multiply(rate, scale))
    names.define(reaction.name, net, unit)


def net_changes(
    left: tuple[Term, ...], right: tuple[Term, ...], index: dict[str, int]
) -> dict[str, Expression]:
    """What one event adds to each participant that can change."""
    changes: dict[str, Expression] = {}
    for terms, sign in ((left, -1), (right, 1)):
        for coefficient, name in terms:
            if name in index:
                signed = coefficient if sign > 0 else negate(coefficient)
                changes[name] = _plain_sum(changes.get(name, ZERO), signed)
    return {name: change for name, change in changes.items() if not is_number(change, 0.0)}


def _plain_sum(a: Expression, b: Expression) -> Expression:
    if isinstance(a, Number) and isinstance(b, Number):
        return Number(a.value + b.value)
    return add(a, b)


def mass_action(constant: Expression, reactants: tuple[Term, ...]) -> Expression:
    """constant * product of reactant^coefficient."""
    law = constant
    for coefficient, name in reactants:
        factor: Expression = Name(name)
        if not is_number(coefficient, 1.0):
            factor = Apply("^", (factor, coefficient))
        law = multiply(law, factor)
    return law
