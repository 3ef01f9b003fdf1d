"""The values of a protocol as things to vary: how a waveform changes with one of them.

Every hold, pulse and step enters a waveform linearly, so that the derivative is the waveform
of the same protocol with this value one and all others zero.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from quantal.compiler.actions import Binder, apply
from quantal.compiler.waveforms import Waveform
from quantal.errors import UsageError
from quantal.expression import Number
from quantal.program import Program
from quantal.protocols.protocol import Hold, Protocol, Pulse, Step
from quantal.stimulus import Piecewise
from quantal.units import Unit

_WORDS: dict[type, str] = {Hold: "hold", Pulse: "pulse", Step: "step"}


@dataclass(frozen=True, eq=False)
class Amplitude:
    """One value of a protocol: its name, its place among the actions, and what it drives."""

    name: str
    action: int
    target: str
    unit: Unit
    value: float


def amplitudes(program: Program, protocol: Protocol) -> list[Amplitude]:
    """All values of holds, pulses and steps on inputs, membranes and species.

    They are called `pulse(glu)`; where there are several of a kind, `pulse(glu, 1)` and so on.
    """
    binder = _binder(program, protocol)
    found: list[tuple[str, str, int, Hold | Pulse | Step, Unit]] = []
    for number, action in enumerate(protocol.actions):
        if isinstance(action, Hold | Pulse | Step):
            target = _target(binder, action)
            if target is not None:
                unit = binder.waveform(target, "hold")[1]
                found.append((_WORDS[type(action)], target, number, action, unit))
    kinds = [(word, target) for word, target, *_ in found]
    result = []
    for place, (word, target, number, action, unit) in enumerate(found):
        several = kinds.count((word, target)) > 1
        order = kinds[: place + 1].count((word, target))
        name = f"{word}({target}, {order})" if several else f"{word}({target})"
        result.append(Amplitude(name, number, target, unit, action.value.value))
    return result


def shape(program: Program, protocol: Protocol, varied: Amplitude) -> Piecewise:
    """d(waveform)/d(amplitude) over the whole run, in internal units."""
    binder = _binder(program, protocol)
    waveform = binder.waveform(varied.target, "hold")[0]
    waveform.base = 0.0
    for number, action in enumerate(protocol.actions):
        if isinstance(action, Hold | Pulse | Step) and _target(binder, action) == varied.target:
            value = 1.0 if number == varied.action else 0.0
            written = Number(value, action.value.dimension)
            apply(binder, replace(action, name=varied.target, value=written))
    return _pieces(waveform, binder)


def _pieces(waveform: Waveform, binder: Binder) -> Piecewise:
    return waveform.pieces(binder.start, binder.end)


def _binder(program: Program, protocol: Protocol) -> Binder:
    return Binder(program, -protocol.rest, 0.0 if protocol.until is None else protocol.until)


def _target(binder: Binder, action: Hold | Pulse | Step) -> str | None:
    """The input, membrane or species that an action drives; None for a parameter."""
    if action.name in binder.parameter_index:
        return None
    ports = [*binder.drive_index, *binder.clamp_index]
    try:
        return binder.resolve(action.name, ports, "input, membrane or species")
    except UsageError:
        return None
