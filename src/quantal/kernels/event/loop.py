"""The loop over members and their stretches, for one number of modes and of seen states.

A state is held as modes in vectors; pulses multiply it by a matrix, decays by exponentials.
Members do not see one another; their sums are added in the order of the members.
"""

from __future__ import annotations

from quantal.kernels.event.slots import ANY, DEGREE, ODD, QUIET, SLOTS
from quantal.kernels.generate import mathematics
from quantal.kernels.generate.ir import DOUBLE, INTEGER, POINTER, VECTOR, Function, real, splat
from quantal.kernels.layout import LANES, padded


def write_module(modes: int, seen: int) -> str:
    """The IR text of `carry(context)`."""
    body = _Carry(modes, seen).text()
    floor = f"declare {DOUBLE} @llvm.floor.f64({DOUBLE})\n"
    return "\n".join([mathematics.declarations() + floor, mathematics.used_by(body), body])


class _Carry:
    """Writes the one function."""

    def __init__(self, modes: int, seen: int) -> None:
        self.modes, self.seen = modes, seen
        self.width = padded(modes)
        self.vectors = self.width // LANES
        self.f = Function("carry", [(POINTER, "context")], internal=False)
        self._read: dict[str, str] = {}

    def text(self) -> str:
        f = self.f
        for name in SLOTS:
            self._read[name] = f.load("%context", SLOTS[name], self._kind(name))
        rates = [f.load_vector(self.slot("rates"), str(LANES * v)) for v in range(self.vectors)]
        self.rates = rates
        with f.count(self.slot("member_count")) as number:
            member = f.load(self.slot("members"), number, INTEGER)
            self._member(member)
        f.give()
        return f.text()

    @staticmethod
    def _kind(name: str) -> str:
        if name in ("member_count", "rows", "cells", "degrees"):
            return INTEGER
        return DOUBLE if name in ("grid_start", "spacing", "window", "per_cell") else POINTER

    def slot(self, name: str) -> str:
        return self._read[name]

    # -- one member ------------------------------------------------------------------------

    def _member(self, member: str) -> None:
        f = self.f
        base = f.emit(f"mul i64 {member}, {self.width}")
        first = f.load(self.slot("position"), member, INTEGER)
        last = f.load(self.slot("offsets"), f.integer_add(member, 1), INTEGER)
        self.state = [
            f.variable(VECTOR, f.load_vector(self.slot("states"), f.integer_add(base, LANES * v)))
            for v in range(self.vectors)
        ]
        place = f.variable(INTEGER, first)
        with f.repeat() as loop:
            at = f.get(place, INTEGER)
            loop.leave_if(f.compare("sge", at, last, INTEGER))
            kind = f.load(self.slot("kind"), at, INTEGER)
            loop.leave_if(f.compare("eq", kind, str(ODD), INTEGER))
            self._stretch(at, kind)
            f.put(place, f.integer_add(at, 1), INTEGER)
        f.store(f.get(place, INTEGER), self.slot("position"), member, INTEGER)
        for v, slot in enumerate(self.state):
            where = f.integer_add(base, LANES * v)
            f.store_vector(f.get(slot, VECTOR), self.slot("states"), where)

    def _stretch(self, at: str, kind: str) -> None:
        f = self.f
        begin, end = (f.load(self.slot(name), at) for name in ("begin", "end"))
        free_from = f.variable(DOUBLE, begin)
        with f.when(f.compare("ne", kind, str(QUIET), INTEGER)):
            after = f.real_op("fadd", begin, self.slot("window"))
            self._pulse(at, kind, begin, after)
            f.put(free_from, after)
        start = f.get(free_from)
        first, last = self._row(start), self._row(end)
        inside = f.compare("slt", first, self.slot("rows"), INTEGER)
        between = f.compare("slt", first, last, INTEGER)
        seen = f.emit(f"and i1 {inside}, {between}")
        with f.when(seen):
            self._join(first, start, "fadd")
        self._decay(f.real_op("fsub", end, start))
        leaves = f.compare("slt", last, self.slot("rows"), INTEGER)
        with f.when(f.emit(f"and i1 {leaves}, {between}")):
            self._join(last, end, "fsub")

    def _row(self, time: str) -> str:
        """The first row after a time, none before the first."""
        f = self.f
        shifted = f.real_op("fsub", time, self.slot("grid_start"))
        steps = f.real_op("fdiv", shifted, self.slot("spacing"))
        whole = f.call("llvm.floor.f64", (DOUBLE, steps), returns=DOUBLE)
        row = f.integer_add(f.emit(f"fptosi double {whole} to i64"), 1)
        return f.select(f.compare("slt", row, "0", INTEGER), "0", row, INTEGER)

    def _time(self, row: str) -> str:
        f = self.f
        number = f.emit(f"sitofp i64 {row} to double")
        return f.real_op(
            "fadd", self.slot("grid_start"), f.real_op("fmul", number, self.slot("spacing"))
        )

    def _powers(self, duration: str) -> list[str]:
        """exp(rate * duration) of all modes."""
        f = self.f
        spread = f.broadcast(duration)
        name = mathematics.own("exp", vector=True)
        return [
            f.call(name, (VECTOR, f.real_op("fmul", rate, spread, VECTOR)), returns=VECTOR)
            for rate in self.rates
        ]

    def _decay(self, duration: str) -> None:
        f = self.f
        for slot, power in zip(self.state, self._powers(duration), strict=True):
            f.put(slot, f.real_op("fmul", f.get(slot, VECTOR), power, VECTOR), VECTOR)

    def _join(self, row: str, since: str, operation: str) -> None:
        """Add the present modes, or take them away, as they will be at a row."""
        f = self.f
        powers = self._powers(f.real_op("fsub", self._time(row), since))
        base = f.emit(f"mul i64 {row}, {self.width}")
        for v, (slot, power) in enumerate(zip(self.state, powers, strict=True)):
            where = f.integer_add(base, LANES * v)
            old = f.load_vector(self.slot("joined"), where)
            now = f.real_op("fmul", f.get(slot, VECTOR), power, VECTOR)
            f.store_vector(f.real_op(operation, old, now, VECTOR), self.slot("joined"), where)

    # -- a pulse -----------------------------------------------------------------------------

    def _pulse(self, at: str, kind: str, begin: str, after: str) -> None:
        f = self.f
        first, last = self._row(begin), self._row(after)
        last = f.select(f.compare("slt", last, self.slot("rows"), INTEGER), last,
                        self.slot("rows"), INTEGER)  # fmt: skip
        any_height = f.compare("eq", kind, str(ANY), INTEGER)
        place = f.load(self.slot("place"), at)
        row = f.variable(INTEGER, first)
        with f.repeat() as loop:
            now = f.get(row, INTEGER)
            loop.leave_if(f.compare("sge", now, last, INTEGER))
            cell, x = self._cell(f.real_op("fsub", self._time(now), begin))
            with f.when(any_height):
                self._see(now, x, self._mixed(cell, place))
            with f.when(f.emit(f"xor i1 {any_height}, true")):
                self._see(now, x, self._known(cell, kind))
            f.put(row, f.integer_add(now, 1), INTEGER)
        with f.when(any_height):
            self._through_any(place)
        with f.when(f.emit(f"xor i1 {any_height}, true")):
            size = self.modes * self.width
            self._through(f.address(self.slot("few_ends"), f.emit(f"mul i64 {kind}, {size}")))

    def _cell(self, since: str) -> tuple[str, str]:
        """The cell of a time since the spike, and the place in it from -1 to 1.

        Cells are even in the root of the time, for a pulse is fastest at its beginning.
        """
        f = self.f
        squared = f.real_op("fmul", since, self.slot("per_cell"))
        position = f.call("llvm.sqrt.f64", (DOUBLE, squared), returns=DOUBLE)
        whole = f.emit(f"fptosi double {position} to i64")
        top = f.integer_add(self.slot("cells"), -1)
        cell = f.select(f.compare("sgt", whole, top, INTEGER), top, whole, INTEGER)
        inside = f.real_op("fsub", position, f.emit(f"sitofp i64 {cell} to double"))
        return cell, f.fma(inside, real(2.0), real(-1.0))

    def _known(self, cell: str, kind: str) -> list[list[list[str]]]:
        """Coefficients [seen][degree][vector] of a height that has its own."""
        f = self.f
        cells = f.emit(f"mul i64 {kind}, {self.slot('cells')}")
        number = f.integer_add(cells, cell)
        base = f.emit(f"mul i64 {number}, {(DEGREE + 1) * self.seen * self.width}")
        table = f.address(self.slot("few_cells"), base)
        return [
            [[f.load_vector(table, str((d * self.seen + s) * self.width + LANES * v))
              for v in range(self.vectors)] for d in range(DEGREE + 1)]
            for s in range(self.seen)
        ]  # fmt: skip

    def _mixed(self, cell: str, place: str) -> list[list[list[str]]]:
        """The same for any height: a Chebyshev series in its place (-1 to 1)."""
        f = self.f
        block = (DEGREE + 1) * self.seen * self.width
        stride = f.emit(f"mul i64 {self.slot('degrees')}, {block}")
        table = f.address(self.slot("any_cells"), f.emit(f"mul i64 {cell}, {stride}"))
        sums = [f.variable(VECTOR, splat(0.0)) for _ in range(block // LANES)]
        with self._chebyshev(place) as (number, value):
            base = f.emit(f"mul i64 {number}, {block}")
            for entry, each in enumerate(sums):
                known = f.load_vector(table, f.integer_add(base, LANES * entry))
                f.put(each, f.fma(known, value, f.get(each, VECTOR), VECTOR), VECTOR)
        flat = [f.get(each, VECTOR) for each in sums]
        return [
            [[flat[(d * self.seen + s) * self.vectors + v] for v in range(self.vectors)]
             for d in range(DEGREE + 1)]
            for s in range(self.seen)
        ]  # fmt: skip

    def _chebyshev(self, place: str) -> _Series:
        return _Series(self.f, place, self.slot("degrees"))

    def _see(self, row: str, x: str, coefficients: list[list[list[str]]]) -> None:
        """Add what is seen of the state in its pulse to a row of the sums."""
        f = self.f
        spread = f.broadcast(x)
        base = f.emit(f"mul i64 {row}, {self.seen}")
        for s, degrees in enumerate(coefficients):
            total = splat(0.0)
            for v, slot in enumerate(self.state):
                value = degrees[-1][v]
                for each in reversed(degrees[:-1]):
                    value = f.fma(value, spread, each[v], VECTOR)
                total = f.fma(value, f.get(slot, VECTOR), total, VECTOR)
            lanes = [f.emit(f"extractelement {VECTOR} {total}, i64 {k}") for k in range(LANES)]
            value = lanes[0]
            for lane in lanes[1:]:
                value = f.real_op("fadd", value, lane)
            where = f.integer_add(base, s)
            f.store(f.real_op("fadd", f.load(self.slot("seen"), where), value),
                    self.slot("seen"), where)  # fmt: skip

    def _through(self, matrix: str) -> None:
        """The state after a whole pulse; the matrix is stored by columns."""
        f = self.f
        state = [f.get(slot, VECTOR) for slot in self.state]
        sums = [splat(0.0)] * self.vectors
        for mode in range(self.modes):
            lane = f.emit(f"extractelement {VECTOR} {state[mode // LANES]}, i64 {mode % LANES}")
            spread = f.broadcast(lane)
            for v in range(self.vectors):
                column = f.load_vector(matrix, str(mode * self.width + LANES * v))
                sums[v] = f.fma(column, spread, sums[v], VECTOR)
        for slot, value in zip(self.state, sums, strict=True):
            f.put(slot, value, VECTOR)

    def _through_any(self, place: str) -> None:
        """The same, the matrix a Chebyshev series of the height's place."""
        f = self.f
        sums = [f.variable(VECTOR, splat(0.0)) for _ in range(self.vectors)]
        with self._chebyshev(place) as (number, value):
            base = f.emit(f"mul i64 {number}, {self.modes * self.width}")
            matrix = f.address(self.slot("any_ends"), base)
            state = [f.get(slot, VECTOR) for slot in self.state]
            for mode in range(self.modes):
                lane = f.emit(f"extractelement {VECTOR} {state[mode // LANES]}, i64 {mode % LANES}")
                spread = f.real_op("fmul", f.broadcast(lane), value, VECTOR)
                for v, each in enumerate(sums):
                    column = f.load_vector(matrix, str(mode * self.width + LANES * v))
                    f.put(each, f.fma(column, spread, f.get(each, VECTOR), VECTOR), VECTOR)
        for slot, each in zip(self.state, sums, strict=True):
            f.put(slot, f.get(each, VECTOR), VECTOR)


class _Series:
    """Runs through the Chebyshev polynomials T0, T1, ... of a place, by their recurrence."""

    def __init__(self, f: Function, place: str, degrees: str) -> None:
        self._f, self._place, self._degrees = f, place, degrees

    def __enter__(self) -> tuple[str, str]:
        f = self._f
        self._before = f.variable(DOUBLE, self._place)
        self._now = f.variable(DOUBLE, real(1.0))
        # T(-1) is x as well, so that the recurrence gives T1 = x.
        self._loop = f.count(self._degrees)
        number = self._loop.__enter__()
        return number, f.broadcast(f.get(self._now))

    def __exit__(self, *_: object) -> None:
        f = self._f
        now, before = f.get(self._now), f.get(self._before)
        twice = f.real_op("fmul", self._place, real(2.0))
        f.put(self._now, f.real_op("fsub", f.real_op("fmul", twice, now), before))
        f.put(self._before, now)
        self._loop.__exit__(None, None, None)
