"""What every engine is: a name, what it cannot do, and a run.

An engine is one module in this folder with an `ENGINE` object of this type; it is found by
its file name. It sees Programs and numbers, never biology.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from quantal.program import Program
from quantal.stimulus import Stimulus
from quantal.trajectory import Trajectory


@dataclass(frozen=True, eq=False)
class Settings:
    """How precisely and where to look. Times in ms.

    `sample` (n,) are the output times; None gives every accepted step with
    points between, which measures peaks and decays without a grid. `absolute` is a share
    of each state's natural scale. `progress` is called with the share done (0 to 1).
    `record` are the names wanted, None for all.

    Engines with chance run `trials` trials (None: one, without a dimension of trials) from
    `seed`, on `workers` threads (None: one for each core) in pieces of `chunk` trials (None:
    the engine's choice); neither of the last two changes the result. `max_events` is how
    many single events may be expected of the whole run. In the folder `keep` finished trials
    are kept; a run that finds its own there goes on from them. `leap` is the largest share by which
    a step of many events may change a propensity. Setting `stop` makes a run give up.
    """

    relative: float = 1e-6
    absolute: float = 1e-10
    sample: np.ndarray | None = None
    max_steps: int = 20_000_000
    first_step: float | None = None
    progress: Callable[[float], None] | None = None
    record: tuple[str, ...] | None = None
    trials: int | None = None
    seed: int = 0
    workers: int | None = None
    chunk: int | None = None
    max_events: float = 5e8
    keep: Path | None = None
    leap: float = 0.03
    stop: threading.Event | None = None


class Engine(Protocol):
    """One way to run a Program."""

    name: str
    title: str

    def supports(self, program: Program) -> list[str]:
        """Reasons why this engine cannot run the program; empty if it can."""
        ...

    def run(self, program: Program, stimulus: Stimulus, settings: Settings) -> Trajectory:
        """Run from `stimulus.start` to `stimulus.end`.

        Raises:
            RunError: with the time, the state and the reaction at which it failed.
        """
        ...
