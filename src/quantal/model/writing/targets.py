"""A target and its protocol as canonical text."""

from __future__ import annotations

from collections.abc import Iterator

from quantal.errors import UsageError
from quantal.expression import Number
from quantal.model.reading.targets import measured_text
from quantal.model.target import Target
from quantal.model.writing.numbers import (
    digits,
    expression_text,
    number_text,
    with_texts,
    without_unit,
)
from quantal.protocols.protocol import (
    Action,
    Drive,
    Hold,
    Protocol,
    Pulse,
    Set,
    Step,
    Sweep,
    Train,
)
from quantal.units import Unit, parse_unit


def target_lines(target: Target) -> Iterator[str]:
    """The lines of a target, its block indented."""
    values = _series(target.values, target.unit)
    measured = measured_text(with_texts(target.measured))
    yield f"target {measured} = {values} +- {_tolerance(target)}"
    yield from (f"  {line}" for line in protocol_lines(target.protocol))
    if target.figure:
        yield f"  figure {target.figure}"
    if target.note:
        yield from (f"  note {line}".rstrip() for line in target.note.split("\n"))


def protocol_lines(protocol: Protocol) -> Iterator[str]:
    """The lines of a protocol.

    Raises:
        UsageError: sampled waveforms and lists of times, which no text holds.
    """
    if protocol.sweep is not None:
        yield _sweep(protocol.sweep)
    yield from (_action(action) for action in protocol.actions)
    if protocol.rest:
        yield f"rest {digits(protocol.rest)} [ms]"
    if protocol.until is not None:
        yield f"until {digits(protocol.until)} [ms]"


def _action(action: Action) -> str:
    match action:
        case Hold(name, value):
            return f"hold {name} = {number_text(value)}"
        case Set(name, value):
            return f"set {name} = {number_text(value)}"
        case Step(name, value, at):
            return f"step {name} = {number_text(value)}{_at(at)}"
        case Drive(name, expression):
            return f"drive {name} = {expression_text(expression)}"
        case Train(event, every, count, at):
            return f"train {event} every {number_text(every)} count {count}{_at(at)}"
        case Pulse():
            return _pulse(action)
    kind = type(action).__name__.lower()
    raise UsageError(f"a {kind} cannot be written as text; give it as a protocol in Python")


def _pulse(pulse: Pulse) -> str:
    span = (
        f"for {number_text(pulse.duration)}"
        if pulse.duration is not None
        else f"decaying {number_text(pulse.decay or Number(0.0))}"
    )
    every = ""
    if pulse.every is not None:
        every = f" every {number_text(pulse.every)} count {pulse.count}"
    return f"pulse {pulse.name} = {number_text(pulse.value)} {span}{every}{_at(pulse.at)}"


def _at(at: Number) -> str:
    if at.value == 0.0 and not at.text:
        return ""
    return f" at {at.text or f'{digits(at.value)} [ms]'}"


def _sweep(sweep: Sweep) -> str:
    last = sweep.values[-1].text
    written = last[last.index("[") + 1 : -1] if "[" in last else "1"
    return f"sweep {sweep.name} = {_series(sweep.values, parse_unit(written))}"


def _series(values: tuple[Number, ...], unit: Unit) -> str:
    """Values with commas between, the unit once at the end where it is the same."""
    texts = [number_text(value, unit) for value in values]
    return ", ".join([*(without_unit(text, unit) for text in texts[:-1]), texts[-1]])


def _tolerance(target: Target) -> str:
    if target.relative:
        return target.tolerance.text or f"{digits(target.tolerance.value * 100.0)} %"
    return number_text(target.tolerance, target.unit)
