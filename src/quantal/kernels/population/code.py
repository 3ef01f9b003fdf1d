"""Graph nodes as straight-line code in which every value is a vector of instances.

A product that is used once and added is fused into a multiply-add; a product that several
sums share stays one rounded value, so that what one reaction takes from a state is exactly
what it gives to another. Where divisions of long registers are slow, two pivots that do not
wait for one another share one, 1/a and 1/b being b/(ab) and a/(ab).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack

from quantal.kernels.generate.ir import INTEGER, POINTER, Function
from quantal.kernels.population.fusion import Fused, Fusion
from quantal.kernels.population.instructions import (
    instruction,
    multiply_add,
    two_reciprocals,
)
from quantal.kernels.population.lanes import Lanes
from quantal.kernels.population.order import Group, by_depth, loops, order
from quantal.kernels.symbolic.dag import Graph

PART = 400
"""Longest run of instructions in one function: LLVM's time grows faster than the length."""
ALIGNED = "nounwind noinline alignstack(64)"
"""Vectors that find no register wait on the stack. Where the caller left it, half of them would
lie across two cache lines, which made some threads slower than others by two thirds."""
ENOUGH = 60
"""A loop of so many instructions is worth its own start."""

Place = tuple[str, int]
"""An array's name and the number of a vector in it (of a number, in `row`)."""
ARRAYS = ("state", "own", "shared", "row", "scratch")
"""What every function takes: states; what the instances have of their own; what all share;
time and drives of the step; memory between parts. Then `count`, how many vectors to advance."""


