"""Memory for tapes, kept between runs: fresh pages cost more than what is written to them."""

from __future__ import annotations

from typing import Any
from weakref import finalize

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]

MOST_BYTES = 2**26
"""So much is kept for the next run."""

_free: list[Array] = []


class Tapes:
    """Tapes of one size; all go back when their owner is gone."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lent: list[Array] = []
        finalize(self, _take_back, self._lent)

    def new(self) -> Array:
        """A tape (size,) with any content."""
        for place, tape in enumerate(_free):
            if tape.size == self._size:
                self._lent.append(_free.pop(place))
                return self._lent[-1]
        self._lent.append(np.empty(self._size))
        return self._lent[-1]

    @property
    def bytes(self) -> int:
        """What has been lent so far."""
        return 8 * self._size * len(self._lent)


def _take_back(lent: list[Array]) -> None:
    held = sum(tape.nbytes for tape in _free)
    for tape in lent:
        held += tape.nbytes
        if held > MOST_BYTES:
            break
        _free.append(tape)
