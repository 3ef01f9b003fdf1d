"""Drives in the stochastic loop: their values at a time, and their bounds in a cell of time."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from quantal.kernels.generate.ir import DOUBLE, INTEGER, POINTER, Function, real
from quantal.kernels.generate.mathematics import own
from quantal.kernels.stochastic.slots import keep, slot
from quantal.stimulus import COEFFICIENTS

Slot = Callable[..., str]
"""Loads a place of the context, of this loop or of another one with the same names."""


def drive_at() -> str:
    """`drive_at(context, i, t)`: the value of table i at t, kept in `drives`.

    Within a trial time only goes on, so the cursor only moves forward.
    """
    f = Function("drive_at", [(POINTER, "context"), (INTEGER, "i"), (DOUBLE, "t")])
    last = f.load(slot(f, "table_last"), "%i", INTEGER)
    piece = f.variable(INTEGER, f.load(slot(f, "cursor"), "%i", INTEGER))
    go_forward(f, slot, piece, last)
    f.give()
    return f.text()


def go_forward(f: Function, slot: Slot, piece: str, last: str) -> None:
    """On to the piece of table `%i` in which `%t` lies, and its value there into `drives`."""
    knots = slot(f, "knots")
    with f.repeat() as loop:
        here = f.get(piece, INTEGER)
        loop.leave_if(f.compare("sge", here, last, INTEGER))
        following = f.integer_add(here, 1)
        loop.leave_if(f.compare("ogt", f.load(knots, following), "%t"))
        f.put(piece, following, INTEGER)
    here = f.get(piece, INTEGER)
    f.store(here, slot(f, "cursor"), "%i", INTEGER)
    s = f.real_op("fsub", "%t", f.load(knots, here))
    row = f.address(slot(f, "coefficients"), f.emit(f"mul i64 {here}, {COEFFICIENTS}"))
    c0, c1, c2, c3, c4, c5 = (f.load(row, index) for index in range(COEFFICIENTS))
    value = f.variable(DOUBLE, f.fma(s, f.fma(s, f.fma(s, c3, c2), c1), c0))
    with f.when(f.compare("une", c4, real(0.0))):
        exponent = f.emit(f"fneg double {f.real_op('fmul', c5, s)}")
        decay = f.call(own("exp", False), (DOUBLE, exponent), returns=DOUBLE)
        f.put(value, f.fma(c4, decay, f.get(value)))
    f.store(f.get(value), slot(f, "drives"), "%i")


def look(f: Function, needed: Iterable[int], tables: int, t: str) -> None:
    """Bring the drives that an expression needs to time t; the last one is time itself."""
    for index in sorted(needed):
        if index == tables:
            f.store(t, slot(f, "drives"), tables)
        else:
            f.call("drive_at", (POINTER, "%context"), (INTEGER, str(index)), (DOUBLE, t))


def rewind(tables: int) -> str:
    """`rewind(context)`: cursors to the pieces at the start of the segment."""
    f = Function("rewind", [(POINTER, "context")])
    first, cursors = slot(f, "table_first"), slot(f, "cursor")
    with f.count(tables) as index:
        f.store(f.load(first, index, INTEGER), cursors, index, INTEGER)
    f.give()
    return f.text()


def next_boundary(f: Function) -> None:
    """The end of the present cell, or of the segment if that comes first."""
    cell = slot(f, "cell", INTEGER)
    end = f.load(slot(f, "edges"), f.integer_add(cell, 1))
    keep(f, "boundary", f.smaller(end, slot(f, "horizon", DOUBLE)))
