"""Symbolic sparse LU factorisation and substitution, unrolled into graph nodes.

The matrix is W = 1/(h gamma) I - J. Pivots are taken on the diagonal in Markowitz order
(least possible fill-in, Markowitz 1957 Management Science 3:255); the reciprocal of each
pivot is computed once and every later use multiplies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quantal.kernels.symbolic.dag import Graph

Position = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Factors:
    """The pattern of a factorisation.

    `order` lists the pivots; `slots` numbers every stored entry (row, column): multipliers
    below, the upper factor divided by its pivot above, the reciprocal pivot on the diagonal.
    """

    order: tuple[int, ...]
    slots: dict[Position, int]

    def reciprocal_pivots(self) -> list[int]:
        """The slots of the reciprocal pivots, by state."""
        return [self.slots[index, index] for index in range(len(self.order))]


def markowitz_order(size: int, pattern: Sequence[Position]) -> tuple[int, ...]:
    """Diagonal pivots, each with the least (row count - 1)*(column count - 1) at its turn.

    Among equals, the one that waits for the fewest others comes first: a chain is eliminated
    from both ends at once, which halves the time until its last value is known.
    """
    rows: list[set[int]] = [set() for _ in range(size)]
    columns: list[set[int]] = [set() for _ in range(size)]
    for row, column in pattern:
        if row != column:
            rows[row].add(column)
            columns[column].add(row)
    remaining = set(range(size))
    depth = [0] * size
    order: list[int] = []
    while remaining:
        pivot = min(remaining, key=lambda k: (len(rows[k]) * len(columns[k]), depth[k], k))
        remaining.remove(pivot)
        order.append(pivot)
        for neighbour in rows[pivot] | columns[pivot]:
            depth[neighbour] = max(depth[neighbour], depth[pivot] + 1)
        for row in columns[pivot]:
            rows[row].discard(pivot)
            rows[row] |= rows[pivot] - {row}
        for column in rows[pivot]:
            columns[column].discard(pivot)
            columns[column] |= columns[pivot] - {column}
    return tuple(order)


def factorise(
    graph: Graph, diagonal: Sequence[int], jacobian: Mapping[Position, int]
) -> tuple[Factors, list[int]]:
    """The pattern, and the nodes of all stored entries of LU = diag(diagonal) - J."""
    size = len(diagonal)
    order = markowitz_order(size, list(jacobian))
    entries = {position: graph.negate(node) for position, node in jacobian.items()}
    for index in range(size):
        entries[index, index] = graph.add(diagonal[index], entries.get((index, index), graph.zero))
    rank = {state: position for position, state in enumerate(order)}
    rows, columns = _neighbours(size, entries)
    for pivot in order:
        reciprocal = graph.reciprocal(entries[pivot, pivot])
        entries[pivot, pivot] = reciprocal
        later = sorted(column for column in rows[pivot] if rank[column] > rank[pivot])
        for row in sorted(row for row in columns[pivot] if rank[row] > rank[pivot]):
            multiplier = graph.multiply(entries[row, pivot], reciprocal)
            entries[row, pivot] = multiplier
            for column in later:
                product = graph.multiply(multiplier, entries[pivot, column])
                old = entries.get((row, column), graph.zero)
                entries[row, column] = graph.subtract(old, product)
                rows[row].add(column)
                columns[column].add(row)
    # Scaled rows of U: back substitution then waits for one multiply-add per row, not two.
    for row, column in entries:
        if rank[column] > rank[row]:
            entries[row, column] = graph.multiply(entries[row, column], entries[row, row])
    positions = sorted(entries)
    slots = {position: slot for slot, position in enumerate(positions)}
    return Factors(order, slots), [entries[position] for position in positions]


def substitute(
    graph: Graph, factors: Factors, entry: Mapping[Position, int], right: Sequence[int]
) -> list[int]:
    """The nodes of x in W x = right, by forward and back substitution."""
    rank = {state: position for position, state in enumerate(factors.order)}
    rows, columns = _neighbours(len(right), factors.slots)
    x = list(right)
    for pivot in factors.order:
        for row in sorted(row for row in columns[pivot] if rank[row] > rank[pivot]):
            x[row] = graph.subtract(x[row], graph.multiply(entry[row, pivot], x[pivot]))
    for pivot in reversed(factors.order):
        x[pivot] = graph.multiply(x[pivot], entry[pivot, pivot])
        later = [column for column in rows[pivot] if rank[column] > rank[pivot]]
        # What is known first is subtracted first.
        for column in sorted(later, key=lambda column: -rank[column]):
            x[pivot] = graph.subtract(x[pivot], graph.multiply(entry[pivot, column], x[column]))
    return x


def _neighbours(
    size: int, positions: Mapping[Position, int]
) -> tuple[list[set[int]], list[set[int]]]:
    rows: list[set[int]] = [set() for _ in range(size)]
    columns: list[set[int]] = [set() for _ in range(size)]
    for row, column in positions:
        if row != column:
            rows[row].add(column)
            columns[column].add(row)
    return rows, columns
