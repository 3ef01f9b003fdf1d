"""Graph nodes as straight-line LLVM IR: one value per node, no branches.

A product that is used once and added is fused into a multiply-add; a product that several
sums share stays one rounded value, so that what one reaction takes from a state is exactly
what it gives to another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from quantal.kernels.generate.ir import VECTOR, Function, real
from quantal.kernels.layout import LANES
from quantal.kernels.symbolic.dag import Graph

_CALLS = {
    "exp": "exp", "log": "log", "log10": "log10", "tanh": "tanh", "sqrt": "llvm.sqrt.f64",
    "abs": "llvm.fabs.f64", "exprel": "exprel", "exprel'": "exprel_slope",
}  # fmt: skip
_BINARY = {"+": "fadd", "-": "fsub", "*": "fmul"}
_PREDICATES = {"<": "olt", "<=": "ole", "==": "oeq", "!=": "une"}


class StraightLine:
    """Emits nodes of one graph into one function.

    `arrays` says from which pointer each kind of leaf is read, `given` which nodes already
    have a value (as an array's name and an index), so that they are loaded instead.
    """

    def __init__(
        self, function: Function, graph: Graph, arrays: Mapping[str, str],
        given: Mapping[int, tuple[str, int]] | None = None,
    ) -> None:  # fmt: skip
        self._function = function
        self._graph = graph
        self._arrays = arrays
        self._given = given or {}
        self._values: dict[int, str] = {}
        self._uses: dict[int, int] = {}

    def values(self, outputs: Sequence[int]) -> list[str]:
        """The values of all outputs."""
        self._count_uses(outputs)
        for output in outputs:
            self._emit(output)
        return [self._value(output) for output in outputs]

    def store(self, outputs: Sequence[int], pointer: str, first: int = 0) -> None:
        """Write the outputs to consecutive places, four at a time."""
        values = self.values(outputs)
        whole = len(values) - len(values) % LANES
        for start in range(0, whole, LANES):
            vector = "poison"
            for lane in range(LANES):
                vector = self._function.emit(
                    f"insertelement {VECTOR} {vector}, double {values[start + lane]}, i64 {lane}"
                )
            self._function.store_vector(vector, pointer, str(first + start))
        for index in range(whole, len(values)):
            self._function.store(values[index], pointer, first + index)

    def _inputs(self, node: int) -> tuple[int, ...]:
        return () if node in self._given else self._graph.arguments[node]

    def _count_uses(self, outputs: Iterable[int]) -> None:
        stack: list[int] = []
        for output in outputs:
            # An output must exist as a value of its own: it is never fused away.
            self._uses[output] = self._uses.get(output, 0) + 2
            stack.append(output)
        seen = set(self._values)
        while stack:
            node = stack.pop()
            if node in seen:
                continue
            seen.add(node)
            for argument in self._inputs(node):
                self._uses[argument] = self._uses.get(argument, 0) + 1
                stack.append(argument)

    def _emit(self, output: int) -> None:
        stack = [output]
        while stack:
            node = stack[-1]
            if node in self._values:
                stack.pop()
                continue
            needed = [x for x in self._needed(node) if x not in self._values]
            if needed:
                stack.extend(reversed(needed))
            else:
                self._values[node] = self._instruction(node)
                stack.pop()

    def _needed(self, node: int) -> tuple[int, ...]:
        fused = self._fused(node)
        if fused is None:
            return self._inputs(node)
        product, other, _, _ = fused
        return (*self._graph.arguments[product], other)

    def _fused(self, node: int) -> tuple[int, int, bool, bool] | None:
        """(product, other, product negative, other negative) if `node` is a multiply-add."""
        operation = self._graph.operation[node]
        if operation not in ("+", "-") or node in self._given:
            return None
        a, b = self._graph.arguments[node]
        if self._is_single_product(b):
            return b, a, operation == "-", False
        if self._is_single_product(a):
            return a, b, False, operation == "-"
        return None

    def _is_single_product(self, node: int) -> bool:
        return (
            self._graph.operation[node] == "*"
            and self._uses.get(node) == 1
            and node not in self._given
            and node not in self._values
        )

    def _value(self, node: int) -> str:
        if self._graph.is_number(node):
            return real(self._graph.value[node])
        return self._values[node]

    def _instruction(self, node: int) -> str:
        function, graph = self._function, self._graph
        if graph.is_number(node):
            return real(graph.value[node])
        if node in self._given:
            array, index = self._given[node]
            return function.load(array, index)
        if node in graph.leaf_of:
            kind, index = graph.leaf_of[node]
            return function.load(self._arrays[kind], index)
        fused = self._fused(node)
        if fused is not None:
            return self._multiply_add(*fused)
        values = [self._value(argument) for argument in graph.arguments[node]]
        operation = graph.operation[node]
        if operation in _BINARY:
            return function.real_op(_BINARY[operation], values[0], values[1])
        if operation == "neg":
            return function.emit(f"fneg double {values[0]}")
        if operation == "reciprocal":
            return function.real_op("fdiv", real(1.0), values[0])
        if operation in _CALLS:
            return function.call(_CALLS[operation], ("double", values[0]), returns="double")
        if operation == "^":
            return function.call("pow", *(("double", v) for v in values), returns="double")
        return self._logical(operation, values)

    def _multiply_add(self, product: int, other: int, minus: bool, less: bool) -> str:
        a, b = (self._value(argument) for argument in self._graph.arguments[product])
        c = self._value(other)
        if minus:
            a = self._function.emit(f"fneg double {a}")
        if less:
            c = self._function.emit(f"fneg double {c}")
        return self._function.fma(a, b, c)

    def _logical(self, operation: str, values: list[str]) -> str:
        function = self._function
        if operation in _PREDICATES:
            return function.compare(_PREDICATES[operation], values[0], values[1])
        if operation == "and":
            return function.emit(f"and i1 {values[0]}, {values[1]}")
        if operation == "not":
            return function.emit(f"xor i1 {values[0]}, true")
        if operation == "if":
            return function.select(values[0], values[1], values[2])
        raise ValueError(f"there is no instruction for `{operation}`")
