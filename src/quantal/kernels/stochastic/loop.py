"""The loop of the direct method (Gillespie 1977) with thinning (Lewis & Shedler 1979).

Total rates are bounds that hold for a whole cell of time; an event found with them at time t
is real with probability (rate at t)/(bound), decided by the same uniform number that chose it.
At the end of a cell time stops there and a new waiting time is drawn, which is exact because
waiting has no memory. Without drives that vary nothing is ever rejected.
"""

from __future__ import annotations

from quantal.kernels.generate.ir import DOUBLE, INFINITY, INTEGER, POINTER, Function
from quantal.kernels.stochastic import slots as codes
from quantal.kernels.stochastic.choice import member_at, search, thin_driven, thin_mixed
from quantal.kernels.stochastic.network import WIDTH
from quantal.kernels.stochastic.parts import Parts
from quantal.kernels.stochastic.philox import PAIRS
from quantal.kernels.stochastic.slots import SLOTS, keep, slot
from quantal.kernels.stochastic.sums import accused, fire, weigh


def advance(parts: Parts) -> str:
    """`advance(context)`: one trial up to the horizon; gives a status."""
    f = Function("advance", [(POINTER, "context")], INTEGER)
    t = f.variable(DOUBLE, slot(f, "t", DOUBLE))
    budget = f.variable(INTEGER, slot(f, "budget", INTEGER))
    total = f.variable(DOUBLE, slot(f, "total", DOUBLE))
    limit = f.variable(DOUBLE, _limit(f))
    position = f.variable(INTEGER, slot(f, "position", INTEGER))
    fired = f.variable(INTEGER, "0")
    uniforms, waits, prefix = slot(f, "uniforms"), slot(f, "waits"), slot(f, "prefix")

    def leave(status: int) -> None:
        keep(f, "t", f.get(t))
        keep(f, "total", f.get(total))
        keep(f, "position", f.get(position, INTEGER), INTEGER)
        keep(f, "budget", f.get(budget, INTEGER), INTEGER)
        events = slot(f, "fired")
        trial = slot(f, "trial", INTEGER)
        done = f.emit(f"add i64 {f.load(events, trial, INTEGER)}, {f.get(fired, INTEGER)}")
        f.store(done, events, trial, INTEGER)
        f.give(str(status))

    def leave_if(condition: str, status: int) -> None:
        with f.when(condition, ends=True):
            leave(status)

    with f.repeat() as loop:
        left = f.get(budget, INTEGER)
        leave_if(f.compare("sle", left, "0", INTEGER), codes.BUDGET)
        f.put(budget, f.integer_add(left, -1), INTEGER)
        with f.when(f.compare("sge", f.get(position, INTEGER), str(PAIRS), INTEGER)):
            f.call("refill", (POINTER, "%context"))
            f.put(position, "0", INTEGER)
        place = f.get(position, INTEGER)
        f.put(position, f.integer_add(place, 1), INTEGER)
        wait = f.real_op("fdiv", f.load(waits, place), f.get(total))
        then = f.real_op("fadd", f.get(t), wait)
        with f.when(f.compare("uge", then, f.get(limit))):
            bad = f.compare("ord", f.get(total), f.get(total))
            infinite = f.compare("oeq", f.get(total), INFINITY)
            healthy = f.emit(f"and i1 {bad}, {f.emit(f'xor i1 {infinite}, true')}")
            leave_if(f.emit(f"xor i1 {healthy}, true"), codes.NOT_FINITE)
            _samples(f, parts, then)
            boundary = slot(f, "boundary", DOUBLE)
            with f.when(f.compare("uge", then, boundary)):
                f.put(t, boundary)
                leave_if(f.compare("oge", boundary, slot(f, "horizon", DOUBLE)), codes.REACHED)
                keep(f, "cell", f.integer_add(slot(f, "cell", INTEGER), 1), INTEGER)
                f.call("enter_cell", (POINTER, "%context"))
                f.put(total, slot(f, "total", DOUBLE))
                leave_if(accused(f), codes.NEGATIVE)
            f.put(limit, _limit(f))
            # A wait that ends within the cell stands; one that does not is drawn again.
            loop.again_if(f.compare("uge", then, boundary))
        f.put(t, then)
        chosen = f.real_op("fmul", f.load(uniforms, place), f.get(total))
        block = search(f, prefix, len(parts.blocks), chosen)
        loop.again_if(f.compare("sge", block, str(len(parts.blocks)), INTEGER))
        choice = member_at(f, loop, block, chosen)
        thin_driven(f, parts, loop, choice, then, leave_if)
        thin_mixed(f, parts, loop, choice, then, leave_if)
        for number in f.cases(choice.place, WIDTH * len(parts.blocks)):
            if number in parts.by_slot:
                fire(f, parts, parts.by_slot[number])
        f.put(total, weigh(f, parts))
        f.put(fired, f.integer_add(f.get(fired, INTEGER), 1), INTEGER)
        _record(f, choice.place, then, budget)
        leave_if(accused(f), codes.NEGATIVE)
    f.do("unreachable")
    return f.text()


