"""Model to canonical text, which reads back to an equal model.

Equal means: the same declarations in the same order with the same numbers; only lines,
comments and layout may differ. Loops come out unrolled. Flat models have dotted names,
which no text declares: write the models they were made of.
"""

from __future__ import annotations

from collections.abc import Iterator

from quantal.expression import ONE, Expression, Number
from quantal.model.model import Model
from quantal.model.number_text import expression_text, number_text, without_unit
from quantal.model.processes import (
    Assign,
    Connect,
    Crosses,
    Current,
    Emit,
    Fire,
    On,
    Reaction,
    Use,
)
from quantal.model.quantities import (
    Q10,
    Distribution,
    EventPort,
    Gate,
    Let,
    Membrane,
    Parameter,
    Place,
    Port,
    Role,
    Scheme,
    Species,
    State,
)
from quantal.model.reading.processes import side_text
from quantal.model.target_writer import target_lines
from quantal.units import NUMBER, Unit


def write(model: Model) -> str:
    """The canonical text of a model."""
    parent = next((used for used in model.used if used.name == model.parent), None)
    lines = _texts(model)
    if parent is not None and model.parent is not None:
        own = _own(model, parent)
        lines += [_parameter(parameter) for parameter in own.parameters]
        lines += [_q10(q10) for q10 in own.q10s]
    else:
        lines += _declarations(model)
        lines += _processes(model)
    for target in model.targets:
        lines += target_lines(target)
    return "\n".join(lines) + "\n"


def _own(model: Model, parent: Model) -> Model:
    """What a variant says itself: the numbers that differ from its parent's."""
    numbers = {parameter.name: parameter.value for parameter in parent.parameters}
    return Model(
        model.kind,
        model.name,
        model.where,
        parameters=tuple(p for p in model.parameters if p.value != numbers.get(p.name)),
        q10s=tuple(q for q in model.q10s if not any(_part_of(q, old) for old in parent.q10s)),
    )


def _part_of(q10: Q10, old: Q10) -> bool:
    same = (q10.factor, q10.reference) == (old.factor, old.reference)
    return same and set(q10.names) <= set(old.names)


def _texts(model: Model) -> list[str]:
    inherited = model.parent is not None and any(u.name == model.parent for u in model.used)
    parent = f"from {model.parent}" if inherited else ""
    lines = [_words(model.kind, model.name, parent, _quoted(model.title))]
    lines += [f"source {source}" for source in model.source]
    lines += [f"doi {model.doi}"] if model.doi else []
    lines += [f"preparation {model.preparation}"] if model.preparation else []
    if model.temperature is not None:
        lines.append(f"temperature {number_text(model.temperature)}")
    return lines + [f"note {note}" for note in model.notes]


def _declarations(model: Model) -> Iterator[str]:
    yield from map(_place, model.places)
    yield from map(_port, model.ports)
    yield from map(_event, model.events)
    yield from map(_parameter, model.parameters)
    yield from map(_let, model.lets)
    yield from map(_membrane, model.membranes)
    yield from map(_species, model.species)
    for state in model.states:
        yield from _state(state)
    for gate in model.gates:
        yield from _gate(gate)


def _processes(model: Model) -> Iterator[str]:
    yield from _reactions(model)
    yield from map(_current, model.currents)
    yield from map(_q10, model.q10s)
    for handler in model.handlers:
        yield from _on(handler)
    yield from map(_use, model.uses)
    yield from map(_connect, model.connections)
    yield from map(_role, model.roles)


def _place(place: Place) -> str:
    return _words(
        f"place {place.name}",
        f"between {place.inside} and {place.outside}" if place.inside else "",
        f"volume = {expression_text(place.volume)}" if place.volume else "",
        f"surface = {expression_text(place.surface)}" if place.surface else "",
        _quoted(place.description),
    )


def _port(port: Port) -> str:
    unit = "" if port.kind == "membrane" and port.unit.text == "mV" else f"[{port.unit.text}]"
    return _words(
        f"{port.kind} {port.name}",
        f"as {port.role}" if port.role != port.name else "",
        unit,
        f"= {expression_text(port.default)}" if port.default is not None else "",
        port.side or "",
        _quoted(port.description),
    )


def _event(event: EventPort) -> str:
    return _words(f"event {event.name}", "out" if event.out else "", _quoted(event.description))


def _parameter(parameter: Parameter) -> str:
    bounds = ""
    if parameter.low is not None and parameter.high is not None:
        low, high = (_bound(bound, parameter.unit) for bound in (parameter.low, parameter.high))
        bounds = f"between {low} and {high}"
    return _words(
        f"parameter {parameter.name} = {number_text(parameter.value, parameter.unit)}",
        bounds,
        _distribution(parameter.distribution),
        _quoted(parameter.description),
    )


def _bound(bound: Number, unit: Unit) -> str:
    text = number_text(bound, unit)
    return text if unit.dimension == NUMBER else without_unit(text, unit)


def _distribution(distribution: Distribution | None) -> str:
    if distribution is None:
        return ""
    arguments = ", ".join(f"{word} = {number_text(n)}" for word, n in distribution.arguments)
    return f"~ {distribution.family}({arguments}) per {distribution.per}"


def _let(let: Let) -> str:
    unit = f" [{let.unit.text}]" if let.unit else ""
    return _words(
        f"let {let.name}{unit} = {expression_text(let.expression)}", _quoted(let.description)
    )


