"""Forwards over the tape: the tangents of all steps, and their values at sample times."""

from __future__ import annotations

from collections.abc import Sequence

from quantal.kernels.generate.ir import DOUBLE, INTEGER, POINTER, VECTOR, Function, real
from quantal.kernels.layout import LANES, Layout
from quantal.kernels.sensitivity.layout import Methods, Sizes
from quantal.kernels.sensitivity.stage import Call
from quantal.kernels.sensitivity.sweep import Sweep, accumulated, combined, continues
from quantal.kernels.tableau import Pair, Tableau

BATCH = 40
"""About so many vectors are carried through all stages before the next ones, so that their
increments stay in the nearest cache."""


def tangents(layout: Layout, sizes: Sizes, methods: Methods, calls: Sequence[Call]) -> Function:
    """`tangents(context)`: `tangents` (vectors, lanes) from before the tape to behind it.

    At sample s, between `first[step]` and `first[step + 1]` and `shares[s]` into the step, the
    vectors whose places are in `watch` are written to `values` (samples, watched, lanes).
    """
    sweep = Sweep("tangents", layout, methods, sizes)
    f = sweep.f
    batches = _batches(calls)
    with f.count(sweep.steps) as step:
        sweep.visit(step)
        for method in sweep.by_method():
            if isinstance(method, Pair):
                _explicit(sweep, batches, step)
            else:
                _implicit(sweep, batches)
            with f.when(sweep.looks_inside(step)):
                _sample(sweep, step)
                _cut(sweep)
        _advance(sweep)
    f.give()
    return f


def _batches(calls: Sequence[Call]) -> list[list[Call]]:
    batches: list[list[Call]] = []
    room = 0
    for call in calls:
        if not batches or room < call.vectors:
            batches.append([])
            room = BATCH
        batches[-1].append(call)
        room -= call.vectors
    return batches


def _implicit(sweep: Sweep, batches: Sequence[Sequence[Call]]) -> None:
    """All stages of a Rosenbrock step; what lies behind it in `moved`."""
    f, stages = sweep.f, sweep.method.stages
    for stage in range(stages):
        sweep.partials(stage)
    for batch in batches:
        for stage in range(stages):
            if stage:
                _combine(sweep, "combine", stage, batch, sweep.inverse)
            for call in batch:
                _solve(sweep, "tangent", stage, call)
    size = sweep.sizes.vectors * LANES
    with f.count(size, LANES) as index:
        increment = f.load_vector(sweep["increments"], f.integer_add(index, (stages - 1) * size))
        moved = f.load_vector(sweep["moved"], index)
        f.store_vector(f.real_op("fadd", moved, increment, VECTOR), sweep["moved"], index)


def _explicit(sweep: Sweep, batches: Sequence[Sequence[Call]], step: str) -> None:
    """All stages of an explicit step; the last one only where a look inside needs it."""
    last = sweep.method.stages - 1
    for stage in range(last):
        sweep.partials(stage)
    for batch in batches:
        for stage in range(last + 1):
            if stage:
                _combine(sweep, "slope_combine", stage, batch, sweep.h)
            if stage < last:
                for call in batch:
                    _solve(sweep, "slope_tangent", stage, call)
    with sweep.f.when(sweep.looks_inside(step)):
        sweep.partials(last)
        for batch in batches:
            for call in batch:
                _solve(sweep, "slope_tangent", last, call)


def combine(sizes: Sizes, method: Tableau | Pair, stage: int) -> Function:
    """`combine_K(count, tangents, pushes, increments, moved, extra, factor)`.

    The argument and the right side of stage K, as far as they are known beforehand, for
    `count` doubles; `factor` is 1/h. For an explicit pair `slope_combine_K` gives the argument
    alone; `factor` is h.
    """
    is_pair = isinstance(method, Pair)
    names = ("tangents", "pushes", "increments", "moved", "extra")
    arguments = [(INTEGER, "count"), *((POINTER, name) for name in names), (DOUBLE, "factor")]
    f = Function(f"{'slope_' if is_pair else ''}combine_{stage}", arguments)
    size, row = sizes.vectors * LANES, method.a[stage]
    factor = f.broadcast("%factor")
    with f.count("%count", LANES) as index:
        known = [
            f.load_vector("%increments", f.integer_add(index, earlier * size))
            for earlier in range(stage)
        ]
        if isinstance(method, Pair):
            change = combined(f, method.a, stage, known, "")
            moved = f.fma(factor, change, f.load_vector("%tangents", index), VECTOR)
            f.store_vector(moved, "%moved", index)
        else:
            right = ""
            for weight, increment in zip(method.C[stage], known, strict=True):
                right = accumulated(f, weight, increment, right)
            right = f.fma(right, factor, f.load_vector("%pushes", index), VECTOR)
            f.store_vector(right, "%extra", index)
            if continues(method.a, stage):
                moved = accumulated(f, row[-1], known[-1], f.load_vector("%moved", index))
            else:
                moved = combined(f, method.a, stage, known, "")
                moved = f.real_op("fadd", f.load_vector("%tangents", index), moved, VECTOR)
            f.store_vector(moved, "%moved", index)
    f.give()
    return f


