"""The states themselves at sample times, from the tape."""

from __future__ import annotations

from quantal.kernels.generate.ir import INTEGER, VECTOR, Function, real
from quantal.kernels.layout import LANES, Layout
from quantal.kernels.sensitivity.layout import Sizes
from quantal.kernels.sensitivity.sweep import Sweep
from quantal.kernels.tableau import Tableau


def states(layout: Layout, sizes: Sizes, tableau: Tableau) -> Function:
    """`states(context)`: at each sample all states, to `values` (samples, padded states)."""
    sweep = Sweep("states", layout, tableau, sizes)
    f, size, last = sweep.f, layout.padded, tableau.stages - 1
    with f.count(sweep.steps) as step:
        first = f.load(sweep["first"], step, INTEGER)
        end = f.load(sweep["first"], f.integer_add(step, 1), INTEGER)
        sample = f.variable(INTEGER, first)
        with f.when(f.compare("slt", first, end, INTEGER)):
            sweep.visit(step)
            u, y = sweep.at(sweep.record.increments), sweep.at(sweep.record.state)
            with f.repeat() as loop:
                here = f.get(sample, INTEGER)
                loop.leave_if(f.compare("sge", here, end, INTEGER))
                share = f.load(sweep["shares"], here)
                weights = [f.broadcast(each) for each in sweep.weights(share)]
                rest = f.broadcast(f.real_op("fsub", real(1.0), share))
                part = f.broadcast(share)
                row = f.address(sweep["values"], f.emit(f"mul i64 {here}, {size}"))
                with f.count(size, LANES) as index:
                    known = [
                        f.load_vector(u, f.integer_add(index, stage * size))
                        for stage in range(tableau.stages)
                    ]
                    after = f.load_vector(sweep.argument(last), index)
                    after = f.real_op("fadd", after, known[last], VECTOR)
                    value = f.real_op("fmul", rest, f.load_vector(y, index), VECTOR)
                    value = f.fma(part, after, value, VECTOR)
                    for weight, increment in zip(weights, known, strict=True):
                        value = f.fma(weight, increment, value, VECTOR)
                    f.store_vector(value, row, index)
                f.put(sample, f.integer_add(here, 1), INTEGER)
    f.give()
    return f
