"""A network laid out for code: places in memory, bounds, dependencies, constants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from quantal.kernels.generate.hoist import hoisted
from quantal.kernels.generate.ir import Function
from quantal.kernels.generate.straight_line import StraightLine
from quantal.kernels.stochastic.intervals import HIGH, LOW, Intervals
from quantal.kernels.stochastic.network import (
    COUNT,
    DRIVEN,
    MIXED,
    WIDTH,
    Block,
    Channel,
    Network,
    factors,
)
from quantal.kernels.stochastic.slots import slot
from quantal.kernels.symbolic.dag import VARIABLE
from quantal.kernels.symbolic.equations import DRIVE, PARAMETER, STATE

_POINTERS = {STATE: "counts", PARAMETER: "constants", DRIVE: "drives", LOW: "low", HIGH: "high"}


@dataclass(frozen=True)
class Member:
    """A channel in its place: `slot` is eight times its block's number and its own."""

    slot: int
    block: int
    channel: Channel
    bound: int


class Parts:
    """What the code of a network is written from."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.graph = network.graph
        self.blocks: tuple[Block, ...] = network.blocks
        self.intervals = Intervals(network.graph)
        self.members = [
            Member(WIDTH * b + place, b, channel, self._bound(block, channel))
            for b, block in enumerate(network.blocks)
            for place, channel in enumerate(block.channels)
        ]
        self.by_slot = {member.slot: member for member in self.members}
        self.bounds = [
            self.intervals.of(block.factor) if block.kind == DRIVEN else None
            for block in network.blocks
        ]
        whole = network.graph.is_number
        self.computed_changes = sorted(
            {c for m in self.members for _, c in m.channel.changes if not whole(c)}
        )

    def _bound(self, block: Block, channel: Channel) -> int:
        return self.intervals.of(channel.weight)[1] if block.kind == MIXED else channel.weight

    @cached_property
    def roots(self) -> list[int]:
        """Every node that some function computes."""
        nodes = [member.bound for member in self.members]
        nodes += [member.channel.weight for member in self.members]
        nodes += [block.factor for block in self.blocks]
        nodes += [node for pair in self.bounds if pair is not None for node in pair]
        nodes += [size for size in self.network.sizes if size is not None]
        nodes += [node for node in self.coefficients if node is not None]
        return [*nodes, *self.computed_changes]

    @cached_property
    def coefficients(self) -> list[int | None]:
        """For each member that is a constant times counts that constant, which decides its sign."""
        return [self._coefficient(member.channel) for member in self.members]

    def _coefficient(self, channel: Channel) -> int | None:
        graph, constant = self.graph, self.graph.one
        for part in factors(graph, channel.weight):
            if graph.level[part] != VARIABLE:
                constant = graph.multiply(constant, part)
            elif not self._is_natural(part, channel.law):
                return None
        return constant

    def _is_natural(self, node: int, law: bool) -> bool:
        """n; under mass action n less a whole number (what is left for its equal); 0 or 1."""
        graph = self.graph
        if graph.operation[node] == "if":
            branches = graph.arguments[node][1:]
            return all(graph.is_number(x) and graph.value[x] >= 0.0 for x in branches)
        if not law and graph.operation[node] == "-" and graph.is_number(graph.arguments[node][1]):
            node = graph.arguments[node][0]
        return graph.leaf_of.get(node, ("", 0))[0] == STATE

    def can_turn_negative(self, member: Member) -> bool:
        """Whether the sign depends on more than parameters."""
        return self._coefficient(member.channel) is None

    @cached_property
    def once(self) -> list[int]:
        """Nodes that depend on parameters alone; they lie behind the parameters."""
        return hoisted(self.graph, self.roots)

    @property
    def parameters(self) -> int:
        return len(self.network.program.parameters)

    @cached_property
    def given(self) -> dict[int, int]:
        """Where such a node lies among the constants."""
        return {node: self.parameters + place for place, node in enumerate(self.once)}

    @cached_property
    def users(self) -> dict[int, list[Member]]:
        """For each count, the members whose bound depends on it."""
        table: dict[int, list[Member]] = {}
        for member in self.members:
            for index in self.network.states_in(member.bound):
                table.setdefault(index, []).append(member)
        return table

    def factored_by(self, index: int) -> list[int]:
        """The blocks of which a count is the factor."""
        leaf = (STATE, index)
        return [
            number
            for number, block in enumerate(self.blocks)
            if block.kind == COUNT and self.graph.leaf_of[block.factor] == leaf
        ]

    def code(self, f: Function, known: Mapping[int, str] | None = None) -> StraightLine:
        """Writes nodes into a function that has a `%context`; some values may be at hand."""
        arrays = {kind: slot(f, name) for kind, name in _POINTERS.items()}
        cell = slot(f, "cell", "i64")
        row = f.emit(f"mul i64 {cell}, {self.network.tables + 1}")
        for kind in (LOW, HIGH):
            arrays[kind] = f.address(arrays[kind], row)
        given = {node: (arrays[PARAMETER], place) for node, place in self.given.items()}
        return StraightLine.inside(f, self.graph, arrays, given, known)

    def values(self, f: Function, nodes: Sequence[int]) -> list[str]:
        """The values of nodes at this place of a function."""
        return self.code(f).values(nodes)

    def affected(self, states: Iterable[int]) -> list[Member]:
        """Members whose bounds change with any of these counts, in the order of their slots."""
        found = {m.slot: m for index in states for m in self.users.get(index, [])}
        return [found[place] for place in sorted(found)]
