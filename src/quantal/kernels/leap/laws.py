"""What a leap needs of a network: propensities, their bounds, and how steep they are.

The steepness of a propensity a is the sum over the counts n that it depends on of
|n (da/dn) / a|: by how many per cent it changes if every count changes by one. For mass
action it is the g of Cao, Gillespie & Petzold (2006), J Chem Phys 124:044109, eq. 27: 1 for a
first-order reaction, 2 for A + B, 2 + 1/(n - 1) for A + A; for a whole law it is what the law
gives at that moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from quantal.kernels.generate.hoist import hoisted
from quantal.kernels.generate.ir import POINTER, Function
from quantal.kernels.generate.straight_line import StraightLine
from quantal.kernels.stochastic.intervals import HIGH, LOW, Intervals
from quantal.kernels.stochastic.network import Channel, Network, factors
from quantal.kernels.symbolic.dag import VARIABLE
from quantal.kernels.symbolic.derivative import gradients
from quantal.kernels.symbolic.equations import DRIVE, PARAMETER, STATE

_ARRAYS = {
    STATE: "%counts", PARAMETER: "%constants", DRIVE: "%drives", LOW: "%low", HIGH: "%high",
}  # fmt: skip
ARGUMENTS = ("counts", "constants", "drives", "low", "high", "out", "scratch")
"""Pointers that every generated function of a network takes, in this order."""


@dataclass
class Laws:
    """Channels of a network in one row, with the nodes of what is computed for each."""

    network: Network
    scratch: int = 0

    @cached_property
    def channels(self) -> list[Channel]:
        return [channel for block in self.network.blocks for channel in block.channels]

    @cached_property
    def rates(self) -> list[int]:
        """The whole propensities, in events per ms."""
        multiply = self.network.graph.multiply
        return [
            multiply(block.factor, channel.weight)
            for block in self.network.blocks
            for channel in block.channels
        ]

    @cached_property
    def bounds(self) -> list[int]:
        """What no propensity exceeds in the present cell of time, the counts being as they are."""
        intervals = Intervals(self.network.graph)
        return [intervals.of(node)[1] for node in self.rates]

    @cached_property
    def reactants(self) -> list[list[int]]:
        """The counts that each propensity depends on."""
        return [sorted(self.network.states_in(node)) for node in self.rates]

    @cached_property
    def orders(self) -> list[int]:
        """The steepness of each propensity, times the propensity."""
        graph = self.network.graph
        leaves = {i: graph.leaf(STATE, i) for own in self.reactants for i in own}
        table = gradients(graph, self.rates, list(leaves.values()))
        result = []
        for node, own in zip(self.rates, self.reactants, strict=True):
            terms = [
                graph.call("abs", graph.multiply(leaves[i], table[node].get(leaves[i], graph.zero)))
                for i in own
            ]
            result.append(graph.total(terms))
        return result

    @cached_property
    def computed_changes(self) -> list[int]:
        """Changes of a count that parameters decide."""
        graph = self.network.graph
        return sorted({c for ch in self.channels for _, c in ch.changes if not graph.is_number(c)})

    @cached_property
    def coefficients(self) -> list[tuple[int, int]]:
        """(channel, node) of the rate constants of pure mass action, which decide its sign."""
        found = []
        for number, channel in enumerate(self.channels):
            constant = None if channel.law else self._constant(self.rates[number])
            if constant is not None:
                found.append((number, constant))
        return found

    def _constant(self, rate: int) -> int | None:
        graph, constant = self.network.graph, self.network.graph.one
        for part in factors(graph, rate):
            if graph.level[part] != VARIABLE:
                constant = graph.multiply(constant, part)
            elif not self._is_count(part):
                return None
        return constant

    def _is_count(self, node: int) -> bool:
        """n, or n less a whole number (what is left for the second of two equal partners)."""
        graph = self.network.graph
        if graph.operation[node] == "-" and graph.is_number(graph.arguments[node][1]):
            node = graph.arguments[node][0]
        return graph.leaf_of.get(node, ("", 0))[0] == STATE

    @cached_property
    def once(self) -> list[int]:
        """Nodes that depend on parameters alone; they lie behind the parameters."""
        sizes = [size for size in self.network.sizes if size is not None]
        roots = [*self.rates, *self.bounds, *self.orders, *self.computed_changes, *sizes]
        return hoisted(self.network.graph, [*roots, *(node for _, node in self.coefficients)])

    @property
    def parameters(self) -> int:
        return len(self.network.program.parameters)

    def function(self, name: str, nodes: Sequence[int]) -> str:
        """`name(counts, constants, drives, low, high, out, scratch)`: the nodes into `out`."""
        given = {n: ("%constants", self.parameters + i) for i, n in enumerate(self.once)}
        code = StraightLine(name, ARGUMENTS, self.network.graph, _ARRAYS, given)
        code.store(nodes, "%out")
        written = code.functions()
        self.scratch = max(self.scratch, code.scratch)
        return "\n".join(f.text() for f in written)

    def of_parameters(self, name: str, nodes: Sequence[int], result: str, first: int = 0) -> str:
        """`name(constants, out)`: nodes that depend on parameters alone."""
        graph = self.network.graph
        if any(graph.level[node] == VARIABLE for node in nodes):
            raise ValueError(f"{name} must not depend on states or drives")
        f = Function(name, [(POINTER, "constants"), (POINTER, "out")], internal=False)
        StraightLine.inside(f, graph, {PARAMETER: "%constants"}).store(nodes, result, first)
        f.give()
        return f.text()