def _combine(sweep: Sweep, name: str, stage: int, batch: Sequence[Call], factor: str) -> None:
    f, first = sweep.f, batch[0].first * LANES
    count = sum(call.vectors for call in batch) * LANES
    arrays = (
        sweep["tangents"], sweep.pushes(stage), sweep["increments"], sweep["moved"], sweep["extra"],
    )  # fmt: skip
    places = [(POINTER, f.address(each, first)) for each in arrays]
    f.call(f"{name}_{stage}", (INTEGER, str(count)), *places, (DOUBLE, factor))


def _solve(sweep: Sweep, name: str, stage: int, call: Call) -> None:
    f, first = sweep.f, call.first * LANES
    combined_right = stage and isinstance(sweep.method, Tableau)
    right = sweep["extra"] if combined_right else sweep.pushes(stage)
    here = [right, sweep["moved" if stage else "tangents"], sweep["tangents"]]
    out = f.address(sweep["increments"], stage * sweep.sizes.vectors * LANES + first)
    places = [f.address(each, first) for each in here]
    factors = sweep.at(sweep.record.factors)
    pointers = [factors, sweep["constants"], sweep.entries(stage), *places, out]
    f.call(f"{name}_{call.function}", *((POINTER, each) for each in pointers))


def _inside(sweep: Sweep, share: str) -> tuple[list[str], str, str]:
    f = sweep.f
    weights = [f.broadcast(each) for each in sweep.weights(share)]
    rest = f.broadcast(f.real_op("fsub", real(1.0), share))
    return weights, rest, f.broadcast(share)


def _interpolated(sweep: Sweep, place: str, known: tuple[list[str], str, str]) -> str:
    """One vector of tangents inside the step."""
    f, size = sweep.f, sweep.sizes.vectors * LANES
    weights, rest, share = known
    value = f.real_op("fmul", rest, f.load_vector(sweep["tangents"], place), VECTOR)
    value = f.fma(share, f.load_vector(sweep["moved"], place), value, VECTOR)
    for stage, weight in enumerate(weights):
        there = f.integer_add(place, stage * size)
        value = f.fma(weight, f.load_vector(sweep["increments"], there), value, VECTOR)
    return value


def _sample(sweep: Sweep, step: str) -> None:
    f = sweep.f
    watched = sweep.count("watched")
    sample = f.variable(INTEGER, f.load(sweep["first"], step, INTEGER))
    last = f.load(sweep["first"], f.integer_add(step, 1), INTEGER)
    with f.repeat() as loop:
        here = f.get(sample, INTEGER)
        loop.leave_if(f.compare("sge", here, last, INTEGER))
        known = _inside(sweep, f.load(sweep["shares"], here))
        row = f.emit(f"mul i64 {here}, {watched}")
        with f.count(watched) as number:
            place = f.load(sweep["watch"], number, INTEGER)
            value = _interpolated(sweep, place, known)
            out = f.emit(f"mul i64 {f.integer_add(row, number)}, {LANES}")
            f.store_vector(value, sweep["values"], out)
        f.put(sample, f.integer_add(here, 1), INTEGER)


def _cut(sweep: Sweep) -> None:
    """Where only a part of the step was taken: the tangents at its end."""
    f, size = sweep.f, sweep.sizes.vectors * LANES
    with f.when(f.compare("une", sweep.share, real(1.0))):
        known = _inside(sweep, sweep.share)
        with f.count(size, LANES) as index:
            # Read before the same place is written: each is needed for itself alone.
            f.store_vector(_interpolated(sweep, index, known), sweep["moved"], index)


def _advance(sweep: Sweep) -> None:
    f, size = sweep.f, sweep.sizes.vectors * LANES
    with f.count(size, LANES) as index:
        f.store_vector(f.load_vector(sweep["moved"], index), sweep["tangents"], index)
