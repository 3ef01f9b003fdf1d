"""Members whose comings and goings nobody sees: which they are, from the structure alone.

A set of states is hidden if the members in it are independent of one another and of everything
else that is counted: each steps from state to state, and leaves by its exits, at rates that
depend on the drives alone. Nothing else may depend on how the members are spread among these
states. How many there are altogether may be seen, because exits and entries are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from quantal.kernels.stochastic.network import COUNT, MIXED, Block, Channel, Network, factors
from quantal.kernels.symbolic.dag import VARIABLE
from quantal.kernels.symbolic.equations import STATE

Key = tuple[int, bool]
"""One direction of a reaction: its number, and whether it is the backward one."""


@dataclass(frozen=True)
class Step:
    """A direction of a reaction that takes one member from state `start`; to `end` if hidden."""

    key: Key
    start: int
    end: int | None
    changes: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Hidden:
    """`groups` of hidden states; the `steps` inside them and their `exits`."""

    groups: tuple[tuple[int, ...], ...]
    steps: tuple[Step, ...]
    exits: tuple[Step, ...]

    @property
    def keys(self) -> set[Key]:
        """Everything that no longer happens one by one."""
        return {each.key for each in (*self.steps, *self.exits)}


def hidden(network: Network, visible: Iterable[int], watched: Callable[[Key], bool]) -> Hidden:
    """All hidden groups of a network.

    Args:
        network: the counted part.
        visible: states that are used or asked for.
        watched: whether the single events of a direction are wanted.
    """
    finder = _Finder(network, set(visible), watched)
    groups = finder.groups()
    while True:
        good = [group for group in groups if finder.is_hidden(group)]
        split = finder.halved(good)
        if len(good) == len(groups) and split == good:
            break
        groups = split
    home = {i: number for number, group in enumerate(good) for i in group}
    own = [step for step in finder.linear.values() if step.start in home]
    own.sort(key=lambda step: (home[step.start], step.key))

    def stays(step: Step) -> bool:
        return step.end is not None and home.get(step.end) == home[step.start]

    steps = [step for step in own if stays(step)]
    exits = [step for step in own if not stays(step)]
    return Hidden(tuple(tuple(sorted(g)) for g in good), tuple(steps), tuple(exits))


class _Finder:
    def __init__(
        self, network: Network, visible: set[int], watched: Callable[[Key], bool]
    ) -> None:  # fmt: skip
        self._network, self._visible, self._watched = network, visible, watched
        self._channels = [(block, c) for block in network.blocks for c in block.channels]
        found = [self._step(block, channel) for block, channel in self._channels]
        self.linear = {step.key: step for step in found if step is not None}

    def _step(self, block: Block, channel: Channel) -> Step | None:
        """A direction that takes one member from one state at a rate of the drives."""
        graph = self._network.graph
        if block.kind in (COUNT, MIXED):
            return None
        variable = [x for x in factors(graph, channel.weight) if graph.level[x] == VARIABLE]
        if len(variable) != 1 or graph.leaf_of.get(variable[0], ("", 0))[0] != STATE:
            return None
        start = graph.leaf_of[variable[0]][1]
        if not all(graph.is_number(change) for _, change in channel.changes):
            return None
        changes = tuple((i, graph.value[change]) for i, change in channel.changes)
        table = dict(changes)
        if len(table) != len(changes) or table.get(start) != -1.0:
            return None
        key = (channel.row, channel.backward)
        others = [(i, amount) for i, amount in changes if i != start]
        inner = len(others) == 1 and others[0][1] == 1.0 and not self._watched(key)
        return Step(key, start, others[0][0] if inner else None, changes)

    def groups(self) -> list[set[int]]:
        """States that hidden steps connect in both directions."""
        ways = {(s.start, s.end) for s in self.linear.values() if s.end is not None}
        groups: list[set[int]] = []
        for a, b in sorted(ways):
            if (b, a) in ways:
                touching = [g for g in groups if a in g or b in g]
                groups = [g for g in groups if g not in touching]
                groups.append(set().union({a, b}, *touching))
        return sorted(groups, key=min)

    def is_hidden(self, group: set[int]) -> bool:
        """Whether nothing but steps and exits depends on the group's states."""
        if group & self._visible:
            return False
        for block, channel in self._channels:
            step = self.linear.get((channel.row, channel.backward))
            used = self._network.states_in(channel.weight)
            used |= self._network.states_in(block.factor)
            taken = {
                i for i, change in channel.changes
                if not self._network.graph.is_number(change)
                or self._network.graph.value[change] < 0.0
            } & group  # fmt: skip
            if step is not None and step.start in group:
                if taken != {step.start} or used != {step.start}:
                    return False
            elif (used | taken) & group:
                return False
        return True

    def halved(self, groups: list[set[int]]) -> list[set[int]]:
        """Groups without those of which a reaction is hidden in one direction only."""
        inside = {i for group in groups for i in group}
        own = {key for key, step in self.linear.items() if step.start in inside}
        rows = {row for row, _ in own}
        every = {(c.row, c.backward) for _, c in self._channels if c.row in rows}
        torn = {row for row, _ in every - own}
        bad = {step.start for key, step in self.linear.items() if key[0] in torn and key in own}
        return [group for group in groups if not group & bad]
