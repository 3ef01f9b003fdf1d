"""The sizes on which the generated derivatives and their Python driver agree."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from quantal.kernels.layout import LANES, Layout, padded
from quantal.kernels.tableau import Pair, Tableau

Methods = tuple[Tableau, Pair]
"""The Rosenbrock method, and the explicit pair that takes over where it is cheaper."""

FORWARDS, BACKWARDS = "forwards", "backwards"
"""Ways over a tape: with the tangents, or for the adjoint."""
HEAD = 4
"""Doubles before the state in a record: start, length, the share of it that was taken, and
whether the step was explicit."""


@dataclass(frozen=True)
class Jump:
    """Which derivatives an event's function writes: (row, state) first, then (row, direction)."""

    rows: tuple[int, ...]
    states: tuple[tuple[int, int], ...]
    directions: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Sizes:
    """What the derivatives need beside the step's own layout.

    `groups` are (directions, states) of each vector of directions; `entries` is how many
    derivatives are evaluated at a stage at most.
    """

    groups: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
    entries: int
    jumps: tuple[Jump, ...]
    crossing: Jump

    @classmethod
    def of(cls, fields: dict[str, Any]) -> Sizes:
        """From plain data."""
        groups = tuple((tuple(a), tuple(b)) for a, b in fields["groups"])
        jumps = tuple(_jump(each) for each in fields["jumps"])
        return cls(groups, fields["entries"], jumps, _jump(fields["crossing"]))

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for the cache."""
        return asdict(self)

    @property
    def vectors(self) -> int:
        """Vectors of tangents, one for each state of each group."""
        return sum(len(states) for _, states in self.groups)

    @property
    def firsts(self) -> list[int]:
        """The first vector of each group."""
        counts = [len(states) for _, states in self.groups]
        return [sum(counts[:number]) for number in range(len(counts))]

    @property
    def lanes(self) -> int:
        """Directions, whole vectors of them."""
        return len(self.groups) * LANES


def _jump(fields: dict[str, Any]) -> Jump:
    pairs = [tuple((int(a), int(b)) for a, b in fields[name]) for name in ("states", "directions")]
    return Jump(tuple(fields["rows"]), *pairs)


@dataclass(frozen=True)
class Record:
    """Where the parts of one step lie on the tape, in doubles."""

    state: int
    increments: int
    factors: int
    drives: int
    slopes: int
    size: int
    width: int
    """Doubles for one row of drives."""

    @classmethod
    def of(cls, layout: Layout, methods: Methods) -> Record:
        """For a Program's layout and two methods."""
        state = HEAD
        increments = state + layout.padded
        factors = increments + most_stages(methods) * layout.padded
        drives = factors + padded(layout.factors)
        width = padded(max(layout.drives, 1))
        slopes = drives + max(len(abscissae(method)) for method in methods) * width
        return cls(state, increments, factors, drives, slopes, slopes + width, width)


def abscissae(method: Tableau | Pair) -> list[float]:
    """The different times of the stages, as shares of the step."""
    return list(dict.fromkeys(method.c))


def most_stages(methods: Methods) -> int:
    """The stages of the method that has more of them."""
    return max(method.stages for method in methods)
