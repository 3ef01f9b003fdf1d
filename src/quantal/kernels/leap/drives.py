"""Drives at any time near the present one: within a step time goes to its middle and back."""

from __future__ import annotations

from quantal.kernels.generate.ir import DOUBLE, INTEGER, POINTER, Function
from quantal.kernels.leap.slots import slot
from quantal.kernels.stochastic.tables import go_forward


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
    go_forward(f, slot, piece, last)
    f.give()
    return f.text()
