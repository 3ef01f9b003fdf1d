"""Functions that the generated code calls: own exponentials, the rest from the C library.

`exp`, `exprel(x) = (e^x - 1)/x` and its slope are written without branches, for one value
and for a whole vector, because the gates of a membrane need many of them at once. They are
accurate to a few units in the last place; what lies below 1e-307 becomes zero.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from quantal.kernels.c_library import FUNCTIONS
from quantal.kernels.generate.ir import DOUBLE, POINTER, VECTOR, Function, real, splat
from quantal.kernels.layout import LANES

OWN = ("exp", "exp_near", "exprel", "exprel_slope")
"""Functions generated here: `quantal.NAME` for one double, `quantal.NAME.v` for a vector."""

_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
"""ln 2 in two parts; a whole number up to 2^11 times the first is exact (Tang 1989)."""
_ROUND = 1.5 * 2.0**52
"""Adding it rounds to a whole number, which then stands in the last bits."""
_LOWEST, _HIGHEST = -708.0, 709.782712893384
_SERIES = 0.5
"""Below it the quotients are summed as series, which do not cancel."""


def own(name: str, vector: bool) -> str:
    """The name under which a function of this module is called."""
    return f"quantal.{name}.v" if vector else f"quantal.{name}"


def declarations() -> str:
    """Declarations of everything that is called but not generated."""
    lines = []
    for name, count in FUNCTIONS.items():
        kinds = ", ".join([DOUBLE] * count)
        lines.append(f"declare double @{name}({kinds}) nounwind willreturn memory(none)")
    for kind, suffix in ((DOUBLE, "f64"), (VECTOR, f"v{LANES}f64")):
        lines.append(f"declare {kind} @llvm.fmuladd.{suffix}({kind}, {kind}, {kind})")
        lines.append(f"declare {kind} @llvm.fabs.{suffix}({kind})")
        lines.append(f"declare {kind} @llvm.sqrt.{suffix}({kind})")
    return "\n".join(lines) + "\n"


def used_by(text: str) -> str:
    """Those of the own functions that some IR calls."""
    written = ""
    for name, vector in ((name, vector) for vector in (False, True) for name in reversed(OWN)):
        if f"@{own(name, vector)}(" in text + written:
            written += _WRITE[name](VECTOR if vector else DOUBLE)
    return written


class _Kind:
    """Constants and instructions for one double or a vector of them."""

    def __init__(self, name: str, kind: str, *more: tuple[str, str]) -> None:
        vector = kind == VECTOR
        self.kind = kind
        self.whole = f"<{LANES} x i64>" if vector else "i64"
        self.constant = splat if vector else real
        head = own(name, vector)
        attributes = "nounwind" if more else "nounwind memory(none)"
        self.f = Function(head, [(kind, "x"), *more], kind, attributes=attributes)

    def op(self, operation: str, a: str, b: str) -> str:
        return self.f.real_op(operation, a, b, self.kind)

    def fma(self, a: str, b: str, c: str) -> str:
        return self.f.fma(a, b, c, self.kind)

    def compare(self, predicate: str, a: str, b: str) -> str:
        return self.f.compare(predicate, a, b, self.kind)

    def select(self, condition: str, a: str, b: str) -> str:
        return self.f.select(condition, a, b, self.kind)

    def call(self, name: str, x: str) -> str:
        return self.f.call(own(name, self.kind == VECTOR), (self.kind, x), returns=self.kind)

    def near_zero(self) -> str:
        suffix = f"v{LANES}f64" if self.kind == VECTOR else "f64"
        size = self.f.call(f"llvm.fabs.{suffix}", (self.kind, "%x"), returns=self.kind)
        return self.compare("olt", size, self.constant(_SERIES))

    def polynomial(self, coefficients: Sequence[float], x: str) -> str:
        """By pairs, pairs of pairs and so on, so that little waits for little (Estrin)."""
        terms = [self.constant(c) for c in coefficients]
        power = x
        while len(terms) > 1:
            odd = [terms.pop()] if len(terms) % 2 else []
            pairs = zip(terms[0::2], terms[1::2], strict=True)
            terms = [self.fma(high, power, low) for low, high in pairs] + odd
            power = self.op("fmul", power, power)
        return terms[0]

    def finish(self, value: str) -> str:
        self.f.give(value)
        return self.f.text()


def _exp(kind: str) -> str:
    """e^x = 2^n e^r with |r| <= ln(2)/2; e^r - 1 - r by its series of degree 13."""
    k = _Kind("exp", kind)
    shifted = k.fma("%x", k.constant(1.0 / math.log(2.0)), k.constant(_ROUND))
    n = k.op("fsub", shifted, k.constant(_ROUND))
    minus = k.f.emit(f"fneg {kind} {n}")
    r = k.fma(minus, k.constant(_LN2_LOW), k.fma(minus, k.constant(_LN2_HIGH), "%x"))
    tail = k.polynomial([1.0 / math.factorial(i) for i in range(2, 14)], r)
    square = k.op("fmul", r, r)
    value = k.op("fadd", k.constant(1.0), k.fma(square, tail, r))
    bits = k.f.emit(f"bitcast {kind} {shifted} to {k.whole}")
    places = "52" if kind == DOUBLE else "<" + ", ".join(["i64 52"] * LANES) + ">"
    exponent = k.f.emit(f"shl {k.whole} {bits}, {places}")
    mantissa = k.f.emit(f"bitcast {kind} {value} to {k.whole}")
    scaled = k.f.emit(f"add {k.whole} {mantissa}, {exponent}")
    result = k.f.emit(f"bitcast {k.whole} {scaled} to {kind}")
    too_low = k.compare("olt", "%x", k.constant(_LOWEST))
    too_high = k.compare("ogt", "%x", k.constant(_HIGHEST))
    result = k.select(too_low, k.constant(0.0), result)
    result = k.select(too_high, k.constant(math.inf), result)
    return k.finish(k.select(k.compare("uno", "%x", "%x"), "%x", result))


def _exprel(kind: str) -> str:
    k = _Kind("exprel", kind)
    small = k.near_zero()
    safe = k.select(small, k.constant(1.0), "%x")
    above = k.op("fsub", k.call("exp", safe), k.constant(1.0))
    series = k.polynomial([1.0 / math.factorial(i + 1) for i in range(15)], "%x")
    return k.finish(k.select(small, series, k.op("fdiv", above, safe)))


def _exprel_slope(kind: str) -> str:
    """d exprel/dx = (e^x - exprel(x))/x."""
    k = _Kind("exprel_slope", kind)
    small = k.near_zero()
    safe = k.select(small, k.constant(1.0), "%x")
    exponential = k.call("exp", safe)
    ratio = k.op("fdiv", k.op("fsub", exponential, k.constant(1.0)), safe)
    slope = k.op("fdiv", k.op("fsub", exponential, ratio), safe)
    series = k.polynomial([(i + 1) / math.factorial(i + 2) for i in range(15)], "%x")
    return k.finish(k.select(small, series, slope))


def _exp_near(kind: str) -> str:
    """e^x = e^x0 e^(x - x0), with the x0 and e^x0 that `near` keeps from an earlier call.

    Within a step an exponent moves little: then a short series does, to the same accuracy.
    Where x is too far from x0 the full function is called and kept. e^x0 is kept as its bits
    differ from those of 1, so that zeros say e^0 = 1.
    """
    k = _Kind("exp_near", kind, (POINTER, "near"))
    f, size = k.f, LANES if kind == VECTOR else 1
    known = f.emit(f"load {kind}, ptr %near, align 8")
    place = f.address("%near", size)
    bits = f.emit(f"load {k.whole}, ptr {place}, align 8")
    one = f.emit(f"bitcast {kind} {k.constant(1.0)} to {k.whole}")
    value = f.emit(f"bitcast {k.whole} {f.emit(f'xor {k.whole} {bits}, {one}')} to {kind}")
    d = k.op("fsub", "%x", known)
    suffix = f"v{LANES}f64" if kind == VECTOR else "f64"
    distance = f.call(f"llvm.fabs.{suffix}", (kind, d), returns=kind)
    near = k.compare("olt", distance, k.constant(_NEAR))
    if kind == VECTOR:
        lanes = f.emit(f"bitcast <{LANES} x i1> {near} to i{LANES}")
        near = f.emit(f"icmp eq i{LANES} {lanes}, -1")
    with f.when(near, ends=True):
        tail = k.polynomial([1.0 / math.factorial(i) for i in range(2, 9)], d)
        change = k.fma(k.op("fmul", d, d), tail, d)
        f.give(k.fma(value, change, value))
    exact = k.call("exp", "%x")
    # Infinity times a change is no number: there x0 becomes none, so that nothing is near it.
    origin = k.op("fadd", "%x", k.op("fsub", exact, exact))
    f.do(f"store {kind} {origin}, ptr %near, align 8")
    exact_bits = f.emit(f"bitcast {kind} {exact} to {k.whole}")
    kept = f.emit(f"xor {k.whole} {exact_bits}, {one}")
    f.do(f"store {k.whole} {kept}, ptr {place}, align 8")
    return k.finish(exact)


_NEAR = 1.0 / 16.0
"""So far from x0 the ninth term of the series is below rounding."""
NEAR_SLOTS = 2 * LANES
"""Doubles that one call of `exp_near` keeps."""

_WRITE = {"exp": _exp, "exp_near": _exp_near, "exprel": _exprel, "exprel_slope": _exprel_slope}
