"""What the tangents' and the adjoint's way over the tape have in common."""

from __future__ import annotations

from collections.abc import Iterator

from quantal.kernels.generate.ir import INTEGER, POINTER, VECTOR, Function, real, splat
from quantal.kernels.layout import LANES, Layout, padded
from quantal.kernels.sensitivity.layout import Methods, Record, Sizes, abscissae
from quantal.kernels.tableau import Pair, Tableau

_ADDRESSES = (
    "tape", "constants", "arguments", "entries", "pushes", "scalars", "scratch", "first",
    "shares", "watch", "values", "tangents", "moved", "extra", "increments", "lambda", "total",
    "received", "start", "after", "right", "reached",
)  # fmt: skip
_COUNTS = ("steps", "watched")

SLOTS = {name: index for index, name in enumerate((*_ADDRESSES, *_COUNTS))}
"""Of the block of memory shared with the Python driver."""


class Sweep:
    """A function under construction that visits the steps of a tape.

    What follows `visit` and `by_method` is written for `method`, whose increments are u, or
    the slopes k of an explicit pair.
    """

    def __init__(self, name: str, layout: Layout, methods: Methods, sizes: Sizes) -> None:
        self.f = Function(name, [(POINTER, "context")], internal=False)
        self.sizes, self.layout, self._methods = sizes, layout, methods
        self.method: Tableau | Pair = methods[0]
        self.record = Record.of(layout, methods)
        self._pointers: dict[str, str] = {}
        for each in _ADDRESSES:
            self._pointers[each] = self.f.load("%context", SLOTS[each], POINTER)
        self.steps = self.count("steps")
        self.row = self.h = self.inverse = self.share = self._is_explicit = ""

    def __getitem__(self, name: str) -> str:
        """The address of an array."""
        return self._pointers[name]

    def count(self, name: str) -> str:
        """A whole number."""
        return self.f.load("%context", SLOTS[name], INTEGER)

    def visit(self, step: str) -> None:
        """Take up one step of the tape."""
        f = self.f
        self.row = f.address(self["tape"], f.emit(f"mul i64 {step}, {self.record.size}"))
        t, self.h, self.share, explicit = (f.load(self.row, place) for place in range(4))
        self.inverse = f.real_op("fdiv", real(1.0), self.h)
        self._is_explicit = f.compare("une", explicit, real(0.0))
        f.store(t, self["scalars"], 1)

    def by_method(self) -> Iterator[Tableau | Pair]:
        """Each method, inside a branch that is taken where the step was made by it."""
        explicit = self._is_explicit
        for method in self._methods:
            is_pair = isinstance(method, Pair)
            with self.f.when(explicit if is_pair else self.f.emit(f"xor i1 {explicit}, true")):
                self.method = method
                self._arguments()
                yield method

    def at(self, place: int) -> str:
        """An address inside the step's record."""
        return self.f.address(self.row, place)

    def argument(self, stage: int) -> str:
        """The address of the state at which a stage is evaluated."""
        if stage == 0:
            return self.at(self.record.state)
        return self.f.address(self["arguments"], stage * self.layout.padded)

    def _arguments(self) -> None:
        """The states of all stages, from the increments."""
        f, size, method = self.f, self.layout.padded, self.method
        u = self.at(self.record.increments)
        state = self.at(self.record.state)
        h = f.broadcast(self.h)
        with f.count(size, LANES) as index:
            y = f.load_vector(state, index)
            known = [
                f.load_vector(u, f.integer_add(index, stage * size))
                for stage in range(method.stages - 1)
            ]
            moved = ""
            for stage in range(1, method.stages):
                moved = combined(f, method.a, stage, known, moved)
                if isinstance(method, Pair):
                    value = f.fma(h, moved, y, VECTOR)
                else:
                    value = f.real_op("fadd", y, moved, VECTOR)
                place = f.integer_add(index, stage * size)
                f.store_vector(value, self["arguments"], place)

    def entries(self, stage: int) -> str:
        """The address of one stage's coefficients."""
        return self.f.address(self["entries"], stage * padded(self.sizes.entries))

    def pushes(self, stage: int) -> str:
        """The address of what directions add at one stage."""
        return self.f.address(self["pushes"], stage * self.sizes.vectors * LANES)

    def partials(self, stage: int) -> None:
        """The derivatives at one stage, into its `entries` and `pushes`."""
        f, record, method = self.f, self.record, self.method
        scalars = self["scalars"]
        now = f.fma(self.h, real(method.c[stage]), f.load(scalars, 1))
        f.store(now, scalars, 2)
        there = record.drives + abscissae(method).index(method.c[stage]) * record.width
        point = [self.argument(stage), self.at(there), f.address(scalars, 2)]
        results = [self.entries(stage), self.pushes(stage), self["scratch"]]
        if isinstance(method, Pair):
            self._call("slope_partials", [self["constants"], *point, *results])
            return
        f.store(f.real_op("fmul", self.h, real(method.d[stage])), scalars, 0)
        start = [
            self.at(record.state), self["constants"], self.at(record.drives),
            f.address(scalars, 1), self.at(record.slopes), scalars,
            self.at(record.increments + stage * self.layout.padded),
        ]  # fmt: skip
        self._call("partials", [*start, *point, *results])

    def _call(self, name: str, pointers: list[str]) -> None:
        self.f.call(name, *((POINTER, each) for each in pointers))

    def weights(self, share: str) -> list[str]:
        """How much of each increment, beside both ends, is in the state inside the step."""
        f = self.f
        both = f.real_op("fmul", share, f.real_op("fsub", real(1.0), share))
        if isinstance(self.method, Pair):
            both = f.real_op("fmul", both, self.h)
        found = []
        for stage in range(self.method.stages):
            value = real(0.0)
            for row in reversed(self.method.dense):
                value = f.fma(share, value, real(row[stage]))
            found.append(f.real_op("fmul", both, value))
        return found

    def looks_inside(self, step: str) -> str:
        """Whether anything but the step's end is wanted of it."""
        f = self.f
        first = f.load(self["first"], step, INTEGER)
        last = f.load(self["first"], f.integer_add(step, 1), INTEGER)
        partly = f.compare("une", self.share, real(1.0))
        return f.emit(f"or i1 {partly}, {f.compare('slt', first, last, INTEGER)}")


def continues(rows: tuple[tuple[float, ...], ...], stage: int) -> bool:
    """Whether a stage's argument is that of the stage before, and one more increment."""
    return stage > 1 and rows[stage][:-1] == rows[stage - 1]


def combined(
    f: Function, rows: tuple[tuple[float, ...], ...], stage: int, known: list[str], before: str
) -> str:
    """A weighted sum of increments; only the last is added where the row before is continued."""
    row = rows[stage]
    if continues(rows, stage) and before:
        return accumulated(f, row[-1], known[stage - 1], before)
    total = ""
    for factor, increment in zip(row, known, strict=False):
        total = accumulated(f, factor, increment, total)
    return total or splat(0.0)


def accumulated(f: Function, factor: float, value: str, total: str) -> str:
    """total + factor*value, where an empty total is zero."""
    if factor == 0.0:
        return total
    if not total:
        return f.real_op("fmul", splat(factor), value, VECTOR)
    if factor == 1.0:
        return f.real_op("fadd", value, total, VECTOR)
    return f.fma(splat(factor), value, total, VECTOR)
