"""Random numbers of a leap: uniform, waiting times, Poisson, normal; from one stream per trial.

Every draw takes pairs (uniform, -log uniform) from the trial's own stream, one after another,
so nothing depends on threads, on pieces or on other trials.
"""

from __future__ import annotations

import math

from quantal.kernels.generate.ir import DOUBLE, INTEGER, POINTER, Function, real
from quantal.kernels.generate.mathematics import own
from quantal.kernels.stochastic.philox import PAIRS
from quantal.kernels.stochastic.slots import keep, slot

SMALL_MEAN = 10.0
"""Below it events are counted by their waiting times."""
LARGE_MEAN = 1e9
"""Above it a Poisson number is a rounded normal one: its skewness is below 4e-5."""


def functions() -> str:
    """All functions of this module, and what they need declared."""
    declared = "declare double @llvm.floor.f64(double)\n"
    return "\n".join([declared, _pair(), _standard(), _log_factorial(), _poisson()])


def _context(name: str, *more: tuple[str, str], returns: str = DOUBLE) -> Function:
    return Function(name, [(POINTER, "context"), *more], returns)


def _pair() -> str:
    """`pair(context)`: the place of the next unused pair."""
    f = _context("pair", returns=INTEGER)
    with f.when(f.compare("sge", slot(f, "position", INTEGER), str(PAIRS), INTEGER)):
        f.call("refill", (POINTER, "%context"))
    place = slot(f, "position", INTEGER)
    keep(f, "position", f.integer_add(place, 1), INTEGER)
    f.give(place)
    return f.text()


def uniform(f: Function) -> str:
    """A number in (0, 1)."""
    return f.load(slot(f, "uniforms"), f.call("pair", (POINTER, "%context"), returns=INTEGER))


def waiting(f: Function) -> str:
    """A waiting time of mean one."""
    return f.load(slot(f, "waits"), f.call("pair", (POINTER, "%context"), returns=INTEGER))


def normal(f: Function) -> str:
    """A number of mean zero and variance one."""
    return f.call("standard", (POINTER, "%context"), returns=DOUBLE)


def poisson(f: Function, mean: str) -> str:
    """A whole number of this mean (and variance)."""
    return f.call("poisson", (POINTER, "%context"), (DOUBLE, mean), returns=DOUBLE)


def _both(f: Function) -> tuple[str, str]:
    place = f.call("pair", (POINTER, "%context"), returns=INTEGER)
    return f.load(slot(f, "uniforms"), place), f.load(slot(f, "waits"), place)


def _log(f: Function, x: str) -> str:
    return f.call("log", (DOUBLE, x), returns=DOUBLE)


def _exp(f: Function, x: str) -> str:
    return f.call(own("exp", False), (DOUBLE, x), returns=DOUBLE)


def _minus(f: Function, x: str) -> str:
    return f.emit(f"fneg double {x}")


def _standard() -> str:
    """The polar method (Marsaglia & Bray 1964)."""
    f = _context("standard")
    with f.repeat() as loop:
        u, wait = _both(f)
        a = f.fma(u, real(2.0), real(-1.0))
        b = f.fma(_exp(f, _minus(f, wait)), real(2.0), real(-1.0))
        s = f.fma(a, a, f.real_op("fmul", b, b))
        loop.again_if(f.compare("ole", s, real(0.0)))
        with f.when(f.compare("olt", s, real(1.0)), ends=True):
            scale = f.real_op("fdiv", f.real_op("fmul", real(-2.0), _log(f, s)), s)
            root = f.call("llvm.sqrt.f64", (DOUBLE, scale), returns=DOUBLE)
            f.give(f.real_op("fmul", a, root))
    f.do("unreachable")
    return f.text()


