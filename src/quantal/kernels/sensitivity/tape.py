"""Keeping what each accepted step was made of, for those who go over it again."""

from __future__ import annotations

from quantal.kernels.generate.ir import DOUBLE, INTEGER, POINTER, VECTOR, Function, real
from quantal.kernels.generate.tables import keep, slot
from quantal.kernels.layout import LANES, Layout
from quantal.kernels.sensitivity.layout import Methods, Record, abscissae
from quantal.kernels.tableau import Pair, Tableau


def commit(layout: Layout, methods: Methods) -> Function:
    """`commit(context, until)`: writes the step just made to the tape and moves to `until`."""
    f = Function("commit", [(POINTER, "context"), (DOUBLE, "until")], internal=False)
    record = Record.of(layout, methods)
    number = slot(f, "row_count", INTEGER)
    row = f.address(slot(f, "rows"), f.emit(f"mul i64 {number}, {record.size}"))
    t, h = slot(f, "t", DOUBLE), slot(f, "step", DOUBLE)
    whole = f.compare("oeq", "%until", slot(f, "end", DOUBLE))
    share = f.select(whole, real(1.0), f.real_op("fdiv", f.real_op("fsub", "%until", t), h))
    explicit = f.compare("ne", slot(f, "by_pair", INTEGER), "0", INTEGER)
    for place, value in enumerate((t, h, share, f.select(explicit, real(1.0), real(0.0)))):
        f.store(value, row, place)
    _copy(f, slot(f, "y"), f.address(row, record.state), layout.padded)
    tableau, pair = methods
    increments, kept = slot(f, "increments"), f.address(row, record.increments)
    with f.when(explicit):
        _copy(f, increments, kept, pair.stages * layout.padded)
        _keep_drives(f, layout, pair, record, row)
    with f.when(f.emit(f"xor i1 {explicit}, true")):
        _copy(f, increments, kept, tableau.stages * layout.padded)
        _copy(f, slot(f, "lu"), f.address(row, record.factors), layout.factors)
        _keep_drives(f, layout, tableau, record, row)
    _move(f, layout, whole)
    keep(f, "row_count", f.integer_add(number, 1), INTEGER)
    f.give()
    return f


def _copy(f: Function, source: str, target: str, size: int) -> None:
    whole = size - size % LANES
    with f.count(whole, LANES) as index:
        f.store_vector(f.load_vector(source, index), target, index)
    for index_left in range(whole, size):
        f.store(f.load(source, index_left), target, index_left)


def _keep_drives(
    f: Function, layout: Layout, method: Tableau | Pair, record: Record, row: str
) -> None:
    """All tables at each stage's time, and their slopes at the start of the step."""
    t, h, end = slot(f, "t", DOUBLE), slot(f, "step", DOUBLE), slot(f, "end", DOUBLE)
    for number, share in enumerate(abscissae(method)):
        when = t if share == 0.0 else end if share == 1.0 else f.fma(h, real(share), t)
        f.call("set_time", (POINTER, "%context"), (DOUBLE, when))
        place = f.address(row, record.drives + number * record.width)
        _copy(f, slot(f, "drives"), place, layout.drives)
        if share == 0.0 and isinstance(method, Tableau):
            _copy(f, slot(f, "slopes"), f.address(row, record.slopes), layout.drives)


def _move(f: Function, layout: Layout, whole: str) -> None:
    """The state at `until` becomes the present one; what rounding took is carried along."""
    with f.when(f.emit(f"xor i1 {whole}, true")):
        # `extra` is free between steps.
        f.call("state_at", (POINTER, "%context"), (DOUBLE, "%until"), (POINTER, slot(f, "extra")))
    source = f.select(whole, slot(f, "argument"), slot(f, "extra"), POINTER)
    kept = f.broadcast(f.select(whole, real(1.0), real(0.0)))
    y, carry, rest = slot(f, "y"), slot(f, "carry"), slot(f, "next_carry")
    with f.count(layout.padded, LANES) as index:
        f.store_vector(f.load_vector(source, index), y, index)
        carried = f.real_op("fmul", kept, f.load_vector(rest, index), VECTOR)
        f.store_vector(carried, carry, index)
    keep(f, "t", "%until", DOUBLE)


def write_jump() -> Function:
    """`write_jump(context)`: nothing; the tape holds steps alone."""
    f = Function("write_jump", [(POINTER, "context")])
    f.give()
    return f
