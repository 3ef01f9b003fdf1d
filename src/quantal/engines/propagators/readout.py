"""Which states recorded names are made of, and whether their mean is that of the states."""

from __future__ import annotations

from collections.abc import Iterable

from quantal.expression import Name
from quantal.kernels.symbolic.dag import Graph
from quantal.kernels.symbolic.derivative import gradients
from quantal.kernels.symbolic.equations import STATE, Equations
from quantal.program import Program


def readout(program: Program, names: Iterable[str]) -> tuple[set[int], list[str]]:
    """State indices, and the reasons why a name is not the mean over states."""
    graph = Graph()
    equations = Equations(graph, program)
    needed: set[int] = set()
    reasons: list[str] = []
    for name in names:
        node = equations.node(Name(program.roles.get(name, name)))
        leaves = {
            leaf for leaf in graph.ancestors([node])
            if graph.leaf_of.get(leaf, ("", 0))[0] == STATE
        }  # fmt: skip
        needed |= {graph.leaf_of[leaf][1] for leaf in leaves}
        slopes = gradients(graph, [node], leaves)[node].values()
        if any(graph.leaf_of.get(n, ("", 0))[0] == STATE for n in graph.ancestors(slopes)):
            reasons.append(f"`{name}` is not linear in its states, so its mean is not theirs")
    return needed, reasons
