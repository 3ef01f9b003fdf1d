"""What is differentiated to, and how the tangents lie in memory.

Directions that reach the same states lie side by side in one vector, so that a group carries
only the states that some of its directions can move.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from quantal.kernels.layout import LANES


@dataclass(frozen=True, slots=True)
class Direction:
    """One thing that may be varied: a parameter, a state's initial value, a drive's shape.

    `parameter` is an index; `tables` pair a drive with the table that holds its derivative;
    `started` are the states whose initial values move.
    """

    parameter: int | None = None
    tables: tuple[tuple[int, int], ...] = ()
    started: tuple[int, ...] = ()


@dataclass(frozen=True)
class Group:
    """Directions in the lanes of one vector, and the states that carry them."""

    directions: tuple[int, ...]
    states: tuple[int, ...]
    first: int
    """The vector in which the first of the states lies."""


class Arrangement:
    """All groups behind one another; a state's tangents are one vector in each that has it."""

    def __init__(self, reached: Sequence[Collection[int]]) -> None:
        """`reached[d]` are the states that direction d can move."""
        self.count = len(reached)
        order = sorted(range(len(reached)), key=lambda d: (-len(reached[d]), sorted(reached[d])))
        groups, first = [], 0
        for start in range(0, len(order), LANES):
            chosen = tuple(order[start : start + LANES])
            states = tuple(sorted(set().union(*(reached[d] for d in chosen))))
            groups.append(Group(chosen, states, first))
            first += len(states)
        self.groups = tuple(groups)
        self.vectors = first
        self._places = {
            (state, direction): (group.first + row) * LANES + lane
            for group in groups
            for row, state in enumerate(group.states)
            for lane, direction in enumerate(group.directions)
        }

    def place(self, state: int, direction: int) -> int | None:
        """Where in the array of tangents this one lies; None where it is always zero."""
        return self._places.get((state, direction))

    @property
    def places(self) -> Mapping[tuple[int, int], int]:
        """The place of every (state, direction) that is carried."""
        return self._places


def reach(seeds: Collection[int], effects: Mapping[int, Collection[int]]) -> frozenset[int]:
    """Everything that the seeds move, directly or through others."""
    found: set[int] = set()
    stack = list(seeds)
    while stack:
        item = stack.pop()
        if item not in found:
            found.add(item)
            stack.extend(effects.get(item, ()))
    return frozenset(found)
