"""The block of memory that the stochastic loop and its Python driver share."""

from __future__ import annotations

from quantal.kernels.generate.ir import DOUBLE, INTEGER, POINTER, Function

LANE_ARRAYS = tuple("lane_" + name for name in (
    "counts", "t", "then", "limit", "boundary", "total", "point", "running", "factors",
    "floors", "draw", "trial", "key", "active", "cell", "sample", "fired", "place", "cursor",
))  # fmt: skip
"""What each of the trials side by side has of its own: eight of everything."""
MEMBER_ARRAYS = (
    "member_states",
    "member_gains",
    "member_targets",
    "member_numbers",
    "member_odds",
    "member_edges",
    "exit_firsts",
    "exit_numbers",
    "exit_times",
    "exit_codes",
    "exit_homes",
    "exit_changes",
    "exit_amounts",
)
MEMBER_COUNTS = (
    "interval", "interval_count", "member_count", "member_width", "member_stride",
    "exit_count", "exit_width",
    "first_exit",
)  # fmt: skip
"""Of members that move together over intervals: see `kernels.members`."""
ADDRESSES = (
    "constants", "counts", "all_counts", "weights", "running", "sums", "factors", "floors",
    "prefix", "recorded", "uniforms", "waits", "edges", "low", "high", "drives", "knots",
    "coefficients", "table_first", "table_last", "cursor", "samples", "rows", "used", "fire_times",
    "fire_channels", "fire_trials", "fired", "effects", *LANE_ARRAYS, *MEMBER_ARRAYS,
)  # fmt: skip
COUNTS = (
    "seed", "trial", "first_trial", "trial_count", "stride", "draw", "position", "fresh",
    "cell", "first_cell", "sample", "first_sample", "last_sample", "sample_count", "row",
    "budget", "fire_count", "fire_capacity", "table_count", "culprit", "rejected",
    "next_trial", "lanes_left", *MEMBER_COUNTS,
)  # fmt: skip
REALS = ("t", "start", "horizon", "boundary", "total", "span", "rate")

SLOTS = {name: index for index, name in enumerate((*ADDRESSES, *COUNTS, *REALS))}

WATCHED, MORE = 1, 2
"""Marks of places in `recorded`: events are kept; changes that are not made inline."""

REACHED, BUDGET, NEGATIVE, NOT_FINITE, EXCEEDED, CROWDED = range(6)
"""What the loop returns: all trials at the horizon; draws used up; a propensity that is
negative, not finite, or above its proven bound (an error of this program, never silent); more
firings in one interval of hidden members than there is room for."""


def slot(f: Function, name: str, kind: str = POINTER) -> str:
    """The content of a slot of the context."""
    return f.load("%context", SLOTS[name], kind)


def keep(f: Function, name: str, value: str, kind: str = DOUBLE) -> None:
    """Write a slot of the context."""
    f.store(value, "%context", SLOTS[name], kind)


__all__ = ["DOUBLE", "INTEGER", "POINTER", "SLOTS", "keep", "slot"]
