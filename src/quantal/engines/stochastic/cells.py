"""Cells of time in which every drive stays between proven bounds.

A piece of a drive is a cubic plus one exponential. The cubic's extremes lie at the ends or
where its slope is zero, the exponential is monotone: the bounds are theirs added, never
samples. Pieces are halved until the bounds are close together, then neighbours are joined.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantal.stimulus import Piecewise

Array = np.ndarray[Any, np.dtype[np.float64]]

SHARE = 0.25
"""Bounds lie at most this share of their size apart, so few events are thought of in vain."""
FLOOR = 0.002
"""Below this share of its largest value a drive needs no close bounds."""
MOST_CELLS = 200_000
TIME_CELLS = 1000
"""Cells of a run in which a rate depends on time itself."""
ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Cells:
    """`edges` (m + 1,) in ms; `low` and `high` (m, functions + 1): bounds; time comes last."""

    edges: Array
    low: Array
    high: Array


def cut(
    functions: Sequence[Piecewise], used: Iterable[int], start: float, end: float,
    near: tuple[float, float] | None = None,
) -> Cells:  # fmt: skip
    """The cells of a run. Only the functions in `used` count; time's number is the last.

    Bounds lie at most a share of their size apart, except below a floor: (SHARE, FLOOR), or
    `near`.
    """
    wanted, near = set(used), near or (SHARE, FLOOR)
    bounded = {i: _bounded(functions[i], start, end, *near) for i in wanted if i < len(functions)}
    edges = {start, end}
    for own, _, _ in bounded.values():
        edges.update(own.tolist())
    if len(functions) in wanted:
        edges.update(np.linspace(start, end, TIME_CELLS + 1).tolist())
    line = np.array(sorted(edges))
    count = len(line) - 1
    low, high = np.zeros((count, len(functions) + 1)), np.zeros((count, len(functions) + 1))
    for i, (own, least, largest) in bounded.items():
        index = np.clip(np.searchsorted(own, line[:-1], side="right") - 1, 0, len(least) - 1)
        low[:, i], high[:, i] = least[index], largest[index]
    low[:, -1], high[:, -1] = line[:-1], line[1:]
    return Cells(line, low, high)


def _bounded(
    function: Piecewise, start: float, end: float, share: float, least: float
) -> tuple[Array, Array, Array]:
    """Edges and bounds of one function by itself."""
    first = max(int(np.searchsorted(function.knots, start, side="right")) - 1, 0)
    last = max(int(np.searchsorted(function.knots, end, side="left")), first + 1)
    index = np.arange(first, last)
    left = np.maximum(function.knots[index], start)
    left[0] = start
    right = np.append(left[1:], end)
    while True:
        low, high = bounds(function, index, left, right)
        size = np.maximum(np.abs(low), np.abs(high))
        floor = least * float(size.max(initial=0.0))
        wide = (high - low > share * size) & (high - low > floor) & (right - left > 1e-9)
        if not wide.any() or len(index) + int(wide.sum()) > MOST_CELLS:
            break
        middle = 0.5 * (left[wide] + right[wide])
        order = np.argsort(np.concatenate([left, middle]), kind="stable")
        right = np.concatenate([np.where(wide, 0.5 * (left + right), right), right[wide]])[order]
        left = np.concatenate([left, middle])[order]
        index = np.concatenate([index, index[wide]])[order]
    return _joined(left, end, low, high, floor, share)


def _joined(
    left: Array, end: float, low: Array, high: Array, floor: float, share: float
) -> tuple[Array, Array, Array]:
    """Neighbours whose common bounds are still close become one cell."""
    edges, least, largest = [float(left[0])], [float(low[0])], [float(high[0])]
    for i in range(1, len(left)):
        a, b = min(least[-1], float(low[i])), max(largest[-1], float(high[i]))
        if b - a <= max(share * max(abs(a), abs(b)), floor):
            least[-1], largest[-1] = a, b
        else:
            edges.append(float(left[i]))
            least.append(float(low[i]))
            largest.append(float(high[i]))
    return np.array([*edges, end]), np.array(least), np.array(largest)


def bounds(function: Piecewise, index: Any, left: Array, right: Array) -> tuple[Array, Array]:
    """The least and largest values (n,) of pieces `index` over [left, right], rounded outward."""
    c0, c1, c2, c3, c4, c5 = function.coefficients[index].T
    s, e = left - function.knots[index], right - function.knots[index]
    # A constant function may begin at -1e300, from where no power can be taken.
    level = (c1 == 0.0) & (c2 == 0.0) & (c3 == 0.0)
    s, e = np.where(level & (c4 == 0.0), 0.0, s), np.where(level & (c4 == 0.0), 0.0, e)

    def cubic(x: Array) -> Array:
        return np.asarray(c0 + x * (c1 + x * (c2 + x * c3)))

    corners = [cubic(s), cubic(e), *(cubic(np.clip(x, s, e)) for x in _level_points(c1, c2, c3))]
    rate = np.where(c4 == 0.0, 0.0, c5)
    tails = [c4 * np.exp(-rate * s), c4 * np.exp(-rate * e)]
    low = np.minimum.reduce(corners) + np.minimum(*tails)
    high = np.maximum.reduce(corners) + np.maximum(*tails)
    reach = np.abs(c0) + np.abs(e) * (np.abs(c1) + np.abs(e) * (np.abs(c2) + np.abs(e * c3)))
    slack = np.where(level & (c4 == 0.0), 0.0, ROUNDING * (reach + np.abs(tails[0])))
    return low - slack, high + slack


def _level_points(c1: Array, c2: Array, c3: Array) -> list[Array]:
    """Where the cubic's slope c1 + 2 c2 x + 3 c3 x^2 vanishes; harmless numbers where nowhere."""
    with np.errstate(all="ignore"):
        root = np.sqrt(np.maximum(c2 * c2 - 3.0 * c1 * c3, 0.0))
        # The stable form of both roots: no difference of near-equal numbers.
        q = -(c2 + np.where(c2 >= 0.0, root, -root))
        points = [q / (3.0 * c3), c1 / q]
    return [np.where(np.isfinite(x), x, 0.0) for x in points]
