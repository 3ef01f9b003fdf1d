"""Pulses, steps, decays, expressions and samples -> one Piecewise function each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from quantal.errors import UsageError
from quantal.stimulus import COEFFICIENTS, Piecewise

MAX_PIECES = 200_000


@dataclass
class Waveform:
    """What one drive does, gathered from a protocol, before it is cut into pieces.

    Steps change the base from a time on; a rectangle replaces it while it lasts; decays
    (time, height, time constant) and a smooth part (a Piecewise) add to it.
    """

    base: float
    steps: list[tuple[float, float]] = field(default_factory=list)
    rectangles: list[tuple[float, float, float]] = field(default_factory=list)
    decays: list[tuple[float, float, float]] = field(default_factory=list)
    smooth: Piecewise | None = None

    def stops(self) -> list[float]:
        """Times at which the value may jump."""
        times = [time for time, _ in self.steps] + [time for time, _, _ in self.decays]
        for begin, end, _ in self.rectangles:
            times += [begin, end]
        return times

    def _levels(self, knots: np.ndarray) -> np.ndarray:
        """Base, steps and rectangles from each knot on; one pass over all of them, sorted."""
        levels = np.empty(len(knots))
        base, stepped, begun = self.base, 0, 0
        lasting: list[tuple[float, float, float]] = []
        for i, knot in enumerate(knots):
            while stepped < len(self.steps) and self.steps[stepped][0] <= knot:
                base = self.steps[stepped][1]
                stepped += 1
            while begun < len(self.rectangles) and self.rectangles[begun][0] <= knot:
                lasting.append(self.rectangles[begun])
                begun += 1
            lasting = [rectangle for rectangle in lasting if knot < rectangle[1]]
            levels[i] = lasting[-1][2] if lasting else base
        return levels

    def _decaying(self, knots: np.ndarray, rate: float) -> np.ndarray:
        """The sum of all decays at each knot; they share one rate, so it carries over."""
        sums = np.zeros(len(knots))
        total, last, begun = 0.0, float(knots[0]), 0
        for i, knot in enumerate(knots):
            total *= np.exp(-rate * (knot - last))
            while begun < len(self.decays) and self.decays[begun][0] <= knot:
                begin, height, _ = self.decays[begun]
                total += height * np.exp(-rate * (knot - begin))
                begun += 1
            sums[i], last = total, float(knot)
        return sums

    def pieces(self, start: float, end: float) -> Piecewise:
        """The whole function from `start` (ms) on."""
        self.steps.sort(key=lambda step: step[0])
        self.rectangles.sort(key=lambda rectangle: rectangle[0])
        self.decays.sort(key=lambda decay: decay[0])
        constants = {tau for _, _, tau in self.decays}
        if len(constants) > 1:
            return self._fitted(start, end)
        edges = {start, *(t for t in self.stops() if t > start)}
        if self.smooth is not None:
            edges |= {float(t) for t in self.smooth.knots if t > start}
        knots = np.array(sorted(edges))
        rows = np.zeros((len(knots), COEFFICIENTS))
        rate = 1.0 / next(iter(constants)) if constants else 0.0
        rows[:, 0] = self._levels(knots)
        if self.smooth is not None:
            rows[:, :4] += [shifted(self.smooth, knot) for knot in knots]
        if constants:
            rows[:, 4] = self._decaying(knots, rate)
            rows[:, 5] = np.where(rows[:, 4] == 0.0, 0.0, rate)
        return Piecewise(knots, rows)

    def _fitted(self, start: float, end: float) -> Piecewise:
        """Decays of several time constants: each stretch between jumps is fitted by cubics."""

        def value(t: np.ndarray) -> np.ndarray:
            total = np.zeros_like(t)
            for begin, height, tau in self.decays:
                total += np.where(t >= begin, height * np.exp(-np.maximum(t - begin, 0) / tau), 0)
            return total

        shortest = min(tau for _, _, tau in self.decays)
        smooth = fit(value, start, end, self.stops(), shortest)
        flat = Waveform(self.base, self.steps, self.rectangles, [], smooth)
        return flat.pieces(start, end)


def shifted(curve: Piecewise, knot: float) -> np.ndarray:
    """The cubic (4,) of the piece that holds at `knot`, about `knot`; level before the first."""
    if knot < curve.knots[0]:
        return np.array([curve.coefficients[0, 0], 0.0, 0.0, 0.0])
    index = max(int(np.searchsorted(curve.knots, knot, side="right")) - 1, 0)
    c0, c1, c2, c3 = curve.coefficients[index, :4]
    s = knot - curve.knots[index]
    return np.array(
        [c0 + s * (c1 + s * (c2 + s * c3)), c1 + s * (2 * c2 + 3 * s * c3), c2 + 3 * s * c3, c3]
    )


def hermite(times: np.ndarray, values: np.ndarray, slopes: np.ndarray) -> Piecewise:
    """Cubics through values with given slopes; constant after the last."""
    h = np.diff(times)
    rise = np.diff(values) / h
    rows = np.zeros((len(times), COEFFICIENTS))
    rows[:, 0] = values
    rows[:-1, 1] = slopes[:-1]
    rows[:-1, 2] = (3 * rise - 2 * slopes[:-1] - slopes[1:]) / h
    rows[:-1, 3] = (slopes[:-1] + slopes[1:] - 2 * rise) / h**2
    return Piecewise(times, rows)


def through(times: np.ndarray, values: np.ndarray) -> Piecewise:
    """A smooth curve through samples, slopes from three neighbours.

    Raises:
        UsageError: fewer than two samples, times that do not rise, or values not finite.
    """
    times, values = np.asarray(times, dtype=float), np.asarray(values, dtype=float)
    if len(times) < 2 or len(times) != len(values):
        raise UsageError("a waveform needs at least two samples, as many times as values")
    if not (np.diff(times) > 0).all():
        raise UsageError("the times of a waveform must rise from each sample to the next")
    if not (np.isfinite(times).all() and np.isfinite(values).all()):
        raise UsageError("a waveform holds a value that is not a number")
    return hermite(times, values, np.gradient(values, times))


def fit(
    function: Callable[[np.ndarray], np.ndarray],
    start: float,
    end: float,
    breaks: list[float],
    shortest: float,
    tolerance: float = 1e-9,
) -> Piecewise:
    """Cubics that follow a function to `tolerance` of its range, by halving.

    `shortest` (ms) is a length below which the function has no features: the first grid
    is at most that wide, so that a brief pulse cannot be missed.

    Raises:
        UsageError: more than `MAX_PIECES` would be needed.
    """
    edges = sorted({start, end, *(b for b in breaks if start < b < end)})
    spans = list(pairwise(edges))
    counts = [max(int(np.ceil((b - a) / shortest)), 1) for a, b in spans]
    if sum(counts) > MAX_PIECES:
        raise UsageError(
            f"a drive with features of {shortest:g} ms over {end - start:g} ms needs more than "
            f"{MAX_PIECES} pieces; drive a shorter time, or use pulses"
        )
    parts = [np.linspace(a, b, n, endpoint=False) for (a, b), n in zip(spans, counts, strict=True)]
    knots = np.concatenate([*parts, [end]])
    while True:
        curve = _cubics(function, knots)
        left, h = knots[:-1], np.diff(knots)
        error = np.zeros_like(left)
        for share in (1 / 6, 1 / 2, 5 / 6):
            error = np.maximum(
                error, np.abs(curve.at(left + share * h) - function(left + share * h))
            )
        scale = float(np.abs(curve.coefficients[:, 0]).max()) or 1.0
        # A piece at the spacing of floating-point times cannot be halved.
        bad = (error > tolerance * scale) & (h > 1e-9)
        if not bad.any():
            return curve
        if len(knots) + bad.sum() > MAX_PIECES:
            raise UsageError(
                f"a drive changes too fast near {left[bad][0]:g} ms to be followed with "
                f"{MAX_PIECES} pieces; drive a shorter time, or use pulses"
            )
        knots = np.sort(np.concatenate([knots, (left + h / 2)[bad]]))


def _cubics(function: Callable[[np.ndarray], np.ndarray], knots: np.ndarray) -> Piecewise:
    """For each piece the cubic through its ends and thirds.

    The ends are taken just inside the piece, so that a jump at a knot stays a jump.
    """
    left, h = knots[:-1], np.diff(knots)
    shares = (1e-12, 1 / 3, 2 / 3, 1 - 1e-12)
    f0, f1, f2, f3 = (function(left + share * h) for share in shares)
    rows = np.zeros((len(knots), COEFFICIENTS))
    rows[:-1, 0] = f0
    rows[:-1, 1] = (-11 * f0 + 18 * f1 - 9 * f2 + 2 * f3) / (2 * h)
    rows[:-1, 2] = 9 * (2 * f0 - 5 * f1 + 4 * f2 - f3) / (2 * h**2)
    rows[:-1, 3] = 9 * (-f0 + 3 * f1 - 3 * f2 + f3) / (2 * h**3)
    rows[-1, 0] = f3[-1]
    return Piecewise(knots, rows)
