"""The states themselves at sample times, from the tape."""

from __future__ import annotations

from quantal.kernels.generate.ir import INTEGER, VECTOR, Function, real
from quantal.kernels.layout import LANES, Layout
from quantal.kernels.sensitivity.layout import Methods, Sizes
from quantal.kernels.sensitivity.sweep import Sweep
from quantal.kernels.tableau import Tableau


def states(layout: Layout, sizes: Sizes, methods: Methods) -> Function:
    """`states(context)`: at each sample all states, to `values` (samples, padded states)."""
    sweep = Sweep("states", layout, methods, sizes)
    f = sweep.f
    with f.count(sweep.steps) as step:
        first = f.load(sweep["first"], step, INTEGER)
        end = f.load(sweep["first"], f.integer_add(step, 1), INTEGER)
        sample = f.variable(INTEGER, first)
        with f.when(f.compare("slt", first, end, INTEGER)):
            sweep.visit(step)
            for _ in sweep.by_method():
                with f.repeat() as loop:
                    here = f.get(sample, INTEGER)
                    loop.leave_if(f.compare("sge", here, end, INTEGER))
                    _write(sweep, here)
                    f.put(sample, f.integer_add(here, 1), INTEGER)
    f.give()
    return f


def _write(sweep: Sweep, sample: str) -> None:
    f, size, method = sweep.f, sweep.layout.padded, sweep.method
    share = f.load(sweep["shares"], sample)
    weights = [f.broadcast(each) for each in sweep.weights(share)]
    rest = f.broadcast(f.real_op("fsub", real(1.0), share))
    part = f.broadcast(share)
    row = f.address(sweep["values"], f.emit(f"mul i64 {sample}, {size}"))
    u, y = sweep.at(sweep.record.increments), sweep.at(sweep.record.state)
    end = sweep.argument(method.stages - 1)
    with f.count(size, LANES) as index:
        known = [
            f.load_vector(u, f.integer_add(index, stage * size)) for stage in range(method.stages)
        ]
        after = f.load_vector(end, index)
        if isinstance(method, Tableau):
            after = f.real_op("fadd", after, known[-1], VECTOR)
        value = f.real_op("fmul", rest, f.load_vector(y, index), VECTOR)
        value = f.fma(part, after, value, VECTOR)
        for weight, increment in zip(weights, known, strict=True):
            value = f.fma(weight, increment, value, VECTOR)
        f.store_vector(value, row, index)
