"""The dimension of a measured quantity, from the units of the names that it looks at."""

from __future__ import annotations

from collections.abc import Mapping

from quantal.compiler.dimensions import Dimensions
from quantal.compiler.named_units import NamedUnits
from quantal.errors import Problem, UsageError, Where
from quantal.expression import Apply, Expression, Name, Number
from quantal.observables.measured import OF_A_TRACE
from quantal.units import NUMBER, TIME, Dimension, Unit

_TIMES = ("time_of_peak", "rise", "decay", "half_decay", "half_width", "onset", "time_of_first")
_NOWHERE = Where("")


def dimension_of(measured: Expression, units: Mapping[str, Unit]) -> Dimension:
    """The dimension of an expression of measured quantities.

    Raises:
        UsageError: an unknown name, or quantities that cannot be added, compared, ….
    """
    problems: list[Problem] = []
    dimensions = Dimensions(NamedUnits(units), problems)
    found = dimensions.of(_as_numbers(measured, dimensions), _NOWHERE)
    if problems or found is None:
        raise UsageError("; ".join(problem.message for problem in problems))
    return found


def unit_of(measured: Expression, units: Mapping[str, Unit]) -> Unit | None:
    """The unit in which a single name's measured quantity is naturally shown, if there is one."""
    if isinstance(measured, Name):
        return units.get(measured.name)
    if not isinstance(measured, Apply) or measured.function in (
        *_TIMES,
        "area",
        "count",
        "train_error",
    ):
        return None
    if measured.function in ("neg", "abs", "at", "response", *OF_A_TRACE):
        return unit_of(measured.arguments[0], units)
    return None


def _as_numbers(node: Expression, dimensions: Dimensions) -> Expression:
    """Every measured quantity in a tree as a number of its dimension."""
    if not isinstance(node, Apply):
        return node
    for argument in node.arguments:
        if isinstance(argument, Apply) and argument.function in ("since", "until"):
            dimensions.expect(argument.arguments[0], TIME, f"`{argument.function}`", _NOWHERE)
    if node.function == "at" and len(node.arguments) > 1:
        dimensions.expect(node.arguments[1], TIME, "the time of `at`", _NOWHERE)
    if node.function in _TIMES:
        return Number(1.0, TIME)
    if node.function in ("count", "train_error"):
        return Number(1.0, NUMBER)
    if node.function in (*OF_A_TRACE, "at", "response"):
        trace = dimensions.of(node.arguments[0], _NOWHERE)
        if trace is None:
            return node.arguments[0]
        return Number(1.0, trace.times(TIME) if node.function == "area" else trace)
    return Apply(node.function, tuple(_as_numbers(a, dimensions) for a in node.arguments))
