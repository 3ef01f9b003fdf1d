"""Dense output in generated code: states inside a step, rows of samples."""

from __future__ import annotations

from quantal.kernels.generate.ir import (
    DOUBLE,
    INTEGER,
    POINTER,
    VECTOR,
    Function,
    real,
    splat,
)
from quantal.kernels.generate.tables import keep, pointers, slot
from quantal.kernels.layout import LANES, Layout
from quantal.kernels.tableau import Pair, Row, Tableau

POINTS_PER_STEP = 4
"""Rows written per accepted step where no sample times are given."""


def prepare_dense(layout: Layout, tableau: Tableau, pair: Pair | None = None) -> Function:
    """`prepare_dense(context)`: the polynomial's coefficients, once per accepted step."""
    f = Function("prepare_dense", [(POINTER, "context")])
    with f.when(f.compare("ne", slot(f, "has_dense", INTEGER), "0", INTEGER), ends=True):
        f.give()
    keep(f, "has_dense", "1", INTEGER)
    if pair is not None:
        by_pair = f.compare("ne", slot(f, "by_pair", INTEGER), "0", INTEGER)
        with f.when(by_pair, ends=True):
            _coefficients(f, layout, pair.dense, f.broadcast(slot(f, "step", DOUBLE)))
            f.give()
    _coefficients(f, layout, tableau.dense)
    f.give()
    return f


def _coefficients(f: Function, layout: Layout, rows: tuple[Row, ...], times: str = "") -> None:
    """Weighted sums of the stages, times a factor, into the rows of `dense`."""
    u, dense = slot(f, "increments"), slot(f, "dense")
    with f.count(layout.padded, LANES) as index:
        increments = [
            f.load_vector(u, f.integer_add(index, stage * layout.padded))
            for stage in range(len(rows[0]) if rows else 0)
        ]
        for number, row in enumerate(rows):
            value = splat(0.0)
            for factor, increment in zip(row, increments, strict=True):
                if factor != 0.0:
                    value = f.fma(splat(factor), increment, value, VECTOR)
            if times:
                value = f.real_op("fmul", value, times, VECTOR)
            f.store_vector(value, dense, f.integer_add(index, number * layout.padded))


def state_at(layout: Layout, tableau: Tableau, pair: Pair | None = None) -> Function:
    """`state_at(context, time, out)`: all states at a time inside the step, drives set."""
    f = Function("state_at", [(POINTER, "context"), (DOUBLE, "time"), (POINTER, "out")])
    f.call("prepare_dense", (POINTER, "%context"))
    f.call("set_time", (POINTER, "%context"), (DOUBLE, "%time"))
    part = f.real_op("fsub", "%time", slot(f, "t", DOUBLE))
    degree = max(len(tableau.dense), len(pair.dense) if pair else 0)
    x = f.broadcast(f.real_op("fdiv", part, slot(f, "step", DOUBLE)))
    z = f.real_op("fsub", splat(1.0), x, VECTOR)
    y, argument, dense = slot(f, "y"), slot(f, "argument"), slot(f, "dense")
    with f.count(layout.padded, LANES) as index:
        value = splat(0.0)
        for number in reversed(range(degree)):
            coefficient = f.load_vector(dense, f.integer_add(index, number * layout.padded))
            value = f.fma(x, value, coefficient, VECTOR)
        value = f.fma(z, value, f.load_vector(argument, index), VECTOR)
        old = f.real_op("fmul", z, f.load_vector(y, index), VECTOR)
        f.store_vector(f.fma(x, value, old, VECTOR), "%out", index)
    f.call("hold_clamped", (POINTER, "%context"), (POINTER, "%out"))
    f.give()
    return f


def write_row(layout: Layout) -> Function:
    """`write_row(context, time)`: states and drives at a time become the next row."""
    f = Function("write_row", [(POINTER, "context"), (DOUBLE, "time")])
    number = slot(f, "row_count", INTEGER)
    stride = layout.padded + layout.drives
    row = f.address(slot(f, "rows"), f.emit(f"mul i64 {number}, {stride}"))
    f.call("state_at", (POINTER, "%context"), (DOUBLE, "%time"), (POINTER, row))
    drives = slot(f, "drives")
    with f.count(layout.drives) as index:
        f.store(f.load(drives, index), row, f.integer_add(index, layout.padded))
    f.store("%time", slot(f, "times"), number)
    keep(f, "row_count", f.integer_add(number, 1), INTEGER)
    f.give()
    return f


