"""For Programs without a state: every quantity is given by the drives at that moment.

A magnesium block, a saturable rate or a closed form of theory is evaluated on a grid;
nothing is integrated and nothing compiled.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from quantal.engines.base import Settings
from quantal.engines.observe import Observer, parameter_values
from quantal.errors import RunError
from quantal.program import Program
from quantal.stimulus import Stimulus
from quantal.trajectory import Trajectory

POINTS = 200
"""Times between two stops of the stimulus, where no sample is asked for."""

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Algebraic:
    """Evaluation over time of Programs in which nothing has a memory."""

    name: str = "algebraic"
    title: str = "quantities given by the stimulus alone, evaluated"

    def supports(self, program: Program) -> list[str]:
        """Reasons why this engine cannot run the program."""
        reasons = ["it has states, which must be integrated"] if program.states else []
        return [*reasons, "it has events"] if program.handlers else reasons

    def run(self, program: Program, stimulus: Stimulus, settings: Settings) -> Trajectory:
        """Evaluate from t = 0, or the stimulus's start if that is later, to its end.

        Raises:
            RunError: a drive that the protocol does not give.
        """
        missing = [drive.name for drive in program.drives[len(stimulus.drives) :]]
        if missing:
            names = ", ".join(f"`{name}`" for name in missing)
            raise RunError(f"{names} must be driven by the protocol: say `hold` or `pulse`")
        times = _grid(stimulus) if settings.sample is None else np.asarray(settings.sample, float)
        drives = np.column_stack(
            [np.zeros((len(times), 0)), *(d.at(times) for d in stimulus.drives)]
        )
        changed = [
            (int(np.searchsorted(times, time)), index, value)
            for time, index, value in sorted(stimulus.changes)
        ]
        parameters = parameter_values(stimulus.parameters, changed, len(times))
        observer = Observer(program, times, np.zeros((len(times), 0)), drives, parameters)
        return Trajectory(
            times, program.units(), observer.compute,
            {name: [t for t, fired in stimulus.events if fired == name] for name in program.events},
            dict(program.roles), f"The run reached its end at {stimulus.end:g} ms.",
            {"rows": float(len(times))}, {"engine": self.name, "program": program.name},
        )  # fmt: skip


def _grid(stimulus: Stimulus) -> Array:
    """Evenly between the stops, and at each stop the moment before and the moment itself."""
    start = max(stimulus.start, 0.0) if stimulus.end >= 0.0 else stimulus.start
    edges = [start, *(t for t in stimulus.stops if start < t < stimulus.end), stimulus.end]
    pieces = [np.linspace(a, b, POINTS) for a, b in pairwise(edges)]
    for piece in pieces[:-1]:
        piece[-1] = math.nextafter(piece[-1], -math.inf)
    return np.concatenate(pieces)


ENGINE = Algebraic()
