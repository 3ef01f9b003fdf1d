"""The arrays of one run, laid out for the compiled functions, and the tables of its drives."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantal.kernels.context import Context
from quantal.kernels.kernel import Kernel
from quantal.kernels.tableau import Tableau
from quantal.program import Program
from quantal.stimulus import COEFFICIENTS, Piecewise, Stimulus

Array = np.ndarray[Any, np.dtype[np.float64]]
Whole = np.ndarray[Any, np.dtype[np.int64]]

LANDMARK_SHARE = 0.25
"""A step passes at most two landmarks; between two, a drive varies by this share of its range."""


class Workspace:
    """Everything that the compiled functions read and write during one run.

    `absolute` is the error allowed to a step as a share of each state's scale.
    """

    def __init__(
        self, kernel: Kernel, tableau: Tableau, program: Program, stimulus: Stimulus,
        absolute: float,
    ) -> None:  # fmt: skip
        self.kernel = kernel
        self.context = Context()
        self._functions = (*stimulus.drives, *stimulus.clamps.values())
        layout = kernel.layout
        size, tables = layout.padded, max(len(self._functions), 1)
        self.y = self._real("y", size)
        for name in ("argument", "extra", "slope", "clamp_slopes"):
            self._real(name, size)
        self._real("increments", size * tableau.stages)
        self._real("dense", size * max(len(tableau.dense), 1))
        self._real("lu", layout.factors)
        self._real("unit_lu", layout.factors)[list(layout.pivots)] = 1.0
        self.constants = self._real("constants", layout.constants)
        self.free = self._real("free", size, 1.0)
        self.drives = self._real("drives", tables)
        self._real("slopes", tables)
        tolerance = self._real("absolute", size, 1.0)
        scales = np.array([state.scale for state in program.states])
        tolerance[: layout.states] = np.maximum(absolute * scales, 1e-300)
        for name in ("sign", "g_middle", "g_end"):
            self._real(name, max(layout.crossings, 1))
        self.delays = np.zeros(max(layout.delays, 1))
        self._lay_tables(stimulus)
        self.set_parameters(stimulus.parameters)

    def _real(self, name: str, size: int, value: float = 0.0) -> Array:
        array = np.full(max(size, 1), value)
        self.context.point(name, array)
        return array

    def _count(self, name: str, values: list[int]) -> Whole:
        array = np.array(values or [0], dtype=np.int64)
        self.context.point(name, array)
        return array

    def _lay_tables(self, stimulus: Stimulus) -> None:
        knots = [function.knots for function in self._functions] or [np.zeros(1)]
        coefficients = [f.coefficients for f in self._functions] or [np.zeros((1, COEFFICIENTS))]
        lengths = np.array([len(each) for each in knots])
        self._first = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
        self._knots = np.ascontiguousarray(np.concatenate(knots), dtype=float)
        table = np.ascontiguousarray(np.concatenate(coefficients), dtype=float)
        self._level = ~np.any(table[:, 1:5], axis=1)
        self._values = table[:, 0]
        self.context.point("knots", self._knots)
        self.context.point("coefficients", table)
        self.context.point("table_first", self._first)
        self._last = self._first + lengths - 1
        self.context.point("table_last", self._last)
        self._base = self._count("table_base", self._first.tolist())
        self._count("table_cursor", self._first.tolist())
        self._varying = self._count("varying", [0] * len(knots))
        clamped = list(stimulus.clamps)
        self._clamped = clamped
        self._count("clamped", clamped)
        self.context.set_count("clamp_count", len(clamped))
        self.free[clamped] = 0.0
        landmarks = [_landmarks(f, stimulus.start, stimulus.end) for f in self._functions]
        marks = np.concatenate([*landmarks, [np.inf, np.inf]]) if landmarks else np.full(2, np.inf)
        self.context.point("landmarks", np.sort(marks))

    def set_parameters(self, values: Array) -> None:
        """Parameters take new values; what depends on them alone is computed again."""
        self.constants[: len(values)] = values
        self.kernel.prepare(self.constants.ctypes.data)

    def start_segment(self, t: float, stop: float) -> None:
        """Drives and clamps as they are from t on; only what varies before `stop` is followed."""
        varying = 0
        self.context.set_real("t", t)
        self.context.set_real("now", t)
        for table, function in enumerate(self._functions):
            first, last = self._first[table], self._last[table]
            piece = int(np.searchsorted(self._knots[first : last + 1], t, side="right")) - 1
            piece = int(first) + max(piece, 0)
            self._base[table] = piece
            ends = np.inf if piece == last else self._knots[piece + 1]
            if self._level[piece] and ends >= stop:
                self.drives[table] = self._values[piece]
                self.context.array("slopes")[table] = 0.0
            else:
                self.drives[table] = float(function.at(t))
                self._varying[varying] = table
                varying += 1
        self.context.set_count("varying_count", varying)
        self.context.set_real("stop", stop)
        held = len(self._functions) - len(self._clamped)
        self.y[self._clamped] = self.drives[held:][: len(self._clamped)]

    def look_at(self, t: float) -> None:
        """Time and all drives as they are at t, for evaluating anything there."""
        self.context.set_real("now", t)
        for table, function in enumerate(self._functions):
            self.drives[table] = float(function.at(t))

    def rates(self, state: Array) -> Array:
        """The right-hand side at a state, with the present drives."""
        result, extra = np.zeros_like(state), np.zeros_like(state)
        context = self.context
        arrays = [state, self.constants, self.drives]
        self.kernel.rates(
            *(a.ctypes.data for a in arrays), context.slot_address("now"), self.free.ctypes.data,
            extra.ctypes.data, context.array("unit_lu").ctypes.data, result.ctypes.data,
        )  # fmt: skip
        return result[: self.kernel.layout.states]

    def crossings(self) -> Array:
        """The crossing functions at the present state."""
        result = np.zeros(max(self.kernel.layout.crossings, 1))
        self.kernel.crossings(*self._here(), result.ctypes.data)
        return result[: self.kernel.layout.crossings]

    def all_delays(self) -> Array:
        """The delays of all handlers, then of all links, at the present state."""
        self.kernel.delays(*self._here(), self.delays.ctypes.data)
        return self.delays

    def act(self, handler: int) -> None:
        """A handler's actions on the present state."""
        self.kernel.handlers[handler](*self._here())

    def _here(self) -> tuple[int, ...]:
        return (
            self.y.ctypes.data, self.constants.ctypes.data, self.drives.ctypes.data,
            self.context.slot_address("now"),
        )  # fmt: skip


def _landmarks(function: Piecewise, start: float, end: float) -> Array:
    """Times between which a table varies by at most a share of its range.

    A step may pass two of them, so that it cannot leap over a brief waveform.
    """
    knots = function.knots
    if len(knots) == 1 and not np.any(function.coefficients[:, 1:5]):
        return np.zeros(0)
    inside = knots[(knots > start) & (knots < end)]
    edges = np.concatenate([[start], inside, [end]])
    times = np.unique(np.concatenate([edges, 0.5 * (edges[1:] + edges[:-1])]))
    values = function.at(times)
    finite = values[np.isfinite(values)]
    reach = float(np.ptp(finite)) if finite.size else 0.0
    if reach == 0.0:
        return np.zeros(0)
    travelled = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(values)))])
    level = np.floor(travelled / (LANDMARK_SHARE * reach) + 1e-9)
    moved = np.diff(travelled) > 0.0
    # Where a level piece ends and a varying one begins is a landmark too.
    begins = np.concatenate([[False], moved[1:] & ~moved[:-1], [False]])
    passed = np.concatenate([[False], np.diff(level) > 0.0])
    return np.asarray(times[begins | passed], dtype=float)
