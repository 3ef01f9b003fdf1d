"""Forwards over the tape: the tangents of all steps, and their values at sample times."""

from __future__ import annotations

from collections.abc import Sequence

from quantal.kernels.generate.ir import DOUBLE, INTEGER, POINTER, VECTOR, Function, real
from quantal.kernels.layout import LANES, Layout
from quantal.kernels.sensitivity.layout import Sizes
from quantal.kernels.sensitivity.sweep import Sweep, accumulated, combined, continues
from quantal.kernels.tableau import Tableau

BATCH = 40
"""About so many vectors are carried through all stages before the next ones, so that their
increments stay in the nearest cache."""

Call = tuple[str, int, int]
"""A function, the first vector that it works on, and how many."""


def tangents(
    layout: Layout, sizes: Sizes, tableau: Tableau, calls: Sequence[tuple[str, int]]
) -> Function:
    """`tangents(context)`: `tangents` (vectors, lanes) from before the tape to behind it.

    At sample s, between `first[step]` and `first[step + 1]` and `shares[s]` into the step, the
    vectors whose places are in `watch` are written to `values` (samples, watched, lanes).
    """
    sweep = Sweep("tangents", layout, tableau, sizes)
    f = sweep.f
    with f.count(sweep.steps) as step:
        sweep.visit(step)
        for stage in range(tableau.stages):
            sweep.partials(stage)
        for batch in _batches(sizes, calls):
            for stage in range(tableau.stages):
                _combine(sweep, stage, batch)
                for call in batch:
                    _solve(sweep, stage, call)
        _finish(sweep, sizes)
        _sample(sweep, sizes, step)
        _advance(sweep, sizes)
    f.give()
    return f


def _batches(sizes: Sizes, calls: Sequence[tuple[str, int]]) -> list[list[Call]]:
    batches: list[list[Call]] = []
    first = group = room = 0
    for name, copies in calls:
        count = sum(len(states) for _, states in sizes.groups[group : group + copies])
        group += copies
        if not count:
            continue
        if not batches or room < count:
            batches.append([])
            room = BATCH
        batches[-1].append((name, first, count))
        room -= count
        first += count
    return batches


def combine(sizes: Sizes, tableau: Tableau, stage: int) -> Function:
    """`combine_K(count, tangents, pushes, increments, moved, extra, inverse)`.

    The argument and the right side of stage K, as far as they are known beforehand, for
    `count` doubles.
    """
    names = ("tangents", "pushes", "increments", "moved", "extra")
    arguments = [(INTEGER, "count"), *((POINTER, name) for name in names), (DOUBLE, "inverse")]
    f = Function(f"combine_{stage}", arguments)
    size, row = sizes.vectors * LANES, tableau.a[stage]
    inverse = f.broadcast("%inverse")
    grows = continues(tableau.a, stage)
    with f.count("%count", LANES) as index:
        known = [
            f.load_vector("%increments", f.integer_add(index, earlier * size))
            for earlier in range(stage)
        ]
        right = ""
        for factor, increment in zip(tableau.C[stage], known, strict=True):
            right = accumulated(f, factor, increment, right)
        right = f.fma(right, inverse, f.load_vector("%pushes", index), VECTOR)
        f.store_vector(right, "%extra", index)
        if grows:
            moved = accumulated(f, row[-1], known[-1], f.load_vector("%moved", index))
        else:
            moved = combined(f, tableau.a, stage, known, "")
            moved = f.real_op("fadd", f.load_vector("%tangents", index), moved, VECTOR)
        f.store_vector(moved, "%moved", index)
    f.give()
    return f


def _combine(sweep: Sweep, stage: int, batch: Sequence[Call]) -> None:
    if stage == 0:
        return
    f, first = sweep.f, batch[0][1] * LANES
    count = sum(vectors for _, _, vectors in batch) * LANES
    arrays = (
        sweep["tangents"], sweep.pushes(stage), sweep["increments"], sweep["moved"], sweep["extra"],
    )  # fmt: skip
    places = [(POINTER, f.address(each, first)) for each in arrays]
    f.call(f"combine_{stage}", (INTEGER, str(count)), *places, (DOUBLE, sweep.inverse))


