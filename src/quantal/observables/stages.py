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

    `unit` shows the values in another unit than the trajectory's own. `clamped` stages are
    read from the run under postsynaptic voltage clamp, where there is one: an EPSC is the
    current of a cell that does not fire.
    """

    title: str
    names: tuple[str, ...]
    words: tuple[str, ...] = ()
    unit: str = ""
    clamped: bool = False

    def word(self, number: int) -> str:
        """What distinguishes one of the names; empty where nothing was said."""
        return self.words[number] if number < len(self.words) else ""


SYNAPSE = (
    Stage("terminal voltage", ("terminal_V",)),
    Stage("calcium current", ("calcium_current",), unit="nA"),
    Stage("calcium at the vesicle", ("domain_calcium",), unit="uM"),
    Stage("release rate", ("release",)),
    Stage("cleft glutamate", ("glutamate",), unit="mM"),
    Stage("receptors open", ("ampa_open", "nmda_open"), ("AMPA", "NMDA")),
    Stage("EPSC in voltage clamp", ("epsc",), unit="nA", clamped=True),
    Stage("soma and axon hillock", ("soma_V", "hillock_V"), ("soma", "hillock")),
)
"""The stages of a glutamatergic synapse by the roles that an assembly gives to them."""


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
    trajectory: Trajectory,
    stages: Sequence[Stage],
    stimulus: float = 0.0,
    until: float = 10.0,
    clamped: Trajectory | None = None,
) -> list[StageRow]:
    """When each name of each stage starts and peaks, from `stimulus` to `until` ms after it.

    `clamped` is the same stimulus under postsynaptic voltage clamp, for the stages that
    are read there.

    Raises:
        UsageError: a name that the trajectory does not hold.
    """
    rows = []
    for stage in stages:
        run = run_of(stage, trajectory, clamped)
        run.hold(stage.names)
        rows += [_row(run, stage, n, stimulus, until) for n in range(len(stage.names))]
    return rows


def run_of(stage: Stage, free: Trajectory, clamped: Trajectory | None) -> Trajectory:
    """The run in which a stage is read."""
    return clamped if stage.clamped and clamped is not None else free


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
