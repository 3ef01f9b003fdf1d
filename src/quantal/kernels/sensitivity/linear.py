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

    A register without a value is zero, and what it would be multiplied with is left out.
    """

    def __init__(self, function: Function, kind: str, start: Callable[[Register], str]) -> None:
        self._function, self._kind, self._start = function, kind, start
        self._known: dict[Register, str] = {}
        self._coefficients: dict[Coefficient, str] = {}

    def __getitem__(self, register: Register) -> str:
        """The name of the value, empty where it is zero."""
        if register not in self._known:
            self._known[register] = self._start(register)
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
        value = self[item.target]
        if value:
            factor = self._coefficient(item.coefficient)
            self._known[item.target] = self._function.real_op("fmul", value, factor, self._kind)

    def _add(self, target: Register, factor: Coefficient, source: Register, minus: bool) -> None:
        f, kind, value = self._function, self._kind, self[source]
        if not value:
            return
        total = self[target]
        if factor in (1.0, -1.0):
            minus = minus != (factor == -1.0)
            if total:
                self._known[target] = f.real_op("fsub" if minus else "fadd", total, value, kind)
            else:
                self._known[target] = f.emit(f"fneg {kind} {value}") if minus else value
            return
        by = self._coefficient(factor)
        if minus:
            value = f.emit(f"fneg {kind} {value}")
        if total:
            self._known[target] = f.fma(by, value, total, kind)
        else:
            self._known[target] = f.real_op("fmul", by, value, kind)

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
