"""Propensities of all lanes at once: graph nodes in which every value is a vector of trials.

Only what rounds alike in a vector and in a single number is taken: products, differences of a
count and a number, choices. So a trial has the same bits whichever loop it ran in.
"""

from __future__ import annotations

from quantal.kernels.generate.ir import Function
from quantal.kernels.population.lanes import Lanes
from quantal.kernels.stochastic.network import MIXED
from quantal.kernels.stochastic.parts import Parts
from quantal.kernels.stochastic.slots import slot
from quantal.kernels.symbolic.dag import VARIABLE, Graph
from quantal.kernels.symbolic.equations import PARAMETER, STATE

WIDTH = 8
"""Trials side by side."""
LANES = Lanes("double", WIDTH, WIDTH)
MOST_MEMBERS, MOST_BLOCKS = 160, 32
"""All propensities are computed afresh at every event; beyond, following changes is cheaper."""

_BINARY = {"+": "fadd", "-": "fsub", "*": "fmul"}
_PREDICATES = {"<": "olt", "<=": "ole", "==": "oeq", "!=": "une"}


def fits(parts: Parts) -> bool:
    """Whether the trials of a network can run side by side."""
    if not 0 < len(parts.members) <= MOST_MEMBERS or len(parts.blocks) > MOST_BLOCKS:
        return False
    if any(block.kind == MIXED for block in parts.blocks):
        return False
    if any(parts.can_turn_negative(member) for member in parts.members):
        return False
    return all(_rounds_alike(parts.graph, member.bound) for member in parts.members)


def _rounds_alike(graph: Graph, root: int) -> bool:
    for node in graph.ancestors([root]):
        if graph.level[node] != VARIABLE or node in graph.leaf_of or graph.is_number(node):
            continue
        operation = graph.operation[node]
        if operation in ("+", "-"):
            # A product that is added becomes one rounded multiply-add, or not.
            if any(graph.operation[each] == "*" for each in graph.arguments[node]):
                return False
        elif operation not in ("*", "neg", "if", "and", "not", *_PREDICATES):
            return False
    return True


class Weights:
    """Writes nodes into a function as vectors, each once."""

    def __init__(self, f: Function, parts: Parts) -> None:
        self._f, self._parts, self._graph = f, parts, parts.graph
        self._counts, self._constants = slot(f, "lane_counts"), slot(f, "constants")
        self._known: dict[int, str] = {}

    def of(self, root: int) -> str:
        """The vector of a node's values."""
        stack = [root]
        while stack:
            node = stack[-1]
            needed = [x for x in self._inputs(node) if not self._is_ready(x)]
            if needed:
                stack.extend(needed)
                continue
            stack.pop()
            if not self._is_ready(node):
                self._known[node] = self._written(node)
        return self._value(root)

    def _is_ready(self, node: int) -> bool:
        if node in self._known or self._graph.is_number(node):
            return True
        return self._graph.leaf_of.get(node, ("", 0))[0] == STATE

    def _inputs(self, node: int) -> tuple[int, ...]:
        return () if node in self._parts.given else self._graph.arguments[node]

    def _value(self, node: int) -> str:
        if self._graph.is_number(node):
            return LANES.splat(self._graph.value[node])
        if self._graph.leaf_of.get(node, ("", 0))[0] == STATE:
            # Read afresh each time: what is in memory needs no register.
            return LANES.load(self._f, self._counts, self._graph.leaf_of[node][1])
        return self._known[node]

    def _written(self, node: int) -> str:
        f, graph = self._f, self._graph
        if node in self._parts.given:
            return LANES.spread(f, f.load(self._constants, self._parts.given[node]))
        if node in graph.leaf_of:
            kind, index = graph.leaf_of[node]
            if kind == PARAMETER:
                return LANES.spread(f, f.load(self._constants, index))
            raise ValueError(f"a weight must not depend on `{kind}`")
        values = [self._value(each) for each in graph.arguments[node]]
        operation = graph.operation[node]
        if operation in _BINARY:
            return LANES.op(f, _BINARY[operation], *values)
        if operation == "neg":
            return LANES.negative(f, values[0])
        if operation in _PREDICATES:
            return LANES.compare(f, _PREDICATES[operation], values[0], values[1])
        if operation == "and":
            return f.emit(f"and {LANES.truth} {values[0]}, {values[1]}")
        if operation == "not":
            ones = "<" + ", ".join(["i1 true"] * WIDTH) + ">"
            return f.emit(f"xor {LANES.truth} {values[0]}, {ones}")
        if operation == "if":
            return LANES.select(f, *values)
        raise ValueError(f"there is no instruction for `{operation}`")
