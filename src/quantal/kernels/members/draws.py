"""Binomial numbers from the trial's own stream of pairs."""

from __future__ import annotations

from quantal.kernels.generate.ir import DOUBLE, POINTER, Function, real
from quantal.kernels.leap.draws import _both, _log_factorial, _pair

FEW = 10.0
"""Expected successes up to which they are counted by waiting times."""


def functions() -> str:
    """All functions of this module, and what they need declared."""
    return "\n".join(["declare double @llvm.floor.f64(double)\n", _pair(), _log_factorial(),
                      _binomial(), _rejected()])  # fmt: skip


def _log(f: Function, x: str) -> str:
    return f.call("log", (DOUBLE, x), returns=DOUBLE)


def _binomial() -> str:
    """`binomial(context, n, p)`: successes of n trials, 0 <= p <= 1."""
    f = Function("binomial", [(POINTER, "context"), (DOUBLE, "n"), (DOUBLE, "p")], DOUBLE)
    with f.when(f.compare("oge", "%p", real(1.0)), ends=True):
        f.give("%n")
    rest = f.real_op("fsub", real(1.0), "%p")
    many = f.compare("ogt", "%p", real(0.5))
    small = f.select(many, rest, "%p")
    found = f.variable(DOUBLE, real(0.0))
    mean = f.real_op("fmul", "%n", small)
    rare = f.compare("ole", mean, real(FEW))
    with f.when(rare):
        # Successes come at the waiting times of n, n - 1, ... members (Devroye 1986, X.4.3).
        passed = f.variable(DOUBLE, f.real_op("fdiv", _both(f)[1], "%n"))
        # Mostly there are none: -log(1 - p) <= p/(1 - p) tells it without the logarithm.
        bound = f.real_op("fdiv", small, f.real_op("fsub", real(1.0), small))
        with f.when(f.compare("ogt", f.get(passed), bound), ends=True):
            f.give(f.select(many, "%n", real(0.0)))
        end = f.emit(f"fneg double {_log(f, f.real_op('fsub', real(1.0), small))}")
        with f.repeat() as loop:
            loop.leave_if(f.compare("ogt", f.get(passed), end))
            f.put(found, f.real_op("fadd", f.get(found), real(1.0)))
            left = f.real_op("fsub", "%n", f.get(found))
            loop.leave_if(f.compare("ole", left, real(0.0)))
            wait = f.real_op("fdiv", _both(f)[1], left)
            f.put(passed, f.real_op("fadd", f.get(passed), wait))
    with f.when(f.emit(f"xor i1 {rare}, true")):
        arguments = [(POINTER, "%context"), (DOUBLE, "%n"), (DOUBLE, small)]
        f.put(found, f.call("rejected_binomial", *arguments, returns=DOUBLE))
    value = f.get(found)
    f.give(f.select(many, f.real_op("fsub", "%n", value), value))
    return f.text()


def _rejected() -> str:
    """`rejected_binomial(context, n, p)`: transformed rejection (Hörmann 1993, BTRS), np >= 10."""
    f = Function("rejected_binomial", [(POINTER, "context"), (DOUBLE, "n"), (DOUBLE, "p")], DOUBLE)
    rest = f.real_op("fsub", real(1.0), "%p")
    mean = f.real_op("fmul", "%n", "%p")
    root = f.call("llvm.sqrt.f64", (DOUBLE, f.real_op("fmul", mean, rest)), returns=DOUBLE)
    b = f.fma(real(2.53), root, real(1.15))
    a = f.fma(real(0.0248), b, f.fma(real(0.01), "%p", real(-0.0873)))
    centre = f.real_op("fadd", mean, real(0.5))
    squeeze = f.real_op("fsub", real(0.92), f.real_op("fdiv", real(4.2), b))
    alpha = f.real_op("fmul", f.real_op("fadd", real(2.83), f.real_op("fdiv", real(5.1), b)), root)
    # -log x <= 1/x - 1: a little stricter than v <= squeeze, with v = exp(-wait), without a log.
    enough = f.real_op("fadd", f.real_op("fdiv", real(1.0), squeeze), real(-1.0))

    def factorial(x: str) -> str:
        return f.call("log_factorial", (DOUBLE, x), returns=DOUBLE)

    with f.repeat() as loop:
        first, wait = _both(f)
        u = f.real_op("fadd", first, real(-0.5))
        size = f.call("llvm.fabs.f64", (DOUBLE, u), returns=DOUBLE)
        us = f.real_op("fsub", real(0.5), size)
        slope = f.real_op("fadd", f.real_op("fdiv", f.real_op("fadd", a, a), us), b)
        k = f.call("llvm.floor.f64", (DOUBLE, f.fma(slope, u, centre)), returns=DOUBLE)
        loop.again_if(f.compare("olt", k, real(0.0)))
        loop.again_if(f.compare("ogt", k, "%n"))
        wide = f.compare("oge", us, real(0.07))
        quick = f.compare("oge", wait, enough)
        with f.when(f.emit(f"and i1 {wide}, {quick}"), ends=True):
            f.give(k)
        odds = _log(f, f.real_op("fdiv", "%p", rest))
        mode = f.call(
            "llvm.floor.f64",
            (DOUBLE, f.real_op("fmul", f.real_op("fadd", "%n", real(1.0)), "%p")), returns=DOUBLE,
        )  # fmt: skip
        peak = f.real_op("fadd", factorial(mode), factorial(f.real_op("fsub", "%n", mode)))
        spread = f.real_op("fadd", f.real_op("fdiv", a, f.real_op("fmul", us, us)), b)
        left = f.real_op("fsub", _log(f, f.real_op("fdiv", alpha, spread)), wait)
        both = f.real_op("fadd", factorial(k), factorial(f.real_op("fsub", "%n", k)))
        right = f.fma(f.real_op("fsub", k, mode), odds, f.real_op("fsub", peak, both))
        with f.when(f.compare("ole", left, right), ends=True):
            f.give(k)
    f.do("unreachable")
    return f.text()
