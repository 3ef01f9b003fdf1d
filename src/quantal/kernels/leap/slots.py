"""The block of memory that the leaping loop and its Python driver share.

The slots of the exact loop come first, so that what both use (random numbers, drives) is one
code; those behind them are the leap's own.
"""

from __future__ import annotations

from quantal.kernels.generate.ir import DOUBLE, INTEGER, POINTER, Function
from quantal.kernels.stochastic import slots as exact

ADDRESSES = (
    "middle", "next", "rates", "middle_rates", "bounds", "orders", "shares", "alone", "means",
    "squares", "pulls", "steepness", "change_first", "change_state", "change_amount",
    "change_own", "take_first", "take_state", "signed", "counted", "scratch", "table_base",
)  # fmt: skip
COUNTS = ("langevin", "state_count", "exact_left", "steps", "single", "refused")
REALS = ("error", "longest", "ceiling", "leap", "few", "least")

SLOTS = {
    **exact.SLOTS,
    **{name: len(exact.SLOTS) + i for i, name in enumerate((*ADDRESSES, *COUNTS, *REALS))},
}

REACHED, BUDGET, NEGATIVE, NOT_FINITE, EXCEEDED = (
    exact.REACHED, exact.BUDGET, exact.NEGATIVE, exact.NOT_FINITE, exact.EXCEEDED,
)  # fmt: skip


def slot(f: Function, name: str, kind: str = POINTER) -> str:
    """The content of a slot of the context."""
    return f.load("%context", SLOTS[name], kind)


def keep(f: Function, name: str, value: str, kind: str = DOUBLE) -> None:
    """Write a slot of the context."""
    f.store(value, "%context", SLOTS[name], kind)


def count_up(f: Function, name: str) -> None:
    """One more of something."""
    keep(f, name, f.integer_add(slot(f, name, INTEGER), 1), INTEGER)
