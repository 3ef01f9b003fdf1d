"""The sum of one driven block over all members: receptors of one type on one compartment.

The compiled loop carries each member from spike to spike by the propagators of whole pulses.
It stops where a pulse is cut short by the next or has a shape of its own; that stretch is
done here, for all members that wait at one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from quantal.engines.propagators.compiled import Compiled, can_compile
from quantal.engines.propagators.driven import Driven
from quantal.engines.propagators.scheme import FEW, full_scheme, one_in_full
from quantal.engines.propagators.sums import Decaying, Grid
from quantal.kernels.event.slots import ANY, ODD, QUIET
from quantal.kernels.layout import padded

Array = np.ndarray[Any, np.dtype[np.float64]]
Whole = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True, eq=False)
class Stretches:
    """From each happening to the next: `begin`, `end` (k,), the messengers' `departures` (k, m)
    at its beginning; those of member i at `offsets[i]:offsets[i + 1]`."""

    begin: Array
    end: Array
    departures: Array
    offsets: Whole


class Summing:
    """One block in the making, from the states `starts` (members, n)."""

    def __init__(
        self, driven: Driven, stretches: Stretches, starts: Array, grid: Grid, wanted: list[int]
    ) -> None:
        self._driven, self._stretches, self._grid, self._wanted = driven, stretches, grid, wanted
        self._modes = driven.messenger.rest
        self._decaying = Decaying(self._modes, grid)
        self._position = stretches.offsets[:-1].copy()
        self._seen = np.zeros((grid.count, len(wanted)))
        heights, alike = driven.messenger.heights(stretches.departures)
        self._alike = alike & (heights >= 0.0)
        self._quiet = self._alike & (heights == 0.0)
        members = len(stretches.offsets) - 1
        self._loop: Compiled | None = None
        if can_compile(self._modes):
            self._states = np.zeros((members, padded(starts.shape[1])))
            self._states[:, : starts.shape[1]] = starts @ self._modes.inverse.T
            self._compile(heights)
        else:
            self._states = starts.copy()

    def _compile(self, heights: Array) -> None:
        """What the loop is told of each stretch, and its tables."""
        driven, stretches = self._driven, self._stretches
        pulsed = self._alike & ~self._quiet
        kind = np.full(len(heights), ODD)
        kind[self._quiet] = QUIET
        made_for_any = None
        if pulsed.any():
            driven.reach(float(heights[pulsed].max()))
            if not np.isfinite(driven.window):
                return
            driven.few_heights(heights[pulsed])
            whole = pulsed & (stretches.end - stretches.begin >= driven.window)
            known = driven.known(heights)
            any_height = whole & (known < 0)
            kind[whole] = np.where(known[whole] >= 0, known[whole], ANY)
            # A table for any height is worth its making where many heights occur.
            if any_height.sum() > FEW_PULSES:
                made_for_any = driven.table()
            else:
                kind[any_height] = ODD
        made = driven.tables(made_for_any, self._wanted)
        driven.tally.error = max(driven.tally.error, made.error)
        highest = made_for_any.highest if made_for_any is not None else 1.0
        driven.tally.pulses += int((kind >= 0).sum() + (kind == ANY).sum())
        self._kind = kind
        arrays = {
            "offsets": stretches.offsets, "position": self._position, "states": self._states,
            "begin": stretches.begin, "end": stretches.end, "kind": kind,
            "place": np.ascontiguousarray(2.0 * heights / highest - 1.0),
        }  # fmt: skip
        self._loop = Compiled(self._modes, made, driven.window, self._grid, self._wanted, arrays)

    def run(self) -> Array:
        """The sum (count, m) of the wanted states at all times."""
        offsets = self._stretches.offsets
        waiting = np.arange(len(offsets) - 1)
        while len(waiting):
            if self._loop is not None:
                self._loop.carry(waiting)
            waiting = waiting[self._position[waiting] < offsets[waiting + 1]]
            for first in range(0, len(waiting), TOGETHER):
                self._one_stretch(waiting[first : first + TOGETHER])
        if self._loop is not None:
            self._decaying.add_modes(self._loop.joined[:, : len(self._modes.rates)])
            self._seen += self._loop.seen[: self._grid.count]
        return self._seen + self._decaying.rows()[:, self._wanted]

    def _one_stretch(self, members: Whole) -> None:
        """The stretch at which these members stand, whatever it is."""
        driven, stretches = self._driven, self._stretches
        at = self._position[members]
        states = self._get(members)
        length = stretches.end[at] - stretches.begin[at]
        active = np.where(self._quiet[at], 0.0, np.minimum(length, self._window(at)))
        after = np.empty_like(states)
        for chosen, through in (
            (self._alike[at], self._alike_pulses), (~self._alike[at], self._odd_pulses)
        ):  # fmt: skip
            if chosen.any():
                after[chosen] = through(at[chosen], states[chosen], active[chosen])
        driven.tally.pulses += int((~self._quiet[at]).sum())
        driven.tally.in_full += int((~self._alike[at]).sum())
        begin, left = stretches.begin[at] + active, length - active
        free = left > 0.0
        self._decaying.change(after[free], begin[free], 1.0)
        last = after.copy()
        last[free] = self._modes.each(after[free], left[free])
        self._decaying.change(last[free], stretches.end[at][free], -1.0)
        self._put(members, last)
        self._position[members] += 1

    def _window(self, at: Whole) -> Array:
        """How long each pulse acts: that of the highest, which is enough for all."""
        departures = self._stretches.departures[at]
        heights, alike = self._driven.messenger.heights(departures)
        if alike.any():
            self._driven.reach(float(heights[alike].max()))
        size = np.abs(departures).max(axis=1, initial=0.0)
        if not alike.all():
            self._driven.reach(float(size.max()))
        return np.full(len(at), self._driven.window)

    def _get(self, members: Whole) -> Array:
        if self._loop is None:
            return self._states[members]
        size = len(self._modes.rates)
        return np.asarray(self._states[members, :size] @ self._modes.basis.T)

    def _put(self, members: Whole, states: Array) -> None:
        if self._loop is None:
            self._states[members] = states
        else:
            self._states[members, : states.shape[1]] = states @ self._modes.inverse.T

    def _rows_in(self, at: Whole, active: Array) -> tuple[Whole, Whole]:
        """The first row in each pulse, and the first after it."""
        begin, grid = self._stretches.begin[at], self._grid
        return grid.next_row(begin), np.minimum(grid.next_row(begin + active), grid.count)

    def _see(self, rows: Whole, states: Array) -> None:
        self._add(rows, states[:, self._wanted])

    def _add(self, rows: Whole, seen: Array) -> None:
        for column, values in enumerate(seen.T):
            self._seen[:, column] += np.bincount(rows, weights=values, minlength=self._grid.count)

    def _alike_pulses(self, at: Whole, starts: Array, active: Array) -> Array:
        """Pulses of the common shape, by table: states at their ends, and what is seen."""
        driven, departures = self._driven, self._stretches.departures[at]
        first, last = self._rows_in(at, active)
        # Every pulse with every row in it.
        counts = np.maximum(last - first, 0)
        here = np.repeat(np.arange(len(at)), counts)
        rows = np.arange(len(here)) + np.repeat(first - np.cumsum(counts) + counts, counts)
        if len(here):
            times = self._grid.start + rows * self._grid.spacing - self._stretches.begin[at[here]]
            seen = driven.seen(starts[here], departures[here], times, self._wanted)
            self._add(rows, seen)
        return driven.advance(starts, departures, active)

    def _odd_pulses(self, at: Whole, starts: Array, active: Array) -> Array:
        """Pulses of shapes of their own, by the full scheme, from row to row."""
        messenger, departures = self._driven.messenger, self._stretches.departures[at]
        begin, grid = self._stretches.begin[at], self._grid
        first, last = self._rows_in(at, active)
        if len(at) < FEW:
            ends = np.empty_like(starts)
            for number in range(len(at)):
                rows = np.arange(first[number], last[number])
                made = one_in_full(
                    messenger, starts[number], departures[number], float(active[number])
                )
                self._see(rows, made.at(grid.start + rows * grid.spacing - begin[number]))
                ends[number] = made.end
            return ends
        states, passed = starts.copy(), np.zeros(len(at))
        for step in range(int((last - first).max(initial=0)) + 1):
            here = np.flatnonzero(first + step <= last)
            rows = first[here] + step
            until = grid.start + rows * grid.spacing - begin[here]
            until = np.where(rows < last[here], until, active[here])
            moved = messenger.later(departures[here], passed[here])
            states[here] = full_scheme(messenger, states[here], moved, until - passed[here])
            passed[here] = until
            seen = rows < last[here]
            self._see(rows[seen], states[here[seen]])
        return states


FEW_PULSES = 2000
"""So many pulses of odd heights are done one by one."""
TOGETHER = 8192
"""Members done at a time, which bounds the memory for what is seen of their pulses."""
