"""One step: the propensities now and in its middle, what fires, and whether that can be."""

from __future__ import annotations

from quantal.kernels.generate.ir import DOUBLE, INFINITY, INTEGER, POINTER, TRUTH, Function, real
from quantal.kernels.leap.choose import changes
from quantal.kernels.leap.draws import normal, poisson, uniform
from quantal.kernels.leap.slots import keep, slot

SLIGHT = 1e-3
"""Events that a slightly negative rate may undo in a whole run before it counts as an error."""
ROUNDING = -1e-6
"""A Langevin count this far below zero is zero but for rounding of a share of an event."""


def call_laws(f: Function, name: str, counts: str, out: str, tables: int) -> None:
    """A generated function of the network, at these counts and the present drives and cell."""
    row = f.emit(f"mul i64 {slot(f, 'cell', INTEGER)}, {tables + 1}")
    arguments = [
        counts, slot(f, "constants"), slot(f, "drives"), f.address(slot(f, "low"), row),
        f.address(slot(f, "high"), row), out, slot(f, "scratch"),
    ]  # fmt: skip
    f.call(name, *((POINTER, each) for each in arguments))


def weigh(channels: int) -> str:
    """`weigh(context, rates)`: their sum; none is left below zero, one that is so is accused."""
    f = Function("weigh", [(POINTER, "context"), (POINTER, "rates")], DOUBLE)
    total = f.variable(DOUBLE, real(0.0))
    signed = slot(f, "signed")
    with f.count(channels) as channel:
        rate = f.load("%rates", channel)
        undone = f.real_op("fmul", rate, slot(f, "span", DOUBLE))
        may = f.compare("ne", f.load(signed, channel, INTEGER), "0", INTEGER)
        wrong = f.emit(f"and i1 {may}, {f.compare('olt', undone, real(-SLIGHT))}")
        with f.when(wrong):
            keep(f, "culprit", channel, INTEGER)
            keep(f, "rate", rate)
        # NaN stays what it is, and stops the run.
        rate = f.select(f.compare("olt", rate, real(0.0)), real(0.0), rate)
        f.store(rate, "%rates", channel)
        f.put(total, f.real_op("fadd", f.get(total), rate))
    f.give(f.get(total))
    return f.text()


def half(channels: int, states: int) -> str:
    """`half(context, before, after, rates, start, length)`: the channels that are not alone fire.

    From the counts `before` to `after`, at these rates for so long.
    """
    arguments = [(POINTER, "context"), (POINTER, "before"), (POINTER, "after"),
                 (POINTER, "rates"), (DOUBLE, "start"), (DOUBLE, "length")]  # fmt: skip
    f = Function("half", arguments)
    alone = slot(f, "alone")
    langevin = f.compare("ne", slot(f, "langevin", INTEGER), "0", INTEGER)
    with f.count(states) as state:
        f.store(f.load("%before", state), "%after", state)
    with f.count(channels) as channel:
        mean = f.real_op("fmul", f.load("%rates", channel), "%length")
        together = f.compare("eq", f.load(alone, channel, INTEGER), "0", INTEGER)
        moving = f.compare("ogt", mean, real(0.0))
        with f.when(f.emit(f"and i1 {together}, {moving}")):
            events = f.variable(DOUBLE, real(0.0))
            with f.when(langevin):
                root = f.call("llvm.sqrt.f64", (DOUBLE, mean), returns=DOUBLE)
                f.put(events, f.fma(root, normal(f), mean))
            with f.when(f.emit(f"xor i1 {langevin}, true")):
                f.put(events, poisson(f, mean))
                _note_times(f, channel, f.get(events))
            with changes(f, channel) as (state, amount, _):
                value = f.fma(f.get(events), amount, f.load("%after", state))
                f.store(value, "%after", state)
    f.give()
    return f.text()


def many(channels: int, tables: int) -> str:
    """`many(context, step)`: a step of the weak trapezoidal rule, from `counts` to `next`.

    Half of the step at the rates of its start, half at twice those of its middle less those of
    its start: of weak order two in the mean and in the variance (Anderson & Mattingly 2011;
    Anderson & Koyama 2012). Gives the sum of the rates in the middle, for checks.
    """
    f = Function("many", [(POINTER, "context"), (DOUBLE, "step")], DOUBLE)
    middle, rates, second = slot(f, "middle"), slot(f, "rates"), slot(f, "middle_rates")
    length, t = f.real_op("fmul", "%step", real(0.5)), slot(f, "t", DOUBLE)
    _call_half(f, slot(f, "counts"), middle, rates, t, length)
    then = f.real_op("fadd", t, length)
    f.call("look", (POINTER, "%context"), (DOUBLE, then))
    least = f.call("lowest", (POINTER, "%context"), (POINTER, middle), returns=DOUBLE)
    with f.when(f.compare("olt", least, real(0.0)), ends=True):
        keep(f, "least", real(-1.0))
        f.give(real(0.0))
    call_laws(f, "rates", middle, second, tables)
    total = f.call("weigh", (POINTER, "%context"), (POINTER, second), returns=DOUBLE)
    with f.count(channels) as channel:
        twice = f.fma(f.load(second, channel), real(2.0), _minus(f, f.load(rates, channel)))
        f.store(f.larger(twice, real(0.0)), second, channel)
    _call_half(f, middle, slot(f, "next"), second, then, length)
    keep(f, "least", real(0.0))
    f.give(total)
    return f.text()


