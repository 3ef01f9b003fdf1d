"""Holding and stepping: voltage clamp, current clamp, waveforms, parameters."""

from __future__ import annotations

import numpy as np

from quantal.errors import UsageError
from quantal.protocols.protocol import Hold, Protocol, Pulse, Set, Step, Waveform
from quantal.protocols.values import Value, number, time, voltage


def hold(name: str, value: Value) -> Protocol:
    """A port, a species or a membrane stays at `value` for the whole run."""
    return Protocol((Hold(name, number(value)),))


def voltage_clamp(value: Value, name: str = "V") -> Protocol:
    """The membrane `name` stays at a potential; plain numbers are in mV."""
    return Protocol((Hold(name, voltage(value)),))


def voltage_step(
    holding: Value,
    value: Value,
    at: Value = 0.0,
    duration: Value | None = None,
    name: str = "V",
) -> Protocol:
    """The membrane `name` is held, steps to `value` at a time, and back after `duration`."""
    clamp = voltage_clamp(holding, name)
    if duration is None:
        return clamp.with_actions(Step(name, voltage(value), time(at)))
    return clamp.with_actions(Pulse(name, voltage(value), time(duration), None, time(at)))


def current_step(
    value: Value, duration: Value, at: Value = 0.0, name: str = "injected"
) -> Protocol:
    """A current pulse into the input `name`, such as `"300 pA"` for `"0.5 ms"`."""
    return Protocol((Pulse(name, number(value), time(duration), None, time(at)),))


def parameter(name: str, value: Value) -> Protocol:
    """A parameter has this value for the whole run, the rest before it included."""
    return Protocol((Set(name, number(value)),))


def waveform(name: str, times: np.ndarray, values: np.ndarray) -> Protocol:
    """A port or membrane follows samples, smoothly joined.

    `times` (n,) in ms, rising; `values` (n,) in internal units (mV, pA, molecules/um3).

    Raises:
        UsageError: arrays of two lengths, fewer than two samples, or times that do not rise.
    """
    moments, samples = np.asarray(times, dtype=float), np.asarray(values, dtype=float)
    if moments.ndim != 1 or moments.shape != samples.shape or moments.size < 2:
        raise UsageError("a waveform needs as many values as times, two or more")
    if not (np.isfinite(samples).all() and np.all(np.diff(moments) > 0.0)):
        raise UsageError("a waveform needs finite values at times that rise")
    return Protocol((Waveform(name, moments, samples),))
