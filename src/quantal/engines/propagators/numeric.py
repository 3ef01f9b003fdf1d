"""The value of a graph's nodes over an array of times, by numpy."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import numpy as np

from quantal.kernels.symbolic.dag import Graph
from quantal.kernels.symbolic.interpret import OPERATIONS

Array = np.ndarray[Any, np.dtype[np.float64]]


class Tape:
    """Nodes of a graph in order of evaluation, ready to be valued again and again."""

    def __init__(self, graph: Graph, outputs: Iterable[int]) -> None:
        self._outputs = list(outputs)
        self._steps = [
            (node, graph.operation[node], graph.arguments[node], graph.value[node],
             graph.leaf_of.get(node))
            for node in graph.ancestors(self._outputs)
        ]  # fmt: skip
        self.leaves = [leaf for *_, leaf in self._steps if leaf is not None]

    @property
    def content(self) -> Hashable:
        """Equal for equal expressions."""
        return tuple(
            (operation, arguments, value if operation == "number" else None, leaf)
            for _, operation, arguments, value, leaf in self._steps
        )

    def values(self, leaves: Mapping[tuple[str, int], Any]) -> list[Any]:
        """The outputs, each a number or an array, from the values of the leaves."""
        known: dict[int, Any] = {}
        with np.errstate(all="ignore"):
            for node, operation, arguments, value, leaf in self._steps:
                if leaf is not None:
                    known[node] = leaves[leaf]
                elif operation == "number":
                    known[node] = value
                else:
                    known[node] = OPERATIONS[operation](*(known[a] for a in arguments))
        return [known[node] for node in self._outputs]
