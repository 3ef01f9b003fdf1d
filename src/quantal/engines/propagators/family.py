"""The propagators of all pulses of one shape: any height, any time into the pulse.

What the transmitter does after a spike is `height` times one curve. At a few heights (the
points of a Chebyshev rule, or the few heights that occur) the pulse is worked out on common
panels; for any height between, propagators are interpolated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev, legendre

from quantal.engines.propagators.panels import collocated, rule, solve

Array = np.ndarray[Any, np.dtype[np.float64]]
Whole = np.ndarray[Any, np.dtype[np.int64]]
OfHeights = Callable[[Array, Array], Array]
"""Heights (c,) and times (m,) after a spike -> A (c, m, n, n)."""

DEGREES = (8, 16, 32, 64, 128)
"""Of the interpolation in height that are tried, in this order."""
WANTED = 1e-11
"""Error of the interpolation at which no higher degree is tried."""
PROBES = (0.013, 0.11, 0.37, 0.71, 0.97)
"""Heights, as shares of the highest, at which the interpolation is looked at."""
TOGETHER = 2048
"""Members propagated at a time."""


@dataclass(frozen=True, eq=False)
class Family:
    """Propagators at `heights` (c,), their panels `edges`, `series` (p, m + 1, c, n, n).

    `ends` (c, n, n) are those of the whole window. `error` is the largest entry by which a
    propagator between the heights was found wrong, and by which halved panels differ.
    """

    heights: Array
    edges: Array
    series: Array
    ends: Array
    error: float
    interpolated: bool

    @property
    def highest(self) -> float:
        """The highest pulse that is covered."""
        return float(self.heights[-1])

    def at(self, times: Array) -> Array:
        """Propagators (k, c, n, n) at times (k,) within the window."""
        place = np.clip(np.searchsorted(self.edges, times, side="right") - 1, 0,
                        len(self.edges) - 2)  # fmt: skip
        x = 2.0 * (times - self.edges[place]) / (self.edges[place + 1] - self.edges[place]) - 1.0
        basis = legendre.legvander(x, self.series.shape[1] - 1)
        result = np.empty((len(times), *self.ends.shape))
        for panel in np.unique(place):
            of = place == panel
            result[of] = np.tensordot(basis[of], self.series[panel], axes=1)
        return result

    def weights(self, heights: Array) -> Array:
        """How much of each known height (k, c) makes up any heights (k,)."""
        if not self.interpolated:
            return np.asarray((heights[:, None] == self.heights).astype(float))
        return _cardinals(self.heights, heights)

    def through(self, states: Array, heights: Array) -> Array:
        """States (k, n) after the whole window."""
        result = np.empty_like(states)
        for first in range(0, len(states), TOGETHER):
            part = slice(first, first + TOGETHER)
            weights = self.weights(heights[part])
            mixed = (weights[:, :, None] * states[part, None, :]).reshape(len(weights), -1)
            result[part] = mixed @ self.ends.transpose(0, 2, 1).reshape(-1, states.shape[1])
        return result

    def inside(
        self, states: Array, heights: Array, times: Array, wanted: list[int] | None = None
    ) -> Array:
        """The wanted states (k, m), or all, at `times` (k,) after their spikes, in the window."""
        entries = list(range(states.shape[1])) if wanted is None else wanted
        result = np.empty((len(states), len(entries)))
        place = np.searchsorted(self.edges, times, side="right") - 1
        place = np.clip(place, 0, len(self.edges) - 2)
        order = np.argsort(place, kind="stable")
        cuts = np.flatnonzero(np.diff(place[order])) + 1
        for rows in np.split(order, cuts):
            if rows.size:
                self._in_panel(int(place[rows[0]]), rows, states, heights, times, entries, result)
        return result

    def _in_panel(
        self, panel: int, rows: Whole, states: Array, heights: Array, times: Array,
        entries: list[int], result: Array,
    ) -> None:  # fmt: skip
        begin, end = self.edges[panel], self.edges[panel + 1]
        count, size = self.series.shape[1], states.shape[1]
        # (height, degree, row, column): heights are mixed first, which is one product.
        known = np.moveaxis(self.series[panel][:, :, entries], 1, 0).reshape(len(self.heights), -1)
        for first in range(0, len(rows), TOGETHER):
            part = rows[first : first + TOGETHER]
            x = 2.0 * (times[part] - begin) / (end - begin) - 1.0
            basis = legendre.legvander(x, count - 1)
            mixed = (self.weights(heights[part]) @ known).reshape(len(part), count, -1)
            maps = (basis[:, None] @ mixed).reshape(len(part), len(entries), size)
            result[part] = (maps @ states[part, :, None])[..., 0]


def at_heights(rates: OfHeights, heights: Array, panels: Ruled) -> Family:
    """Propagators at these heights alone."""
    series, ends = _solved(rates, heights, panels.edges)
    return Family(heights, panels.edges, series, ends, panels.error, interpolated=False)


def up_to(rates: OfHeights, highest: float, panels: Ruled) -> Family:
    """Propagators for every height from zero to the highest."""
    edges = panels.edges
    probes = highest * np.array(PROBES)
    _, exact = _solved(rates, probes, edges)
    series, ends = _solved(rates, _points(highest, DEGREES[0]), edges)
    for degree, double in pairwise(DEGREES):
        points = _points(highest, degree)
        guessed = np.einsum("kc,cij->kij", _cardinals(points, probes), ends)
        off = float(np.abs(guessed - exact).max())
        if off <= WANTED or double == DEGREES[-1]:
            break
        # Every second point of the finer rule is known already.
        finer = _points(highest, double)
        more, more_ends = _solved(rates, finer[1::2], edges)
        series = _woven(series, more, axis=2)
        ends = _woven(ends, more_ends, axis=0)
    return Family(points, edges, series, ends, max(panels.error, off), interpolated=True)


@dataclass(frozen=True, eq=False)
class Ruled:
    """Panels that suit the highest pulse, so all lower ones, and their error."""

    edges: Array
    error: float


def ruled(rates: OfHeights, highest: float, window: float, scales: Array) -> Ruled:
    """The panels of one window; their error is their distance from panels of half the length."""

    def coefficients(times: Array) -> tuple[Array, Array]:
        return rates(np.array([highest]), times)[0], np.zeros((len(times), len(scales)))

    fastest = float(np.abs(coefficients(np.zeros(1))[0]).sum(axis=1).max())
    guess = min(4.0 / fastest, window) if fastest > 0.0 else window
    once, twice = (
        solve(coefficients, np.diag(scales), window, guess, scales, halved)
        for halved in (False, True)
    )
    return Ruled(once.edges, float(np.abs((once.end - twice.end) / scales[:, None]).max()))


def _points(highest: float, degree: int) -> Array:
    return np.asarray(0.5 * highest * (1.0 - np.cos(np.pi * np.arange(degree + 1) / degree)))


def _woven(old: Array, new: Array, axis: int) -> Array:
    count = old.shape[axis] + new.shape[axis]
    both = np.concatenate([old, new], axis=axis)
    order = np.argsort(np.r_[np.arange(0, count, 2), np.arange(1, count, 2)])
    return np.take(both, order, axis=axis)


def _solved(rates: OfHeights, heights: Array, edges: Array) -> tuple[Array, Array]:
    """Series (p, m + 1, c, n, n) and ends (c, n, n) at all heights, panel after panel."""
    made = rule()
    value: Array | None = None
    pieces = []
    for begin, end in pairwise(edges):
        step = float(end - begin)
        times = begin + step * made.points[1:]
        matrices = rates(heights, times)
        if value is None:
            value = np.tile(np.eye(matrices.shape[-1]), (len(heights), 1, 1))
        values = collocated(matrices, value, step)
        pieces.append(np.einsum("ij,cjrk->icrk", made.series, values))
        value = values[:, -1]
    assert value is not None
    return np.array(pieces), value


def _cardinals(points: Array, x: Array) -> Array:
    """Lagrange's polynomials of Chebyshev points (Berrut & Trefethen 2004 SIAM Rev 46:501)."""
    weights = (-1.0) ** np.arange(len(points))
    weights[[0, -1]] *= 0.5
    away = x[:, None] - points
    exact = away == 0.0
    ratio = weights / np.where(exact, 1.0, away)
    rows = exact.any(axis=1)
    ratio[rows] = exact[rows]
    return np.asarray(ratio / ratio.sum(axis=1, keepdims=True))


def chebyshev_in_height(values: Array, axis: int) -> Array:
    """Values at the points of the rule -> coefficients of Chebyshev polynomials, same shape."""
    degree = values.shape[axis] - 1
    places = -np.cos(np.pi * np.arange(degree + 1) / degree)
    matrix = np.linalg.inv(chebyshev.chebvander(places, degree))
    return np.moveaxis(np.tensordot(matrix, values, axes=(1, axis)), 0, axis)
