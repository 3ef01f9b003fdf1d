"""Flat Model -> Checked: every dimension, every reading, or every problem at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from quantal.compiler.checks.currents import CurrentChecks, capacitance_reading
from quantal.compiler.checks.events import EventChecks
from quantal.compiler.checks.order import definition_order
from quantal.compiler.checks.plausibility import plausibility
from quantal.compiler.checks.quantities import QuantityChecks
from quantal.compiler.checks.reactions import ReactionChecks, Reading
from quantal.compiler.checks.targets import TargetChecks
from quantal.compiler.checks.unsized import unsized_rates
from quantal.compiler.symbols import BUILTIN, Symbols
from quantal.errors import ModelError, Problem
from quantal.model.model import Model
from quantal.units import NUMBER, Dimension, Unit, natural_unit


@dataclass(frozen=True)
class Checked:
    """A flat model that fits together, with what its dimensions say.

    `dimensions` and `units` hold every name: parameters, lets, species, states of schemes,
    states, gates, membranes, ports, currents, named reactions (events per time, or per size
    and time where the size is not known), computed roles, and the language's own `time`,
    `temperature`, `pi`, `elementary_charge`. `dimensions` also holds `NAME.count` of
    counted schemes and `NAME.capacitance` of membranes. `order` lists lets, and the
    currents and reactions that others use, each after what it uses.

    `readings[i]` says for both directions of `model.reactions[i]` whether its rate is of
    the `whole` place, per `volume` or per `surface`; `current_readings`,
    `capacitance_readings` (by membrane) and `count_readings` (by scheme) say `whole` or
    `surface`. `warnings` are what the dimensions allow but the numbers make unlikely.
    """

    model: Model
    dimensions: dict[str, Dimension]
    units: dict[str, Unit]
    order: tuple[str, ...]
    readings: dict[int, Reading]
    current_readings: dict[str, str] = field(default_factory=dict)
    capacitance_readings: dict[str, str] = field(default_factory=dict)
    count_readings: dict[str, str] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()


def check(flat: Model, problems: Iterable[Problem] = ()) -> Checked:
    """Everything that the dimensions and the bookkeeping of a flat model say.

    Args:
        flat: what `quantal.assembly.flatten` gives.
        problems: what is already known to be wrong, to be reported together.

    Raises:
        ModelError: with all problems, in the order of the text.
    """
    found = list(problems)
    symbols = Symbols(flat, found)
    quantities = QuantityChecks(symbols)
    quantities.run(flat)
    reactions = ReactionChecks(symbols)
    reactions.run()
    currents = CurrentChecks(symbols, quantities.dimensions)
    currents.run()
    EventChecks(symbols).run()
    TargetChecks(symbols).run()
    order = definition_order(symbols)
    if found:
        raise ModelError(found)
    dimensions = _dimensions(symbols) | quantities.dimensions
    unsized = unsized_rates(symbols, reactions.readings)
    dimensions |= unsized
    return Checked(
        model=flat,
        dimensions=dimensions,
        units=_units(symbols, dimensions)
        | {name: natural_unit(dimension) for name, dimension in unsized.items()},
        order=order,
        readings=reactions.readings,
        current_readings=currents.readings,
        capacitance_readings={
            membrane.name: capacitance_reading(dimensions[f"{membrane.name}.capacitance"])
            for membrane in flat.membranes
        },
        count_readings={
            scheme.name: "whole" if dimensions[f"{scheme.name}.count"] == NUMBER else "surface"
            for scheme in flat.schemes
            if scheme.count is not None
        },
        warnings=tuple(plausibility(flat, dimensions, order)),
    )


def _dimensions(symbols: Symbols) -> dict[str, Dimension]:
    found = dict(BUILTIN)
    for name, symbol in symbols.table.items():
        found[name] = symbols.dimension_of(name, symbol.where) or NUMBER
    for role in symbols.model.roles:
        if role.name not in found:
            found[role.name] = symbols.infer.of(role.expression, role.where) or NUMBER
    return found


def _units(symbols: Symbols, dimensions: dict[str, Dimension]) -> dict[str, Unit]:
    units = {name: symbols.display_unit(name) for name in (*symbols.table, *BUILTIN)}
    for role in symbols.model.roles:
        if role.name not in units:
            units[role.name] = symbols.role_unit(role, dimensions[role.name])
    return units
