"""Piecewise functions of time, evaluated with a cursor in the generated code.

All tables of a run lie behind one another; table i owns the pieces `table_first[i]` to
`table_last[i]`. Drives come first, clamped states after them. Only the tables in
`varying` change between two stops; the others keep the value they were given.
"""

from __future__ import annotations

from quantal.kernels.context import SLOTS
from quantal.kernels.generate.ir import DOUBLE, INTEGER, POINTER, Function, real
from quantal.kernels.generate.mathematics import own
from quantal.stimulus import COEFFICIENTS

FIRST_LOOK = 8
"""Implicit steps before the first look at whether explicit ones would do."""


def slot(f: Function, name: str, kind: str = POINTER) -> str:
    """The content of a slot of the context."""
    return f.load("%context", SLOTS[name], kind)


def keep(f: Function, name: str, value: str, kind: str) -> None:
    """Write a slot of the context."""
    f.store(value, "%context", SLOTS[name], kind)


def pointers(f: Function, *names: str) -> list[tuple[str, str]]:
    """Arguments for a call: addresses from the context; `now` and `pitch` are its own slots."""
    result = []
    for name in names:
        inside = name in ("now", "pitch")
        result.append((POINTER, f.address("%context", SLOTS[name]) if inside else slot(f, name)))
    return result


def table_value() -> Function:
    """`table(context, i, t)`: writes value and slope of one table.

    At a knot the value is that from the left, unless the knot is where the step starts.
    """
    f = Function("table", [(POINTER, "context"), (INTEGER, "i"), (DOUBLE, "t")])
    knots, cursors = slot(f, "knots"), slot(f, "table_cursor")
    last = f.load(slot(f, "table_last"), "%i", INTEGER)
    base = f.load(slot(f, "table_base"), "%i", INTEGER)
    piece = f.variable(INTEGER, f.load(cursors, "%i", INTEGER))
    with f.repeat() as loop:
        here = f.get(piece, INTEGER)
        loop.leave_if(f.compare("sge", here, last, INTEGER))
        following = f.integer_add(here, 1)
        loop.leave_if(f.compare("oge", f.load(knots, following), "%t"))
        f.put(piece, following, INTEGER)
    with f.repeat() as loop:
        here = f.get(piece, INTEGER)
        loop.leave_if(f.compare("sle", here, base, INTEGER))
        loop.leave_if(f.compare("olt", f.load(knots, here), "%t"))
        f.put(piece, f.integer_add(here, -1), INTEGER)
    here = f.get(piece, INTEGER)
    f.store(here, cursors, "%i", INTEGER)
    _write_value(f, here, f.real_op("fsub", "%t", f.load(knots, here)))
    return f


def _write_value(f: Function, piece: str, s: str) -> None:
    first = f.emit(f"mul i64 {piece}, {COEFFICIENTS}")
    row = f.address(slot(f, "coefficients"), first)
    c0, c1, c2, c3, c4, c5 = (f.load(row, index) for index in range(COEFFICIENTS))
    value = f.variable(DOUBLE, f.fma(s, f.fma(s, f.fma(s, c3, c2), c1), c0))
    triple, double = f.real_op("fmul", c3, real(3.0)), f.real_op("fadd", c2, c2)
    slope = f.variable(DOUBLE, f.fma(s, f.fma(s, triple, double), c1))
    with f.when(f.compare("une", c4, real(0.0))):
        exponent = f.emit(f"fneg double {f.real_op('fmul', c5, s)}")
        decay = f.real_op("fmul", c4, f.call(own("exp", False), (DOUBLE, exponent), returns=DOUBLE))
        f.put(value, f.real_op("fadd", f.get(value), decay))
        f.put(slope, f.real_op("fsub", f.get(slope), f.real_op("fmul", c5, decay)))
    f.store(f.get(value), slot(f, "drives"), "%i")
    f.store(f.get(slope), slot(f, "slopes"), "%i")
    f.give()


def set_time() -> Function:
    """`set_time(context, t)`: all varying tables take their values at t."""
    f = Function("set_time", [(POINTER, "context"), (DOUBLE, "t")])
    keep(f, "now", "%t", DOUBLE)
    varying = slot(f, "varying")
    with f.count(slot(f, "varying_count", INTEGER)) as index:
        table = f.load(varying, index, INTEGER)
        f.call("table", (POINTER, "%context"), (INTEGER, table), (DOUBLE, "%t"))
    f.give()
    return f


