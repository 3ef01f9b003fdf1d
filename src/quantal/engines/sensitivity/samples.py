"""Which samples lie in which steps of a tape."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]
Whole = np.ndarray[Any, np.dtype[np.int64]]


class Samples:
    """Sample times (n,), rising, as the steps come to them; a step holds its start, not its end."""

    def __init__(self, times: Array) -> None:
        self._times = times
        self._used = 0

    def inside(self, starts: Array, lengths: Array, end: float) -> tuple[Whole, Array]:
        """The first sample of each step (steps + 1,), and how far into its step each one lies.

        The steps reach from `starts` to the next one, the last to `end`; lengths are those for
        which they were computed.
        """
        edges = np.append(starts, end)
        first = np.searchsorted(self._times[self._used :], edges, side="left").astype(np.int64)
        times = self._times[self._used + first[0] : self._used + first[-1]]
        step = np.repeat(np.arange(len(starts)), np.diff(first))
        self._used += int(first[-1])
        return first - first[0], (times - starts[step]) / lengths[step]

    def rest(self) -> int:
        """How many samples stand at the very end."""
        return len(self._times) - self._used
