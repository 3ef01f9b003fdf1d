"""Straight-line linear code that runs forwards on tangents and backwards on the adjoint.

A stage's tangent is a sequence of `target += coefficient * source` and `target *= coefficient`.
Read backwards with source and target exchanged, the same sequence is its transpose, so that
tangents and adjoint cannot disagree but by rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from quantal.kernels.generate.ir import DOUBLE, VECTOR, Function, real, splat

Register = tuple[str, int]
"""What a value is (`x` unknown, `argument`, `base`, `inner` and the like), and its number."""

Coefficient = float | tuple[str, int]
"""A number, or an entry of an array that the generated function is given."""


@dataclass(frozen=True, slots=True)
class Add:
    """`target += coefficient * source`, or `-=`."""

    target: Register
    coefficient: Coefficient
    source: Register
    minus: bool = False


@dataclass(frozen=True, slots=True)
class Scale:
    """`target *= coefficient`."""

    target: Register
    coefficient: Coefficient


Operation = Add | Scale


class Values:
    """The registers of a running sequence: names of values in one function.

    A register without a value is zero, and what it would be multiplied with is left out. The
    sequence runs on several `copies` side by side: coefficients are loaded once for all, and
    one copy has work while another waits.
    """

    def __init__(
        self, function: Function, kind: str, start: Callable[[Register, int], str], copies: int = 1
    ) -> None:
        self._function, self._kind, self._start = function, kind, start
        self._copies = copies
        self._known: dict[Register, list[str]] = {}
        self._coefficients: dict[Coefficient, str] = {}

    def __getitem__(self, register: Register) -> str:
        """The name of the first copy's value, empty where it is zero."""
        return self.of(register)[0]

    def of(self, register: Register) -> list[str]:
        """The names of all copies' values, empty where they are zero."""
        if register not in self._known:
            self._known[register] = [self._start(register, n) for n in range(self._copies)]
        return self._known[register]

    def forwards(self, operations: Sequence[Operation]) -> None:
        """As written."""
        for item in operations:
            if isinstance(item, Scale):
                self._scale(item)
            else:
                self._add(item.target, item.coefficient, item.source, item.minus)

    def backwards(self, operations: Sequence[Operation]) -> None:
        """The transpose: what was a source receives."""
        for item in reversed(operations):
            if isinstance(item, Scale):
                self._scale(item)
            else:
                self._add(item.source, item.coefficient, item.target, item.minus)

    def _scale(self, item: Scale) -> None:
        values = self.of(item.target)
        if values[0]:
            factor = self._coefficient(item.coefficient)
            self._known[item.target] = [
                self._function.real_op("fmul", value, factor, self._kind) for value in values
            ]

    def _add(self, target: Register, factor: Coefficient, source: Register, minus: bool) -> None:
        values, totals = self.of(source), self.of(target)
        if values[0]:
            self._known[target] = [
                self._sum(total, factor, value, minus)
                for total, value in zip(totals, values, strict=True)
            ]

    def _sum(self, total: str, factor: Coefficient, value: str, minus: bool) -> str:
        f, kind = self._function, self._kind
        if factor in (1.0, -1.0):
            minus = minus != (factor == -1.0)
            if total:
                return f.real_op("fsub" if minus else "fadd", total, value, kind)
            return f.emit(f"fneg {kind} {value}") if minus else value
        by = self._coefficient(factor)
        if minus:
            value = f.emit(f"fneg {kind} {value}")
        return f.fma(by, value, total, kind) if total else f.real_op("fmul", by, value, kind)

    def _coefficient(self, factor: Coefficient) -> str:
        if factor not in self._coefficients:
            vector = self._kind == VECTOR
            if isinstance(factor, float):
                self._coefficients[factor] = splat(factor) if vector else real(factor)
            else:
                array, index = factor
                value = self._function.load(f"%{array}", index, DOUBLE)
                self._coefficients[factor] = self._function.broadcast(value) if vector else value
        return self._coefficients[factor]
