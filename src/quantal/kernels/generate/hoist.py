"""Nodes that depend on parameters alone: computed once per set of parameters, not at each use."""

from __future__ import annotations

from collections.abc import Iterable

from quantal.kernels.symbolic.dag import CONSTANT, VARIABLE, Graph


def hoisted(graph: Graph, roots: Iterable[int]) -> list[int]:
    """The parameter-only nodes that the roots need, as far up as they reach, ascending."""
    roots = list(roots)
    found = {node for node in roots if _is_hoistable(graph, node)}
    for node in graph.ancestors(roots):
        if graph.level[node] == VARIABLE:
            found.update(x for x in graph.arguments[node] if _is_hoistable(graph, x))
    return sorted(found)


def _is_hoistable(graph: Graph, node: int) -> bool:
    return graph.level[node] == CONSTANT and node not in graph.leaf_of
