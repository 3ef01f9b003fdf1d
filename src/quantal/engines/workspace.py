"""The arrays of one run, laid out for the compiled functions, and the tables of its drives."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantal.engines.landmarks import landmarks
from quantal.kernels.context import Context
from quantal.kernels.kernel import Kernel
from quantal.kernels.tableau import Tableau
from quantal.program import Program
from quantal.stimulus import COEFFICIENTS, Stimulus

Array = np.ndarray[Any, np.dtype[np.float64]]
Whole = np.ndarray[Any, np.dtype[np.int64]]

SAME_TIME = 1e-9
"""Landmarks (ms) closer than this are one."""


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
        for name in ("argument", "extra", "slope", "clamp_slopes", "change", "next_carry"):
            self._real(name, size)
        self._carry = self._real("carry", size)
        self._real("increments", size * tableau.stages)
        self._real("dense", size * max(len(tableau.dense), 1))
        self._real("lu", layout.factors)
        self._real("unit_lu", layout.factors)[list(layout.pivots)] = 1.0
        self._scratch = int(self._real("scratch", layout.scratch).ctypes.data)
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
        first = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
        self.context.point("knots", _joined(knots))
        self.context.point("coefficients", _joined(coefficients))
        self.context.set_count("table_count", len(self._functions))
        self._count("table_last", (first + lengths - 1).tolist())
        for name in ("table_base", "table_cursor"):
            self._count(name, first.tolist())
        self._count("varying", [0] * len(knots))
        clamped = list(stimulus.clamps)
        self._count("clamped", clamped)
        self.context.set_count("clamp_count", len(clamped))
        self.free[clamped] = 0.0
        marks = [landmarks(f, stimulus.start, stimulus.end) for f in self._functions]
        passed = np.sort(np.concatenate([np.zeros(0), *marks]))
        # Two drives may move at times that differ by rounding alone; no step ends between.
        passed = passed[np.append(True, np.diff(passed) > SAME_TIME)] if passed.size else passed
        self.context.point("landmarks", np.append(passed, [np.inf, np.inf]))

    def set_parameters(self, values: Array) -> None:
        """Parameters take new values; what depends on them alone is computed again."""
        self.constants[: len(values)] = values
        self.kernel.prepare(self.constants.ctypes.data, self._scratch)

    def enter(self, t: float) -> None:
        """A segment begins at t: drives and clamps as they are from t on."""
        self.kernel.enter(self.context.address, t)

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
            self._scratch,
        )  # fmt: skip
        return result[: self.kernel.layout.states]

    def crossings(self) -> Array:
        """The crossing functions at the present state."""
        result = np.zeros(max(self.kernel.layout.crossings, 1))
        self.kernel.crossings(*self._here(), result.ctypes.data, self._scratch)
        return result[: self.kernel.layout.crossings]

    def all_delays(self) -> Array:
        """The delays of all handlers, then of all links, at the present state."""
        self.kernel.delays(*self._here(), self.delays.ctypes.data, self._scratch)
        return self.delays

    def act(self, handler: int) -> None:
        """A handler's actions on the present state."""
        self._carry[:] = 0.0
        self.kernel.handlers[handler](*self._here(), self._scratch)

    def _here(self) -> tuple[int, ...]:
        return (
            self.y.ctypes.data, self.constants.ctypes.data, self.drives.ctypes.data,
            self.context.slot_address("now"),
        )  # fmt: skip


def _joined(arrays: list[Array]) -> Array:
    """All behind one another; a single table, which may be long, is not copied."""
    whole = arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
    return np.ascontiguousarray(whole, dtype=float)
