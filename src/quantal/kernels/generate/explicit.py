"""One explicit Runge-Kutta step in generated code, and what it tells about the rates."""

from __future__ import annotations

from quantal.kernels.generate.attempt import accumulate, magnitude, moved_state, worst
from quantal.kernels.generate.ir import DOUBLE, INTEGER, POINTER, VECTOR, Function, real, splat
from quantal.kernels.generate.tables import keep, pointers, slot
from quantal.kernels.layout import LANES, Layout
from quantal.kernels.tableau import Pair

UNKNOWN, HERE, AT_END = range(3)
"""Where f at the step's start is: not yet known; in the first stage; in the last step's last."""


def attempt_explicit(layout: Layout, pair: Pair) -> Function:
    """`attempt_explicit(context, h, end)`: as `attempt`, by the explicit pair.

    It also leaves the square of the largest rate in sight in `rate_squared`.
    """
    arguments = [(POINTER, "context"), (DOUBLE, "h"), (DOUBLE, "end")]
    f = Function("attempt_explicit", arguments, returns=DOUBLE)
    _first_slope(f, layout, pair)
    wide = f.broadcast("%h")
    t = slot(f, "t", DOUBLE)
    for stage in range(1, pair.stages - 1):
        _combine(f, layout, pair, stage, wide)
        _slope_at(f, layout, pair, stage, t)
    _new_state(f, layout, pair, wide)
    _slope_at(f, layout, pair, pair.stages - 1, t)
    f.give(_error(f, layout, pair, wide))
    return f


def _place(layout: Layout, stage: int) -> int:
    return stage * layout.padded


def _first_slope(f: Function, layout: Layout, pair: Pair) -> None:
    """f at the step's start: computed, or the last slope of the step before."""
    k, ready = slot(f, "increments"), slot(f, "ready", INTEGER)
    f.call("move_tables", (POINTER, "%context"))
    carried = f.compare("eq", ready, str(AT_END), INTEGER)
    with f.when(carried), f.count(layout.padded, LANES) as index:
        last = f.load_vector(k, f.integer_add(index, _place(layout, pair.stages - 1)))
        f.store_vector(last, k, index)
    with f.when(f.compare("eq", ready, str(UNKNOWN), INTEGER)):
        f.call("set_time", (POINTER, "%context"), (DOUBLE, slot(f, "t", DOUBLE)))
        right_side(f, "y", k)
    keep(f, "ready", str(HERE), INTEGER)


def right_side(f: Function, state: str, out: str) -> None:
    """f of a state of the context, with the drives as they are."""
    point = pointers(f, state, "constants", "drives", "now", "free")
    f.call("right_side", *point, (POINTER, out), (POINTER, slot(f, "scratch")))


def _slope_at(f: Function, layout: Layout, pair: Pair, stage: int, t: str) -> None:
    abscissa = pair.c[stage]
    if abscissa != pair.c[stage - 1]:
        when = "%end" if abscissa == 1.0 else f.fma("%h", real(abscissa), t)
        f.call("set_time", (POINTER, "%context"), (DOUBLE, when))
    f.call("hold_clamped", (POINTER, "%context"), (POINTER, slot(f, "argument")))
    right_side(f, "argument", f.address(slot(f, "increments"), _place(layout, stage)))


def _weighted(f: Function, layout: Layout, k: str, row: tuple[float, ...], index: str) -> str:
    """The sum of the slopes by a row of the tableau, for four states; the newest comes last."""
    total = ""
    for stage, factor in enumerate(row):
        if factor:
            slopes = f.load_vector(k, f.integer_add(index, _place(layout, stage)))
            total = accumulate(f, factor, slopes, total)
    return total