def _limit(f: Function) -> str:
    """The next time at which the loop has something to do besides events."""
    index = slot(f, "sample", INTEGER)
    sample = f.load(slot(f, "samples"), index)
    return f.smaller(sample, slot(f, "boundary", DOUBLE))


def _samples(f: Function, parts: Parts, then: str) -> None:
    """Rows at the sample times before an event, or before the boundary if that comes first."""
    states = len(parts.network.program.states)
    counts = slot(f, "counts")
    reach = f.smaller(then, slot(f, "boundary", DOUBLE))
    trial = slot(f, "trial", INTEGER)
    first = f.emit(f"mul i64 {trial}, {slot(f, 'sample_count', INTEGER)}")
    with f.repeat() as loop:
        index = slot(f, "sample", INTEGER)
        loop.leave_if(f.compare("uge", f.load(slot(f, "samples"), index), reach))
        number = f.emit(f"mul i64 {f.integer_add(first, index)}, {states}")
        row = f.address(slot(f, "rows"), number)
        with f.count(states) as state:
            f.store(f.load(counts, state), row, state)
        keep(f, "sample", f.integer_add(index, 1), INTEGER)


def _record(f: Function, place: str, then: str, budget: str) -> None:
    """Keep the time of an event of a reaction that is watched; stop where there is no room."""
    mark = f.emit(f"and i64 {f.load(slot(f, 'recorded'), place, INTEGER)}, {codes.WATCHED}")
    watched = f.compare("ne", mark, "0", INTEGER)
    with f.when(watched):
        index = slot(f, "fire_count", INTEGER)
        f.store(then, slot(f, "fire_times"), index)
        f.store(place, slot(f, "fire_channels"), index, INTEGER)
        trial = f.integer_add(slot(f, "first_trial", INTEGER), slot(f, "trial", INTEGER))
        f.store(trial, slot(f, "fire_trials"), index, INTEGER)
        more = f.integer_add(index, 1)
        keep(f, "fire_count", more, INTEGER)
        with f.when(f.compare("sge", more, slot(f, "fire_capacity", INTEGER), INTEGER)):
            f.put(budget, "0", INTEGER)


def sweep(parts: Parts) -> str:
    """`sweep(context)`: all trials of a chunk up to the horizon, one after another."""
    f = Function("sweep", [(POINTER, "context")], INTEGER, internal=False)
    with f.repeat():
        trial = slot(f, "trial", INTEGER)
        over = f.compare("sge", trial, slot(f, "trial_count", INTEGER), INTEGER)
        with f.when(over, ends=True):
            f.give(str(codes.REACHED))
        with f.when(f.compare("ne", slot(f, "fresh", INTEGER), "0", INTEGER)):
            begin_trial(f, parts, trial)
            with f.when(accused(f), ends=True):
                f.give(str(codes.NEGATIVE))
        status = f.call("advance", (POINTER, "%context"), returns=INTEGER)
        keep(f, "fresh", "0", INTEGER)
        unfinished = f.compare("ne", status, str(codes.REACHED), INTEGER)
        with f.when(unfinished, ends=True):
            f.give(status)
        filled = f.emit(f"mul i64 {f.integer_add(slot(f, 'draw', INTEGER), -1)}, {PAIRS}")
        used = f.integer_add(filled, slot(f, "position", INTEGER))
        f.store(used, slot(f, "used"), trial, INTEGER)
        keep(f, "trial", f.integer_add(trial, 1), INTEGER)
        keep(f, "fresh", "1", INTEGER)
    f.do("unreachable")
    return f.text()


def begin_trial(f: Function, parts: Parts, trial: str) -> None:
    """A trial goes on from where its last segment ended, at the place of its random stream."""
    states = len(parts.network.program.states)
    own = f.address(slot(f, "all_counts"), f.emit(f"mul i64 {trial}, {states}"))
    f.store(own, "%context", SLOTS["counts"], POINTER)
    used = f.load(slot(f, "used"), trial, INTEGER)
    keep(f, "draw", f.emit(f"sdiv i64 {used}, {PAIRS}"), INTEGER)
    f.call("refill", (POINTER, "%context"))
    keep(f, "position", f.emit(f"srem i64 {used}, {PAIRS}"), INTEGER)
    keep(f, "t", slot(f, "start", DOUBLE))
    for name in ("cell", "sample"):
        keep(f, name, slot(f, f"first_{name}", INTEGER), INTEGER)
    f.call("rewind", (POINTER, "%context"))
    f.call("enter_cell", (POINTER, "%context"))
    f.call("load", (POINTER, "%context"))
