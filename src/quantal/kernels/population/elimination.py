"""Small sparse linear systems inside one step, unrolled into graph nodes.

Pivots that depend on parameters alone come first: with everything that follows from them
they are computed once per run. Among the others the order is Markowitz's (1957 Management
Science 3:255), and as many as possible do not wait for one another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from quantal.kernels.population.forms import Form
from quantal.kernels.symbolic.dag import VARIABLE, Graph

Position = tuple[int, int]
PATIENCE = 6
"""How much fill-in a parameter-only pivot may cost beyond the best one."""


class Elimination:
    """The factorisation of one matrix; `solve` uses it for any number of right sides.

    `pivots` are the nodes of the reciprocals that stand in every step.
    """

    def __init__(self, graph: Graph, matrix: Mapping[Position, Form], size: int) -> None:
        self._graph = graph
        self._size = size
        self._entries = dict(matrix)
        self._rows: list[set[int]] = [set() for _ in range(size)]
        self._columns: list[set[int]] = [set() for _ in range(size)]
        for row, column in matrix:
            if row != column:
                self._rows[row].add(column)
                self._columns[column].add(row)
        self.order: list[int] = []
        self.pivots: list[int] = []
        self._reciprocal: dict[int, int] = {}
        self._multiplier: dict[Position, int] = {}
        self._upper: dict[int, list[int]] = {}
        self._eliminate()

    def _eliminate(self) -> None:
        graph, entries = self._graph, self._entries
        remaining, depth = set(range(self._size)), [0] * self._size
        while remaining:
            pivot = self._next(remaining, depth)
            remaining.remove(pivot)
            self.order.append(pivot)
            form = entries[pivot, pivot]
            reciprocal = graph.reciprocal(form.node())
            if not form.is_constant:
                self.pivots.append(reciprocal)
            self._reciprocal[pivot] = reciprocal
            later = sorted(self._rows[pivot] & remaining)
            self._upper[pivot] = later
            for row in sorted(self._columns[pivot] & remaining):
                self._reduce(row, pivot, later)
            # Only a pivot that this one changes must wait for it.
            for other in self._rows[pivot] & self._columns[pivot] & remaining:
                depth[other] = max(depth[other], depth[pivot] + (not form.is_constant))

    def _next(self, remaining: set[int], depth: Sequence[int]) -> int:
        cost = {
            k: len(self._rows[k] & remaining) * len(self._columns[k] & remaining) for k in remaining
        }
        least = min(cost.values())
        return min(
            remaining,
            key=lambda k: (
                not (self._entries[k, k].is_constant and cost[k] <= least + PATIENCE),
                cost[k], depth[k], k,
            ),
        )  # fmt: skip

    def _reduce(self, row: int, pivot: int, later: Sequence[int]) -> None:
        graph, entries = self._graph, self._entries
        below, reciprocal = entries[row, pivot], self._reciprocal[pivot]
        if entries[pivot, pivot].is_constant:
            shares = below.scaled(reciprocal)
            multiplier = shares.node()
        else:
            shares = None
            multiplier = graph.product(below.node(), reciprocal)
        self._multiplier[row, pivot] = multiplier
        for column in later:
            above = entries[pivot, column]
            old = entries.get((row, column), Form(graph, {}))
            if shares is not None and shares.is_constant:
                change = above.scaled(graph.negate(multiplier))
            elif shares is not None and above.is_constant:
                change = shares.scaled(graph.negate(above.node()))
            else:
                product = graph.product(multiplier, above.node())
                change = Form.of(graph, graph.negate(product))
            entries[row, column] = old.plus(change)
            if row != column:
                self._rows[row].add(column)
                self._columns[column].add(row)

    @property
    def factors(self) -> list[int]:
        """The nodes of the factorisation that parameters alone do not give."""
        multipliers = self._multiplier.values()
        return [*self.pivots, *(m for m in multipliers if self._graph.level[m] == VARIABLE)]

    def solve(self, right: Sequence[int]) -> list[int]:
        """The nodes of x in M x = right."""
        graph = self._graph
        x = list(right)
        rank = {state: position for position, state in enumerate(self.order)}
        for pivot in self.order:
            for row in sorted(self._columns[pivot]):
                if rank[row] > rank[pivot]:
                    lost = graph.product(self._multiplier[row, pivot], x[pivot])
                    x[row] = graph.subtract(x[row], lost)
        for pivot in reversed(self.order):
            for column in sorted(self._upper[pivot], key=lambda column: -rank[column]):
                taken = graph.product(self._entries[pivot, column].node(), x[column])
                x[pivot] = graph.subtract(x[pivot], taken)
            x[pivot] = graph.product(x[pivot], self._reciprocal[pivot])
        return x
