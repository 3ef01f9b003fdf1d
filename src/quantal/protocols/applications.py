"""Transmitter, drugs and ions brought to a port."""

from __future__ import annotations

from quantal.protocols.protocol import Protocol, Pulse, Step
from quantal.protocols.values import Value, interval, number, time


def pulse(
    name: str,
    value: Value,
    duration: Value,
    at: Value = 0.0,
    *,
    rate: Value | None = None,
    every: Value | None = None,
    count: int = 1,
) -> Protocol:
    """A rectangular pulse of a port, repeated `count` times at a rate.

    Args:
        name: the port, such as `"glu"`.
        value: its value while the pulse lasts, such as `"1 mM"`.
        duration: how long, such as `"1 ms"`.
        at: when the first pulse begins.
        rate, every: for more than one: `"50 Hz"` or `"20 ms"`.
        count: how many.
    """
    spacing = interval(rate, every) if count > 1 else None
    action = Pulse(name, number(value), time(duration), None, time(at), spacing, count)
    return Protocol((action,))


def decaying(
    name: str,
    value: Value,
    tau: Value,
    at: Value = 0.0,
    *,
    rate: Value | None = None,
    every: Value | None = None,
    count: int = 1,
) -> Protocol:
    """A jump by `value` that decays with time constant `tau`; overlapping ones add up."""
    spacing = interval(rate, every) if count > 1 else None
    return Protocol((Pulse(name, number(value), None, time(tau), time(at), spacing, count),))


def application(name: str, value: Value, at: Value = 0.0, until: Value | None = None) -> Protocol:
    """A port steps to `value` at a time, and back at `until` if that is given."""
    if until is None:
        return Protocol((Step(name, number(value), time(at)),))
    begin = time(at)
    length = time(until).value - begin.value
    return pulse(name, value, length, begin)
