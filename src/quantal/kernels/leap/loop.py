"""The loop over steps of one trial, and over the trials of a chunk.

A step ends at the latest where a sample is taken, where a drive leaves its bounds (so at every
edge of a stimulus) or where the segment ends. Where it would hold fewer than a handful of events
single ones are taken instead, a hundred at a time, by the exact method with thinning.
"""

from __future__ import annotations

from quantal.kernels.generate.ir import DOUBLE, INFINITY, INTEGER, POINTER, Function, real
from quantal.kernels.leap import slots as codes
from quantal.kernels.leap.draws import uniform, waiting
from quantal.kernels.leap.slots import SLOTS, count_up, keep, slot
from quantal.kernels.leap.step import call_laws, note_time
from quantal.kernels.stochastic.philox import PAIRS

HANDFUL = 10.0
"""Expected events below which a step is not worth while (Cao, Gillespie & Petzold 2006)."""
SINGLE = 100
"""Single events that are taken then."""
SLACK = 1.0 + 1e-9
"""Bounds and rates are rounded separately."""


class Body:
    """Writes the parts of `advance`; sizes of one network."""

    def __init__(self, channels: int, states: int, tables: int) -> None:
        self.channels, self.states, self.tables = channels, states, tables
        self.f = Function("advance", [(POINTER, "context")], INTEGER)

    def text(self) -> str:
        """`advance(context)`: one trial up to the horizon; gives a status."""
        f = self.f
        with f.repeat() as loop:
            self._leave_if_used_up()
            t = slot(f, "t", DOUBLE)
            with f.when(f.compare("oge", t, slot(f, "horizon", DOUBLE)), ends=True):
                f.give(str(codes.REACHED))
            self._samples(t)
            self._cells(t)
            limit = self._limit()
            total = self._look(t)
            self._leave_if_wrong(total)
            f.call("classify", (POINTER, "%context"))
            left = slot(f, "exact_left", INTEGER)
            with f.when(f.compare("sgt", left, "0", INTEGER)):
                keep(f, "exact_left", f.integer_add(left, -1), INTEGER)
                self._single(t, limit)
            loop.again_if(f.compare("sgt", left, "0", INTEGER))
            call_laws(f, "orders", slot(f, "counts"), slot(f, "orders"), self.tables)
            f.call("choose", (POINTER, "%context"))
            leap = f.smaller(slot(f, "leap", DOUBLE), slot(f, "ceiling", DOUBLE))
            short = f.compare("olt", leap, f.real_op("fdiv", real(HANDFUL), total))
            with f.when(short):
                keep(f, "exact_left", str(SINGLE), INTEGER)
                keep(f, "ceiling", INFINITY)
            loop.again_if(short)
            self._step(t, limit, leap)
        f.do("unreachable")
        return f.text()

    def _leave_if_used_up(self) -> None:
        """Back to Python now and then, and where times of events need to be taken away."""
        f = self.f
        left = f.integer_add(slot(f, "budget", INTEGER), -1)
        keep(f, "budget", left, INTEGER)
        half = f.emit(f"sdiv i64 {slot(f, 'fire_capacity', INTEGER)}, 2")
        full = f.compare("sgt", slot(f, "fire_count", INTEGER), half, INTEGER)
        stop = f.emit(f"or i1 {full}, {f.compare('slt', left, '0', INTEGER)}")
        with f.when(stop, ends=True):
            f.give(str(codes.BUDGET))

    def _samples(self, t: str) -> None:
        """Rows at the sample times that have come."""
        f, states = self.f, self.states
        first = f.emit(f"mul i64 {slot(f, 'trial', INTEGER)}, {slot(f, 'sample_count', INTEGER)}")
        with f.repeat() as loop:
            index = slot(f, "sample", INTEGER)
            loop.leave_if(f.compare("ugt", f.load(slot(f, "samples"), index), t))
            number = f.emit(f"mul i64 {f.integer_add(first, index)}, {states}")
            row = f.address(slot(f, "rows"), number)
            with f.count(states) as state:
                f.store(f.load(slot(f, "counts"), state), row, state)
            keep(f, "sample", f.integer_add(index, 1), INTEGER)

    def _cells(self, t: str) -> None:
        f = self.f
        with f.repeat() as loop:
            following = f.integer_add(slot(f, "cell", INTEGER), 1)
            loop.leave_if(f.compare("ugt", f.load(slot(f, "edges"), following), t))
            keep(f, "cell", following, INTEGER)

    def _limit(self) -> str:
        f = self.f
        sample = f.load(slot(f, "samples"), slot(f, "sample", INTEGER))
        edge = f.load(slot(f, "edges"), f.integer_add(slot(f, "cell", INTEGER), 1))
        return f.smaller(f.smaller(sample, edge), slot(f, "horizon", DOUBLE))

    def _look(self, t: str) -> str:
        """The propensities now; gives their sum."""
        f = self.f
        f.call("look", (POINTER, "%context"), (DOUBLE, t))
        rates = slot(f, "rates")
        call_laws(f, "rates", slot(f, "counts"), rates, self.tables)
        return f.call("weigh", (POINTER, "%context"), (POINTER, rates), returns=DOUBLE)

    def _leave_if_wrong(self, total: str) -> None:
        f = self.f
        with f.when(f.compare("sge", slot(f, "culprit", INTEGER), "0", INTEGER), ends=True):
            f.give(str(codes.NEGATIVE))
        with f.when(f.compare("uge", total, INFINITY), ends=True):
            f.give(str(codes.NOT_FINITE))

    def _single(self, t: str, limit: str) -> None:
        """One event by the exact method: at the bound of the cell, and real by its own rate."""
        f = self.f
        bounds = self._bounds()
        bound = self._sum(bounds, only=False)
        with f.when(f.compare("uge", bound, INFINITY), ends=True):
            f.give(str(codes.NOT_FINITE))
        then = f.real_op("fadd", t, f.real_op("fdiv", waiting(f), bound))
        beyond = f.compare("uge", then, limit)
        with f.when(beyond):
            keep(f, "t", limit)
        with f.when(f.emit(f"xor i1 {beyond}, true")):
            keep(f, "t", then)
            self._happens(then, bound, slot(f, "counts"), only=False)

    def _happens(self, then: str, bound: str, counts: str, only: bool) -> None:
        """A single event at its time, if it is real."""
        f = self.f
        total = self._look(then)
        self._leave_if_wrong(total)
        now = self._sum(slot(f, "rates"), only)
        with f.when(f.compare("ugt", now, f.real_op("fmul", bound, real(SLACK))), ends=True):
            f.give(str(codes.EXCEEDED))
        point = f.real_op("fmul", uniform(f), bound)
        word = "true" if only else "false"
        channel = f.call(
            "one", (POINTER, "%context"), (POINTER, counts), (POINTER, slot(f, "rates")),
            (DOUBLE, point), ("i1", word), returns=INTEGER,
        )  # fmt: skip
        with f.when(f.compare("sge", channel, "0", INTEGER)):
            count_up(f, "single")
            recorded = f.load(slot(f, "recorded"), channel, INTEGER)
            with f.when(f.compare("ne", recorded, "0", INTEGER)):
                note_time(f, channel, then)
        if not only:
            f.call("lowest", (POINTER, "%context"), (POINTER, counts), returns=DOUBLE)

    def _bounds(self) -> str:
        f = self.f
        bounds = slot(f, "bounds")
        call_laws(f, "bounds", slot(f, "counts"), bounds, self.tables)
        f.call("weigh", (POINTER, "%context"), (POINTER, bounds), returns=DOUBLE)
        return bounds

    def _sum(self, rates: str, only: bool) -> str:
        word = "true" if only else "false"
        return self.f.call(
            "total_of", (POINTER, "%context"), (POINTER, rates), ("i1", word), returns=DOUBLE
        )

    def _step(self, t: str, limit: str, leap: str) -> None:
        f = self.f
        bound = self._sum(self._bounds(), only=True)
        wait = f.real_op("fdiv", waiting(f), bound)
        room = f.real_op("fsub", limit, t)
        free = f.smaller(leap, room)
        fires = f.compare("olt", wait, free)
        step = f.select(fires, wait, free)
        whole = f.compare("oge", leap, room)
        ends = f.emit(f"and i1 {whole}, {f.emit(f'xor i1 {fires}, true')}")
        then = f.select(ends, limit, f.real_op("fadd", t, step))
        crowded = self._is_crowded(step)
        before = slot(f, "fire_count", INTEGER)
        keep(f, "least", real(-1.0))
        with f.when(f.emit(f"xor i1 {crowded}, true")):
            total = f.call("many", (POINTER, "%context"), (DOUBLE, step), returns=DOUBLE)
            self._leave_if_wrong(total)
            possible = f.compare("oge", slot(f, "least", DOUBLE), real(0.0))
            with f.when(f.emit(f"and i1 {possible}, {fires}")):
                self._happens(then, bound, slot(f, "next"), only=True)
            with f.when(possible):
                following = (POINTER, slot(f, "next"))
                keep(f, "least", f.call("lowest", (POINTER, "%context"), following,
                                        returns=DOUBLE))  # fmt: skip
        refused = f.compare("olt", slot(f, "least", DOUBLE), real(0.0))
        with f.when(refused):
            keep(f, "fire_count", before, INTEGER)
            keep(f, "ceiling", f.real_op("fmul", step, real(0.5)))
            count_up(f, "refused")
        with f.when(f.emit(f"xor i1 {refused}, true")):
            with f.count(self.states) as state:
                f.store(f.load(slot(f, "next"), state), slot(f, "counts"), state)
            keep(f, "t", then)
            keep(f, "ceiling", INFINITY)
            count_up(f, "steps")

    def _is_crowded(self, step: str) -> str:
        """Whether more events are watched within the step than there is room for their times."""
        f = self.f
        watched, rates = f.variable(DOUBLE, real(0.0)), slot(f, "bounds")
        with f.count(self.channels) as channel:
            recorded = f.load(slot(f, "recorded"), channel, INTEGER)
            with f.when(f.compare("ne", recorded, "0", INTEGER)):
                mean = f.real_op("fmul", f.load(rates, channel), step)
                f.put(watched, f.real_op("fadd", f.get(watched), mean))
        # The second half goes at twice the middle's rates at most.
        mean = f.real_op("fmul", f.get(watched), real(2.0))
        root = f.call("llvm.sqrt.f64", (DOUBLE, mean), returns=DOUBLE)
        reach = f.fma(root, real(12.0), f.real_op("fadd", mean, real(64.0)))
        capacity = f.emit(f"sitofp i64 {slot(f, 'fire_capacity', INTEGER)} to double")
        return f.compare("ogt", reach, f.real_op("fmul", capacity, real(0.5)))


