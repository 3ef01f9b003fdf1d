"""Model -> Program: everything that was said becomes numbered states and expressions.

Reactions become rates and stoichiometry first, and the derivatives are summed from
those, so that every engine reads one and the same declaration.
"""

from __future__ import annotations

from quantal.compiler.check import Checked
from quantal.compiler.definitions import order_definitions
from quantal.compiler.events import lower_handlers, lower_links
from quantal.compiler.expand import TEMPERATURE, expand
from quantal.compiler.membranes import add_currents
from quantal.compiler.names import Names
from quantal.compiler.reactions import add_reactions
from quantal.compiler.sizes import Sizes
from quantal.constants import ZERO_CELSIUS
from quantal.errors import ModelError
from quantal.expression import (
    ONE,
    ZERO,
    Apply,
    Expression,
    Name,
    add,
    divide,
    evaluate,
    multiply,
    names_in,
    subtract,
)
from quantal.model.model import Model
from quantal.model.quantities import Gate, Membrane, Parameter, Species, State
from quantal.program import (
    DriveSlot,
    Equilibrium,
    Invariant,
    ParameterSlot,
    Program,
    Spread,
    StateVariable,
)
from quantal.units import CONCENTRATION, VOLTAGE, Unit, parse_unit

ROOM_TEMPERATURE = 22.0 + ZERO_CELSIUS
"""Where nothing says a temperature and nothing depends on one (K)."""


def lower(checked: Checked) -> Program:
    """The Program of a checked, flat model.

    Raises:
        ModelError: a size (volume, surface, count) that does not cancel is missing.
    """
    model = checked.model
    names = Names(checked)
    sizes = Sizes(checked)
    states = _states(checked, sizes)
    index = {state.name: i for i, state in enumerate(states)}
    derivatives: list[Expression] = [ZERO] * len(states)

    for let in model.lets:
        names.define(let.name, let.expression, checked.units[let.name])
    for state in model.states:
        if state.derivative is not None:
            derivatives[index[state.name]] = names.scaled(state.name, state.derivative)
    for gate in model.gates:
        derivatives[index[gate.name]] = names.scaled(gate.name, _gate(gate))
    rows = add_reactions(checked, names, sizes, index, derivatives)
    rows += add_currents(checked, names, sizes, index, derivatives)
    roles = _roles(checked, names)
    handlers = lower_handlers(checked, names, sizes, index)
    links = lower_links(checked, names)
    if sizes.problems:
        raise ModelError(sizes.problems)

    parameters = _parameters(model)
    return Program(
        name=model.name,
        title=model.title,
        states=states,
        parameters=parameters,
        drives=_drives(model, parameters),
        definitions=order_definitions(names.definitions, {slot.name for slot in parameters}),
        derivatives=tuple(names.rewrite(derivative) for derivative in derivatives),
        initial=_initial(model, names, index, len(states)),
        equilibria=_equilibria(model, index),
        reactions=tuple(rows),
        events=tuple(event.name for event in model.events),
        links=links,
        handlers=handlers,
        invariants=_invariants(model, index),
        roles=roles,
        notes=_notes(model),
        mechanisms=tuple(dict.fromkeys(used.name for used in (model, *model.used))),
    )


def _gate(gate: Gate) -> Expression:
    x = Name(gate.name)
    if gate.alpha is not None and gate.beta is not None:
        rise = multiply(gate.alpha, subtract(ONE, x))
        return subtract(rise, multiply(gate.beta, x))
    assert gate.inf is not None
    assert gate.tau is not None
    return divide(subtract(gate.inf, x), gate.tau)


def _states(checked: Checked, sizes: Sizes) -> tuple[StateVariable, ...]:
    """Membranes first (everything depends on them), then gates, schemes, species, states."""
    model, rows = checked.model, []
    declared = _declared(model)

    def row(name: str, kind: str, unit: Unit, clampable: bool = False) -> None:
        counted = kind in ("occupancy", "concentration", "amount")
        size = sizes.of(name).value if counted else None
        rows.append(
            StateVariable(name, unit, kind, unit.scale, clampable, size, declared.get(name))
        )

    for membrane in model.membranes:
        row(membrane.name, "voltage", checked.units[membrane.name], True)
    for gate in model.gates:
        row(gate.name, "gate", parse_unit("1"))
    for scheme in model.schemes:
        for occupancy in scheme.states:
            row(occupancy, "occupancy", parse_unit("1"))
    for species in model.species:
        dimension = checked.dimensions[species.name]
        kind = "concentration" if dimension == CONCENTRATION else "amount"
        row(species.name, kind, checked.units[species.name], True)
    for state in model.states:
        dimension = checked.dimensions[state.name]
        kind = "voltage" if dimension == VOLTAGE else "number"
        row(state.name, kind, checked.units[state.name])
    return tuple(rows)