def _solve(sweep: Sweep, stage: int, call: Call) -> None:
    name, vector, _ = call
    f, first = sweep.f, vector * LANES
    right = sweep["extra"] if stage else sweep.pushes(stage)
    here = [right, sweep["moved" if stage else "tangents"], sweep["tangents"]]
    size = sweep.sizes.vectors * LANES
    out = f.address(sweep["increments"], stage * size + first)
    places = [f.address(each, first) for each in here]
    factors = sweep.at(sweep.record.factors)
    pointers = [factors, sweep["constants"], sweep.entries(stage), *places, out]
    f.call(name, *((POINTER, each) for each in pointers))


def _finish(sweep: Sweep, sizes: Sizes) -> None:
    """The tangents behind the step, into `moved`."""
    f, size = sweep.f, sizes.vectors * LANES
    last = (sweep.tableau.stages - 1) * size
    with f.count(size, LANES) as index:
        increment = f.load_vector(sweep["increments"], f.integer_add(index, last))
        moved = f.load_vector(sweep["moved"], index)
        f.store_vector(f.real_op("fadd", moved, increment, VECTOR), sweep["moved"], index)


def _inside(sweep: Sweep, sizes: Sizes, share: str) -> tuple[list[str], str, str]:
    f = sweep.f
    weights = [f.broadcast(each) for each in sweep.weights(share)]
    rest = f.broadcast(f.real_op("fsub", real(1.0), share))
    return weights, rest, f.broadcast(share)


def _interpolated(sweep: Sweep, sizes: Sizes, place: str, known: tuple[list[str], str, str]) -> str:
    """One vector of tangents inside the step."""
    f, size = sweep.f, sizes.vectors * LANES
    weights, rest, share = known
    value = f.real_op("fmul", rest, f.load_vector(sweep["tangents"], place), VECTOR)
    value = f.fma(share, f.load_vector(sweep["moved"], place), value, VECTOR)
    for stage, weight in enumerate(weights):
        there = f.integer_add(place, stage * size)
        value = f.fma(weight, f.load_vector(sweep["increments"], there), value, VECTOR)
    return value


def _sample(sweep: Sweep, sizes: Sizes, step: str) -> None:
    f = sweep.f
    watched = sweep.count("watched")
    sample = f.variable(INTEGER, f.load(sweep["first"], step, INTEGER))
    last = f.load(sweep["first"], f.integer_add(step, 1), INTEGER)
    with f.repeat() as loop:
        here = f.get(sample, INTEGER)
        loop.leave_if(f.compare("sge", here, last, INTEGER))
        known = _inside(sweep, sizes, f.load(sweep["shares"], here))
        row = f.emit(f"mul i64 {here}, {watched}")
        with f.count(watched) as number:
            place = f.load(sweep["watch"], number, INTEGER)
            value = _interpolated(sweep, sizes, place, known)
            out = f.emit(f"mul i64 {f.integer_add(row, number)}, {LANES}")
            f.store_vector(value, sweep["values"], out)
        f.put(sample, f.integer_add(here, 1), INTEGER)


def _advance(sweep: Sweep, sizes: Sizes) -> None:
    """The tangents at the end of what was taken of the step."""
    f, size = sweep.f, sizes.vectors * LANES
    partly = f.compare("une", sweep.share, real(1.0))
    with f.when(partly):
        known = _inside(sweep, sizes, sweep.share)
        with f.count(size, LANES) as index:
            # Read before the same place is written: each is needed for itself alone.
            f.store_vector(_interpolated(sweep, sizes, index, known), sweep["moved"], index)
    with f.count(size, LANES) as index:
        f.store_vector(f.load_vector(sweep["moved"], index), sweep["tangents"], index)