def _move_base(f: Function, table: str, t: str) -> str:
    """The piece that holds from t on; the table's base and cursor move there."""
    knots, bases = slot(f, "knots"), slot(f, "table_base")
    last = f.load(slot(f, "table_last"), table, INTEGER)
    piece = f.variable(INTEGER, f.load(bases, table, INTEGER))
    with f.repeat() as loop:
        here = f.get(piece, INTEGER)
        loop.leave_if(f.compare("sge", here, last, INTEGER))
        following = f.integer_add(here, 1)
        loop.leave_if(f.compare("ogt", f.load(knots, following), t))
        f.put(piece, following, INTEGER)
    here = f.get(piece, INTEGER)
    f.store(here, bases, table, INTEGER)
    f.store(here, slot(f, "table_cursor"), table, INTEGER)
    return here


def _move_varying(f: Function) -> str:
    """Cursors of all varying tables move on; gives the step's start."""
    t, varying = slot(f, "t", DOUBLE), slot(f, "varying")
    with f.count(slot(f, "varying_count", INTEGER)) as index:
        _move_base(f, f.load(varying, index, INTEGER), t)
    return t


def move_tables() -> Function:
    """`move_tables(context)`: cursors move to the pieces that hold from t on."""
    f = Function("move_tables", [(POINTER, "context")])
    _move_varying(f)
    f.give()
    return f


def start_step() -> Function:
    """`start_step(context)`: all varying tables are as they are from t on."""
    f = Function("start_step", [(POINTER, "context")])
    t = _move_varying(f)
    f.call("set_time", (POINTER, "%context"), (DOUBLE, t))
    f.give()
    return f


def enter() -> Function:
    """`enter(context, t)`: a segment begins at t and ends at the next stop or the horizon.

    All tables take their values at t from the right; those that do not change within the
    segment keep them. Clamped states are set.
    """
    f = Function("enter", [(POINTER, "context"), (DOUBLE, "t")], internal=False)
    stops = slot(f, "stops")
    with f.repeat() as loop:
        index = slot(f, "next_stop", INTEGER)
        loop.leave_if(f.compare("ogt", f.load(stops, index), "%t"))
        keep(f, "next_stop", f.integer_add(index, 1), INTEGER)
    stop = f.load(stops, slot(f, "next_stop", INTEGER))
    stop = f.smaller(stop, slot(f, "horizon", DOUBLE))
    for name, value in (("t", "%t"), ("now", "%t"), ("stop", stop)):
        keep(f, name, value, DOUBLE)
    keep(f, "restart", "1", INTEGER)
    keep(f, "h", slot(f, "first_h", DOUBLE), DOUBLE)
    keep(f, "explicit", slot(f, "use_pair", INTEGER), INTEGER)
    for name in ("ready", "held_up", "since_look", "refused"):
        keep(f, name, "0", INTEGER)
    keep(f, "fastest_squared", real(0.0), DOUBLE)
    keep(f, "look_after", str(FIRST_LOOK), INTEGER)
    keep(f, "varying_count", "0", INTEGER)
    varying = slot(f, "varying")
    with f.count(slot(f, "table_count", INTEGER)) as table:
        piece = _move_base(f, table, "%t")
        f.call("table", (POINTER, "%context"), (INTEGER, table), (DOUBLE, "%t"))
        with f.when(_changes_before(f, table, piece, stop)):
            count = slot(f, "varying_count", INTEGER)
            f.store(table, varying, count, INTEGER)
            keep(f, "varying_count", f.integer_add(count, 1), INTEGER)
    f.call("hold_clamped", (POINTER, "%context"), (POINTER, slot(f, "y")))
    f.give()
    return f


def _changes_before(f: Function, table: str, piece: str, stop: str) -> str:
    """Whether a table's piece is not level, or ends before the stop."""
    row = f.address(slot(f, "coefficients"), f.emit(f"mul i64 {piece}, {COEFFICIENTS}"))
    changes = "false"
    for index in range(1, COEFFICIENTS - 1):
        moved = f.compare("une", f.load(row, index), real(0.0))
        changes = f.emit(f"or i1 {changes}, {moved}")
    last = f.load(slot(f, "table_last"), table, INTEGER)
    following = f.select(
        f.compare("slt", piece, last, INTEGER), f.integer_add(piece, 1), piece, INTEGER
    )
    ends = f.compare("olt", f.load(slot(f, "knots"), following), stop)
    ends = f.emit(f"and i1 {ends}, {f.compare('slt', piece, last, INTEGER)}")
    return f.emit(f"or i1 {changes}, {ends}")


def hold_clamped(drives: int) -> Function:
    """`hold_clamped(context, y)`: clamped states take the present values of their tables."""
    f = Function("hold_clamped", [(POINTER, "context"), (POINTER, "y")])
    clamped = slot(f, "clamped")
    values = f.address(slot(f, "drives"), drives)
    with f.count(slot(f, "clamp_count", INTEGER)) as index:
        state = f.load(clamped, index, INTEGER)
        f.store(f.load(values, index), "%y", state)
    f.give()
    return f
