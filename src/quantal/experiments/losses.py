"""Losses: measured quantities written as text, or functions of traces, and their derivatives.

A measured quantity is differentiated along the change of its traces by central differences of
the measurement alone: nothing is solved again, and the measurement is as smooth as the trace.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from quantal.errors import UsageError
from quantal.experiments.measure import parse_measured
from quantal.expression import Apply, Expression, Name, names_in, walk
from quantal.observables.dimension import dimension_of, unit_of
from quantal.observables.measured import value_of
from quantal.trajectory import Trajectory
from quantal.units import Unit, natural_unit, parse_unit

Traces = Mapping[str, np.ndarray]
LossFunction = Callable[[Traces], Any]

STEP = 1e-5
"""Traces are changed by this share of their range: errors of its square, and of 1e-16 over it."""


@dataclass(frozen=True)
class Loss:
    """A number made of a run, and how to differentiate it along changes of the traces."""

    text: str
    names: tuple[str, ...]
    unit: Unit

    def value(self, trajectory: Trajectory, traces: Traces) -> float:
        """From traces in internal units, in internal units."""
        raise UsageError("a loss is a measured quantity or a function")

    def along(
        self, trajectory: Trajectory, traces: Traces, changes: Mapping[str, np.ndarray]
    ) -> float:
        """Its derivative where every trace changes at these rates (n,)."""
        reach = 0.0
        for name, change in changes.items():
            extent = float(np.ptp(traces[name])) or float(np.abs(traces[name]).max()) or 1.0
            reach = max(reach, float(np.abs(change).max()) / extent)
        if reach == 0.0:
            return 0.0
        step = STEP / reach
        up, down = (
            self.value(
                trajectory, {name: traces[name] + sign * step * c for name, c in changes.items()}
            )
            for sign in (1.0, -1.0)
        )
        return (up - down) / (2.0 * step)


@dataclass(frozen=True)
class Measured(Loss):
    """A measured quantity: `peak(open)`."""

    tree: Expression = field(default_factory=lambda: Name(""))

    def value(self, trajectory: Trajectory, traces: Traces) -> float:
        """The measured value of the traces given."""
        held = Trajectory(
            trajectory.time, trajectory.units, trajectory.compute, trajectory.events,
            trajectory.roles, _held=dict(traces),
        )  # fmt: skip
        return value_of(self.tree, held)


@dataclass(frozen=True)
class Written(Loss):
    """A function of traces in their own units, as the user wrote it.

    It takes a mapping of names, and `time`, to arrays (n,) and gives a number, or a number and
    a mapping of names to its derivatives (n,).
    """

    function: LossFunction = field(default=lambda traces: 0.0)

    def value(self, trajectory: Trajectory, traces: Traces) -> float:
        """The number that the function gives."""
        return self.evaluate(trajectory, traces)[0]

    def evaluate(
        self, trajectory: Trajectory, traces: Traces
    ) -> tuple[float, dict[str, np.ndarray] | None]:
        """The number and, where the function gives them, the derivatives in internal units."""
        units = trajectory.units
        own: dict[str, np.ndarray] = {"time": trajectory.time}
        own |= {name: (v - units[name].offset) / units[name].scale for name, v in traces.items()}
        found = self.function(own)
        slopes = None
        if isinstance(found, tuple):
            found, given = found
            slopes = {
                name: _slope(name, given[name], len(trajectory.time)) / units[name].scale
                for name in given
                if _known(name, traces)
            }
        try:
            return float(found), slopes
        except (TypeError, ValueError):
            raise UsageError(
                f"a loss gives a number, or a number and its derivatives; this one gave {found!r}"
            ) from None


def _known(name: str, traces: Traces) -> bool:
    if name not in traces:
        raise UsageError(f"the loss gives a derivative to `{name}`; name it in `record`")
    return True


def _slope(name: str, values: Any, length: int) -> np.ndarray:
    array = np.asarray(values, dtype=float)
    if array.shape != (length,):
        raise UsageError(
            f"the loss's derivative to `{name}` has the shape {array.shape}; expected one number "
            f"for each sample, ({length},)"
        )
    return array


def measured_loss(text: str, units: Mapping[str, Unit]) -> Measured:
    """A measured quantity as a loss.

    Raises:
        UsageError: the text makes no sense, or what it measures has no derivative.
    """
    tree = parse_measured(text)
    table = dict(units)
    dimension = dimension_of(tree, table)
    unit = unit_of(tree, table) or natural_unit(dimension)
    _refuse_steps(text, tree, table)
    names = tuple(sorted(names_in(tree) & table.keys()))
    return Measured(text, names, unit, tree)


def _refuse_steps(text: str, tree: Expression, units: Mapping[str, Unit]) -> None:
    for node in walk(tree):
        if not isinstance(node, Apply):
            continue
        if node.function == "count":
            raise UsageError(f"`{text}` counts; a count has no derivative")
        if node.function == "time_of_first" and isinstance(node.arguments[0], Name):
            event = node.arguments[0].name
            raise UsageError(
                f"`{text}`: the times of the event `{event}` have no derivative; measure when "
                "a trace crosses a level instead"
            )


def written_loss(function: LossFunction, names: tuple[str, ...]) -> Written:
    """A user's function as a loss of the recorded names."""
    called = getattr(function, "__name__", "the loss")
    return Written(called, names, parse_unit("1"), function)
