"""Which products are fused into the sum that uses them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from quantal.kernels.population.order import Inputs
from quantal.kernels.symbolic.dag import Graph

Fused = tuple[int, int, bool, bool]
"""(product, other, product negative, other negative): a multiply-add."""


class Fusion:
    """How often nodes are used, and what follows: a product used once vanishes into its sum.

    A product that several sums share stays one rounded value, so that what one reaction takes
    from a state is exactly what it gives to another.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._uses: dict[int, int] = {}

    def count(self, outputs: Iterable[int], nodes: Iterable[int], inputs: Inputs) -> None:
        """Count the uses of what is computed; outputs are never fused away."""
        for output in outputs:
            self._uses[output] = self._uses.get(output, 0) + 2
        for node in nodes:
            for argument in inputs(node):
                self._uses[argument] = self._uses.get(argument, 0) + 1

    def at(self, node: int, exists: Callable[[int], bool]) -> Fused | None:
        """How `node` is a multiply-add, if it is; what `exists` already is not fused."""
        operation = self._graph.operation[node]
        if operation not in ("+", "-"):
            return None
        a, b = self._graph.arguments[node]
        if self._is_single_product(b) and not exists(b):
            return b, a, operation == "-", False
        if self._is_single_product(a) and not exists(a):
            return a, b, False, operation == "-"
        return None

    def _is_single_product(self, node: int) -> bool:
        return self._graph.operation[node] == "*" and self._uses.get(node) == 1
