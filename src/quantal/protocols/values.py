"""Values as users give them, as numbers in internal units."""

from __future__ import annotations

from quantal.errors import UsageError
from quantal.expression import Number
from quantal.units import PER_TIME, TIME, VOLTAGE, Dimension, natural_unit

Value = str | float | Number
"""`"1 mM"`, a plain number, or a `Number` with its dimension."""


def number(value: Value) -> Number:
    """A value with its dimension.

    Raises:
        UsageError: a text that is not a number with a known unit.
    """
    if isinstance(value, Number):
        return value
    if isinstance(value, str):
        from quantal.protocols.text import parse_quantity

        return parse_quantity(value)
    return Number(float(value))


def time(value: Value) -> Number:
    """A time; a plain number is in ms."""
    return _of(value, TIME, "a time", "10 ms")


def voltage(value: Value) -> Number:
    """A potential; a plain number is in mV."""
    return _of(value, VOLTAGE, "a potential", "-70 mV")


def interval(rate: Value | None, every: Value | None) -> Number:
    """The time between two stimuli, from a rate (`"100 Hz"`, plain numbers in Hz) or itself.

    Raises:
        UsageError: neither or both are given, or the rate is not above zero.
    """
    if (rate is None) == (every is None):
        raise UsageError('say how often: either rate="100 Hz" or every="10 ms"')
    if every is not None:
        return time(every)
    assert rate is not None
    per_ms = number(f"{rate} Hz" if isinstance(rate, int | float) else rate)
    if per_ms.dimension != PER_TIME or not per_ms.value > 0.0:
        raise UsageError(f"`{rate}` is not a rate; write for example `100 Hz`")
    return Number(1.0 / per_ms.value, TIME)


def _of(value: Value, dimension: Dimension, what: str, example: str) -> Number:
    found = number(value)
    if isinstance(value, int | float):
        return Number(float(value), dimension)
    if found.dimension != dimension:
        unit = natural_unit(found.dimension).text
        raise UsageError(f"`{value}` is in [{unit}], not {what}; write for example `{example}`")
    return found
