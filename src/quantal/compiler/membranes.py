"""Currents -> membrane equations and ion fluxes. Outward is positive: C dV/dt = -sum(i)."""

from __future__ import annotations

from quantal.compiler.check import Checked
from quantal.compiler.expand import CONSTANTS, expand
from quantal.compiler.names import Names
from quantal.compiler.sizes import ONE_OF, Size, Sizes
from quantal.expression import (
    Apply,
    Expression,
    Name,
    Number,
    add,
    divide,
    multiply,
    subtract,
)
from quantal.model.processes import Current
from quantal.model.quantities import Membrane
from quantal.program import ReactionRow


def add_currents(
    checked: Checked,
    names: Names,
    sizes: Sizes,
    index: dict[str, int],
    derivatives: list[Expression],
) -> list[ReactionRow]:
    """Define every current; charge its membranes and move its ions. Gives the ion rows."""
    membranes = {membrane.name: membrane for membrane in checked.model.membranes}
    charges = {species.name: species.charge for species in checked.model.species}
    rows = []
    for current in checked.model.currents:
        names.define(current.name, current.expression, checked.units[current.name])
        size = sizes.of_current(current, checked.current_readings[current.name])
        for end, combine in ((current.from_membrane, subtract), (current.to_membrane, add)):
            if end in membranes:
                i = index[end]
                slope = _slope(checked, sizes, current, size, membranes[end])
                derivatives[i] = combine(derivatives[i], slope)
        if current.carries in index:
            charge = charges.get(current.carries)
            if charge:
                rows.append(_carry(names, sizes, index, derivatives, current, size, charge))
    return rows


def _slope(
    checked: Checked, sizes: Sizes, current: Current, size: Size, membrane: Membrane
) -> Expression:
    """current/capacitance (mV/ms), both of the whole membrane or both per surface."""
    whole = checked.capacitance_readings[membrane.name] == "whole"
    own = ONE_OF if whole else sizes.surface(membrane.place)
    if size.kind == "surface" and own.kind == "surface" and size.value is own.value is None:
        # A density on a membrane of unknown size: both per area, the area cancels.
        ratio: Expression = Number(1.0)
    else:
        ratio = sizes.ratio(size, own, current.where, f"the current `{current.name}`")
    return divide(multiply(Name(current.name), ratio), expand(membrane.capacitance))


def _carry(
    names: Names,
    sizes: Sizes,
    index: dict[str, int],
    derivatives: list[Expression],
    current: Current,
    size: Size,
    charge: int,
) -> ReactionRow:
    """Outward current removes current/(z e) ions a time from the inside."""
    assert current.carries is not None
    quantum = Apply("*", (Number(float(charge)), CONSTANTS["elementary_charge"]))
    label = f"{current.name} carries {current.carries}"
    rate = names.define(label, divide(Name(current.name), quantum), None)
    ratio = sizes.ratio(
        size, sizes.of(current.carries), current.where, f"`{current.name}`, which carries ions,"
    )
    i = index[current.carries]
    derivatives[i] = subtract(derivatives[i], multiply(ratio, rate))
    lost = ((i, Number(-1.0)),)
    return ReactionRow(label, label, None, lost, str(current.where), forward_size=size.value)
