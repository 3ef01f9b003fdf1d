"""The stages through which one action potential passes: when each starts, and its peak."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quantal.observables.kinetics import onset
from quantal.observables.peaks import peak, time_of_peak
from quantal.observables.window import window
from quantal.trajectory import Trajectory
from quantal.units import parse_unit


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: what it is called, the names that belong to it, and a word for each of them.

    `unit` shows the values in another unit than the trajectory's own.
    """

    title: str
    names: tuple[str, ...]
    words: tuple[str, ...] = ()
    unit: str = ""

    def word(self, number: int) -> str:
        """What distinguishes one of the names; empty where nothing was said."""
        return self.words[number] if number < len(self.words) else ""


@dataclass(frozen=True, slots=True)
class StageRow:
    """One name of a stage. Times in ms after the stimulus, `peak` in `unit`.

    `onset` is nan where there is no response. `rising` says that the peak lies at the end
    of what was looked at, so that a later one is possible.
    """

    stage: str
    word: str
    name: str
    onset: float
    time_of_peak: float
    peak: float
    unit: str
    rising: bool


def stage_rows(
    trajectory: Trajectory, stages: Sequence[Stage], stimulus: float = 0.0, until: float = 10.0
) -> list[StageRow]:
    """When each name of each stage starts and peaks, from `stimulus` to `until` ms after it.

    Raises:
        UsageError: a name that the trajectory does not hold.
    """
    trajectory.hold([name for stage in stages for name in stage.names])
    return [
        _row(trajectory, stage, number, stimulus, until)
        for stage in stages
        for number in range(len(stage.names))
    ]


def values_in(trajectory: Trajectory, name: str, unit: str) -> np.ndarray:
    """The values (n,) of a name in another unit of its dimension.

    Raises:
        UsageError: the name does not exist.
        UnitError: the unit is not known.
    """
    values = trajectory.internal(name)
    wanted = parse_unit(unit) if unit else trajectory.units[name]
    if wanted.dimension != trajectory.units[name].dimension:
        wanted = trajectory.units[name]
    return np.asarray((values - wanted.offset) / wanted.scale)


def _row(
    trajectory: Trajectory, stage: Stage, number: int, stimulus: float, until: float
) -> StageRow:
    name = stage.names[number]
    unit = stage.unit or trajectory.units[name].text
    values = values_in(trajectory, name, unit)
    time, values = window(trajectory.time - stimulus, values, 0.0, until)
    moment = time_of_peak(time, values)
    return StageRow(
        stage.title, stage.word(number), name, onset(time, values), moment, peak(time, values),
        unit, bool(moment >= time[-1]),
    )  # fmt: skip
