"""How a target is worked out: one run, a sweep, a threshold, a dose-response curve."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from quantal.errors import UsageError, did_you_mean
from quantal.expression import Apply, Expression, Name, Number, names_in
from quantal.model.target import Target
from quantal.observables.dose_response import ec50, local_slopes
from quantal.observables.measured import OF_SEVERAL_RUNS, value_of
from quantal.program import ParameterSlot
from quantal.protocols.protocol import Hold, Protocol, Pulse, Step
from quantal.protocols.sweep import at_value, runs_of
from quantal.trajectory import Trajectory
from quantal.units import natural_unit

_THRESHOLD_PRECISION = 1e-4
_DOSE_PRECISION = 1e-3
_DECADES, _DOSES_PER_DECADE = 3, 8
_DOUBLINGS = 40


@dataclass(frozen=True)
class Bench:
    """What a target needs of its model: to run it, and its parameters by name.

    `simulate` takes a protocol and the names that are looked at.
    """

    simulate: Callable[[Protocol, frozenset[str]], Trajectory]
    parameters: Mapping[str, ParameterSlot] = field(default_factory=dict)

    def measure(self, measured: Expression, protocol: Protocol) -> float:
        """A measured quantity of one run."""
        if isinstance(measured, Number):
            return measured.value
        return value_of(measured, self.simulate(protocol, frozenset(names_in(measured))))


def simulated_values(target: Target, bench: Bench) -> list[float]:
    """What the model gives for each expected value of a target, in internal units.

    Raises:
        UsageError: the target cannot be measured as it is written.
        RunError: a run failed.
    """
    if (slope := _find(target.measured, "slope")) is not None:
        slopes = _slopes(slope, target, bench)
        return [_value(target.measured, {slope: s}, target, bench) for s in slopes]
    if (dose := _find(target.measured, "ec50")) is not None:
        half = _half_effective(dose, target, bench)
        return [_value(target.measured, {dose: half}, target, bench)]
    protocols = runs_of(target.protocol, bench.parameters)
    return [_one_run(target, protocol, bench) for protocol in protocols]


def _one_run(target: Target, protocol: Protocol, bench: Bench) -> float:
    measured = target.measured
    while (threshold := _find(measured, "least")) is not None:
        measured = _replace(measured, threshold, _threshold(threshold, protocol, bench))
    return bench.measure(measured, protocol)


def _value(
    measured: Expression, known: Mapping[Apply, float], target: Target, bench: Bench
) -> float:
    """The expression once the part that needs several runs is known."""
    for node, number in known.items():
        measured = _replace(measured, node, number)
    return bench.measure(measured, runs_of(target.protocol, bench.parameters)[0])


def _slopes(node: Apply, target: Target, bench: Bench) -> np.ndarray:
    sweep = target.protocol.sweep
    if sweep is None or len(sweep.values) < 2:
        raise UsageError("`slope` needs a `sweep` of two or more values")
    doses = np.array([value.value for value in sweep.values])
    if np.any(np.diff(doses) <= 0.0):
        raise UsageError("`slope` needs a `sweep` whose values rise")
    protocols = runs_of(target.protocol, bench.parameters)
    responses = [bench.measure(node.arguments[0], p) for p in protocols]
    return local_slopes(doses, np.array(responses))


def _half_effective(node: Apply, target: Target, bench: Bench) -> float:
    def response(dose: float, name: str, like: Number) -> float:
        value = Number(dose, like.dimension)
        protocol = at_value(target.protocol, name, value, bench.parameters)
        # An inward current is a response too: half of the largest departure.
        return abs(bench.measure(node.arguments[0], protocol))

    if (sweep := target.protocol.sweep) is not None:
        doses = np.array([value.value for value in sweep.values])
        return ec50(doses, np.array([response(d, sweep.name, sweep.values[0]) for d in doses]))
    name, like = _dosed(target)
    count = 2 * _DECADES * _DOSES_PER_DECADE + 1
    doses = like.value * np.logspace(-_DECADES, _DECADES, count)
    responses = np.array([response(dose, name, like) for dose in doses])
    half = 0.5 * float(np.max(responses))
    below = np.flatnonzero(responses[: int(np.argmax(responses))] < half)
    if below.size == 0:
        return math.nan
    low, high = float(doses[below[-1]]), float(doses[below[-1] + 1])
    while high / low > 1.0 + _DOSE_PRECISION:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if response(middle, name, like) < half else (low, middle)
    return math.sqrt(low * high)


def _dosed(target: Target) -> tuple[str, Number]:
    """The name whose pulse height is swept, and the dose around which to sweep it."""
    for action in target.protocol.actions:
        if isinstance(action, Pulse):
            expected = target.values[0]
            same = expected.dimension == action.value.dimension and expected.value > 0.0
            return action.name, expected if same else action.value
    raise UsageError("`ec50` needs a `pulse` whose height it can sweep, or a `sweep`")


def _threshold(node: Apply, protocol: Protocol, bench: Bench) -> float:
    if len(node.arguments) != 2 or not isinstance(node.arguments[0], Name):
        raise UsageError("`least` takes a parameter and a condition")
    name, condition = node.arguments[0].name, node.arguments[1]
    slot = bench.parameters.get(name) or _input(name, protocol, bench)

    def holds(value: float) -> bool:
        number = Number(value, slot.unit.dimension)
        return bench.measure(condition, at_value(protocol, name, number, bench.parameters)) == 1.0

    low, high = _bracket(slot, holds)
    while high - low > _THRESHOLD_PRECISION * max(abs(low), abs(high)):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _input(name: str, protocol: Protocol, bench: Bench) -> ParameterSlot:
    """An input that the protocol gives a value, as something that a threshold can be of."""
    for action in protocol.actions:
        if isinstance(action, Hold | Pulse | Step) and action.name == name:
            unit = natural_unit(action.value.dimension)
            return ParameterSlot(name, action.value.value, unit)
    raise UsageError(
        f"no parameter is called `{name}`, and the protocol gives it no value"
        f"{did_you_mean(name, bench.parameters)}"
    )


def _bracket(slot: ParameterSlot, holds: Callable[[float], bool]) -> tuple[float, float]:
    """Two values between which the condition begins to hold."""
    if slot.low is not None and slot.high is not None:
        if holds(slot.low):
            raise UsageError(f"the condition holds already at the lower bound of `{slot.name}`")
        if not holds(slot.high):
            raise UsageError(
                f"the condition does not hold even at the upper bound of `{slot.name}`"
            )
        return slot.low, slot.high
    value = abs(slot.value) or slot.unit.scale
    if holds(value):
        for _ in range(_DOUBLINGS):
            if not holds(value / 2.0):
                return value / 2.0, value
            value /= 2.0
        raise UsageError(f"the condition holds for every value of `{slot.name}` down to zero")
    for _ in range(_DOUBLINGS):
        if holds(2.0 * value):
            return value, 2.0 * value
        value *= 2.0
    raise UsageError(f"the condition does not hold for any value of `{slot.name}` that was tried")


def _find(tree: Expression, function: str) -> Apply | None:
    """The first use of a function that needs several runs, outside any other such function."""
    if not isinstance(tree, Apply):
        return None
    if tree.function == function:
        return tree
    if tree.function in OF_SEVERAL_RUNS:
        return None
    return next((f for a in tree.arguments if (f := _find(a, function)) is not None), None)


def _replace(tree: Expression, node: Apply, number: float) -> Expression:
    if tree == node:
        return Number(number)
    if isinstance(tree, Apply):
        return Apply(tree.function, tuple(_replace(a, node, number) for a in tree.arguments))
    return tree
