"""How far a step may go: Cao, Gillespie & Petzold (2006), J Chem Phys 124:044109.

A channel is *alone* where few firings would use up what it takes: it then fires one event at
a time. Of the others so many may fire together that no propensity is expected to change by
more than a share `error` of itself, in its mean or in its standard deviation; and no step is
longer than a share sqrt(error) of the time in which any count is replaced, because a rule of
second order then errs by about `error`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from quantal.kernels.generate.ir import DOUBLE, INFINITY, INTEGER, POINTER, Function, real
from quantal.kernels.leap.slots import keep, slot

FEW = 10.0
"""Firings until something is used up, below which a channel is alone."""


def classify(channels: int) -> str:
    """`classify(context)`: which channels are alone, and what share of an event is left.

    Counts of a Langevin run are not whole. There a channel is alone also if it gives to a
    count that is nearly empty, where noise would take it below zero; and an event for which
    less than it takes is left takes that, at a rate so much higher: the mean is the same.
    """
    f = Function("classify", [(POINTER, "context")])
    counts, alone, shares = slot(f, "counts"), slot(f, "alone"), slot(f, "shares")
    langevin = f.compare("ne", slot(f, "langevin", INTEGER), "0", INTEGER)
    few = slot(f, "few", DOUBLE)
    with f.count(channels) as channel:
        left, share = f.variable(DOUBLE, INFINITY), f.variable(DOUBLE, real(1.0))
        with changes(f, channel) as (state, amount, _):
            count = f.load(counts, state)
            size = f.call("llvm.fabs.f64", (DOUBLE, amount), returns=DOUBLE)
            firings = f.real_op("fdiv", count, size)
            takes = f.compare("olt", amount, real(0.0))
            gives = f.compare("ogt", amount, real(0.0))
            matters = f.emit(f"or i1 {takes}, {f.emit(f'and i1 {gives}, {langevin}')}")
            with f.when(matters):
                f.put(left, f.smaller(firings, f.get(left)))
            with f.when(f.emit(f"and i1 {takes}, {langevin}")):
                f.put(share, f.smaller(firings, f.get(share)))
        single = f.compare("olt", f.get(left), few)
        f.store(f.emit(f"zext i1 {single} to i64"), alone, channel, INTEGER)
        f.store(f.get(share), shares, channel)
    f.give()
    return f.text()


@contextmanager
def changes(f: Function, channel: str) -> Iterator[tuple[str, str, str]]:
    """Repeat for each change of a channel, with (state, amount, own) as values.

    `own` is the size of the amount where the propensity depends on the state, else 0.
    """
    first = slot(f, "change_first")
    at = f.variable(INTEGER, f.load(first, channel, INTEGER))
    end = f.load(first, f.integer_add(channel, 1), INTEGER)
    with f.repeat() as loop:
        here = f.get(at, INTEGER)
        loop.leave_if(f.compare("sge", here, end, INTEGER))
        yield (
            f.load(slot(f, "change_state"), here, INTEGER),
            f.load(slot(f, "change_amount"), here),
            f.load(slot(f, "change_own"), here),
        )
        f.put(at, f.integer_add(here, 1), INTEGER)


def choose(channels: int, states: int) -> str:
    """`choose(context)`: the longest step that keeps propensities what they are, into `leap`."""
    f = Function("choose", [(POINTER, "context")])
    rates, alone, orders = slot(f, "rates"), slot(f, "alone"), slot(f, "orders")
    means, squares, pulls = slot(f, "means"), slot(f, "squares"), slot(f, "pulls")
    steep, counts = slot(f, "steepness"), slot(f, "counts")
    with f.count(states) as state:
        for array in (means, squares, steep, pulls):
            f.store(real(0.0), array, state)
    with f.count(channels) as channel:
        rate = f.load(rates, channel)
        together = f.compare("eq", f.load(alone, channel, INTEGER), "0", INTEGER)
        moving = f.compare("ogt", rate, real(0.0))
        order = f.variable(DOUBLE, real(1.0))
        with f.when(moving):
            f.put(order, f.larger(f.real_op("fdiv", f.load(orders, channel), rate), real(1.0)))
        pull = f.real_op("fmul", rate, f.get(order))
        counted = f.emit(f"and i1 {together}, {moving}")
        with f.when(counted), changes(f, channel) as (state, amount, own):
            flow = f.real_op("fmul", rate, amount)
            f.store(f.real_op("fadd", f.load(means, state), flow), means, state)
            f.store(f.fma(flow, amount, f.load(squares, state)), squares, state)
            f.store(f.fma(pull, own, f.load(pulls, state)), pulls, state)
        _note(f, channel, f.get(order), steep)
    longest = f.variable(DOUBLE, INFINITY)
    error = slot(f, "error", DOUBLE)
    near = f.call("llvm.sqrt.f64", (DOUBLE, error), returns=DOUBLE)
    with f.count(states) as state:
        order_ = f.load(steep, state)
        with f.when(f.compare("ogt", order_, real(0.0))):
            share = f.real_op("fdiv", f.real_op("fmul", error, f.load(counts, state)), order_)
            room = f.larger(share, real(1.0))
            mean = f.call("llvm.fabs.f64", (DOUBLE, f.load(means, state)), returns=DOUBLE)
            f.put(longest, f.smaller(f.real_op("fdiv", room, mean), f.get(longest)))
            spread = f.real_op("fdiv", f.real_op("fmul", room, room), f.load(squares, state))
            f.put(longest, f.smaller(spread, f.get(longest)))
            # A count must not be forgotten within a step: else its fluctuations would grow.
            memory = f.real_op("fmul", near, f.larger(f.load(counts, state), real(1.0)))
            back = f.real_op("fdiv", memory, f.load(pulls, state))
            f.put(longest, f.smaller(back, f.get(longest)))
    keep(f, "leap", f.smaller(f.get(longest), slot(f, "longest", DOUBLE)))
    f.give()
    return f.text()


def _note(f: Function, channel: str, order: str, steep: str) -> None:
    """The largest steepness among the propensities that a count enters."""
    first = slot(f, "take_first")
    at = f.variable(INTEGER, f.load(first, channel, INTEGER))
    end = f.load(first, f.integer_add(channel, 1), INTEGER)
    with f.repeat() as loop:
        here = f.get(at, INTEGER)
        loop.leave_if(f.compare("sge", here, end, INTEGER))
        state = f.load(slot(f, "take_state"), here, INTEGER)
        f.store(f.larger(f.load(steep, state), order), steep, state)
        f.put(at, f.integer_add(here, 1), INTEGER)
