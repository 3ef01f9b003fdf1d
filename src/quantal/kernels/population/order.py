"""In which order the nodes of a function are computed, and which of them share a loop."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

Inputs = Callable[[int], tuple[int, ...]]
"""The nodes that a node is computed from; none for what is loaded."""


@dataclass(frozen=True)
class Group:
    """Nodes that are written at `places`, and others that are only computed, for `later`.

    Groups that stand `apart` share loops with one another alone.
    """

    nodes: Sequence[int] = ()
    places: Sequence[int] = ()
    later: Sequence[int] = ()
    apart: bool = False

    @property
    def all(self) -> tuple[int, ...]:
        """Everything that is computed."""
        return (*self.nodes, *self.later)

    def joined(self, other: Group) -> Group:
        """Both in one loop."""
        return Group(
            (*self.nodes, *other.nodes), (*self.places, *other.places),
            (*self.later, *other.later), self.apart,
        )  # fmt: skip


def loops(groups: Sequence[Group], inputs: Inputs, loaded: Collection[int], enough: int
          ) -> list[Group]:  # fmt: skip
    """Neighbouring groups put together until they have `enough` instructions."""
    found: list[Group] = []
    seen: set[int] = set()
    length = enough
    for group in groups:
        new = set(order(group.all, inputs)) - seen
        if length >= enough or group.apart != found[-1].apart:
            found.append(group)
            length = 0
        else:
            found[-1] = found[-1].joined(group)
        seen |= new
        length += sum(node not in loaded for node in new)
    return found


def order(outputs: Iterable[int], inputs: Inputs) -> list[int]:
    """Everything the outputs need, arguments first."""
    done: dict[int, None] = {}
    stack = [(output, False) for output in reversed(list(outputs))]
    while stack:
        node, ready = stack.pop()
        if node in done:
            continue
        if ready:
            done[node] = None
        else:
            stack.append((node, True))
            stack.extend((x, False) for x in inputs(node) if x not in done)
    return list(done)


def by_depth(
    nodes: Sequence[int], inputs: Inputs, pivots: Collection[int], share: int
) -> list[list[int]]:
    """Pivots by how many others they wait for, `share` at a time."""
    depth: dict[int, int] = {}
    levels: dict[int, list[int]] = {}
    for node in nodes:
        depth[node] = max((depth[x] for x in inputs(node)), default=0)
        if node in pivots:
            levels.setdefault(depth[node], []).append(node)
            depth[node] += 1
    return [
        level[start : start + share]
        for _, level in sorted(levels.items())
        for start in range(0, len(level), share)
    ]
