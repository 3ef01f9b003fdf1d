"""The block of 64-bit slots that the population's loop and its Python driver share."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

ADDRESSES = (
    "state", "group", "own", "shared", "scratch", "rows", "out", "out_row", "kept",
    "work", "trial", "own_work", "shared_work", "done",
    "act_step", "act_lane", "act_first", "act_last", "act_length", "act_handler", "act_out",
    "act_rows", "act_event_rows", "look_step", "look_row", "look_length", "look_rows",
    "stream", "stream_place",
)  # fmt: skip
COUNTS = ("groups", "first", "steps", "lanes", "kept_count", "acts", "looks", "streams")

SLOTS = {name: index for index, name in enumerate((*ADDRESSES, *COUNTS))}


class Slots:
    """Slots by name. Arrays given to `point` are kept alive as long as this object."""

    def __init__(self) -> None:
        self._whole = (ctypes.c_int64 * len(SLOTS))()
        self._kept: dict[str, np.ndarray[Any, Any]] = {}
        self.address = ctypes.addressof(self._whole)

    def point(self, name: str, array: np.ndarray[Any, Any]) -> None:
        """Let an address slot point to an array."""
        assert name in ADDRESSES
        assert array.flags.c_contiguous
        self._kept[name] = array
        self._whole[SLOTS[name]] = array.ctypes.data

    def set(self, name: str, value: int) -> None:
        """Write a count."""
        assert name in COUNTS
        self._whole[SLOTS[name]] = value
