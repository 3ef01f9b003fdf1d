"""Writing LLVM IR as text: a function at a time, with structured branches and loops.

Text is parsed by LLVM several times faster than an object tree can be built in Python.
Mutable values live in stack slots, which LLVM turns into registers.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from quantal.kernels.layout import LANES

DOUBLE, INTEGER, POINTER, TRUTH = "double", "i64", "ptr", "i1"
VECTOR = f"<{LANES} x double>"

OFTEN, SELDOM = "nounwind", "nounwind noinline optnone"
"""Attributes of functions; LLVM takes a third of the time over code that it leaves as it is."""

NAN = "0x7FF8000000000000"
INFINITY = "0x7FF0000000000000"


def real(value: float) -> str:
    """A double, exactly, as LLVM writes it."""
    return "0x" + struct.pack(">d", float(value)).hex().upper()


def splat(value: float) -> str:
    """A vector constant with the same value in every lane."""
    return "<" + ", ".join(f"double {real(value)}" for _ in range(LANES)) + ">"


class Function:
    """One function under construction. Methods return the names of the values they make."""

    def __init__(
        self, name: str, arguments: Sequence[tuple[str, str]], returns: str = "void",
        internal: bool = True, attributes: str = OFTEN,
    ) -> None:  # fmt: skip
        self.name = name
        self.internal = internal
        self._returns = returns
        self._kinds = [f"{kind} noalias" if kind == POINTER else kind for kind, _ in arguments]
        self._arguments = [argument for _, argument in arguments]
        self._attributes = attributes
        self._slots: list[str] = []
        self._lines: list[str] = []
        self._count = 0

    def text(self) -> str:
        """The finished function."""
        linkage = "internal " if self.internal else ""
        pairs = zip(self._kinds, self._arguments, strict=True)
        arguments = ", ".join(f"{kind} %{argument}" for kind, argument in pairs)
        head = f"define {linkage}{self._returns} @{self.name}({arguments}) {self._attributes}"
        body = "\n".join([*self._slots, *self._lines])
        return f"{head} {{\nentry:\n{body}\n}}\n"

    # -- values --------------------------------------------------------------------------

    def emit(self, instruction: str) -> str:
        """An instruction that gives a value."""
        self._count += 1
        name = f"%v{self._count}"
        self._lines.append(f"  {name} = {instruction}")
        return name

    def do(self, instruction: str) -> None:
        """An instruction without a value."""
        self._lines.append(f"  {instruction}")

    def real_op(self, operation: str, a: str, b: str, kind: str = DOUBLE) -> str:
        """`fadd`, `fsub`, `fmul` or `fdiv`."""
        return self.emit(f"{operation} {kind} {a}, {b}")

    def fma(self, a: str, b: str, c: str, kind: str = DOUBLE) -> str:
        """a*b + c, rounded once where the machine has it, else left to LLVM."""
        suffix = "f64" if kind == DOUBLE else f"v{LANES}f64"
        return self.emit(f"call {kind} @llvm.fmuladd.{suffix}({kind} {a}, {kind} {b}, {kind} {c})")

    def integer_add(self, a: str, b: str | int) -> str:
        return self.emit(f"add nsw i64 {a}, {b}")

    def compare(self, predicate: str, a: str, b: str, kind: str = DOUBLE) -> str:
        """An `fcmp` for doubles, an `icmp` for integers."""
        word = "fcmp" if kind in (DOUBLE, VECTOR) else "icmp"
        return self.emit(f"{word} {predicate} {kind} {a}, {b}")

    def select(self, condition: str, a: str, b: str, kind: str = DOUBLE) -> str:
        truth = f"<{LANES} x i1>" if kind == VECTOR else TRUTH
        return self.emit(f"select {truth} {condition}, {kind} {a}, {kind} {b}")

    def smaller(self, a: str, b: str) -> str:
        return self.select(self.compare("olt", a, b), a, b)

    def larger(self, a: str, b: str) -> str:
        return self.select(self.compare("ogt", a, b), a, b)

    # -- memory ----------------------------------------------------------------------------

    def address(self, base: str, index: str | int, kind: str = DOUBLE) -> str:
        if index == 0:
            return base
        return self.emit(f"getelementptr inbounds {kind}, ptr {base}, i64 {index}")

    def load(self, base: str, index: str | int = 0, kind: str = DOUBLE) -> str:
        """Element `index` of an array."""
        where = self.address(base, index, kind)
        return self.emit(f"load {kind}, ptr {where}, align 8")

    def store(self, value: str, base: str, index: str | int = 0, kind: str = DOUBLE) -> None:
        where = self.address(base, index, kind)
        self.do(f"store {kind} {value}, ptr {where}, align 8")

    def load_vector(self, base: str, index: str) -> str:
        """A vector whose first lane is double `index` of an array."""
        return self.emit(f"load {VECTOR}, ptr {self.address(base, index)}, align 8")

    def store_vector(self, value: str, base: str, index: str, whole: bool = False) -> None:
        """Write four doubles; `whole` keeps LLVM from writing them in two halves.

        A vector that is read right after it was written in parts waits until the parts have
        left the processor's store buffer.
        """
        how = "store volatile" if whole else "store"
        self.do(f"{how} {VECTOR} {value}, ptr {self.address(base, index)}, align 8")

    def broadcast(self, value: str) -> str:
        """A double in every lane."""
        first = self.emit(f"insertelement {VECTOR} poison, double {value}, i64 0")
        zeros = "<" + ", ".join(["i32 0"] * LANES) + ">"
        return self.emit(
            f"shufflevector {VECTOR} {first}, {VECTOR} poison, <{LANES} x i32> {zeros}"
        )

    def variable(self, kind: str, initial: str) -> str:
        """A mutable value; read and write it with `get` and `put`."""
        self._count += 1
        name = f"%s{self._count}"
        self._slots.append(f"  {name} = alloca {kind}")
        self.put(name, initial, kind)
        return name

    def get(self, variable: str, kind: str = DOUBLE) -> str:
        return self.emit(f"load {kind}, ptr {variable}")

    def put(self, variable: str, value: str, kind: str = DOUBLE) -> None:
        self.do(f"store {kind} {value}, ptr {variable}")

    # -- control -----------------------------------------------------------------------------

    def call(self, name: str, *arguments: tuple[str, str], returns: str = "void") -> str:
        text = ", ".join(f"{kind} {value}" for kind, value in arguments)
        if returns == "void":
            self.do(f"call void @{name}({text})")
            return ""
        return self.emit(f"call {returns} @{name}({text})")

    def give(self, value: str = "") -> None:
        """Return from the function; anything emitted after it belongs to a new block."""
        self.do(f"ret {self._returns} {value}".rstrip())

    def _label(self, word: str) -> str:
        self._count += 1
        return f"{word}{self._count}"

    def _start(self, label: str) -> None:
        self._lines.append(f"{label}:")

    @contextmanager
    def when(self, condition: str, ends: bool = False) -> Iterator[None]:
        """Do the body where the condition holds; `ends` if the body always returns."""
        inside, after = self._label("then"), self._label("after")
        self.do(f"br i1 {condition}, label %{inside}, label %{after}")
        self._start(inside)
        yield
        if not ends:
            self.do(f"br label %{after}")
        self._start(after)

    @contextmanager
    def repeat(self) -> Iterator[Loop]:
        """Repeat the body until `loop.leave_if` or a return."""
        head, after = self._label("loop"), self._label("done")
        self.do(f"br label %{head}")
        self._start(head)
        loop = Loop(self, head, after)
        yield loop
        self.do(f"br label %{head}")
        self._start(after)

    def cases(self, value: str, count: int) -> Iterator[int]:
        """One of `count` bodies, chosen by a whole number; each is written when it is yielded."""
        after = self._label("after")
        labels = [self._label("case") for _ in range(count)]
        table = " ".join(f"i64 {number}, label %{label}" for number, label in enumerate(labels))
        self.do(f"switch i64 {value}, label %{after} [ {table} ]")
        for number, label in enumerate(labels):
            self._start(label)
            yield number
            self.do(f"br label %{after}")
        self._start(after)

    @contextmanager
    def count(self, end: str | int, step: int = 1) -> Iterator[str]:
        """Repeat for 0, step, 2*step, … below `end`."""
        variable = self.variable(INTEGER, "0")
        with self.repeat() as loop:
            index = self.get(variable, INTEGER)
            loop.leave_if(self.compare("sge", index, str(end), INTEGER))
            yield index
            self.put(variable, self.integer_add(index, step), INTEGER)


class Loop:
    """A running loop of a function."""

    def __init__(self, function: Function, head: str, after: str) -> None:
        self._function, self._head, self._after = function, head, after

    def leave_if(self, condition: str) -> None:
        """Leave the loop where the condition holds."""
        stay = self._function._label("stay")
        self._function.do(f"br i1 {condition}, label %{self._after}, label %{stay}")
        self._function._start(stay)

    def again_if(self, condition: str) -> None:
        """Go back to the loop's start where the condition holds."""
        stay = self._function._label("stay")
        self._function.do(f"br i1 {condition}, label %{self._head}, label %{stay}")
        self._function._start(stay)
