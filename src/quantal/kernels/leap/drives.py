"""Drives at any time near the present one: within a step time goes to its middle and back."""

from __future__ import annotations

from quantal.kernels.generate.ir import DOUBLE, INTEGER, POINTER, Function, real
from quantal.kernels.generate.mathematics import own
from quantal.kernels.leap.slots import slot
from quantal.stimulus import COEFFICIENTS


def look(tables: int) -> str:
    """`look(context, t)`: all drives at t into `drives`, time itself behind them."""
    f = Function("look", [(POINTER, "context"), (DOUBLE, "t")])
    with f.count(tables) as index:
        f.call("drive_near", (POINTER, "%context"), (INTEGER, index), (DOUBLE, "%t"))
    f.store("%t", slot(f, "drives"), tables)
    f.give()
    return f.text()


def drive_near() -> str:
    """`drive_near(context, i, t)`: the value of table i at t; its cursor moves both ways."""
    f = Function("drive_near", [(POINTER, "context"), (INTEGER, "i"), (DOUBLE, "t")])
    knots, cursors = slot(f, "knots"), slot(f, "cursor")
    first = f.load(slot(f, "table_base"), "%i", INTEGER)
    last = f.load(slot(f, "table_last"), "%i", INTEGER)
    piece = f.variable(INTEGER, f.load(cursors, "%i", INTEGER))
    with f.repeat() as loop:
        here = f.get(piece, INTEGER)
        loop.leave_if(f.compare("sle", here, first, INTEGER))
        loop.leave_if(f.compare("ole", f.load(knots, here), "%t"))
        f.put(piece, f.integer_add(here, -1), INTEGER)
    with f.repeat() as loop:
        here = f.get(piece, INTEGER)
        loop.leave_if(f.compare("sge", here, last, INTEGER))
        following = f.integer_add(here, 1)
        loop.leave_if(f.compare("ogt", f.load(knots, following), "%t"))
        f.put(piece, following, INTEGER)
    here = f.get(piece, INTEGER)
    f.store(here, cursors, "%i", INTEGER)
    s = f.real_op("fsub", "%t", f.load(knots, here))
    row = f.address(slot(f, "coefficients"), f.emit(f"mul i64 {here}, {COEFFICIENTS}"))
    c0, c1, c2, c3, c4, c5 = (f.load(row, index) for index in range(COEFFICIENTS))
    value = f.variable(DOUBLE, f.fma(s, f.fma(s, f.fma(s, c3, c2), c1), c0))
    with f.when(f.compare("une", c4, real(0.0))):
        exponent = f.emit(f"fneg double {f.real_op('fmul', c5, s)}")
        decay = f.call(own("exp", False), (DOUBLE, exponent), returns=DOUBLE)
        f.put(value, f.fma(c4, decay, f.get(value)))
    f.store(f.get(value), slot(f, "drives"), "%i")
    f.give()
    return f.text()
