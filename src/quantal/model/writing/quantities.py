"""Declarations with a value as canonical text: place, port, parameter, species, state, gate."""

from __future__ import annotations

from collections.abc import Iterator

from quantal.expression import Expression, Number
from quantal.model.model import Model
from quantal.model.quantities import (
    Distribution,
    EventPort,
    Gate,
    Let,
    Membrane,
    Parameter,
    Place,
    Port,
    Species,
    State,
)
from quantal.model.writing.numbers import expression_text, number_text, quoted, without_unit, words
from quantal.units import NUMBER, Unit


def declaration_lines(model: Model) -> Iterator[str]:
    """The lines of all declarations."""
    yield from map(_place, model.places)
    yield from map(_port, model.ports)
    yield from map(_event, model.events)
    yield from map(parameter_line, model.parameters)
    yield from map(_let, model.lets)
    yield from map(_membrane, model.membranes)
    yield from map(_species, model.species)
    for state in model.states:
        yield from _state(state)
    for gate in model.gates:
        yield from _gate(gate)


def _place(place: Place) -> str:
    return words(
        f"place {place.name}",
        f"between {place.inside} and {place.outside}" if place.inside else "",
        f"volume = {expression_text(place.volume)}" if place.volume else "",
        f"surface = {expression_text(place.surface)}" if place.surface else "",
        quoted(place.description),
    )


def _port(port: Port) -> str:
    unit = "" if port.kind == "membrane" and port.unit.text == "mV" else f"[{port.unit.text}]"
    return words(
        f"{port.kind} {port.name}",
        f"as {port.role}" if port.role != port.name else "",
        unit,
        f"= {expression_text(port.default)}" if port.default is not None else "",
        port.side or "",
        quoted(port.description),
    )


def _event(event: EventPort) -> str:
    return words(f"event {event.name}", "out" if event.out else "", quoted(event.description))


def parameter_line(parameter: Parameter) -> str:
    """`parameter kon = 4.59 [/mM/ms] between 1 and 20 "binding"`."""
    bounds = ""
    if parameter.low is not None and parameter.high is not None:
        low, high = (_bound(bound, parameter.unit) for bound in (parameter.low, parameter.high))
        bounds = f"between {low} and {high}"
    return words(
        f"parameter {parameter.name} = {number_text(parameter.value, parameter.unit)}",
        bounds,
        _distribution(parameter.distribution),
        quoted(parameter.description),
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
    return words(
        f"let {let.name}{unit} = {expression_text(let.expression)}", quoted(let.description)
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
    return words(
        f"membrane {_initial(membrane.name, membrane.initial, membrane.unit)}",
        f"capacitance {expression_text(membrane.capacitance)}",
        _located(membrane.place),
        quoted(membrane.description),
    )


def _species(species: Species) -> str:
    return words(
        f"species {_initial(species.name, species.initial, species.unit)}",
        _located(species.place),
        f"charge {species.charge}" if species.charge is not None else "",
        quoted(species.description),
    )


def _state(state: State) -> Iterator[str]:
    start = _initial(state.name, state.initial, state.unit)
    yield words(f"state {start}", quoted(state.description))
    if state.derivative is not None:
        yield f"  {state.name}' = {expression_text(state.derivative)}"


def _gate(gate: Gate) -> Iterator[str]:
    yield words(f"gate {gate.name}", quoted(gate.description))
    for word in ("alpha", "beta", "inf", "tau"):
        rate = getattr(gate, word)
        if rate is not None:
            yield f"  {word} = {expression_text(rate)}"