def _log_factorial() -> str:
    """`log_factorial(k)` by Stirling's series at k + 9, where four terms give 1e-13."""
    f = Function("log_factorial", [(DOUBLE, "k")], DOUBLE)
    product = real(1.0)
    for step in range(1, 9):
        product = f.real_op("fmul", product, f.real_op("fadd", "%k", real(float(step))))
    small = f.compare("olt", "%k", real(1e6))
    x = f.select(small, f.real_op("fadd", "%k", real(9.0)), f.real_op("fadd", "%k", real(1.0)))
    product = f.select(small, product, real(1.0))
    inverse = f.real_op("fdiv", real(1.0), x)
    square = f.real_op("fmul", inverse, inverse)
    series = real(-1.0 / 1680.0)
    for term in (1.0 / 1260.0, -1.0 / 360.0, 1.0 / 12.0):
        series = f.fma(series, square, real(term))
    half = f.real_op("fadd", x, real(-0.5))
    main = f.fma(half, _log(f, x), f.real_op("fadd", _minus(f, x), real(0.5 * math.log(math.tau))))
    f.give(f.real_op("fsub", f.fma(series, inverse, main), _log(f, product)))
    return f.text()


def _poisson() -> str:
    """By waiting times; by transformed rejection (Hörmann 1993, PTRS); by the normal limit."""
    f = _context("poisson", (DOUBLE, "mean"))
    with f.when(f.compare("ole", "%mean", real(0.0)), ends=True):
        f.give(real(0.0))
    with f.when(f.compare("olt", "%mean", real(SMALL_MEAN)), ends=True):
        _counted(f)
    root = f.call("llvm.sqrt.f64", (DOUBLE, "%mean"), returns=DOUBLE)
    with f.when(f.compare("ogt", "%mean", real(LARGE_MEAN)), ends=True):
        near = f.fma(root, normal(f), f.real_op("fadd", "%mean", real(0.5)))
        f.give(f.call("llvm.floor.f64", (DOUBLE, near), returns=DOUBLE))
    _rejected(f, root)
    return f.text()


def _counted(f: Function) -> None:
    count, passed = f.variable(DOUBLE, real(0.0)), f.variable(DOUBLE, waiting(f))
    with f.repeat() as loop:
        loop.leave_if(f.compare("ogt", f.get(passed), "%mean"))
        f.put(count, f.real_op("fadd", f.get(count), real(1.0)))
        f.put(passed, f.real_op("fadd", f.get(passed), waiting(f)))
    f.give(f.get(count))


def _rejected(f: Function, root: str) -> None:
    b = f.fma(real(2.53), root, real(0.931))
    a = f.fma(real(0.02483), b, real(-0.059))
    below = f.real_op("fadd", b, real(-3.4))
    inverse_alpha = f.real_op("fadd", real(1.1239), f.real_op("fdiv", real(1.1328), below))
    fewer = f.real_op("fdiv", real(3.6224), f.real_op("fadd", b, real(-2.0)))
    squeeze = f.real_op("fsub", real(0.9277), fewer)
    log_mean, log_alpha = _log(f, "%mean"), _log(f, inverse_alpha)
    with f.repeat() as loop:
        u, wait = _both(f)
        u = f.real_op("fadd", u, real(-0.5))
        v = _exp(f, _minus(f, wait))
        size = f.call("llvm.fabs.f64", (DOUBLE, u), returns=DOUBLE)
        us = f.real_op("fsub", real(0.5), size)
        slope = f.real_op("fadd", f.real_op("fdiv", f.real_op("fadd", a, a), us), b)
        point = f.fma(slope, u, f.real_op("fadd", "%mean", real(0.43)))
        k = f.call("llvm.floor.f64", (DOUBLE, point), returns=DOUBLE)
        wide = f.compare("oge", us, real(0.07))
        quick = f.emit(f"and i1 {wide}, {f.compare('ole', v, squeeze)}")
        with f.when(quick, ends=True):
            f.give(k)
        loop.again_if(f.compare("olt", k, real(0.0)))
        narrow = f.compare("olt", us, real(0.013))
        loop.again_if(f.emit(f"and i1 {narrow}, {f.compare('ogt', v, us)}"))
        spread = f.real_op("fadd", f.real_op("fdiv", a, f.real_op("fmul", us, us)), b)
        left = f.real_op("fsub", f.real_op("fsub", log_alpha, wait), _log(f, spread))
        factorial = f.call("log_factorial", (DOUBLE, k), returns=DOUBLE)
        right = f.real_op("fsub", f.fma(k, log_mean, _minus(f, "%mean")), factorial)
        with f.when(f.compare("ole", left, right), ends=True):
            f.give(k)
    f.do("unreachable")
