"""Choosing intermediate quantities that are cheaper as unknowns of their own.

A firing rate that depends on twelve states and moves twenty others would fill 240 entries
of the Jacobian. Kept as an unknown v with the equation v = v(y), it needs 32. The linear
system grows by one row without dynamics; its solution is the same.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from quantal.kernels.symbolic.dag import VARIABLE, Graph

LEAST_GAIN = 6
"""Entries that an intermediate must save."""
MOST = 200


def choose(graph: Graph, outputs: Sequence[int], leaves: Collection[int]) -> list[int]:
    """Nodes to keep as unknowns, each depending only on leaves and earlier ones."""
    order = [node for node in graph.ancestors(outputs) if graph.level[node] == VARIABLE]
    chosen: set[int] = set()
    fixed = {*leaves, *outputs}
    while len(chosen) < MOST:
        below = _reach_down(graph, order, leaves, chosen)
        above = _reach_up(graph, order, outputs, chosen)
        best, gain = -1, LEAST_GAIN - 1
        for node in order:
            if node in chosen or node in fixed or graph.is_truth(node):
                continue
            inputs, rows = below[node].bit_count(), above[node].bit_count()
            if inputs * rows - inputs - rows > gain:
                best, gain = node, inputs * rows - inputs - rows
        if best < 0:
            break
        chosen.add(best)
    return sorted(chosen)


def _reach_down(
    graph: Graph, order: Sequence[int], leaves: Collection[int], chosen: Collection[int]
) -> dict[int, int]:
    """For each node the unknowns it depends on, as bits; a chosen node stands for itself."""
    bit = {leaf: 1 << number for number, leaf in enumerate(leaves)}
    bit |= {node: 1 << (len(bit) + number) for number, node in enumerate(chosen)}
    below: dict[int, int] = {}
    for node in order:
        total = 0
        for argument in graph.arguments[node]:
            total |= bit.get(argument, below.get(argument, 0))
        below[node] = total
    return below


def _reach_up(
    graph: Graph, order: Sequence[int], outputs: Sequence[int], chosen: Collection[int]
) -> dict[int, int]:
    """For each node the rows it enters, as bits; below a chosen node its own row counts."""
    above = dict.fromkeys(order, 0)
    for number, output in enumerate(outputs):
        if output in above:
            above[output] |= 1 << number
    own = {node: 1 << (len(outputs) + number) for number, node in enumerate(chosen)}
    for node in reversed(order):
        rows = own.get(node, above[node])
        for argument in graph.arguments[node]:
            if argument in above:
                above[argument] |= rows
    return above
