"""The block of memory that the stochastic loop and its Python driver share."""

from __future__ import annotations

from quantal.kernels.generate.ir import DOUBLE, INTEGER, POINTER, Function

ADDRESSES = (
    "constants", "counts", "all_counts", "weights", "sums", "factors", "prefix", "exact",
    "recorded",    "uniforms", "waits", "edges", "low", "high", "drives", "knots", "coefficients",
    "table_first", "table_last", "cursor", "samples", "rows", "used", "fire_times",
    "fire_channels", "fire_trials", "fired",
)  # fmt: skip
COUNTS = (
    "seed", "trial", "first_trial", "trial_count", "stride", "draw", "position", "fresh",
    "cell", "first_cell", "sample", "first_sample", "last_sample", "sample_count", "row",
    "budget", "fire_count", "fire_capacity", "table_count", "culprit", "rejected",
)  # fmt: skip
REALS = ("t", "start", "horizon", "boundary", "total", "span", "rate")

SLOTS = {name: index for index, name in enumerate((*ADDRESSES, *COUNTS, *REALS))}

REACHED, BUDGET, NEGATIVE, NOT_FINITE, EXCEEDED = range(5)
"""What the loop returns: all trials at the horizon; draws used up; a propensity that is
negative, not finite, or above its proven bound (an error of this program, never silent)."""


def slot(f: Function, name: str, kind: str = POINTER) -> str:
    """The content of a slot of the context."""
    return f.load("%context", SLOTS[name], kind)


def keep(f: Function, name: str, value: str, kind: str = DOUBLE) -> None:
    """Write a slot of the context."""
    f.store(value, "%context", SLOTS[name], kind)


__all__ = ["DOUBLE", "INTEGER", "POINTER", "SLOTS", "keep", "slot"]
