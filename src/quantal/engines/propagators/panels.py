"""Where a pulse drives a block: y' = A(t) y + b(t), by polynomials on panels.

Collocation at the Radau points of each panel: the stiffly accurate Radau IIA method (Hairer &
Wanner 1996, Solving Ordinary Differential Equations II, IV.5) of very high order. The panels
are as long as their Legendre series allow; the polynomials give the states between, inside
the pulse too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.polynomial import legendre

Array = np.ndarray[Any, np.dtype[np.float64]]
Coefficients = Callable[[Array], tuple[Array, Array]]
"""Times (m,) -> A (m, n, n) and b (m, n)."""

POINTS = 12
"""Collocation points of a panel."""
TOLERANCE = 3e-14
"""Allowed in the last Legendre coefficients of a panel, over the largest value."""
HOPELESS = 1e-6
"""A panel still without finite values at this share of the first one's length is given up."""
SHORTEST = 1e-12
"""Of a panel, as a share of the whole."""


@dataclass(frozen=True, eq=False)
class Rule:
    """Points (m + 1,) in [0, 1], the start among them; integrals; values to Legendre series."""

    points: Array
    integrals: Array
    series: Array


@lru_cache(maxsize=1)
def rule() -> Rule:
    """The Radau points and what follows from them."""
    count = POINTS
    mixed = np.zeros(count + 1)
    mixed[count - 1], mixed[count] = -1.0, 1.0
    radau = np.sort(legendre.legroots(mixed))
    radau = _polished(radau, mixed)
    vandermonde = legendre.legvander(radau, count - 1)
    antiderivatives = np.stack(
        [legendre.legint(row, lbnd=-1.0) for row in np.eye(count)], axis=1
    )  # (count + 1, count)
    integrals = legendre.legvander(radau, count) @ antiderivatives @ np.linalg.inv(vandermonde)
    whole = np.append(-1.0, radau)
    series = np.linalg.inv(legendre.legvander(whole, count))
    return Rule(0.5 * (whole + 1.0), 0.5 * integrals, series)


def _polished(roots: Array, polynomial: Array) -> Array:
    slope = legendre.legder(polynomial)
    for _ in range(3):
        roots = roots - legendre.legval(roots, polynomial) / legendre.legval(roots, slope)
    roots[-1] = 1.0
    return np.asarray(roots)


@dataclass(frozen=True, eq=False)
class Panels:
    """A solution as Legendre series: edges (p + 1,), series (p, m + 1, n, ...), `end` (n, ...)."""

    edges: Array
    series: Array
    end: Array

    def at(self, times: Array) -> Array:
        """Values (k, n, ...) at times (k,) within the edges."""
        place = np.clip(
            np.searchsorted(self.edges, times, side="right") - 1, 0, len(self.edges) - 2
        )
        width = np.maximum(self.edges[place + 1] - self.edges[place], 1e-300)
        x = 2.0 * (times - self.edges[place]) / width - 1.0
        weights = legendre.legvander(x, self.series.shape[1] - 1)
        return np.asarray(np.einsum("kj,kj...->k...", weights, self.series[place]))


def solve(
    coefficients: Coefficients, start: Array, end: float, guess: float, scales: Array,
    halved: bool = False,
) -> Panels:  # fmt: skip
    """From `start` (n,) at time 0, or the columns of (n, k) of which only the last one feels b.

    `scales` (n,) are the natural sizes of the states: less than rounding of them is nothing.
    `guess` is the length of the first panel. With `halved`, each panel is made in two halves
    once its length is settled: what the error is measured against.
    """
    if end == 0.0:
        return Panels(np.zeros(2), _series(np.stack([start] * (POINTS + 1)))[None], start)
    edges, pieces = [0.0], []
    value = start
    length = length_at_first = min(guess, end)
    while edges[-1] < end:
        t = edges[-1]
        remaining = end - t
        # Two halves rather than one and a remnant; a panel that was refused never comes again.
        step = remaining if length >= remaining else min(length, 0.5 * remaining)
        made = _panel(coefficients, value, t, step)
        tail = _tail(made, scales)
        if np.isinf(tail) and step < HOPELESS * length_at_first:
            # Overflow: the rest is no number, which the caller says with its time.
            made, step, tail = np.full_like(made, np.nan), remaining, 0.0
        if tail > TOLERANCE and step > SHORTEST * end:
            length = step * max(0.9 * (TOLERANCE / tail) ** (1.0 / POINTS), 0.3)
            continue
        halves = ((t, 0.5 * step), (t + 0.5 * step, 0.5 * step)) if halved else ((t, step),)
        for first, long in halves:
            if halved:
                made = _panel(coefficients, value, first, long)
            pieces.append(_series(made))
            edges.append(first + long)
            value = made[-1]
        if step == remaining:
            edges[-1] = end
        length = step * min(0.9 * (TOLERANCE / max(tail, 1e-30)) ** (1.0 / POINTS), 2.0)
    return Panels(np.array(edges), np.array(pieces), value)


def collocated(matrices: Array, starts: Array, step: float) -> Array:
    """Values (c, m + 1, n, k) of many homogeneous equations on one panel.

    `matrices` (c, m, n, n) at its points, `starts` (c, n, k).
    """
    made = rule()
    several, count, size = matrices.shape[:3]
    system = -step * np.einsum("ij,qjrc->qirjc", made.integrals, matrices)
    system = system.reshape(several, count * size, count * size)
    diagonal = np.arange(count * size)
    system[:, diagonal, diagonal] += 1.0
    right = np.tile(starts, (1, count, 1))
    solved = np.linalg.solve(system, right).reshape(several, count, size, -1)
    return np.concatenate([starts[:, None], solved], axis=1)


def _panel(coefficients: Coefficients, start: Array, t: float, step: float) -> Array:
    """Values (m + 1, n, ...) at the points of one panel."""
    made = rule()
    # What overflows is seen in the tail.
    with np.errstate(all="ignore"):
        return _collocated(coefficients, start, t, step, made)


def _collocated(
    coefficients: Coefficients, start: Array, t: float, step: float, made: Rule
) -> Array:
    matrices, offsets = coefficients(t + step * made.points[1:])
    count, size = offsets.shape
    columns = start.reshape(size, -1)
    # M[(i, r), (j, c)] = delta - step * a_ij * A_j[r, c]
    system = -step * np.einsum("ij,jrc->irjc", made.integrals, matrices)
    system = system.reshape(count * size, count * size)
    system[np.diag_indices(count * size)] += 1.0
    right = np.repeat(columns[None], count, axis=0)
    right[:, :, -1] += step * (made.integrals @ offsets)
    solved = np.linalg.solve(system, right.reshape(count * size, -1))
    values = np.concatenate([columns[None], solved.reshape(count, size, -1)])
    return values.reshape(count + 1, *start.shape)


def _series(values: Array) -> Array:
    return np.asarray(np.einsum("ij,j...->i...", rule().series, values))


def _tail(values: Array, scales: Array) -> float:
    """The last two Legendre coefficients over the largest value, or the natural size."""
    flat = values.reshape(len(values), len(scales), -1)
    size = np.maximum(np.abs(flat).max(axis=(0, 2)), scales)
    if not np.isfinite(size).all():
        return np.inf
    last = np.einsum("ij,jrc->irc", rule().series[-2:], flat)
    return float((np.abs(last).max(axis=(0, 2)) / size).max())
