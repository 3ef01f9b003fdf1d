"""Functions that the generated code calls: the C library's, and `exprel` with its slope."""

from __future__ import annotations

from quantal.kernels.c_library import FUNCTIONS
from quantal.kernels.generate.ir import DOUBLE, VECTOR, Function, real

_SERIES = 1e-5
_SLOPE_SERIES = 0.03


def declarations() -> str:
    """Declarations of everything that is called but not generated."""
    lines = []
    for name, count in FUNCTIONS.items():
        kinds = ", ".join([DOUBLE] * count)
        lines.append(f"declare double @{name}({kinds}) nounwind willreturn memory(none)")
    for kind, suffix in ((DOUBLE, "f64"), (VECTOR, "v4f64")):
        lines.append(f"declare {kind} @llvm.fmuladd.{suffix}({kind}, {kind}, {kind})")
        lines.append(f"declare {kind} @llvm.fabs.{suffix}({kind})")
        lines.append(f"declare {kind} @llvm.sqrt.{suffix}({kind})")
    return "\n".join(lines) + "\n"


def exprel() -> str:
    """`exprel(x) = (e^x - 1)/x`, exactly 1 at 0."""
    f = Function("exprel", [(DOUBLE, "x")], DOUBLE, attributes="nounwind memory(none)")
    small = f.compare("olt", _magnitude(f), real(_SERIES))
    safe = f.select(small, real(1.0), "%x")
    ratio = f.real_op("fdiv", f.call("expm1", (DOUBLE, safe), returns=DOUBLE), safe)
    f.give(f.select(small, _polynomial(f, (1.0, 1 / 2, 1 / 6)), ratio))
    return f.text()


def exprel_slope() -> str:
    """d exprel/dx = (e^x - exprel(x))/x, by its series near 0."""
    f = Function("exprel_slope", [(DOUBLE, "x")], DOUBLE, attributes="nounwind memory(none)")
    small = f.compare("olt", _magnitude(f), real(_SLOPE_SERIES))
    safe = f.select(small, real(1.0), "%x")
    ratio = f.real_op("fdiv", f.call("expm1", (DOUBLE, safe), returns=DOUBLE), safe)
    exponential = f.call("exp", (DOUBLE, safe), returns=DOUBLE)
    slope = f.real_op("fdiv", f.real_op("fsub", exponential, ratio), safe)
    series = _polynomial(f, (1 / 2, 1 / 3, 1 / 8, 1 / 30, 1 / 144, 1 / 840))
    f.give(f.select(small, series, slope))
    return f.text()


def _magnitude(f: Function) -> str:
    return f.call("llvm.fabs.f64", (DOUBLE, "%x"), returns=DOUBLE)


def _polynomial(f: Function, coefficients: tuple[float, ...]) -> str:
    value = real(coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        value = f.fma(value, "%x", real(coefficient))
    return value
