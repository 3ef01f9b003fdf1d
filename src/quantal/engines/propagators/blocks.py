"""One block of a run: which propagator carries it through a piece, made once and kept."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from quantal.engines.propagators.cascade import Block, Leaf
from quantal.engines.propagators.curves import (
    Array,
    Curve,
    Driven,
    Equations,
    Free,
    Given,
    end_of_window,
)
from quantal.engines.propagators.decay import Decay
from quantal.engines.propagators.panels import Coefficients, Panels, solve
from quantal.program import Program

MOST_KEPT = 512
"""Different pulses of one block whose propagators are kept."""
Reads = Mapping[Leaf, tuple[Curve, int]]
"""For each leaf that a block reads, the curve that holds it and its column there."""


@dataclass(frozen=True, eq=False)
class Window:
    """The propagator of one pulse: `panels` from every unit state and from zero; its error."""

    panels: Panels
    error: float

    def from_state(self, start: Array) -> Panels:
        """The solution from one state."""
        # Columns are linear parts, the last is what b adds.
        column = np.append(start, 1.0)
        panels = self.panels
        return Panels(panels.edges, panels.series @ column, panels.end @ column)


@dataclass
class Counts:
    """What a run did: pulses met, propagators made, pulses solved by themselves, error."""

    pulses: int = 0
    made: int = 0
    alone: int = 0
    error: float = 0.0


@dataclass
class Carrier:
    """Carries one block; `scales` (n,) are the natural sizes of its states."""

    block: Block
    scales: Array
    counts: Counts
    _equations: Equations = field(init=False)
    _decays: dict[Hashable, Decay] = field(default_factory=dict)
    _ends: dict[Hashable, float] = field(default_factory=dict)
    _windows: dict[Hashable, Window] = field(default_factory=dict)

    @classmethod
    def of(cls, program: Program, block: Block, counts: Counts) -> Carrier:
        """The carrier of a block of a Program."""
        scales = np.array([program.states[index].scale for index in block.indices])
        return cls(block, np.where(scales > 0.0, scales, 1.0), counts)

    def __post_init__(self) -> None:
        self._equations = Equations(self.block)

    def curve(self, start: Array, parameters: Array, reads: Reads, duration: float) -> Curve:
        """How the block moves from `start` (n,) on, until `duration` (ms) at least."""
        moving = {leaf: read for leaf, read in reads.items() if not _is_still(read[0])}
        still = {
            leaf: float(curve.at(np.zeros(1))[0, column])
            for leaf, (curve, column) in reads.items()
            if leaf not in moving
        }
        if not moving:
            return self._free(start, parameters, still)
        cause = (
            parameters.tobytes(), tuple(still.values()),
            tuple((curve.key, column) for curve, column in moving.values()),
        )  # fmt: skip
        return self._driven(start, parameters, still, moving, duration, cause)

    def _free(self, start: Array, parameters: Array, still: Mapping[Leaf, float]) -> Free:
        key = (parameters.tobytes(), tuple(still.values()))
        decay = self._decays.get(key)
        if decay is None:
            matrices, offsets = self._equations.at(parameters, still, 1)
            decay = self._kept(self._decays, key, Decay(matrices[0], offsets[0]))
        return Free(decay, start, (key, start.tobytes()))

    def _driven(
        self, start: Array, parameters: Array, still: Mapping[Leaf, float], moving: Reads,
        duration: float, cause: Hashable,
    ) -> Curve:  # fmt: skip
        def coefficients(times: Array) -> tuple[Array, Array]:
            known = {leaf: curve.at(times)[:, column] for leaf, (curve, column) in moving.items()}
            return self._equations.at(parameters, {**still, **known}, len(times))

        limits = {leaf: (curve.limit, column) for leaf, (curve, column) in moving.items()}
        known = all(limit is not None for limit, _ in limits.values())
        at_rest = {
            leaf: float(limit[column]) for leaf, (limit, column) in limits.items()
            if limit is not None
        }  # fmt: skip
        met = cause in self._ends
        if not met:
            end = np.inf
            if known:
                rest = self._equations.at(parameters, {**still, **at_rest}, 1)
                end = end_of_window(coefficients, (rest[0][0], rest[1][0]), self.scales)
            self._kept(self._ends, cause, end)
        end = self._ends[cause]
        if end == 0.0:
            return self._free(start, parameters, {**still, **at_rest})
        self.counts.pulses += 1
        panels = self._solution(coefficients, start, end, duration, cause if met else None)
        tail = None
        if duration > end:
            tail = self._free(panels.end, parameters, {**still, **at_rest})
        return Driven(panels, tail, (cause, start.tobytes()))

    def _solution(
        self, coefficients: Coefficients, start: Array, end: float, duration: float,
        known: Hashable,
    ) -> Panels:  # fmt: skip
        """The pulse's part: by the kept propagator where the pulse has been met before."""
        guess = self._first_step(coefficients)
        if known is None or not np.isfinite(end):
            self.counts.alone += 1
            return solve(coefficients, start, min(end, duration) or duration, guess, self.scales)
        window = self._windows.get(known)
        if window is None:
            window = self._kept(self._windows, known, self._window(coefficients, end, guess))
        return window.from_state(start)

    def _window(self, coefficients: Coefficients, end: float, guess: float) -> Window:
        """The propagator, and its distance from the same with panels of half the length."""
        size = self.block.size
        every = np.concatenate([np.diag(self.scales), np.zeros((size, 1))], axis=1)
        panels, halves = (solve(coefficients, every, end, guess, self.scales, twice)
                          for twice in (False, True))  # fmt: skip
        error = float(np.abs((panels.end - halves.end) / self.scales[:, None]).max())
        self.counts.made += 1
        self.counts.error = max(self.counts.error, error)
        unscaled = np.append(1.0 / self.scales, 1.0)
        return Window(Panels(panels.edges, panels.series * unscaled, panels.end * unscaled), error)

    def _first_step(self, coefficients: Coefficients) -> float:
        matrices, _ = coefficients(np.zeros(1))
        fastest = float(np.abs(matrices).sum(axis=1).max())
        return 4.0 / fastest if fastest > 0.0 else np.inf

    def _kept(self, table: dict[Hashable, Any], key: Hashable, value: Any) -> Any:
        if len(table) >= MOST_KEPT:
            table.pop(next(iter(table)))
        table[key] = value
        return value


def _is_still(curve: Curve) -> bool:
    return isinstance(curve, Given) and curve.is_constant