def _declared(model: Model) -> dict[str, bool]:
    """What is declared discrete (True) or continuous, by state; an assembly's own word counts."""
    schemes = {scheme.name: scheme.states for scheme in model.schemes}
    found: dict[str, bool] = {}
    for counting in reversed(model.countings):
        for name in counting.names:
            found |= dict.fromkeys(schemes.get(name, (name,)), counting.discrete)
    return found


def _parameters(model: Model) -> tuple[ParameterSlot, ...]:
    sizes = _never_negative(model)
    slots = []
    for item in model.parameters:
        low = item.low.value if item.low else (0.0 if item.name in sizes else None)
        high = item.high.value if item.high else None
        slots.append(
            ParameterSlot(item.name, item.value.value, item.unit, low, high, _spread(item))
        )
    temperature = model.temperature.value if model.temperature else ROOM_TEMPERATURE
    slots.append(ParameterSlot(TEMPERATURE.name, temperature, parse_unit("degC"), low=0.0))
    return tuple(slots)


def _spread(item: Parameter) -> Spread | None:
    if item.distribution is None:
        return None
    arguments = tuple((word, number.value) for word, number in item.distribution.arguments)
    return Spread(item.distribution.family, arguments, item.distribution.per)


def _never_negative(model: Model) -> set[str]:
    """Parameters that are a count, a volume, a surface, a capacitance, or a species' start.

    There cannot be fewer than none of these, whatever a protocol sets.
    """
    sizes = [scheme.count for scheme in model.schemes]
    sizes += [place.volume for place in model.places] + [place.surface for place in model.places]
    sizes += [membrane.capacitance for membrane in model.membranes]
    sizes += [species.initial for species in model.species]
    direct = {size.name for size in sizes if isinstance(size, Name)}
    # A setting of an assembly stands between: `with n = 80*zones` makes n a let.
    lets = {let.name: let.expression for let in model.lets}
    return direct | {
        name for size in direct & lets.keys() for name in names_in(lets[size])
        if isinstance(lets[size], Name)
    }  # fmt: skip


def _drives(model: Model, parameters: tuple[ParameterSlot, ...]) -> tuple[DriveSlot, ...]:
    values = {slot.name: slot.value for slot in parameters}
    return tuple(
        DriveSlot(
            port.name,
            None if port.default is None else float(evaluate(expand(port.default), values)),
            port.unit,
        )
        for port in model.ports
    )


def _initial(
    model: Model, names: Names, index: dict[str, int], size: int
) -> tuple[Expression, ...]:
    initial: list[Expression] = [ZERO] * size
    valued: list[Membrane | Species | State] = [*model.membranes, *model.species, *model.states]
    for item in valued:
        initial[index[item.name]] = names.rewrite(item.initial)
    for gate in model.gates:
        initial[index[gate.name]] = names.rewrite(_resting_gate(gate))
    for scheme in model.schemes:
        for share, name in scheme.shares or ((ONE, scheme.states[0]),):
            initial[index[name]] = names.rewrite(share)
    return tuple(initial)


def _resting_gate(gate: Gate) -> Expression:
    if gate.inf is not None:
        return gate.inf
    assert gate.alpha is not None
    assert gate.beta is not None
    return Apply("/", (gate.alpha, add(gate.alpha, gate.beta)))


def _equilibria(model: Model, index: dict[str, int]) -> tuple[Equilibrium, ...]:
    return tuple(
        Equilibrium(tuple(index[state] for state in scheme.states))
        for scheme in model.schemes
        if scheme.start == "equilibrium"
    )


def _invariants(model: Model, index: dict[str, int]) -> tuple[Invariant, ...]:
    return tuple(
        Invariant(
            scheme.name,
            tuple(index[state] for state in scheme.states),
            (ONE,) * len(scheme.states),
        )
        for scheme in model.schemes
    )


def _roles(checked: Checked, names: Names) -> dict[str, str]:
    """Role to the name that holds it; a computed role becomes a definition of that name."""
    roles = {}
    for role in checked.model.roles:
        if isinstance(role.expression, Name):
            if role.expression.name != role.name:
                roles[role.name] = role.expression.name
        else:
            names.define(role.name, role.expression, checked.units[role.name])
    return roles


def _notes(model: Model) -> tuple[str, ...]:
    return tuple(
        f"`{item.name}` varies per {item.distribution.per}; this run uses its mean"
        for item in model.parameters
        if item.distribution is not None
    )