def write_jump(layout: Layout) -> Function:
    """`write_jump(context)`: where a drive jumps at a stop, the row that follows the jump.

    Only where rows follow the steps; the row before the jump has just been written.
    """
    f = Function("write_jump", [(POINTER, "context")])
    used = slot(f, "row_count", INTEGER)
    none = f.compare("eq", slot(f, "by_steps", INTEGER), "0", INTEGER)
    with f.when(f.emit(f"or i1 {none}, {f.compare('eq', used, '0', INTEGER)}"), ends=True):
        f.give()
    stride = layout.padded + layout.drives
    before = f.emit(f"mul i64 {f.integer_add(used, -1)}, {stride}")
    row = f.address(slot(f, "rows"), f.integer_add(before, layout.padded))
    drives = slot(f, "drives")
    with f.count(layout.drives) as index:
        moved = f.compare("une", f.load(row, index), f.load(drives, index))
        with f.when(moved, ends=True):
            f.call("write_row", (POINTER, "%context"), (DOUBLE, slot(f, "t", DOUBLE)))
            f.give()
    f.give()
    return f


def commit(layout: Layout) -> Function:
    """`commit(context, until)`: writes the step's rows up to a time and moves there.

    A sample at `until` itself is left to what follows, because an event may act first.
    """
    f = Function("commit", [(POINTER, "context"), (DOUBLE, "until")], internal=False)
    by_steps = f.compare("ne", slot(f, "by_steps", INTEGER), "0", INTEGER)
    with f.when(by_steps):
        _rows_by_steps(f)
    _rows_at_samples(f)
    y, argument = slot(f, "y"), slot(f, "argument")
    whole = f.compare("oeq", "%until", slot(f, "end", DOUBLE))
    with f.when(f.emit(f"xor i1 {whole}, true")):
        # `extra` is free between steps.
        f.call("state_at", (POINTER, "%context"), (DOUBLE, "%until"), (POINTER, slot(f, "extra")))
    source = f.select(whole, argument, slot(f, "extra"), POINTER)
    keep_rest = f.broadcast(f.select(whole, real(1.0), real(0.0)))
    carry, rest = slot(f, "carry"), slot(f, "next_carry")
    with f.count(layout.padded, LANES) as index:
        f.store_vector(f.load_vector(source, index), y, index)
        carried = f.real_op("fmul", keep_rest, f.load_vector(rest, index), VECTOR)
        f.store_vector(carried, carry, index)
    keep(f, "t", "%until", DOUBLE)
    f.give()
    return f


def _rows_by_steps(f: Function) -> None:
    start = slot(f, "t", DOUBLE)
    length = f.real_op("fsub", "%until", start)
    for part in range(1, POINTS_PER_STEP):
        inside = f.fma(length, real(part / POINTS_PER_STEP), start)
        f.call("write_row", (POINTER, "%context"), (DOUBLE, inside))
    f.call("write_row", (POINTER, "%context"), (DOUBLE, "%until"))


def _rows_at_samples(f: Function) -> None:
    samples = slot(f, "samples")
    with f.repeat() as loop:
        index = slot(f, "sample", INTEGER)
        loop.leave_if(f.compare("sge", index, slot(f, "sample_count", INTEGER), INTEGER))
        time = f.load(samples, index)
        loop.leave_if(f.compare("oge", time, "%until"))
        f.call("write_row", (POINTER, "%context"), (DOUBLE, time))
        keep(f, "sample", f.integer_add(index, 1), INTEGER)


def probe() -> Function:
    """`probe(context, time)`: the crossing functions at a time inside the step, in `g_middle`."""
    f = Function("probe", [(POINTER, "context"), (DOUBLE, "time")], internal=False)
    out = slot(f, "extra")
    f.call("state_at", (POINTER, "%context"), (DOUBLE, "%time"), (POINTER, out))
    here = pointers(f, "constants", "drives", "now", "g_middle", "scratch")
    f.call("crossings", (POINTER, out), *here)
    f.give()
    return f
