"""Backwards over the tape: how the result depends on every state and direction before it."""

from __future__ import annotations

from quantal.kernels.generate.ir import INTEGER, POINTER, VECTOR, Function, real, splat
from quantal.kernels.layout import LANES, Layout
from quantal.kernels.sensitivity.layout import Methods, Sizes
from quantal.kernels.sensitivity.sweep import Sweep
from quantal.kernels.tableau import Pair, Tableau


def adjoint(layout: Layout, sizes: Sizes, methods: Methods) -> Function:
    """`adjoint(context)`: `lambda` (states,) from behind the tape to before it.

    `total` (directions,) gains what they contribute; `values` (samples, watched) says how the
    result depends on the states `watch` at each sample.
    """
    sweep = Sweep("adjoint", layout, methods, sizes)
    f = sweep.f
    left = f.variable(INTEGER, sweep.steps)
    with f.repeat() as loop:
        loop.leave_if(f.compare("sle", f.get(left, INTEGER), "0", INTEGER))
        step = f.integer_add(f.get(left, INTEGER), -1)
        f.put(left, step, INTEGER)
        sweep.visit(step)
        for method in sweep.by_method():
            _begin(sweep)
            _samples(sweep, step)
            for stage in reversed(range(method.stages)):
                if isinstance(method, Pair):
                    _explicit(sweep, method, stage, step)
                else:
                    _implicit(sweep, method, stage)
        _copy(sweep)
    f.give()
    return f


def _begin(sweep: Sweep) -> None:
    """What the state at the end of the step hands to both ends and the increments."""
    f, size, stages = sweep.f, sweep.layout.padded, sweep.method.stages
    whole = f.compare("oeq", sweep.share, real(1.0))
    zero = real(0.0)
    weights = [f.broadcast(f.select(whole, zero, each)) for each in sweep.weights(sweep.share)]
    share = f.broadcast(sweep.share)
    rest = f.real_op("fsub", splat(1.0), share, VECTOR)
    with f.count(size, LANES) as index:
        given = f.load_vector(sweep["lambda"], index)
        f.store_vector(f.real_op("fmul", share, given, VECTOR), sweep["after"], index)
        f.store_vector(f.real_op("fmul", rest, given, VECTOR), sweep["start"], index)
        for stage in range(stages):
            place = f.integer_add(index, stage * size)
            value = f.real_op("fmul", weights[stage], given, VECTOR)
            f.store_vector(value, sweep["received"], place)


def _samples(sweep: Sweep, step: str) -> None:
    """The samples inside the step do the same."""
    f, size = sweep.f, sweep.layout.padded
    watched = sweep.count("watched")
    sample = f.variable(INTEGER, f.load(sweep["first"], step, INTEGER))
    last = f.load(sweep["first"], f.integer_add(step, 1), INTEGER)
    with f.repeat() as loop:
        here = f.get(sample, INTEGER)
        loop.leave_if(f.compare("sge", here, last, INTEGER))
        share = f.load(sweep["shares"], here)
        rest = f.real_op("fsub", real(1.0), share)
        weights = sweep.weights(share)
        row = f.emit(f"mul i64 {here}, {watched}")
        with f.count(watched) as number:
            state = f.load(sweep["watch"], number, INTEGER)
            given = f.load(sweep["values"], f.integer_add(row, number))
            for name, weight in (("after", share), ("start", rest)):
                value = f.fma(weight, given, f.load(sweep[name], state))
                f.store(value, sweep[name], state)
            for stage, weight in enumerate(weights):
                place = f.integer_add(state, stage * size)
                value = f.fma(weight, given, f.load(sweep["received"], place))
                f.store(value, sweep["received"], place)
        f.put(sample, f.integer_add(here, 1), INTEGER)


def _through(sweep: Sweep, name: str, stage: int) -> None:
    """From u to what it was made of: the right side, its own state, y and the directions."""
    f = sweep.f
    sweep.partials(stage)
    own = f.address(sweep["received"], stage * sweep.layout.padded)
    pointers = [
        sweep.at(sweep.record.factors), sweep["constants"], sweep.entries(stage),
        sweep.pushes(stage), own, sweep["right"], sweep["reached"], sweep["start"],
        sweep["total"],
    ]  # fmt: skip
    f.call(name, *((POINTER, each) for each in pointers))


def _implicit(sweep: Sweep, method: Tableau, stage: int) -> None:
    """Through one stage: to what it was evaluated at, and to the earlier increments."""
    f, size = sweep.f, sweep.layout.padded
    is_last = stage == method.stages - 1
    if is_last:
        own = f.address(sweep["received"], stage * size)
        with f.count(size, LANES) as index:
            total = f.real_op(
                "fadd", f.load_vector(own, index), f.load_vector(sweep["after"], index), VECTOR
            )
            f.store_vector(total, own, index)
    _through(sweep, "adjoint_stage", stage)
    inverse = f.broadcast(sweep.inverse)
    with f.count(size, LANES) as index:
        reached = _reached(sweep, index, is_last)
        right = f.real_op("fmul", f.load_vector(sweep["right"], index), inverse, VECTOR)
        for earlier in range(stage):
            a, c = method.a[stage][earlier], method.C[stage][earlier]
            place = f.integer_add(index, earlier * size)
            value = f.load_vector(sweep["received"], place)
            if a != 0.0:
                value = f.fma(splat(a), reached, value, VECTOR)
            if c != 0.0:
                value = f.fma(splat(c), right, value, VECTOR)
            f.store_vector(value, sweep["received"], place)


def _explicit(sweep: Sweep, method: Pair, stage: int, step: str) -> None:
    """Through one slope; the last one counts only where there was a look inside the step."""
    f, size = sweep.f, sweep.layout.padded
    is_last = stage == method.stages - 1
    if is_last:
        with f.count(size, LANES) as index:
            f.store_vector(splat(0.0), sweep["reached"], index)
        with f.when(sweep.looks_inside(step)):
            _through(sweep, "slope_adjoint_stage", stage)
    else:
        _through(sweep, "slope_adjoint_stage", stage)
    h = f.broadcast(sweep.h)
    with f.count(size, LANES) as index:
        reached = f.real_op("fmul", h, _reached(sweep, index, is_last), VECTOR)
        for earlier in range(stage):
            a = method.a[stage][earlier]
            if a != 0.0:
                place = f.integer_add(index, earlier * size)
                value = f.fma(splat(a), reached, f.load_vector(sweep["received"], place), VECTOR)
                f.store_vector(value, sweep["received"], place)


def _reached(sweep: Sweep, index: str, is_last: bool) -> str:
    """What came to a stage's own state, which is y and more; y gains it."""
    f = sweep.f
    reached = f.load_vector(sweep["reached"], index)
    if is_last:
        reached = f.real_op("fadd", reached, f.load_vector(sweep["after"], index), VECTOR)
    start = f.real_op("fadd", f.load_vector(sweep["start"], index), reached, VECTOR)
    f.store_vector(start, sweep["start"], index)
    return reached


def _copy(sweep: Sweep) -> None:
    f = sweep.f
    with f.count(sweep.layout.padded, LANES) as index:
        f.store_vector(f.load_vector(sweep["start"], index), sweep["lambda"], index)
