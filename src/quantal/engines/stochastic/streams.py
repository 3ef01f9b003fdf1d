"""Random numbers outside the compiled loop: draws of events and of initial states.

Like the loop's own they are a function of what is drawn for whom: (seed, trial, stream,
number), never of order or threads.
"""

from __future__ import annotations

import numpy as np

LOOP, EVENTS, START, LEAP, TRIAL, COPY = range(6)
"""Streams: single events in the compiled loop; draws of handlers; initial states; leaps;
parameters of a trial; parameters of a copy."""

LARGEST_SEED = 2**63 - 1
LARGEST_TRIAL = 2**47 - 1


def generator(seed: int, trial: int, stream: int, number: int = 0) -> np.random.Generator:
    """A generator of its own for one draw: Philox4x64 at a place that nothing else uses."""
    counter = np.array([0, number, trial, stream], dtype=np.uint64)
    key = np.array([seed, 0x5175616E74616C], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(counter=counter, key=key))