def sweep() -> str:
    """`sweep(context)`: all trials of a chunk up to the horizon, one after another."""
    f = Function("sweep", [(POINTER, "context")], INTEGER, internal=False)
    with f.repeat():
        trial = slot(f, "trial", INTEGER)
        over = f.compare("sge", trial, slot(f, "trial_count", INTEGER), INTEGER)
        with f.when(over, ends=True):
            f.give(str(codes.REACHED))
        with f.when(f.compare("ne", slot(f, "fresh", INTEGER), "0", INTEGER)):
            _begin(f, trial)
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


def _go_to_trial(f: Function, trial: str) -> None:
    row = f.emit(f"mul i64 {trial}, {slot(f, 'state_count', INTEGER)}")
    own = f.address(slot(f, "all_counts"), row)
    f.store(own, "%context", SLOTS["counts"], POINTER)
    keep(f, "t", slot(f, "start", DOUBLE))
    for name in ("cell", "sample"):
        keep(f, name, slot(f, f"first_{name}", INTEGER), INTEGER)


def _begin(f: Function, trial: str) -> None:
    """A trial goes on from where its last segment ended, at the place of its random stream."""
    _go_to_trial(f, trial)
    used = f.load(slot(f, "used"), trial, INTEGER)
    keep(f, "draw", f.emit(f"sdiv i64 {used}, {PAIRS}"), INTEGER)
    f.call("refill", (POINTER, "%context"))
    keep(f, "position", f.emit(f"srem i64 {used}, {PAIRS}"), INTEGER)
    keep(f, "ceiling", INFINITY)
    keep(f, "exact_left", "0", INTEGER)
