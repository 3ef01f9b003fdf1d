"""Graph nodes as straight-line LLVM IR: one value per node, no branches.

A product that is used once and added is fused into a multiply-add; a product that several
sums share stays one rounded value, so that what one reaction takes from a state is exactly
what it gives to another.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence

from quantal.kernels.generate.ir import DOUBLE, OFTEN, POINTER, VECTOR, Function, real
from quantal.kernels.generate.mathematics import NEAR_SLOTS, own
from quantal.kernels.layout import LANES
from quantal.kernels.symbolic.dag import Graph

_OWN = {"exp": "exp", "exprel": "exprel", "exprel'": "exprel_slope"}
_LIBRARY = {"log": "log", "log10": "log10", "tanh": "tanh"}
_CALLS = {**_LIBRARY, "sqrt": "llvm.sqrt.f64", "abs": "llvm.fabs.f64"}
PART = 400
"""Longest run of instructions in one function."""

_BINARY = {"+": "fadd", "-": "fsub", "*": "fmul"}
_PREDICATES = {"<": "olt", "<=": "ole", "==": "oeq", "!=": "une"}


def near_places(graph: Graph, outputs: Iterable[int]) -> int:
    """How many doubles the exponentials that some nodes need may keep at most."""
    return NEAR_SLOTS * sum(graph.operation[node] == "exp" for node in graph.ancestors(outputs))


class StraightLine:
    """Emits nodes of one graph into a function that reads arrays and writes one.

    `arguments` are the names of the pointers it takes, `arrays` says from which of them each
    kind of leaf is read, `given` which nodes already have a value (as an array's name and an
    index), so that they are loaded instead. What is longer than `PART` instructions becomes
    several functions, because LLVM's time grows faster than a block's length; values pass
    from one to the next through the array `%scratch`, from its place `free` on. From `near`
    on exponentials keep there what they were last: see `near_places`.
    """

    def __init__(
        self, name: str, arguments: Sequence[str], graph: Graph, arrays: Mapping[str, str],
        given: Mapping[int, tuple[str, int]] | None = None, internal: bool = True,
        near: int | None = None, free: int = 0, attributes: str = OFTEN,
    ) -> None:  # fmt: skip
        self._near, self._free, self._attributes = near, free, attributes
        self._name = name
        self._internal = internal
        self._arguments = [(POINTER, each) for each in arguments]
        self._graph = graph
        self._arrays = arrays
        self._given = given or {}
        self._uses: dict[int, int] = {}
        self._longest = PART
        self._parts: list[Function] = []
        self._homes: dict[int, int] = {}
        self._names: dict[int, str] = {}
        self._slots: dict[int, int] = {}
        self._next_part()

    @classmethod
    def inside(
        cls, function: Function, graph: Graph, arrays: Mapping[str, str],
        given: Mapping[int, tuple[str, int]] | None = None, known: Mapping[int, str] | None = None,
    ) -> StraightLine:  # fmt: skip
        """Nodes at the present place of a function, in one piece; `known` are at hand there."""
        code = cls("", (), graph, arrays, given)
        code._parts, code._function, code._longest = [function], function, sys.maxsize
        for node, value in (known or {}).items():
            code._keep(node, value)
        return code

    def values(self, outputs: Sequence[int]) -> list[str]:
        """The names of the outputs' values, in a function that is one piece."""
        self._emit_all(outputs)
        return [self._value(output) for output in outputs]

    @property
    def scratch(self) -> int:
        """How much of the array `%scratch` is used."""
        return self._free + len(self._slots)

    def store(
        self, outputs: Sequence[int], pointer: str, first: int = 0, padded: bool = False
    ) -> None:
        """Write the outputs to consecutive places, four at a time where they are at hand.

        In a `padded` array there is room for a last vector that is filled with zeros.
        """
        self._emit_all(outputs)
        if len(self._parts) > 1:
            for place, output in enumerate(outputs):
                part = self._parts[self._homes.get(output, len(self._parts) - 1)]
                part.store(self._at_home(output), pointer, first + place)
            return
        function, values = self._function, [self._value(output) for output in outputs]
        if padded:
            values += [real(0.0)] * (-len(values) % LANES)
        whole = len(values) - len(values) % LANES
        for start in range(0, whole, LANES):
            vector = "poison"
            for lane in range(LANES):
                vector = function.emit(
                    f"insertelement {VECTOR} {vector}, double {values[start + lane]}, i64 {lane}"
                )
            function.store_vector(vector, pointer, str(first + start), whole=True)
        for index in range(whole, len(values)):
            function.store(values[index], pointer, first + index)

    def store_at_end(self, outputs: Sequence[int], pointer: str, places: Sequence[int]) -> None:
        """Write the outputs to any places, after everything has been read."""
        self._emit_all(outputs)
        values = [self._value(output) for output in outputs]
        for value, place in zip(values, places, strict=True):
            self._function.store(value, pointer, place)

    def functions(self) -> list[Function]:
        """The finished function, with its parts if it has several."""
        for part in self._parts:
            part.give()
        if len(self._parts) == 1:
            self._function.name, self._function.internal = self._name, self._internal
            return [self._function]
        whole = Function(self._name, self._arguments, internal=self._internal)
        for part in self._parts:
            whole.call(part.name, *((kind, f"%{name}") for kind, name in self._arguments))
        whole.give()
        return [*self._parts, whole]

    def _next_part(self) -> None:
        name = f"{self._name}.{len(self._parts)}"
        self._function = Function(name, self._arguments, attributes=self._attributes)
        self._parts.append(self._function)
        self._values: dict[int, str] = {}
        self._length = 0

    def _emit_all(self, outputs: Sequence[int]) -> None:
        self._count_uses(outputs)
        self._emit_calls(outputs)
        for output in outputs:
            self._emit(output)

    def _emit_calls(self, outputs: Sequence[int]) -> None:
        """Function calls first, own ones in vectors: then few values must survive a call."""
        depth: dict[int, int] = {}
        groups: dict[tuple[int, str], list[int]] = {}
        for node in self._reachable(outputs):
            depth[node] = max((depth[argument] for argument in self._inputs(node)), default=0)
            operation = self._graph.operation[node]
            if node in self._given or node in self._homes:
                continue
            if operation in _OWN or operation in _LIBRARY or operation == "^":
                groups.setdefault((depth[node], operation), []).append(node)
                depth[node] += 1
        for (_, operation), nodes in sorted(groups.items()):
            size = LANES if operation in _OWN else 1
            for start in range(0, len(nodes), size):
                self._emit_call_of(operation, nodes[start : start + size])

    def _reachable(self, outputs: Sequence[int]) -> list[int]:
        seen: set[int] = set()
        stack = list(outputs)
        while stack:
            node = stack.pop()
            if node not in seen:
                seen.add(node)
                stack.extend(self._inputs(node))
        return sorted(seen)

    def _emit_call_of(self, operation: str, nodes: list[int]) -> None:
        if len(nodes) == 1:
            self._emit(nodes[0])
            return
        arguments = [self._graph.arguments[node][0] for node in nodes]
        for argument in arguments:
            self._emit(argument)
        if self._length >= self._longest:
            self._next_part()
        # Lanes without a node of their own repeat the first one.
        values = [self._value(argument) for argument in arguments]
        values += values[:1] * (LANES - len(values))
        packed = "poison"
        for lane, value in enumerate(values):
            packed = self._function.emit(
                f"insertelement {VECTOR} {packed}, double {value}, i64 {lane}"
            )
        result = self._own_call(operation, VECTOR, packed)
        for lane, node in enumerate(nodes):
            self._keep(node, self._function.emit(f"extractelement {VECTOR} {result}, i64 {lane}"))

    def _own_call(self, operation: str, kind: str, value: str) -> str:
        """A call of one of the generated functions, for one value or a vector."""
        vector = kind == VECTOR
        if operation != "exp" or self._near is None:
            return self._function.call(own(_OWN[operation], vector), (kind, value), returns=kind)
        near = self._function.address("%scratch", self._near)
        self._near += NEAR_SLOTS
        return self._function.call(
            own("exp_near", vector), (kind, value), (POINTER, near), returns=kind
        )

    def _at_home(self, node: int) -> str:
        return real(self._graph.value[node]) if self._graph.is_number(node) else self._names[node]

    def _keep(self, node: int, value: str) -> None:
        self._values[node] = value
        self._homes[node] = len(self._parts) - 1
        self._names[node] = value
        self._length += 1

    def _fetched(self, node: int) -> str:
        """A value that an earlier part computed."""
        truth = self._graph.is_truth(node)
        if node not in self._slots:
            self._slots[node] = self._free + len(self._slots)
            home, value = self._parts[self._homes[node]], self._names[node]
            value = home.emit(f"uitofp i1 {value} to double") if truth else value
            home.store(value, "%scratch", self._slots[node])
        value = self._function.load("%scratch", self._slots[node])
        if truth:
            value = self._function.compare("une", value, real(0.0))
        self._values[node] = value
        return value

    def _inputs(self, node: int) -> tuple[int, ...]:
        return () if node in self._given else self._graph.arguments[node]

    def _count_uses(self, outputs: Iterable[int]) -> None:
        stack: list[int] = []
        for output in outputs:
            # An output must exist as a value of its own: it is never fused away.
            self._uses[output] = self._uses.get(output, 0) + 2
            stack.append(output)
        seen = set(self._homes)
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
            if node in self._homes or self._graph.is_number(node):
                stack.pop()
                continue
            needed = [x for x in self._needed(node) if not self._is_ready(x)]
            if needed:
                stack.extend(reversed(needed))
                continue
            if self._length >= self._longest:
                self._next_part()
            self._keep(node, self._instruction(node))
            stack.pop()

    def _is_ready(self, node: int) -> bool:
        return node in self._homes or self._graph.is_number(node)

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
            and node not in self._homes
        )

    def _value(self, node: int) -> str:
        if self._graph.is_number(node):
            return real(self._graph.value[node])
        if node in self._values:
            return self._values[node]
        if self._is_loaded(node):
            self._values[node] = self._instruction(node)
            return self._values[node]
        return self._fetched(node)

    def _is_loaded(self, node: int) -> bool:
        """Whether a node is an input, which every part reads for itself."""
        return node in self._given or node in self._graph.leaf_of

    def _instruction(self, node: int) -> str:
        function, graph = self._function, self._graph
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
        if operation in _OWN:
            return self._own_call(operation, DOUBLE, values[0])
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
