"""Trials interval by interval: members move by their propagators, the rest event by event.

In each interval every hidden state's members are dealt out by conditional binomials: to other
states at the interval's end, or out of the group by one of its exits, at an instant inside the
interval. The loop of single events runs from exit to exit.
"""

from __future__ import annotations

from quantal.kernels.generate.ir import DOUBLE, INTEGER, POINTER, Function, real
from quantal.kernels.stochastic import slots as codes
from quantal.kernels.stochastic.philox import PAIRS
from quantal.kernels.stochastic.slots import keep, slot
from quantal.kernels.stochastic.tables import next_boundary

PARTS = 4
"""Parts of an interval, in each of which exits are spread evenly."""
MARGIN = 65_536
"""Firings for which there is room in one interval, at least."""


def hop() -> str:
    """`hop(context)`: deals out all members for the present interval.

    A row of `member_odds` belongs to an interval and a hidden state: the chance to leave by any
    exit; if not, to be in another state at the end; conditional probabilities of these, the
    commonest first; cumulative shares of the exits, each in each part of the interval.
    """
    f = Function("hop", [(POINTER, "context")])
    keep(f, "exit_count", "0", INTEGER)
    counts, gains = slot(f, "counts"), slot(f, "member_gains")
    hidden, states = slot(f, "member_count", INTEGER), slot(f, "member_states")
    with f.count(hidden) as s:
        f.store(real(0.0), gains, s)
    first = f.emit(f"mul i64 {slot(f, 'interval', INTEGER)}, {hidden}")
    with f.count(hidden) as s:
        start = f.load(counts, f.load(states, s, INTEGER))
        left = f.variable(DOUBLE, start)
        with f.when(f.compare("ogt", start, real(0.0))):
            row = f.emit(f"mul i64 {f.integer_add(first, s)}, {slot(f, 'member_stride', INTEGER)}")
            odds = f.address(slot(f, "member_odds"), row)
            _out(f, s, odds, left)
            moved = f.variable(DOUBLE, _binomial(f, left, f.load(odds, 1)))
            _across(f, s, odds, moved, gains)
        # At its instant an exit takes one from the state that it leaves from; that is given
        # back in `leave`, because here the member is taken from where it began.
        gone = f.real_op("fsub", f.get(left), start)
        f.store(f.real_op("fadd", f.load(gains, s), gone), gains, s)
    f.give()
    return f.text()


def _binomial(f: Function, left: str, p: str) -> str:
    arguments = [(POINTER, "%context"), (DOUBLE, f.get(left)), (DOUBLE, p)]
    x = f.call("binomial", *arguments, returns=DOUBLE)
    f.put(left, f.real_op("fsub", f.get(left), x))
    return x


def _out(f: Function, s: str, odds: str, left: str) -> None:
    """Who leaves the group."""
    with f.when(f.compare("ogt", f.load(odds), real(0.0))):
        x = _binomial(f, left, f.load(odds))
        with f.count(f.emit(f"fptosi double {x} to i64")):
            arguments = [(POINTER, "%context"), (INTEGER, s), (POINTER, odds)]
            f.call("leave", *arguments)


def _across(f: Function, s: str, odds: str, left: str, gains: str) -> None:
    """In which other states those are that moved."""
    width = slot(f, "member_width", INTEGER)
    row = f.emit(f"mul i64 {s}, {f.integer_add(width, -2)}")
    targets = f.address(slot(f, "member_targets"), row, INTEGER)
    number = f.load(slot(f, "member_numbers"), s, INTEGER)
    place = f.variable(INTEGER, "0")
    with f.repeat() as loop:
        here = f.get(place, INTEGER)
        loop.leave_if(f.compare("sge", here, number, INTEGER))
        loop.leave_if(f.compare("ole", f.get(left), real(0.0)))
        f.put(place, f.integer_add(here, 1), INTEGER)
        p = f.load(odds, f.integer_add(here, 2))
        loop.again_if(f.compare("ole", p, real(0.0)))
        x = _binomial(f, left, p)
        target = f.load(targets, here, INTEGER)
        f.store(f.real_op("fadd", f.load(gains, target), x), gains, target)


def leave() -> str:
    """`leave(context, s, odds)`: an exit of a member that began in s, into the sorted list.

    Its instant lies evenly in that part of the interval in which it is drawn to leave.
    """
    arguments = [(POINTER, "context"), (INTEGER, "s"), (POINTER, "odds")]
    f = Function("leave", arguments, attributes="nounwind noinline")
    shares = f.address("%odds", slot(f, "member_width", INTEGER))
    ways = f.emit(f"mul i64 {f.load(slot(f, 'exit_numbers'), '%s', INTEGER)}, {PARTS}")
    last = f.integer_add(ways, -1)
    v = f.load(slot(f, "uniforms"), f.call("pair", (POINTER, "%context"), returns=INTEGER))
    chosen = f.variable(INTEGER, "0")
    with f.repeat() as loop:
        here = f.get(chosen, INTEGER)
        loop.leave_if(f.compare("sge", here, last, INTEGER))
        loop.leave_if(f.compare("ogt", f.load(shares, here), v))
        f.put(chosen, f.integer_add(here, 1), INTEGER)
    way = f.emit(f"sdiv i64 {f.get(chosen, INTEGER)}, {PARTS}")
    part = f.emit(f"srem i64 {f.get(chosen, INTEGER)}, {PARTS}")
    exit_ = f.integer_add(f.load(slot(f, "exit_firsts"), "%s", INTEGER), way)
    home, gains = f.load(slot(f, "exit_homes"), exit_, INTEGER), slot(f, "member_gains")
    f.store(f.real_op("fadd", f.load(gains, home), real(1.0)), gains, home)
    u = f.load(slot(f, "uniforms"), f.call("pair", (POINTER, "%context"), returns=INTEGER))
    before = f.emit(f"sitofp i64 {part} to double")
    x = f.real_op("fmul", f.real_op("fadd", before, u), real(1.0 / PARTS))
    edges, interval = slot(f, "member_edges"), slot(f, "interval", INTEGER)
    start = f.load(edges, interval)
    end = f.load(edges, f.integer_add(interval, 1))
    time = f.fma(x, f.real_op("fsub", end, start), start)
    times, exits = slot(f, "exit_times"), slot(f, "exit_codes")
    here = f.variable(INTEGER, slot(f, "exit_count", INTEGER))
    with f.repeat() as loop:
        at = f.get(here, INTEGER)
        loop.leave_if(f.compare("sle", at, "0", INTEGER))
        before = f.integer_add(at, -1)
        loop.leave_if(f.compare("ole", f.load(times, before), time))
        f.store(f.load(times, before), times, at)
        f.store(f.load(exits, before, INTEGER), exits, at, INTEGER)
        f.put(here, before, INTEGER)
    f.store(time, times, f.get(here, INTEGER))
    f.store(exit_, exits, f.get(here, INTEGER), INTEGER)
    keep(f, "exit_count", f.integer_add(slot(f, "exit_count", INTEGER), 1), INTEGER)
    f.give()
    return f.text()


