"""Vectors of instances: how many lie side by side, their type, and operations on them."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from quantal.kernels.generate.ir import Function
from quantal.kernels.native import host

SINGLE, DOUBLE = "float", "double"
ABREAST = 2
"""Registers worked on side by side: what all instances share is loaded once for both, and one
has work while the other waits."""


def register_bytes() -> int:
    """The length of this machine's vector registers."""
    features = host()[1].split(",")
    if "+avx512f" in features:
        return 64
    return 32 if "+avx" in features else 16


@dataclass(frozen=True)
class Lanes:
    """`width` numbers of one `element` type (`float` or `double`); `register` in a register."""

    element: str
    width: int
    register: int

    @classmethod
    def of_machine(cls, element: str) -> Lanes:
        """As many as `ABREAST` registers hold."""
        register = register_bytes() // (4 if element == SINGLE else 8)
        return cls(element, ABREAST * register, register)

    @property
    def kind(self) -> str:
        """The vector's type in LLVM."""
        return f"<{self.width} x {self.element}>"

    @property
    def truth(self) -> str:
        """The type of a comparison."""
        return f"<{self.width} x i1>"

    @property
    def whole(self) -> str:
        """Whole numbers of the same size."""
        return f"<{self.width} x i{self.bits}>"

    @property
    def bits(self) -> int:
        """Bits of one element."""
        return 32 if self.element == SINGLE else 64

    @property
    def bytes(self) -> int:
        """Bytes of a whole vector."""
        return self.width * self.bits // 8

    @property
    def pivots_per_division(self) -> int:
        """Dividing 64 bytes takes as long as twenty products; dividing 32, as ten."""
        return 2 if self.register * self.bits // 8 >= 64 else 1

    @property
    def suffix(self) -> str:
        """How LLVM's own functions name this type."""
        return f"v{self.width}f{self.bits}"

    def number(self, value: float) -> str:
        """One element, exactly as LLVM writes it."""
        if self.element == SINGLE:
            # LLVM writes a single as the double of the same value.
            try:
                value = struct.unpack(">f", struct.pack(">f", value))[0]
            except OverflowError:
                value = float("inf") if value > 0 else float("-inf")
        return "0x" + struct.pack(">d", float(value)).hex().upper()

    def splat(self, value: float) -> str:
        """The same number in every lane."""
        return "<" + ", ".join([f"{self.element} {self.number(value)}"] * self.width) + ">"

    def splat_whole(self, value: int) -> str:
        """The same whole number in every lane."""
        return "<" + ", ".join([f"i{self.bits} {value}"] * self.width) + ">"

    def load(self, f: Function, base: str, index: int | str, offset: int = 0) -> str:
        """Vector `index + offset` of an array of vectors."""
        where = self.place(f, base, index, offset)
        return f.emit(f"load {self.kind}, ptr {where}, align {self.bits // 8}")

    def store(self, f: Function, value: str, base: str, index: int | str) -> None:
        """Write vector `index` of an array of vectors."""
        where = self.place(f, base, index)
        f.do(f"store {self.kind} {value}, ptr {where}, align {self.bits // 8}")

    def place(self, f: Function, base: str, index: int | str, offset: int = 0) -> str:
        """The address of vector `index + offset`."""
        if offset:
            index = f.integer_add(str(index), offset) if isinstance(index, str) else index + offset
        return f.address(base, index, self.kind)

    def op(self, f: Function, operation: str, a: str, b: str) -> str:
        """`fadd`, `fsub`, `fmul` or `fdiv`, lane by lane."""
        return f.emit(f"{operation} {self.kind} {a}, {b}")

    def negative(self, f: Function, a: str) -> str:
        """-a."""
        return f.emit(f"fneg {self.kind} {a}")

    def fma(self, f: Function, a: str, b: str, c: str) -> str:
        """a*b + c, rounded once where the machine has it."""
        kind = self.kind
        call = f"@llvm.fmuladd.{self.suffix}({kind} {a}, {kind} {b}, {kind} {c})"
        return f.emit(f"call {kind} {call}")

    def compare(self, f: Function, predicate: str, a: str, b: str) -> str:
        """A truth for each lane."""
        return f.emit(f"fcmp {predicate} {self.kind} {a}, {b}")

    def select(self, f: Function, condition: str, a: str, b: str) -> str:
        """a where the condition holds, else b, lane by lane."""
        return f.emit(f"select {self.truth} {condition}, {self.kind} {a}, {self.kind} {b}")

    def call(self, f: Function, name: str, *values: str) -> str:
        """A function of vectors."""
        arguments = ", ".join(f"{self.kind} {value}" for value in values)
        return f.emit(f"call {self.kind} @{name}({arguments})")

    def load_shared(self, f: Function, base: str, index: int) -> str:
        """Entry `index` of an array of registers, repeated over the whole vector.

        So one register serves all vectors that are in work.
        """
        small = f"<{self.register} x {self.element}>"
        where = f.address(base, index, small)
        value = f.emit(f"load {small}, ptr {where}, align {self.bits // 8}")
        lanes = ", ".join(f"i32 {lane % self.register}" for lane in range(self.width))
        return f.emit(
            f"shufflevector {small} {value}, {small} poison, <{self.width} x i32> <{lanes}>"
        )

    def store_shared(self, f: Function, value: str, base: str, index: int | str) -> None:
        """Write entry `index` of an array of registers: the first of the vector."""
        small = f"<{self.register} x {self.element}>"
        lanes = ", ".join(f"i32 {lane}" for lane in range(self.register))
        first = f.emit(
            f"shufflevector {self.kind} {value}, {self.kind} poison, "
            f"<{self.register} x i32> <{lanes}>"
        )
        where = f.address(base, index, small)
        f.do(f"store {small} {first}, ptr {where}, align {self.bits // 8}")

    def spread(self, f: Function, value: str) -> str:
        """One number in every lane."""
        first = f.emit(f"insertelement {self.kind} poison, {self.element} {value}, i64 0")
        zeros = "<" + ", ".join(["i32 0"] * self.width) + ">"
        return f.emit(
            f"shufflevector {self.kind} {first}, {self.kind} poison, <{self.width} x i32> {zeros}"
        )
