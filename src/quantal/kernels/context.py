"""The block of memory that the generated code and its Python driver share.

One array of 64-bit slots, each an address, a whole number or a double. Both sides use the
names below, so that a slot exists in one place.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any

import numpy as np

ADDRESSES = (
    "y", "argument", "increments", "extra", "change", "carry", "next_carry", "dense", "slope",
    "lu", "unit_lu", "constants", "scratch", "free", "clamp_slopes", "drives", "slopes",
    "absolute", "knots", "coefficients",
    "table_first", "table_last", "table_base", "table_cursor", "varying", "clamped",
    "landmarks", "stops", "sign", "direction", "g_middle", "g_end", "times", "rows", "samples",
)  # fmt: skip
COUNTS = (
    "varying_count", "clamp_count", "landmark", "row_count", "row_capacity", "by_steps",
    "sample", "sample_count", "steps_left", "accepted", "rejected", "factorisations",
    "after_rejection", "has_dense", "restart", "failures", "table_count", "next_stop",
    "use_pair", "explicit", "explicit_steps", "ready", "by_pair", "held_up", "refused",
    "since_look", "look_after",
)  # fmt: skip
REALS = (
    "t", "stop", "h", "step", "end", "now", "pitch", "relative", "last_root", "last_step",
    "largest_step", "largest_growth", "horizon", "first_h", "rate_squared",
    "fastest_squared",
)  # fmt: skip

SLOTS = {name: index for index, name in enumerate((*ADDRESSES, *COUNTS, *REALS))}

REACHED, FULL, BUDGET, TOO_SMALL, NOT_FINITE, CROSSED = range(6)
"""What `advance` returns: at the stop; output full; steps used up; failures; a crossing."""


_LINE = 8
"""Doubles in a cache line."""


class Context:
    """Slots by name. Arrays given to `point` are kept alive as long as the context."""

    def __init__(self, slots: Mapping[str, int] = SLOTS) -> None:
        self._slots = slots
        # Not numpy: single items are read and written here at every segment.
        self._whole = (ctypes.c_int64 * len(slots))()
        self._real = (ctypes.c_double * len(slots)).from_buffer(self._whole)
        self._kept: dict[str, np.ndarray[Any, Any]] = {}
        self.address = ctypes.addressof(self._whole)

    def point(self, name: str, array: np.ndarray[Any, Any]) -> None:
        """Let an address slot point to an array."""
        assert name in self._slots
        assert array.flags.c_contiguous
        self._kept[name] = array
        # `array.ctypes.data` makes two objects on its way to the same number.
        self._whole[self._slots[name]] = array.__array_interface__["data"][0]

    def lay(self, sizes: Mapping[str, int]) -> None:
        """Arrays of zeros behind one another, each on a cache line of its own."""
        starts, total = {}, 0
        for name, size in sizes.items():
            starts[name] = total
            total += -(-size // _LINE) * _LINE
        block = np.zeros(total + _LINE)
        address = block.__array_interface__["data"][0]
        shift = -(address // 8) % _LINE
        for name, size in sizes.items():
            first = starts[name] + shift
            self._kept[name] = block[first : first + size]
            self._whole[self._slots[name]] = address + 8 * first

    def array(self, name: str) -> np.ndarray[Any, Any]:
        """The array behind an address slot."""
        return self._kept[name]

    def count(self, name: str) -> int:
        return self._whole[self._slots[name]]

    def real(self, name: str) -> float:
        return self._real[self._slots[name]]

    def set_count(self, name: str, value: int) -> None:
        self._whole[self._slots[name]] = value

    def set_real(self, name: str, value: float) -> None:
        self._real[self._slots[name]] = value

    def slot_address(self, name: str) -> int:
        """Where a slot itself lies."""
        return self.address + 8 * self._slots[name]