def happen() -> str:
    """`happen(context, number)`: the changes of an exit, at its time."""
    f = Function("happen", [(POINTER, "context"), (INTEGER, "number")])
    time = f.load(slot(f, "exit_times"), "%number")
    code = f.load(slot(f, "exit_codes"), "%number", INTEGER)
    changes, amounts = slot(f, "exit_changes"), slot(f, "exit_amounts")
    width, counts = slot(f, "exit_width", INTEGER), slot(f, "counts")
    first = f.emit(f"mul i64 {code}, {width}")
    with f.count(width) as number:
        at = f.integer_add(first, number)
        state = f.load(changes, at, INTEGER)
        with f.when(f.compare("sge", state, "0", INTEGER)):
            value = f.real_op("fadd", f.load(counts, state), f.load(amounts, at))
            f.store(value, counts, state)
    index = slot(f, "fire_count", INTEGER)
    f.store(time, slot(f, "fire_times"), index)
    channel = f.integer_add(code, slot(f, "first_exit", INTEGER))
    f.store(channel, slot(f, "fire_channels"), index, INTEGER)
    trial = f.integer_add(slot(f, "first_trial", INTEGER), slot(f, "trial", INTEGER))
    f.store(trial, slot(f, "fire_trials"), index, INTEGER)
    keep(f, "fire_count", f.integer_add(index, 1), INTEGER)
    events, own = slot(f, "fired"), slot(f, "trial", INTEGER)
    f.store(f.integer_add(f.load(events, own, INTEGER), 1), events, own, INTEGER)
    f.call("load", (POINTER, "%context"))
    f.give()
    return f.text()


def sweep() -> str:
    """`sweep_members(context)`: the present trial to the horizon of the run; gives a status."""
    f = Function("sweep_members", [(POINTER, "context")], INTEGER, internal=False)
    with f.when(f.compare("ne", slot(f, "fresh", INTEGER), "0", INTEGER)):
        keep(f, "fresh", "0", INTEGER)
        f.call("begin", (POINTER, "%context"), (INTEGER, slot(f, "trial", INTEGER)))
        keep(f, "interval", "0", INTEGER)
    intervals = slot(f, "interval_count", INTEGER)
    with f.repeat() as loop:
        here = slot(f, "interval", INTEGER)
        loop.leave_if(f.compare("sge", here, intervals, INTEGER))
        room = f.integer_add(slot(f, "fire_capacity", INTEGER), -MARGIN)
        full = f.compare("sgt", slot(f, "fire_count", INTEGER), room, INTEGER)
        with f.when(full, ends=True):
            f.give(str(codes.BUDGET))
        f.call("hop", (POINTER, "%context"))
        with f.count(slot(f, "exit_count", INTEGER)) as number:
            _go_to(f, f.load(slot(f, "exit_times"), number))
            f.call("happen", (POINTER, "%context"), (INTEGER, number))
        _go_to(f, f.load(slot(f, "member_edges"), f.integer_add(here, 1)))
        counts, gains, states = (slot(f, n) for n in ("counts", "member_gains", "member_states"))
        with f.count(slot(f, "member_count", INTEGER)) as s:
            state = f.load(states, s, INTEGER)
            f.store(f.real_op("fadd", f.load(counts, state), f.load(gains, s)), counts, state)
        keep(f, "interval", f.integer_add(here, 1), INTEGER)
    filled = f.emit(f"mul i64 {f.integer_add(slot(f, 'draw', INTEGER), -1)}, {PAIRS}")
    used = f.integer_add(filled, slot(f, "position", INTEGER))
    f.store(used, slot(f, "used"), slot(f, "trial", INTEGER), INTEGER)
    keep(f, "fresh", "1", INTEGER)
    f.give(str(codes.REACHED))
    return f.text()


def _go_to(f: Function, time: str) -> None:
    """Single events up to a time."""
    keep(f, "horizon", time)
    next_boundary(f)
    keep(f, "budget", str(2**60), INTEGER)
    status = f.call("advance", (POINTER, "%context"), returns=INTEGER)
    with f.when(f.compare("eq", status, str(codes.BUDGET), INTEGER), ends=True):
        f.give(str(codes.CROWDED))
    with f.when(f.compare("ne", status, str(codes.REACHED), INTEGER), ends=True):
        f.give(status)
