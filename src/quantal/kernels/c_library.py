"""The C library's functions that generated code calls, and where they are."""

from __future__ import annotations

import ctypes
from functools import lru_cache

FUNCTIONS = {"log": 1, "log10": 1, "tanh": 1, "pow": 2}
"""Functions with their number of arguments."""

# This process first: Python itself is linked to the library of mathematics.
_PLACES = (None, "libm.so.6", "libSystem.B.dylib", "ucrtbase")


@lru_cache(maxsize=1)
def addresses() -> dict[str, int]:
    """The address of each function in this process.

    Raises:
        OSError: no library of this system holds them.
    """
    for place in _PLACES:
        try:
            library = ctypes.CDLL(place)
            return {name: _address(library, name) for name in FUNCTIONS}
        except (OSError, AttributeError, TypeError):
            continue
    raise OSError("no C library with log, tanh and pow was found")


def _address(library: ctypes.CDLL, name: str) -> int:
    return ctypes.cast(getattr(library, name), ctypes.c_void_p).value or 0
