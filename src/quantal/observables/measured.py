"""A target's expression of measured quantities, worked out on one trajectory.

In the tree, `peak(open, since = 10 [ms])` is
`Apply("peak", (Name("open"), Apply("since", (Number(10.0),))))`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from quantal.compiler.expand import expand
from quantal.errors import UsageError, did_you_mean
from quantal.expression import Apply, Expression, Name, Number, evaluate, names_in
from quantal.observables import kinetics, levels, peaks
from quantal.observables.crossings import crossings
from quantal.observables.responses import OF_TRAINS, of_train
from quantal.observables.window import window, without_rest
from quantal.trajectory import Trajectory

Measure = Callable[[np.ndarray, np.ndarray], float]

OF_A_TRACE: dict[str, Measure] = {
    "peak": peaks.peak,
    "time_of_peak": peaks.time_of_peak,
    "highest": peaks.highest,
    "lowest": peaks.lowest,
    "rise": kinetics.rise,
    "decay": kinetics.decay,
    "half_decay": kinetics.half_decay,
    "half_width": kinetics.half_width,
    "onset": kinetics.onset,
    "area": levels.area,
    "mean": levels.mean,
    "initial": levels.initial,
    "final": levels.final,
}
"""Measured quantities of one trace, in internal units."""

OF_OCCURRENCES = ("count", "time_of_first")
"""Measured quantities of an event, or of a condition that becomes true."""

OF_SEVERAL_RUNS = ("least", "ec50", "slope")
"""Measured quantities that need more than one run (`quantal.experiments.validate`)."""

_WINDOW = ("since", "until")


def value_of(measured: Expression, trajectory: Trajectory) -> float:
    """The value of an expression of measured quantities, in internal units.

    A quantity that the run never reaches (a decay that has not ended, an event that does
    not happen) is nan. A condition is 1.0 or 0.0.

    Raises:
        UsageError: an unknown name, a time outside the run, a name that is not measured,
            or a quantity that needs several runs.
    """
    trajectory.hold(sorted(names_in(measured) & set(trajectory.units)))
    return _value(measured, trajectory)


def _value(node: Expression, trajectory: Trajectory) -> float:
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Name):
        return _constant(node.name, trajectory)
    if node.function in OF_SEVERAL_RUNS:
        raise UsageError(f"`{node.function}` needs several runs; it can stand only in a target")
    if node.function in (*OF_A_TRACE, *OF_OCCURRENCES, "at"):
        return _measure(node, trajectory)
    if node.function in OF_TRAINS:
        return _of_train(node, trajectory)
    numbers = tuple(Number(_value(argument, trajectory)) for argument in node.arguments)
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(evaluate(Apply(node.function, numbers), {}))


def _measure(node: Apply, trajectory: Trajectory) -> float:
    given = [a for a in node.arguments if not _is_window(a)]
    edges = {
        a.function: _value(a.arguments[0], trajectory)
        for a in node.arguments
        if isinstance(a, Apply) and _is_window(a)
    }
    if len(given) != (2 if node.function == "at" else 1):
        raise UsageError(f"`{node.function}` takes {_TAKES.get(node.function, 'one quantity')}")
    if node.function in OF_OCCURRENCES:
        return _occurrences(node.function, given[0], edges, trajectory)
    values = _trace(given[0], trajectory)
    if node.function == "at":
        return levels.at(trajectory.time, values, _value(given[1], trajectory))
    time = trajectory.time
    if "since" not in edges:
        time, values = without_rest(time, values)
    return OF_A_TRACE[node.function](*window(time, values, **edges))


def _of_train(node: Apply, trajectory: Trajectory) -> float:
    if len(node.arguments) < 3 or not isinstance(node.arguments[1], Name):
        raise UsageError(f"`{node.function}` takes a quantity, an event and numbers")
    values = _trace(node.arguments[0], trajectory)
    numbers = [_value(argument, trajectory) for argument in node.arguments[2:]]
    return of_train(node.function, values, node.arguments[1].name, numbers, trajectory)


_TAKES = {"at": "a quantity and a time", **dict.fromkeys(OF_OCCURRENCES, "an event or a condition")}


def _occurrences(
    function: str, what: Expression, edges: Mapping[str, float], trajectory: Trajectory
) -> float:
    if isinstance(what, Name) and what.name in trajectory.events:
        times = np.asarray(trajectory.events[what.name], dtype=float)
    elif isinstance(what, Apply):
        times = _becomes_true(what, trajectory)
    else:
        name = what.name if isinstance(what, Name) else "a number"
        known = list(trajectory.events)
        raise UsageError(f"no event is called `{name}`{did_you_mean(name, known)}")
    inside = times[(times >= edges.get("since", 0.0)) & (times <= edges.get("until", np.inf))]
    if function == "count":
        return float(inside.size)
    return float(inside[0]) if inside.size else float("nan")


def _becomes_true(condition: Apply, trajectory: Trajectory) -> np.ndarray:
    """Times at which `a > b` or `a < b` becomes true, linear between samples."""
    if condition.function not in (">", ">=", "<", "<="):
        raise UsageError("a condition that is counted compares two quantities with > or <")
    left, right = condition.arguments
    excess = _trace(Apply("-", (left, right)), trajectory)
    if condition.function.startswith("<"):
        excess = -excess
    return crossings(trajectory.time, excess, 0.0, "up")


def _trace(expression: Expression, trajectory: Trajectory) -> np.ndarray:
    """An expression over names, as values (n,) at the trajectory's times."""
    nested = {*OF_A_TRACE, *OF_OCCURRENCES, *OF_TRAINS, *OF_SEVERAL_RUNS, "at"}
    if isinstance(expression, Apply) and expression.function in nested:
        raise UsageError(f"`{expression.function}` is a number; only quantities can be measured")
    with np.errstate(divide="ignore", invalid="ignore"):
        values = evaluate(expand(expression), _Quantities(trajectory))
    return np.broadcast_to(np.asarray(values, dtype=float), trajectory.time.shape)


def _constant(name: str, trajectory: Trajectory) -> float:
    values = _Quantities(trajectory)[name]
    if values.size and np.ptp(values) > 1e-9 * np.max(np.abs(values)):
        raise UsageError(
            f"`{name}` changes during the run: write `peak({name})`, `final({name})`, …"
        )
    return float(values[0])


def _is_window(node: Expression) -> bool:
    return isinstance(node, Apply) and node.function in _WINDOW


@dataclass(frozen=True)
class _Quantities(Mapping[str, np.ndarray]):
    """A trajectory's names and `time`, as a mapping in internal units."""

    trajectory: Trajectory = field(repr=False)

    def __getitem__(self, name: str) -> np.ndarray:
        if name == "time":
            return self.trajectory.time
        return self.trajectory.internal(name)

    def __iter__(self) -> Iterator[str]:
        yield from ("time", *self.trajectory.units)

    def __len__(self) -> int:
        return 1 + len(self.trajectory.units)
