"""The arrays of one run, laid out for the compiled functions, and the tables of its drives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from quantal.engines.landmarks import landmarks
from quantal.kernels.context import Context
from quantal.kernels.kernel import Kernel
from quantal.kernels.tableau import Pair, Tableau
from quantal.program import Program
from quantal.stimulus import COEFFICIENTS, Piecewise, Stimulus

Array = np.ndarray[Any, np.dtype[np.float64]]
Whole = np.ndarray[Any, np.dtype[np.int64]]

SAME_TIME = 1e-9
"""Landmarks (ms) closer than this are one."""


_IRREGULAR = 2.399963229728653
"""The golden angle."""
STATE_VECTORS = (
    "y", "argument", "extra", "slope", "clamp_slopes", "change", "carry", "next_carry", "free",
    "absolute", "direction",
)  # fmt: skip
"""Arrays of the context with one entry for each state."""


class Workspace:
    """Everything that the compiled functions read and write during one run.

    `absolute` is the error allowed to a step as a share of each state's scale.
    """

    def __init__(
        self, kernel: Kernel, tableau: Tableau, program: Program, stimulus: Stimulus,
        absolute: float, pair: Pair | None = None,
    ) -> None:  # fmt: skip
        self.kernel = kernel
        self.context = Context()
        self._functions = (*stimulus.drives, *stimulus.clamps.values())
        layout = kernel.layout
        size, tables = layout.padded, max(len(self._functions), 1)
        methods: list[Tableau | Pair] = [tableau] if pair is None else [tableau, pair]
        sizes = dict.fromkeys(STATE_VECTORS, size)
        sizes |= {
            "increments": size * max(method.stages for method in methods),
            "dense": size * max(1, *(len(method.dense) for method in methods)),
            "lu": layout.factors, "unit_lu": layout.factors, "scratch": layout.scratch,
            "constants": layout.constants, "drives": tables, "slopes": tables,
        }  # fmt: skip
        sizes |= dict.fromkeys(("sign", "g_middle", "g_end"), layout.crossings)
        self.context.lay(sizes)
        array = self.context.array
        self.y, self._carry, self.free = array("y"), array("carry"), array("free")
        self.constants, self.drives = array("constants"), array("drives")
        self._scratch = self.context.count("scratch")
        self.free[:] = 1.0
        array("unit_lu")[list(layout.pivots)] = 1.0
        array("absolute")[:] = 1.0
        scales = np.array([state.scale for state in program.states])
        tolerance = np.maximum(absolute * scales, 1e-300)
        array("absolute")[: layout.states] = tolerance
        # Of irregular signs and sizes: no mode is at right angles to it by symmetry.
        array("direction")[: layout.states] = tolerance * np.cos(
            _IRREGULAR * np.arange(layout.states)
        )
        self.context.set_count("use_pair", int(pair is not None))
        self.delays = np.zeros(max(layout.delays, 1))
        self._lay_tables(stimulus)
        self.set_parameters(stimulus.parameters)

    def _lay_tables(self, stimulus: Stimulus) -> None:
        known = _tables.get(stimulus)
        if known is None:
            known = _tables[stimulus] = _Tables.of(stimulus, self._functions)
        for name in ("knots", "coefficients", "landmarks"):
            self.context.point(name, getattr(known, name))
        for name in ("table_last", "clamped"):
            self.context.point(name, getattr(known, name))
        for name in ("table_base", "table_cursor", "varying"):
            self.context.point(name, known.first.copy())
        self.context.set_count("table_count", len(self._functions))
        self.context.set_count("clamp_count", len(stimulus.clamps))
        self.free[list(stimulus.clamps)] = 0.0

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


@dataclass(frozen=True, eq=False)
class _Tables:
    """What the compiled code reads of a stimulus; the runs of one stimulus share it.

    `first` and `table_last` (tables,) are the rows of `knots` and `coefficients` that belong
    to a table; `clamped` are states; `landmarks` ends with two infinite times.
    """

    knots: Array
    coefficients: Array
    first: Whole
    table_last: Whole
    clamped: Whole
    landmarks: Array

    @classmethod
    def of(cls, stimulus: Stimulus, functions: tuple[Piecewise, ...]) -> _Tables:
        knots = [function.knots for function in functions] or [np.zeros(1)]
        coefficients = [f.coefficients for f in functions] or [np.zeros((1, COEFFICIENTS))]
        lengths = np.array([len(each) for each in knots])
        first = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
        marks = [landmarks(f, stimulus.start, stimulus.end) for f in functions]
        passed = np.sort(np.concatenate([np.zeros(0), *marks]))
        # Two drives may move at times that differ by rounding alone; no step ends between.
        passed = passed[np.append(True, np.diff(passed) > SAME_TIME)] if passed.size else passed
        return cls(
            _joined(knots), _joined(coefficients), first, first + lengths - 1,
            np.array([*stimulus.clamps, 0], dtype=np.int64), np.append(passed, [np.inf, np.inf]),
        )  # fmt: skip


_tables: WeakKeyDictionary[Stimulus, _Tables] = WeakKeyDictionary()


def _joined(arrays: list[Array]) -> Array:
    """All behind one another; a single table, which may be long, is not copied."""
    whole = arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
    return np.ascontiguousarray(whole, dtype=float)
