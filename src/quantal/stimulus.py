"""The contract for what drives a run: a protocol bound to one Program's slots.

A drive is a piecewise function, each piece a cubic plus one exponential, so that
constant levels, ramps, recorded waveforms and decaying transients need one kernel.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

COEFFICIENTS = 6
"""Per piece: c0..c3 of the cubic, amplitude c4 and rate c5 of the exponential."""


@dataclass(frozen=True, eq=False)
class Piecewise:
    """value(t) = c0 + s*(c1 + s*(c2 + s*c3)) + c4*exp(-c5*s), with s = t - knots[i].

    `knots` (k,) are the pieces' starts, rising, the first at or before the run's start;
    `coefficients` (k, 6). The last piece lasts for ever. A knot where the value jumps
    must also be in `Stimulus.stops`.
    """

    knots: np.ndarray
    coefficients: np.ndarray

    @classmethod
    def constant(cls, value: float, start: float = -np.inf) -> Piecewise:
        """The same value at all times."""
        coefficients = np.zeros((1, COEFFICIENTS))
        coefficients[0, 0] = value
        return cls(np.array([max(start, -1e300)]), coefficients)

    def at(self, t: np.ndarray | float) -> np.ndarray:
        """Values at times `t` (ms), from the right at a knot."""
        t = np.asarray(t, dtype=float)
        index = np.clip(np.searchsorted(self.knots, t, side="right") - 1, 0, None)
        c = self.coefficients[index]
        s = t - self.knots[index]
        cubic = c[..., 0] + s * (c[..., 1] + s * (c[..., 2] + s * c[..., 3]))
        # 0 * exp(-0 * inf) must stay 0 for a piece without exponential.
        decay = np.exp(-np.where(c[..., 4] == 0.0, 0.0, c[..., 5] * s))
        return np.asarray(cubic + c[..., 4] * decay)


@dataclass(frozen=True, eq=False)
class Stimulus:
    """All that reaches a Program from outside during one run. Times in ms.

    `drives[i]` belongs to `program.drives[i]`; `clamps` maps a state's index to the
    function that holds it; `parameters` (n,) are the values at the start, `changes` are
    (time, parameter index, value); `events` are (time, event name); `stops` are all
    times at which an integrator must stop and restart.
    """

    start: float
    end: float
    parameters: np.ndarray
    drives: tuple[Piecewise, ...] = ()
    clamps: dict[int, Piecewise] = field(default_factory=dict)
    changes: tuple[tuple[float, int, float], ...] = ()
    events: tuple[tuple[float, str], ...] = ()
    stops: tuple[float, ...] = ()
