"""One Rosenbrock step in generated code: factorise, all stages, the error's norm."""

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
from quantal.kernels.tableau import Tableau

_POINT = ("argument", "constants", "drives", "now")


def attempt(layout: Layout, tableau: Tableau) -> Function:
    """`attempt(context, h, end)`: the state at t + h into `argument`; gives the error norm.

    The norm is the largest error over its tolerance, and NaN where any state is not finite.
    """
    f = Function("attempt", [(POINTER, "context"), (DOUBLE, "h"), (DOUBLE, "end")], returns=DOUBLE)
    f.call("start_step", (POINTER, "%context"))
    pitch = f.real_op("fdiv", real(1.0), f.real_op("fmul", "%h", real(tableau.gamma)))
    keep(f, "pitch", pitch, DOUBLE)
    _linearise(f, layout)
    inverse = f.broadcast(f.real_op("fdiv", real(1.0), "%h"))
    t = slot(f, "t", DOUBLE)
    for stage in range(tableau.stages):
        _combine(f, layout, tableau, stage, inverse)
        _stage(f, layout, tableau, stage, t)
    f.give(_error(f, layout, tableau))
    return f


def _linearise(f: Function, layout: Layout) -> None:
    clamped, slopes = slot(f, "clamped"), f.address(slot(f, "slopes"), layout.drives)
    with f.count(slot(f, "clamp_count", INTEGER)) as index:
        state = f.load(clamped, index, INTEGER)
        f.store(f.load(slopes, index), slot(f, "clamp_slopes"), state)
    point = ("y", "constants", "drives", "now", "slopes", "free", "clamp_slopes")
    f.call("factor", *pointers(f, *point, "pitch", "lu", "slope", "scratch"))


def _increment(layout: Layout, stage: int) -> int:
    return stage * layout.padded


def _combine(f: Function, layout: Layout, tableau: Tableau, stage: int, inverse: str) -> None:
    """The stage's argument and the part of its right side that is known beforehand."""
    y, argument, extra = slot(f, "y"), slot(f, "argument"), slot(f, "extra")
    u, slope, change = slot(f, "increments"), slot(f, "slope"), slot(f, "change")
    row, multiples = tableau.a[stage], tableau.C[stage]
    grows = stage > 1 and row[:-1] == tableau.a[stage - 1]
    drift = None
    if tableau.d[stage] != 0.0:
        drift = f.broadcast(f.real_op("fmul", "%h", real(tableau.d[stage])))
    with f.count(layout.padded, LANES) as index:
        # The change is summed by itself: added to y term by term it would lose its last bits.
        moved = f.load_vector(change, index) if grows else ""
        known = ""
        for earlier in range(stage):
            place = f.integer_add(index, _increment(layout, earlier))
            increment = f.load_vector(u, place)
            if not grows or earlier == stage - 1:
                moved = accumulate(f, row[earlier], increment, moved)
            known = accumulate(f, multiples[earlier], increment, known)
        if stage:
            known = f.real_op("fmul", known, inverse, VECTOR)
        if drift is not None:
            steep = f.load_vector(slope, index)
            known = f.fma(drift, steep, known or splat(0.0), VECTOR)
        value = f.load_vector(y, index)
        if moved:
            f.store_vector(moved, change, index)
            value = f.real_op("fadd", value, moved, VECTOR)
        f.store_vector(value, argument, index)
        f.store_vector(known or splat(0.0), extra, index)


def accumulate(f: Function, factor: float, increment: str, total: str) -> str:
    """total + factor*increment for four states; no total yet is an empty name."""
    if factor == 0.0:
        return total
    if not total:
        return f.real_op("fmul", splat(factor), increment, VECTOR)
    if factor == 1.0:
        return f.real_op("fadd", increment, total, VECTOR)
    return f.fma(splat(factor), increment, total, VECTOR)


def _stage(f: Function, layout: Layout, tableau: Tableau, stage: int, t: str) -> None:
    abscissa = tableau.c[stage]
    if stage and abscissa != tableau.c[stage - 1]:
        when = "%end" if abscissa == 1.0 else f.fma("%h", real(abscissa), t)
        f.call("set_time", (POINTER, "%context"), (DOUBLE, when))
    f.call("hold_clamped", (POINTER, "%context"), (POINTER, slot(f, "argument")))
    u = f.address(slot(f, "increments"), _increment(layout, stage))
    point = pointers(f, *_POINT, "free", "extra", "lu")
    f.call("stage", *point, (POINTER, u), (POINTER, slot(f, "scratch")))


def _error(f: Function, layout: Layout, tableau: Tableau) -> str:
    """The new state into the argument; the largest weighted error of all states."""
    argument, absolute, change = slot(f, "argument"), slot(f, "absolute"), slot(f, "change")
    u = f.address(slot(f, "increments"), _increment(layout, tableau.stages - 1))
    relative = f.broadcast(slot(f, "relative", DOUBLE))
    largest, total = f.variable(VECTOR, splat(0.0)), f.variable(VECTOR, splat(0.0))
    with f.count(layout.padded, LANES) as index:
        increment = f.load_vector(u, index)
        moved = f.real_op("fadd", f.load_vector(change, index), increment, VECTOR)
        old, new = moved_state(f, moved, argument, index)
        before, after = magnitude(f, old), magnitude(f, new)
        size = f.select(f.compare("ogt", before, after, VECTOR), before, after, VECTOR)
        scale = f.fma(relative, size, f.load_vector(absolute, index), VECTOR)
        ratio = f.real_op("fdiv", magnitude(f, increment), scale, VECTOR)
        known = f.get(largest, VECTOR)
        more = f.compare("ogt", ratio, known, VECTOR)
        f.put(largest, f.select(more, ratio, known, VECTOR), VECTOR)
        # A sum keeps a NaN, which a maximum may lose.
        f.put(total, f.real_op("fadd", f.get(total, VECTOR), ratio, VECTOR), VECTOR)
    f.call("hold_clamped", (POINTER, "%context"), (POINTER, argument))
    return worst(f, largest, total)


def moved_state(f: Function, moved: str, argument: str, index: str) -> tuple[str, str]:
    """Four states before and after their change; the new ones into `argument`.

    What rounding takes from y + change is carried to the next step (Kahan 1965), so that
    conserved sums do not drift over many steps.
    """
    moved = f.real_op("fadd", moved, f.load_vector(slot(f, "carry"), index), VECTOR)
    old = f.load_vector(slot(f, "y"), index)
    new = f.real_op("fadd", old, moved, VECTOR)
    f.store_vector(new, argument, index)
    lost = f.real_op("fsub", moved, f.real_op("fsub", new, old, VECTOR), VECTOR)
    f.store_vector(lost, slot(f, "next_carry"), index)
    return old, new


def worst(f: Function, largest: str, total: str) -> str:
    """The largest lane of a variable, or NaN where the sum of all is none."""
    lanes = [f.emit(f"extractelement {VECTOR} {f.get(largest, VECTOR)}, i64 {i}")
             for i in range(LANES)]  # fmt: skip
    sums = [f.emit(f"extractelement {VECTOR} {f.get(total, VECTOR)}, i64 {i}")
            for i in range(LANES)]  # fmt: skip
    norm, check = lanes[0], sums[0]
    for lane, part in zip(lanes[1:], sums[1:], strict=True):
        norm, check = f.larger(norm, lane), f.real_op("fadd", check, part)
    return f.select(f.compare("uno", check, check), check, norm)


def magnitude(f: Function, vector: str) -> str:
    """|x| of every lane."""
    return f.call("llvm.fabs.v4f64", (VECTOR, vector), returns=VECTOR)