def _initial(name: str, value: Expression, unit: Unit | None) -> str:
    """`name [unit] = value`, the unit only where the value does not say it."""
    if isinstance(value, Number) and unit is not None:
        text = number_text(value, unit)
        said = text[text.index("[") + 1 : -1] if "[" in text else "1"
        return f"{name} = {text}" if said == unit.text else f"{name} [{unit.text}] = {text}"
    stated = f" [{unit.text}]" if unit is not None else ""
    return f"{name}{stated} = {expression_text(value)}"


def _located(place: str | None) -> str:
    if place is None or place in ("inside", "outside"):
        return place or ""
    return f"in {place}"


def _membrane(membrane: Membrane) -> str:
    return _words(
        f"membrane {_initial(membrane.name, membrane.initial, membrane.unit)}",
        f"capacitance {expression_text(membrane.capacitance)}",
        _located(membrane.place),
        _quoted(membrane.description),
    )


def _species(species: Species) -> str:
    return _words(
        f"species {_initial(species.name, species.initial, species.unit)}",
        _located(species.place),
        f"charge {species.charge}" if species.charge is not None else "",
        _quoted(species.description),
    )


def _state(state: State) -> Iterator[str]:
    start = _initial(state.name, state.initial, state.unit)
    yield _words(f"state {start}", _quoted(state.description))
    if state.derivative is not None:
        yield f"  {state.name}' = {expression_text(state.derivative)}"


def _gate(gate: Gate) -> Iterator[str]:
    yield _words(f"gate {gate.name}", _quoted(gate.description))
    for word in ("alpha", "beta", "inf", "tau"):
        rate = getattr(gate, word)
        if rate is not None:
            yield f"  {word} = {expression_text(rate)}"


def _reactions(model: Model) -> Iterator[str]:
    """Schemes and reactions, so mixed that the reactions keep their order."""
    loose = [(i, r) for i, r in enumerate(model.reactions) if r.scheme is None]
    for scheme in model.schemes:
        lines = [(i, r) for i, r in enumerate(model.reactions) if r.scheme == scheme.name]
        while lines and loose and loose[0][0] < lines[0][0]:
            yield f"reaction {_transition(loose.pop(0)[1])}"
        yield _scheme(scheme)
        yield from (f"  {_transition(reaction)}" for _, reaction in lines)
    yield from (f"reaction {_transition(reaction)}" for _, reaction in loose)


def _scheme(scheme: Scheme) -> str:
    return _words(
        f"scheme {scheme.name} = {' '.join(scheme.states)}",
        f"count {expression_text(scheme.count)}" if scheme.count is not None else "",
        "start equilibrium" if scheme.start == "equilibrium" else "",
        _quoted(scheme.description),
    )


def _transition(reaction: Reaction) -> str:
    law = expression_text(reaction.forward)
    if reaction.backward is not None:
        law += f", {expression_text(reaction.backward)}"
    arrow = "->" if reaction.backward is None else "<->"
    return _words(
        f"{reaction.name} =" if reaction.name else "",
        f"{side_text(reaction.left)} {arrow} {side_text(reaction.right)}",
        f": {law}" if reaction.law == "mass action" else f"rate {law}",
        f"in {reaction.place}" if reaction.place else "",
        _quoted(reaction.description),
    )


def _current(current: Current) -> str:
    unit = f" [{current.unit.text}]" if current.unit else ""
    return _words(
        f"current {current.name}{unit} = {expression_text(current.expression)}",
        f"carries {current.carries}" if current.carries else "",
        f"from {current.from_membrane}" if current.from_membrane else "",
        f"to {current.to_membrane}" if current.to_membrane else "",
        _quoted(current.description),
    )


def _on(handler: On) -> Iterator[str]:
    trigger = handler.trigger
    if isinstance(trigger, Crosses):
        direction = "" if trigger.direction == "both" else trigger.direction
        value, threshold = expression_text(trigger.expression), expression_text(trigger.threshold)
        trigger = _words(f"{value} crosses {threshold}", direction)
    after = f"after {expression_text(handler.after)}" if handler.after is not None else ""
    yield _words(f"on {trigger}", after)
    yield from (f"  {_action(action)}" for action in handler.actions)


def _action(action: Assign | Fire | Emit) -> str:
    if isinstance(action, Emit):
        return f"emit {action.event}"
    if isinstance(action, Assign):
        return f"{action.target} {action.operator} {expression_text(action.expression)}"
    times = "" if action.times == ONE else f"times {expression_text(action.times)}"
    return _words(f"{side_text(action.left)} -> {side_text(action.right)}", times)


def _q10(q10: Q10) -> str:
    return f"q10 {number_text(q10.factor)} for {' '.join(q10.names)}"


def _use(use: Use) -> str:
    settings = [f"exchange {name}" for name in use.exchanges]
    settings += [f"{name} = {expression_text(value)}" for name, value in use.settings]
    return _words(
        f"use {use.name} = {use.mechanism}",
        f"at {use.place}" if use.place else "",
        f"over {use.over}" if use.over else "",
        f"with {', '.join(settings)}" if settings else "",
    )


def _connect(connection: Connect) -> str:
    if not connection.is_event:
        return f"connect {connection.target} = {connection.source}"
    delay = f"delay {expression_text(connection.delay)}" if connection.delay is not None else ""
    return _words(f"connect {connection.source} -> {connection.target}", delay)


def _role(role: Role) -> str:
    return _words(
        f"role {role.name} = {expression_text(role.expression)}", _quoted(role.description)
    )


def _quoted(text: str) -> str:
    return f'"{text}"' if text else ""


def _words(*parts: str) -> str:
    return " ".join(part for part in parts if part)
