"""How a population is run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

PANEL = 256
"""Means are summed over so many instances at a time, in the order of the instances, so that
they do not depend on how the work is divided. Tiles are whole panels."""


@dataclass(frozen=True, eq=False)
class Settings:
    """Times in ms.

    `step` is the longest step. `samples` (n,) are the output times, rising. `record` are the
    names wanted. `keep` is `all`, or `mean` for means and standard deviations over instances
    without the instances. `method` is `auto`, `midpoint` or `damped`; `precision` `double`
    or `single`. `threads` None: one for each core. `tile` None: the engine's choice.
    `progress` is called with the share done (0 to 1).
    """

    step: float
    samples: np.ndarray
    record: tuple[str, ...]
    keep: str = "all"
    method: str = "auto"
    precision: str = "double"
    threads: int | None = None
    tile: int | None = None
    progress: Callable[[float], None] | None = None
