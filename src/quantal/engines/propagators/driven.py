"""A driven block of many members, from one happening to the next: by table, or in full."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from quantal.engines.propagators.compiled import Tables, tables
from quantal.engines.propagators.family import Family, Ruled, at_heights, ruled, up_to
from quantal.engines.propagators.kept import Made, kept
from quantal.engines.propagators.messenger import ALIKE, Messenger
from quantal.engines.propagators.scheme import full_scheme

Array = np.ndarray[Any, np.dtype[np.float64]]
Whole = np.ndarray[Any, np.dtype[np.int64]]

FEW = 12
"""So many heights that occur often have propagators of their own."""
OFTEN = 0.01
"""Share of the pulses that is often."""
LOOKED_AT = 4096
"""Pulses among which the few heights are looked for."""
ROUNDED = 2
"""Tables reach to a height that is a power of two to one over this."""


@dataclass
class Tally:
    """Pulses by table and in full, and the largest error of a table."""

    pulses: int = 0
    in_full: int = 0
    error: float = 0.0
    propagators: int = 0


@dataclass(eq=False)
class Driven:
    """Propagates states (m, n); `window` (ms) is how long a pulse acts."""

    messenger: Messenger
    tally: Tally
    window: float = 0.0
    few: Family | None = None
    any_height: Family | None = None
    _highest: float = field(default=0.0)

    def advance(self, states: Array, departures: Array, times: Array) -> Array:
        """States at `times` (m,) after the messengers were `departures` (m, k)."""
        heights, alike = self.messenger.heights(departures)
        alike &= heights >= 0.0
        result = np.empty_like(states)
        quiet = alike & (heights == 0.0)
        if quiet.any():
            result[quiet] = self.messenger.rest.each(states[quiet], times[quiet])
        pulsed = alike & ~quiet
        if pulsed.any():
            self.reach(float(heights[pulsed].max()))
            if not np.isfinite(self.window):
                pulsed, alike = np.zeros_like(pulsed), quiet
        if pulsed.any():
            result[pulsed] = self._pulsed(states[pulsed], heights[pulsed], times[pulsed])
        odd = ~alike
        if odd.any():
            result[odd] = full_scheme(self.messenger, states[odd], departures[odd], times[odd])
        return result

    def few_heights(self, heights: Array) -> None:
        """Look at heights (k,) beforehand: if few different ones occur, each gets a table."""
        found = np.sort(heights[:LOOKED_AT])
        if not len(found):
            return
        apart = np.flatnonzero(np.append(True, np.diff(found) > ALIKE * found[-1]))
        often = np.diff(np.append(apart, len(found))) >= OFTEN * len(found)
        if often.any():
            few = found[apart[often]][:FEW]
            rates, panels = self.messenger.of_heights, self._panels()
            made = self._kept(few.tobytes(), lambda: at_heights(rates, few, panels))
            self.few = self._counted(made)

    def known(self, heights: Array) -> Whole:
        """Which of the few heights each (k,) is; -1 for none of them."""
        if self.few is None:
            return np.full(len(heights), -1)
        few = self.few.heights
        middle = 0.5 * (few[1:] + few[:-1])
        place = np.searchsorted(middle, heights)
        return np.where(np.abs(few[place] - heights) <= ALIKE * few[-1], place, -1)

    def reach(self, highest: float) -> None:
        """Have tables that go up to this height; rounded up, so that they serve again."""
        if highest <= self._highest:
            return
        self._highest = 2.0 ** (np.ceil(ROUNDED * np.log2(highest)) / ROUNDED)
        self.few = self.any_height = None
        self.window = self._kept("window", lambda: self.messenger.window(self._highest))

    def table(self) -> Family:
        """That for any height."""
        if self.any_height is None:
            rates, panels = self.messenger.of_heights, self._panels()
            self.any_height = self._counted(
                self._kept("any", lambda: up_to(rates, self._highest, panels))
            )
        return self.any_height

    def tables(self, any_height: Family | None, wanted: list[int]) -> Tables:
        """What the compiled loop needs to know of these pulses."""
        rest = self.messenger.rest
        if self.few is None and any_height is None:
            return tables(rest, None, None, self.window, wanted)
        few = None if self.few is None else self.few.heights.tobytes()
        return self._kept(("tables", few, any_height is None, tuple(wanted)), lambda: tables(
            rest, self.few, any_height, self.window, wanted
        ))  # fmt: skip

    def _panels(self) -> Ruled:
        messenger = self.messenger
        return self._kept("panels", lambda: ruled(
            messenger.of_heights, self._highest, self.window, messenger.scales
        ))  # fmt: skip

    def _kept(self, what: Hashable, make: Callable[[], Made]) -> Made:
        return kept((what, self._highest, self.messenger.content), make)

    def _counted(self, family: Family) -> Family:
        self.tally.error = max(self.tally.error, family.error)
        self.tally.propagators += len(family.heights)
        return family

    def seen(self, states: Array, departures: Array, times: Array, wanted: list[int]) -> Array:
        """The wanted states (m, w) at times within pulses of the common shape."""
        heights, _ = self.messenger.heights(departures)
        result = np.empty((len(states), len(wanted)))
        known = self.known(heights)
        for chosen, few in ((known >= 0, self.few), (known < 0, None)):
            if chosen.any():
                heights_here = heights[chosen] if few is None else few.heights[known[chosen]]
                result[chosen] = (few or self.table()).inside(
                    states[chosen], heights_here, np.minimum(times[chosen], self.window), wanted
                )
        return result

    def _pulsed(self, states: Array, heights: Array, times: Array) -> Array:
        result = np.empty_like(states)
        known = self.known(heights)
        for chosen, few in ((known >= 0, self.few), (known < 0, None)):
            if not chosen.any():
                continue
            if few is not None:
                heights = np.where(chosen, few.heights[known], heights)
            family = few or self.table()
            over = times[chosen] >= self.window
            part = np.empty((int(chosen.sum()), states.shape[1]))
            s, h, t = states[chosen], heights[chosen], times[chosen]
            if over.any():
                through = family.through(s[over], h[over])
                part[over] = self.messenger.rest.each(through, t[over] - self.window)
            if not over.all():
                part[~over] = family.inside(s[~over], h[~over], t[~over])
            result[chosen] = part
        return result
