"""Which states must be advanced together: strongly connected sets, causes before effects.

Receptors do not act back on the transmitter that opens them, so they are advanced after it,
each set by a small linear system of its own (Tarjan 1972 SIAM J Comput 1:146).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from quantal.kernels.symbolic.dag import Graph
from quantal.kernels.symbolic.equations import STATE, Equations
from quantal.program import Program


def blocks(program: Program, given: Collection[int]) -> list[tuple[int, ...]]:
    """Sets of state indices, each set after those that it depends on; `given` states left out."""
    needs = _needs(program)
    free = [index for index in range(len(program.states)) if index not in given]
    return _components(free, [[j for j in each if j not in given] for each in needs])


def _needs(program: Program) -> list[list[int]]:
    """For every state the states that stand in its derivative."""
    graph = Graph()
    equations = Equations(graph, program)
    roots = [equations.node(expression) for expression in program.derivatives]
    seen: dict[int, int] = {}
    for node in graph.ancestors(roots):
        bits = 0
        for argument in graph.arguments[node]:
            bits |= seen[argument]
        kind, index = graph.leaf_of.get(node, ("", 0))
        seen[node] = bits | (1 << index if kind == STATE else 0)
    count = len(program.states)
    return [[j for j in range(count) if seen[root] >> j & 1] for root in roots]


def _components(free: Sequence[int], needs: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    """Tarjan's algorithm without recursion; sets come out with causes first."""
    number: dict[int, int] = {}
    lowest: dict[int, int] = {}
    waiting: list[int] = []
    inside: set[int] = set()
    found: list[tuple[int, ...]] = []
    for root in free:
        path = [(root, iter(needs[root]))] if root not in number else []
        while path:
            state, rest = path[-1]
            if state not in number:
                number[state] = lowest[state] = len(number)
                waiting.append(state)
                inside.add(state)
            for other in rest:
                if other not in number:
                    path.append((other, iter(needs[other])))
                    break
                if other in inside:
                    lowest[state] = min(lowest[state], number[other])
            else:
                path.pop()
                if path:
                    above = path[-1][0]
                    lowest[above] = min(lowest[above], lowest[state])
                if lowest[state] == number[state]:
                    cut = waiting.index(state)
                    found.append(tuple(sorted(waiting[cut:])))
                    inside.difference_update(waiting[cut:])
                    del waiting[cut:]
    return found