def _combine(f: Function, layout: Layout, pair: Pair, stage: int, h: str) -> None:
    y, argument, k = slot(f, "y"), slot(f, "argument"), slot(f, "increments")
    # The state before the last, which the rate is seen from, is kept.
    out = slot(f, "extra") if stage == pair.stages - 2 else ""
    with f.count(layout.padded, LANES) as index:
        total = _weighted(f, layout, k, pair.a[stage], index)
        value = f.fma(h, total, f.load_vector(y, index), VECTOR)
        f.store_vector(value, argument, index)
        if out:
            f.store_vector(value, out, index)


def _new_state(f: Function, layout: Layout, pair: Pair, h: str) -> None:
    k, argument = slot(f, "increments"), slot(f, "argument")
    with f.count(layout.padded, LANES) as index:
        total = _weighted(f, layout, k, pair.a[-1], index)
        moved_state(f, f.real_op("fmul", h, total, VECTOR), argument, index)


def _error(f: Function, layout: Layout, pair: Pair, h: str) -> str:
    """The error's norm; and the rate between the last two stages, which are at one time."""
    y, argument, absolute = slot(f, "y"), slot(f, "argument"), slot(f, "absolute")
    k, before = slot(f, "increments"), slot(f, "extra")
    relative = f.broadcast(slot(f, "relative", DOUBLE))
    row = tuple(pair.caution * factor for factor in pair.error)
    largest, total = f.variable(VECTOR, splat(0.0)), f.variable(VECTOR, splat(0.0))
    change, distance = f.variable(VECTOR, splat(0.0)), f.variable(VECTOR, splat(0.0))
    with f.count(layout.padded, LANES) as index:
        old, new = f.load_vector(y, index), f.load_vector(argument, index)
        a, b = magnitude(f, old), magnitude(f, new)
        size = f.select(f.compare("ogt", a, b, VECTOR), a, b, VECTOR)
        scale = f.fma(relative, size, f.load_vector(absolute, index), VECTOR)
        weight = f.real_op("fdiv", splat(1.0), scale, VECTOR)
        error = f.real_op("fmul", h, _weighted(f, layout, k, row, index), VECTOR)
        ratio = f.real_op("fmul", magnitude(f, error), weight, VECTOR)
        known = f.get(largest, VECTOR)
        more = f.compare("ogt", ratio, known, VECTOR)
        f.put(largest, f.select(more, ratio, known, VECTOR), VECTOR)
        # A sum keeps a NaN, which a maximum may lose.
        f.put(total, f.real_op("fadd", f.get(total, VECTOR), ratio, VECTOR), VECTOR)
        last = f.load_vector(k, f.integer_add(index, _place(layout, pair.stages - 1)))
        other = f.load_vector(k, f.integer_add(index, _place(layout, pair.stages - 2)))
        add_square(f, change, f.real_op("fsub", last, other, VECTOR), weight)
        moved = f.real_op("fsub", new, f.load_vector(before, index), VECTOR)
        add_square(f, distance, moved, weight)
    keep(f, "rate_squared", quotient(f, sum_of(f, change), sum_of(f, distance)), DOUBLE)
    return worst(f, largest, total)


def add_square(f: Function, total: str, value: str, weight: str) -> None:
    """Add (value*weight)^2 to a vector variable."""
    part = f.real_op("fmul", value, weight, VECTOR)
    f.put(total, f.fma(part, part, f.get(total, VECTOR), VECTOR), VECTOR)


def sum_of(f: Function, variable: str) -> str:
    """The sum of the lanes of a vector variable."""
    vector = f.get(variable, VECTOR)
    lanes = [f.emit(f"extractelement {VECTOR} {vector}, i64 {lane}") for lane in range(LANES)]
    total = lanes[0]
    for lane in lanes[1:]:
        total = f.real_op("fadd", total, lane)
    return total


def quotient(f: Function, a: str, b: str) -> str:
    """a/b, and zero where b is zero or the quotient no number."""
    ratio = f.real_op("fdiv", a, b)
    usable = f.compare("olt", ratio, real(float("inf")))
    return f.select(usable, ratio, real(0.0))
