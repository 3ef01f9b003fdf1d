"""One graph node as one instruction on vectors of instances."""

from __future__ import annotations

from collections.abc import Sequence

from quantal.kernels.generate.ir import Function
from quantal.kernels.population import mathematics
from quantal.kernels.population.lanes import Lanes

_BINARY = {"+": "fadd", "-": "fsub", "*": "fmul"}
_PREDICATES = {"<": "olt", "<=": "ole", "==": "oeq", "!=": "une"}


def instruction(f: Function, v: Lanes, operation: str, values: Sequence[str]) -> str:
    """The operation of these values.

    Raises:
        ValueError: there is no such operation.
    """
    if operation in _BINARY:
        return v.op(f, _BINARY[operation], *values)
    if operation == "neg":
        return v.negative(f, values[0])
    if operation == "reciprocal":
        return v.op(f, "fdiv", v.splat(1.0), values[0])
    if operation in ("sqrt", "abs"):
        name = {"sqrt": "sqrt", "abs": "fabs"}[operation]
        return v.call(f, f"llvm.{name}.{v.suffix}", values[0])
    if operation in mathematics.NAMES:
        return v.call(f, mathematics.called(operation), *values)
    if operation in _PREDICATES:
        return v.compare(f, _PREDICATES[operation], values[0], values[1])
    if operation == "and":
        return f.emit(f"and {v.truth} {values[0]}, {values[1]}")
    if operation == "not":
        ones = "<" + ", ".join(["i1 true"] * v.width) + ">"
        return f.emit(f"xor {v.truth} {values[0]}, {ones}")
    if operation == "if":
        return v.select(f, *values)
    raise ValueError(f"there is no instruction for `{operation}`")


def multiply_add(
    f: Function, v: Lanes, factors: tuple[str, str], other: str, minus: bool, less: bool
) -> str:
    """a*b + c; -a*b + c where `minus`, a*b - c where `less`."""
    a, b = factors
    if minus:
        a = v.negative(f, a)
    if less:
        other = v.negative(f, other)
    return v.fma(f, a, b, other)


def two_reciprocals(f: Function, v: Lanes, a: str, b: str) -> tuple[str, str]:
    """1/a and 1/b with one division: b/(ab) and a/(ab)."""
    whole = v.op(f, "fdiv", v.splat(1.0), v.op(f, "fmul", a, b))
    return v.op(f, "fmul", whole, b), v.op(f, "fmul", whole, a)
