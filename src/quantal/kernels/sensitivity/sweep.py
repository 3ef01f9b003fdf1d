"""What the tangents' and the adjoint's way over the tape have in common."""

from __future__ import annotations

from quantal.kernels.generate.ir import INTEGER, POINTER, VECTOR, Function, real, splat
from quantal.kernels.layout import LANES, Layout, padded
from quantal.kernels.sensitivity.layout import Record, Sizes, abscissae
from quantal.kernels.tableau import Tableau

_ADDRESSES = (
    "tape", "constants", "arguments", "entries", "pushes", "scalars", "scratch", "first",
    "shares", "watch", "values", "tangents", "moved", "extra", "increments", "lambda", "total",
    "received", "start", "after", "right", "reached",
)  # fmt: skip
_COUNTS = ("steps", "watched")

SLOTS = {name: index for index, name in enumerate((*_ADDRESSES, *_COUNTS))}
"""Of the block of memory shared with the Python driver."""


class Sweep:
    """A function under construction that visits the steps of a tape."""

    def __init__(self, name: str, layout: Layout, tableau: Tableau, sizes: Sizes) -> None:
        self.f = Function(name, [(POINTER, "context")], internal=False)
        self.sizes = sizes
        self.layout, self.tableau = layout, tableau
        self.record = Record.of(layout, tableau)
        self._pointers: dict[str, str] = {}
        for each in _ADDRESSES:
            self._pointers[each] = self.f.load("%context", SLOTS[each], POINTER)
        self.steps = self.count("steps")
        self.row, self.h, self.inverse, self.share = "", "", "", ""

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
        t, self.h, self.share = (f.load(self.row, place) for place in range(3))
        self.inverse = f.real_op("fdiv", real(1.0), self.h)
        f.store(t, self["scalars"], 1)
        self._arguments()

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
        f, size = self.f, self.layout.padded
        u = self.at(self.record.increments)
        state = self.at(self.record.state)
        with f.count(size, LANES) as index:
            y = f.load_vector(state, index)
            known = [
                f.load_vector(u, f.integer_add(index, stage * size))
                for stage in range(self.tableau.stages - 1)
            ]
            moved = ""
            for stage in range(1, self.tableau.stages):
                moved = combined(f, self.tableau.a, stage, known, moved)
                place = f.integer_add(index, stage * size)
                f.store_vector(f.real_op("fadd", y, moved, VECTOR), self["arguments"], place)

    def entries(self, stage: int) -> str:
        """The address of one stage's coefficients."""
        return self.f.address(self["entries"], stage * padded(self.sizes.entries))

    def pushes(self, stage: int) -> str:
        """The address of what directions add at one stage."""
        return self.f.address(self["pushes"], stage * self.sizes.vectors * LANES)

    def partials(self, stage: int) -> None:
        """The derivatives at one stage, into its `entries` and `pushes`."""
        f, record, tableau = self.f, self.record, self.tableau
        scalars = self["scalars"]
        f.store(f.real_op("fmul", self.h, real(tableau.d[stage])), scalars, 0)
        now = f.fma(self.h, real(tableau.c[stage]), f.load(scalars, 1))
        f.store(now, scalars, 2)
        there = record.drives + abscissae(tableau).index(tableau.c[stage]) * record.width
        increment = self.at(record.increments + stage * self.layout.padded)
        pointers = [
            self.at(record.state), self["constants"], self.at(record.drives),
            f.address(scalars, 1), self.at(record.slopes), scalars, increment,
            self.argument(stage), self.at(there), f.address(scalars, 2), self.entries(stage),
            self.pushes(stage), self["scratch"],
        ]  # fmt: skip
        f.call("partials", *((POINTER, each) for each in pointers))

    def weights(self, share: str) -> list[str]:
        """How much of each increment, beside both ends, is in the state inside the step."""
        f = self.f
        both = f.real_op("fmul", share, f.real_op("fsub", real(1.0), share))
        found = []
        for stage in range(self.tableau.stages):
            value = real(0.0)
            for row in reversed(self.tableau.dense):
                value = f.fma(share, value, real(row[stage]))
            found.append(f.real_op("fmul", both, value))
        return found


def continues(rows: tuple[tuple[float, ...], ...], stage: int) -> bool:
    """Whether a stage's argument is that of the stage before, and one more increment."""
    return stage > 1 and rows[stage][:-1] == rows[stage - 1]


def combined(
    f: Function, rows: tuple[tuple[float, ...], ...], stage: int, known: list[str], before: str
) -> str:
    """A weighted sum of increments; only the last is added where the row before is continued."""
    row = rows[stage]
    if continues(rows, stage):
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