def _minus(f: Function, x: str) -> str:
    return f.emit(f"fneg double {x}")


def _call_half(f: Function, before: str, after: str, rates: str, start: str, length: str) -> None:
    pointers = ((POINTER, "%context"), (POINTER, before), (POINTER, after), (POINTER, rates))
    f.call("half", *pointers, (DOUBLE, start), (DOUBLE, length))


def _note_times(f: Function, channel: str, events: str) -> None:
    """Times of a watched channel's events: given their number they are uniform in the step."""
    watched = f.compare("ne", f.load(slot(f, "recorded"), channel, INTEGER), "0", INTEGER)
    with f.when(watched):
        count = f.emit(f"fptosi double {events} to i64")
        with f.count(count):
            then = f.fma(uniform(f), "%length", "%start")
            note_time(f, channel, then)


def note_time(f: Function, channel: str, then: str) -> None:
    """Keep the time of an event of this channel."""
    index = slot(f, "fire_count", INTEGER)
    room = f.compare("slt", index, slot(f, "fire_capacity", INTEGER), INTEGER)
    with f.when(room):
        f.store(then, slot(f, "fire_times"), index)
        f.store(channel, slot(f, "fire_channels"), index, INTEGER)
        trial = f.integer_add(slot(f, "first_trial", INTEGER), slot(f, "trial", INTEGER))
        # The upper bits are the number of the random stream.
        trial = f.emit(f"and i64 {trial}, {2**48 - 1}")
        f.store(trial, slot(f, "fire_trials"), index, INTEGER)
        keep(f, "fire_count", f.integer_add(index, 1), INTEGER)


def one(channels: int) -> str:
    """`one(context, counts, rates, point, only)`: the event at a point of the summed rates.

    Takes it on the array `counts`; gives the channel, or -1 where the point lies beyond the
    sum: then nothing happens. With `only` it is one of the channels that are alone.
    """
    arguments = [(POINTER, "context"), (POINTER, "counts"), (POINTER, "rates"),
                 (DOUBLE, "point"), (TRUTH, "only")]  # fmt: skip
    f = Function("one", arguments, INTEGER)
    alone, shares = slot(f, "alone"), slot(f, "shares")
    passed, chosen = f.variable(DOUBLE, real(0.0)), f.variable(INTEGER, "0")
    any_ = f.emit("xor i1 %only, true")
    with f.repeat() as loop:
        channel = f.get(chosen, INTEGER)
        with f.when(f.compare("sge", channel, str(channels), INTEGER), ends=True):
            f.give("-1")
        single = f.compare("ne", f.load(alone, channel, INTEGER), "0", INTEGER)
        with f.when(f.emit(f"or i1 {any_}, {single}")):
            f.put(passed, f.real_op("fadd", f.get(passed), effective(f, "%rates", channel)))
            loop.leave_if(f.compare("olt", "%point", f.get(passed)))
        f.put(chosen, f.integer_add(channel, 1), INTEGER)
    channel = f.get(chosen, INTEGER)
    share = f.load(shares, channel)
    with changes(f, channel) as (state, amount, _):
        value = f.fma(share, amount, f.load("%counts", state))
        f.store(value, "%counts", state)
    f.give(channel)
    return f.text()


def effective(f: Function, rates: str, channel: str) -> str:
    """The rate of single events: higher by as much as one takes less; 0 where nothing is left."""
    share = f.load(slot(f, "shares"), channel)
    rate = f.load(rates, channel)
    empty = f.compare("ole", share, real(0.0))
    return f.select(empty, real(0.0), f.real_op("fdiv", rate, share))


def total_of(channels: int) -> str:
    """`total_of(context, rates, only)`: the sum of the rates of single events."""
    f = Function("total_of", [(POINTER, "context"), (POINTER, "rates"), (TRUTH, "only")], DOUBLE)
    alone, total = slot(f, "alone"), f.variable(DOUBLE, real(0.0))
    any_ = f.emit("xor i1 %only, true")
    with f.count(channels) as channel:
        single = f.compare("ne", f.load(alone, channel, INTEGER), "0", INTEGER)
        with f.when(f.emit(f"or i1 {any_}, {single}")):
            f.put(total, f.real_op("fadd", f.get(total), effective(f, "%rates", channel)))
    f.give(f.get(total))
    return f.text()


def lowest(states: int) -> str:
    """`lowest(context, counts)`: the lowest count; what is negative by rounding becomes zero."""
    f = Function("lowest", [(POINTER, "context"), (POINTER, "counts")], DOUBLE)
    least = f.variable(DOUBLE, INFINITY)
    langevin = f.compare("ne", slot(f, "langevin", INTEGER), "0", INTEGER)
    with f.count(states) as state:
        value = f.load("%counts", state)
        below = f.compare("olt", value, real(0.0))
        hardly = f.compare("ogt", value, real(ROUNDING))
        with f.when(f.emit(f"and i1 {langevin}, {f.emit(f'and i1 {below}, {hardly}')}")):
            f.store(real(0.0), "%counts", state)
        counted = f.compare("ne", f.load(slot(f, "counted"), state, INTEGER), "0", INTEGER)
        with f.when(counted):
            f.put(least, f.smaller(f.load("%counts", state), f.get(least)))
    f.give(f.get(least))
    return f.text()