class Code:
    """One function over one graph, for `count` vectors, in several parts where it is long.

    Each part is a loop over the vectors. A processor looks ahead by so many instructions
    only: while one vector waits for a division, those after it must be within its sight.

    Args:
        name: the function's name.
        lanes: the vectors.
        graph: where the nodes are.
        places: where leaves, and nodes that are loaded instead of computed, are.
        strides: vectors from one vector's entry to the next one's, by array.
        alias: leaves that stand for other nodes.
        pivots: reciprocals that may share divisions.
    """

    def __init__(
        self, name: str, lanes: Lanes, graph: Graph, places: Mapping[int, Place],
        strides: Mapping[str, str | int], alias: Mapping[int, int] | None = None,
        pivots: Collection[int] = (),
    ) -> None:  # fmt: skip
        self._name, self._v, self._graph = name, lanes, graph
        self._arguments = [*((POINTER, each) for each in ARRAYS), (INTEGER, "count")]
        self._places, self._strides, self._alias = places, strides, alias or {}
        self._pivots = set(pivots)
        self._bases: list[dict[str, str]] = []
        self._loops: list[ExitStack] = []
        self._fusion = Fusion(graph)
        self._parts: list[Function] = []
        self._homes: dict[int, int] = {}
        self._names: dict[int, str] = {}
        self._slots: dict[int, int] = {}
        self._next_part()

    @property
    def scratch(self) -> int:
        """How many vectors pass between parts."""
        return len(self._slots)

    def store(self, outputs: Sequence[int], pointer: str, places: Sequence[int]) -> None:
        """Compute the outputs and, when all are known, write them as vectors `places`."""
        self.store_in_turn([Group(outputs, places)], pointer)

    def store_in_turn(self, groups: Sequence[Group], pointer: str) -> None:
        """Outputs group by group: each is written before the next begins.

        What a group has written must not be read by a later one, which may use what the
        group computed. Groups share a loop until it is long enough.
        """
        outputs = [output for group in groups for output in group.nodes]
        self._fusion.count(outputs, order(outputs, self._inputs), self._inputs)
        for number, group in enumerate(loops(groups, self._inputs, self._places, ENOUGH)):
            if number:
                self._next_part()
            self._emit_group(group, pointer)

    def _emit_group(self, group: Group, pointer: str) -> None:
        free = self._pivots - self._places.keys()
        share = self._v.pivots_per_division
        needed = order(group.all, self._inputs)
        for pivots in by_depth(needed, self._inputs, free, share):
            self._emit_pivots(pivots)
        for node in group.all:
            self._emit(node)
        for output, place in zip(group.nodes, group.places, strict=True):
            value = self._value(output)
            base = self._bases[-1][pointer]
            if pointer == "shared":
                self._v.store_shared(self._function, value, base, place)
            else:
                self._v.store(self._function, value, base, place)

    def functions(self) -> list[Function]:
        """The finished function, with its parts if it has several."""
        for part, loop in zip(self._parts, self._loops, strict=True):
            loop.close()
            part.give()
        whole = Function(self._name, self._arguments, internal=False)
        for part in self._parts:
            whole.call(part.name, *((kind, f"%{name}") for kind, name in self._arguments))
        whole.give()
        return [*self._parts, whole]

    def _next_part(self) -> None:
        name = f"{self._name}.{len(self._parts)}"
        self._function = Function(name, self._arguments, attributes=ALIGNED)
        self._parts.append(self._function)
        self._loops.append(ExitStack())
        index = self._loops[-1].enter_context(self._function.count("%count"))
        self._bases.append({name: self._base(name, index) for name in ARRAYS})
        self._values: dict[int, str] = {}
        self._length = 0

    def _base(self, name: str, index: str) -> str:
        """Where the present vector's entry of an array starts."""
        stride = self._strides.get(name, 0)
        if stride == 0:
            return f"%{name}"
        place = self._function.emit(f"mul i64 {index}, {stride}")
        return self._v.place(self._function, f"%{name}", place)

    # -- order -----------------------------------------------------------------------------

    def _inputs(self, node: int) -> tuple[int, ...]:
        if node in self._places:
            return ()
        if node in self._alias:
            return (self._alias[node],)
        return self._graph.arguments[node]

    # -- emission --------------------------------------------------------------------------

    def _emit_pivots(self, nodes: list[int]) -> None:
        nodes = [node for node in nodes if node not in self._homes]
        arguments = [self._graph.arguments[node][0] for node in nodes]
        for argument in arguments:
            self._emit(argument)
        if len(nodes) < 2:
            for node in nodes:
                self._emit(node)
            return
        a, b = (self._value(argument) for argument in arguments)
        found = two_reciprocals(self._function, self._v, a, b)
        for node, value in zip(nodes, found, strict=True):
            self._keep(node, value)

    def _emit(self, output: int) -> None:
        stack = [output]
        while stack:
            node = stack[-1]
            if self._is_ready(node):
                stack.pop()
                continue
            needed = [x for x in self._needed(node) if not self._is_ready(x)]
            if needed:
                stack.extend(reversed(needed))
                continue
            if self._length >= PART:
                self._next_part()
            self._keep(node, self._instruction(node))
            stack.pop()

    def _is_ready(self, node: int) -> bool:
        return node in self._homes or self._graph.is_number(node) or self._is_loaded(node)

    def _is_loaded(self, node: int) -> bool:
        return node in self._places

    def _keep(self, node: int, value: str) -> None:
        self._values[node] = self._names[node] = value
        self._homes[node] = len(self._parts) - 1
        self._length += 1

    def _needed(self, node: int) -> tuple[int, ...]:
        fused = self._fused(node)
        if fused is None:
            return self._inputs(node)
        product, other, _, _ = fused
        return (*self._graph.arguments[product], other)

    def _fused(self, node: int) -> Fused | None:
        if self._is_loaded(node):
            return None
        return self._fusion.at(node, lambda x: self._is_loaded(x) or x in self._homes)

    def _value(self, node: int) -> str:
        if self._graph.is_number(node):
            return self._v.splat(self._graph.value[node])
        if node not in self._values:
            if self._is_loaded(node):
                self._values[node] = self._load(node)
            else:
                self._values[node] = self._fetched(node)
        return self._values[node]

    def _load(self, node: int) -> str:
        """A leaf, or what was computed beforehand."""
        f, v = self._function, self._v
        array, index = self._places[node]
        base = self._bases[-1][array]
        if array == "shared":
            return v.load_shared(f, base, index)
        if array != "row":
            return v.load(f, base, index)
        where = f.address(base, index, v.element)
        return v.spread(f, f.emit(f"load {v.element}, ptr {where}, align {v.bits // 8}"))

    def _fetched(self, node: int) -> str:
        """A value that an earlier part computed."""
        v, truth = self._v, self._graph.is_truth(node)
        if node not in self._slots:
            self._slots[node] = len(self._slots)
            home, value = self._parts[self._homes[node]], self._names[node]
            if truth:
                value = v.select(home, value, v.splat(1.0), v.splat(0.0))
            at = self._bases[self._homes[node]]["scratch"]
            v.store(home, value, at, self._slots[node])
        value = v.load(self._function, self._bases[-1]["scratch"], self._slots[node])
        return v.compare(self._function, "une", value, v.splat(0.0)) if truth else value

    def _instruction(self, node: int) -> str:
        f, v, graph = self._function, self._v, self._graph
        if node in self._alias:
            return self._value(self._alias[node])
        fused = self._fused(node)
        if fused is None:
            values = [self._value(argument) for argument in graph.arguments[node]]
            return instruction(f, v, graph.operation[node], values)
        product, other, minus, less = fused
        a, b = (self._value(argument) for argument in graph.arguments[product])
        return multiply_add(f, v, (a, b), self._value(other), minus, less)
