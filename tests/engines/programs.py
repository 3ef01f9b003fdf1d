"""Programs built by hand, for tests of kernels and engines: no reader, no compiler."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from quantal.expression import Apply, Expression, Name, Number
from quantal.program import (
    Definition,
    DriveSlot,
    Handler,
    Link,
    ParameterSlot,
    Program,
    ReactionRow,
    StateVariable,
)
from quantal.stimulus import Piecewise, Stimulus
from quantal.units import parse_unit

PURE = parse_unit("1")


@dataclass(frozen=True)
class Q:
    """An expression with Python's operators, so that tests read like equations."""

    tree: Expression

    def __add__(self, other):
        return _apply("+", self, other)

    def __radd__(self, other):
        return _apply("+", other, self)

    def __sub__(self, other):
        return _apply("-", self, other)

    def __rsub__(self, other):
        return _apply("-", other, self)

    def __mul__(self, other):
        return _apply("*", self, other)

    def __rmul__(self, other):
        return _apply("*", other, self)

    def __truediv__(self, other):
        return _apply("/", self, other)

    def __rtruediv__(self, other):
        return _apply("/", other, self)

    def __pow__(self, other):
        return _apply("^", self, other)

    def __neg__(self):
        return _apply("neg", self)

    def __lt__(self, other):
        return _apply("<", self, other)

    def __gt__(self, other):
        return _apply(">", self, other)


def tree(value) -> Expression:
    """The expression of a `Q`, a number or a name."""
    if isinstance(value, Q):
        return value.tree
    if isinstance(value, str):
        return Name(value)
    return Number(float(value)) if isinstance(value, int | float) else value


def _apply(function: str, *arguments) -> Q:
    return Q(Apply(function, tuple(tree(argument) for argument in arguments)))


def names(text: str) -> list[Q]:
    """`x, y = names("x y")`."""
    return [Q(Name(word)) for word in text.split()]


def call(function: str, *arguments) -> Q:
    """`call("exp", x)`."""
    return _apply(function, *arguments)


def program(
    states: Mapping[str, tuple],
    parameters: Mapping[str, float] | None = None,
    drives: Sequence[str] = (),
    definitions: Mapping[str, object] | None = None,
    clampable: Sequence[str] = (),
    reactions: Sequence[ReactionRow] = (),
    events: Sequence[str] = (),
    handlers: Sequence[Handler] = (),
    links: Sequence[Link] = (),
    scales: Mapping[str, float] | None = None,
    roles: Mapping[str, str] | None = None,
    name: str = "by_hand",
) -> Program:
    """A Program from `states = {name: (derivative, initial value)}` and so on."""
    scales = scales or {}
    return Program(
        name=name,
        title=name,
        states=tuple(
            StateVariable(each, PURE, "number", scales.get(each, 1.0), each in clampable)
            for each in states
        ),
        parameters=tuple(ParameterSlot(k, v, PURE) for k, v in (parameters or {}).items()),
        drives=tuple(DriveSlot(each, None, PURE) for each in drives),
        definitions=tuple(Definition(k, tree(v), PURE) for k, v in (definitions or {}).items()),
        derivatives=tuple(tree(derivative) for derivative, _ in states.values()),
        initial=tuple(tree(initial) for _, initial in states.values()),
        reactions=tuple(reactions),
        events=tuple(events),
        handlers=tuple(handlers),
        links=tuple(links),
        roles=dict(roles or {}),
    )


def stimulus(made: Program, end: float, drives: Sequence[Piecewise] = (), **more) -> Stimulus:
    """A Stimulus from 0 to `end` with the Program's own parameter values."""
    values = np.array([parameter.value for parameter in made.parameters])
    return Stimulus(0.0, end, more.pop("parameters", values), tuple(drives), **more)


def pulses(times: Sequence[float], width: float, low: float, high: float) -> Piecewise:
    """Rectangular pulses; their edges must be given as stops too."""
    knots, values = [-1e300], [low]
    for time in times:
        knots += [time, time + width]
        values += [high, low]
    coefficients = np.zeros((len(knots), 6))
    coefficients[:, 0] = values
    return Piecewise(np.array(knots), coefficients)


def edges(times: Sequence[float], width: float) -> tuple[float, ...]:
    """The stops of `pulses`."""
    return tuple(edge for time in times for edge in (time, time + width))
