"""The compiled loop, callable from Python; found again where it exists."""

from __future__ import annotations

import ctypes
import hashlib
from typing import Any

import numpy as np

from quantal.kernels.cache import remembered
from quantal.kernels.event.slots import DEGREE, SLOTS
from quantal.kernels.native import Native

VERSION = 2
"""Changes with the text of the loop, so that an older one is not found."""


class EventKernel:
    """`carry(values)` with an array or a number for each slot."""

    def __init__(self, native: Native, fields: dict[str, Any]) -> None:
        self._native = native
        self._carry = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(native.address("carry"))

    def carry(self, values: dict[str, Any]) -> None:
        """Carry members as far as the loop can."""
        context = np.zeros(len(SLOTS), dtype=np.int64)
        reals = context.view(np.float64)
        for name, place in SLOTS.items():
            value = values[name]
            if isinstance(value, np.ndarray):
                context[place] = value.ctypes.data
            elif isinstance(value, float):
                reals[place] = value
            else:
                context[place] = int(value)
        self._carry(context.ctypes.data)


def event_kernel(modes: int, seen: int) -> EventKernel:
    """The kernel for so many modes, and so many states that are seen."""

    def write() -> tuple[str, dict[str, Any]]:
        from quantal.kernels.event.loop import write_module

        return write_module(modes, seen), {}

    text = f"event {VERSION} {modes} {seen} {DEGREE}"
    return remembered(hashlib.sha256(text.encode()).hexdigest(), write, EventKernel)[0]
