"""Functions of vectors of any width and precision.

`exp` and the quotients made of it are written without branches; what the C library knows is
called lane by lane, in double precision. Accurate to a few units in the last place; what lies
below the smallest normal number becomes zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from quantal.kernels.c_library import FUNCTIONS
from quantal.kernels.generate.ir import Function
from quantal.kernels.population.lanes import SINGLE, Lanes

NAMES = {
    "exp": "exp", "exprel": "exprel", "exprel'": "exprel_slope", "log": "log",
    "log10": "log10", "tanh": "tanh", "^": "pow",
}  # fmt: skip
"""Operations of the graph that are functions here."""

_ATTRIBUTES = "nounwind memory(none)"
_SERIES = 0.5
"""Below it the quotients are summed as series, which do not cancel."""
_LN2 = {"double": (6.93147180369123816490e-01, 1.90821492927058770002e-10),
        "float": (6.93145751953125e-01, 1.42860682030941723212e-6)}  # fmt: skip
"""ln 2 in two parts; a whole exponent times the first is exact (Tang 1989)."""
_LIMITS = {"double": (-708.0, 709.782712893384), "float": (-87.33, 88.72283)}
_DEGREE = {"double": 13, "float": 7}


def called(operation: str) -> str:
    """The name under which an operation's function is called."""
    return f"quantal.{NAMES[operation]}"


def declarations(lanes: Lanes) -> str:
    """What is called but not generated."""
    lines = []
    for name, count in FUNCTIONS.items():
        kinds = ", ".join(["double"] * count)
        lines.append(f"declare double @{name}({kinds}) nounwind willreturn memory(none)")
    kind, suffix = lanes.kind, lanes.suffix
    lines.append(f"declare {kind} @llvm.fmuladd.{suffix}({kind}, {kind}, {kind})")
    lines.append(f"declare {kind} @llvm.fabs.{suffix}({kind})")
    lines.append(f"declare {kind} @llvm.sqrt.{suffix}({kind})")
    return "\n".join(lines) + "\n"


def used_by(text: str, lanes: Lanes) -> str:
    """The functions of this module that some IR calls."""
    written = ""
    for name in ("exprel_slope", "exprel", "exp", "log", "log10", "tanh", "pow"):
        if f"@quantal.{name}(" in text + written:
            written += _Writer(name, lanes).text()
    return written


class _Writer:
    """One function under construction."""

    def __init__(self, name: str, lanes: Lanes) -> None:
        self._name, self._v = name, lanes
        count = FUNCTIONS.get(name, 1)
        arguments = [(lanes.kind, each) for each in ("x", "y")[:count]]
        self._f = Function(f"quantal.{name}", arguments, lanes.kind, attributes=_ATTRIBUTES)

    def text(self) -> str:
        write: dict[str, Callable[[], str]] = {
            "exp": self._exp, "exprel": self._exprel, "exprel_slope": self._exprel_slope,
        }  # fmt: skip
        self._f.give(write.get(self._name, self._by_lanes)())
        return self._f.text()

    def _polynomial(self, coefficients: Sequence[float], x: str) -> str:
        """By pairs, pairs of pairs and so on (Estrin), so that little waits for little."""
        f, v = self._f, self._v
        terms, power = [v.splat(c) for c in coefficients], x
        while len(terms) > 1:
            odd = [terms.pop()] if len(terms) % 2 else []
            pairs = zip(terms[0::2], terms[1::2], strict=True)
            terms = [v.fma(f, high, power, low) for low, high in pairs] + odd
            power = v.op(f, "fmul", power, power)
        return terms[0]

    def _exp(self) -> str:
        """e^x = 2^n e^r with |r| <= ln(2)/2; e^r - 1 - r by its series."""
        f, v = self._f, self._v
        mantissa = 23 if v.element == SINGLE else 52
        rounder = v.splat(1.5 * 2.0**mantissa)
        high, low = _LN2[v.element]
        shifted = v.fma(f, "%x", v.splat(1.0 / math.log(2.0)), rounder)
        minus = v.negative(f, v.op(f, "fsub", shifted, rounder))
        r = v.fma(f, minus, v.splat(low), v.fma(f, minus, v.splat(high), "%x"))
        series = [1.0 / math.factorial(i) for i in range(2, _DEGREE[v.element] + 1)]
        tail = self._polynomial(series, r)
        value = v.op(f, "fadd", v.splat(1.0), v.fma(f, v.op(f, "fmul", r, r), tail, r))
        bits = f.emit(f"bitcast {v.kind} {shifted} to {v.whole}")
        exponent = f.emit(f"shl {v.whole} {bits}, {v.splat_whole(mantissa)}")
        whole = f.emit(f"bitcast {v.kind} {value} to {v.whole}")
        scaled = f.emit(f"add {v.whole} {whole}, {exponent}")
        result = f.emit(f"bitcast {v.whole} {scaled} to {v.kind}")
        lowest, highest = _LIMITS[v.element]
        result = v.select(f, v.compare(f, "olt", "%x", v.splat(lowest)), v.splat(0.0), result)
        above = v.compare(f, "ogt", "%x", v.splat(highest))
        result = v.select(f, above, v.splat(math.inf), result)
        return v.select(f, v.compare(f, "uno", "%x", "%x"), "%x", result)

    def _near_zero(self) -> str:
        size = self._v.call(self._f, f"llvm.fabs.{self._v.suffix}", "%x")
        return self._v.compare(self._f, "olt", size, self._v.splat(_SERIES))

    def _exprel(self) -> str:
        f, v = self._f, self._v
        small = self._near_zero()
        safe = v.select(f, small, v.splat(1.0), "%x")
        above = v.op(f, "fsub", v.call(f, "quantal.exp", safe), v.splat(1.0))
        series = self._polynomial([1.0 / math.factorial(i + 1) for i in range(15)], "%x")
        return v.select(f, small, series, v.op(f, "fdiv", above, safe))

    def _exprel_slope(self) -> str:
        """d exprel/dx = (e^x - exprel(x))/x."""
        f, v = self._f, self._v
        small = self._near_zero()
        safe = v.select(f, small, v.splat(1.0), "%x")
        exponential = v.call(f, "quantal.exp", safe)
        ratio = v.op(f, "fdiv", v.op(f, "fsub", exponential, v.splat(1.0)), safe)
        slope = v.op(f, "fdiv", v.op(f, "fsub", exponential, ratio), safe)
        series = self._polynomial([(i + 1) / math.factorial(i + 2) for i in range(15)], "%x")
        return v.select(f, small, series, slope)

    def _by_lanes(self) -> str:
        f, v = self._f, self._v
        result = "poison"
        for lane in range(v.width):
            values = [self._lane(name, lane) for name in ("x", "y")[: FUNCTIONS[self._name]]]
            text = ", ".join(f"double {value}" for value in values)
            one = f.emit(f"call double @{self._name}({text})")
            if v.element == SINGLE:
                one = f.emit(f"fptrunc double {one} to float")
            result = f.emit(f"insertelement {v.kind} {result}, {v.element} {one}, i64 {lane}")
        return result

    def _lane(self, name: str, lane: int) -> str:
        value = self._f.emit(f"extractelement {self._v.kind} %{name}, i64 {lane}")
        if self._v.element == SINGLE:
            return self._f.emit(f"fpext float {value} to double")
        return value
