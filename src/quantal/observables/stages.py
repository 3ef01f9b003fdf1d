"""The stages through which one action potential passes: when each starts, and its peak."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quantal.observables.kinetics import half_width, onset
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
    Stage("cleft glutamate", ("mean_glutamate", "glutamate"), ("all zones", "released"), unit="mM"),
    Stage("receptors open", ("ampa_open", "nmda_open"), ("AMPA", "NMDA")),
    Stage("EPSC in voltage clamp", ("epsc",), unit="nA", clamped=True),
    Stage("soma and axon hillock", ("soma_V", "hillock_V"), ("soma", "hillock")),
)
"""The stages of a glutamatergic synapse by the roles that an assembly gives to them."""


def role_stages(trajectory: Trajectory) -> list[Stage]:
    """One stage for each of a synapse's own roles, in the order in which its text gives them.

    That order is the signal's. Roles of the mechanisms it uses have dotted names. A current
    is read in voltage clamp where there is such a run.
    """
    read_in_clamp = {name for stage in SYNAPSE if stage.clamped for name in stage.names}
    own = [role for role in trajectory.roles if "." not in role]
    return [Stage(role.replace("_", " "), (role,), clamped=role in read_in_clamp) for role in own]


@dataclass(frozen=True, slots=True)
class StageRow:
    """One name of a stage. Times in ms after the stimulus, `rest` and `peak` in `unit`.

    `rest` is the value at the stimulus. Times are nan where nothing moves. `rising` says
    that the peak lies at the end of what was looked at, so that a later one is possible.
    """

    stage: str
    word: str
    name: str
    rest: float
    onset: float
    time_of_peak: float
    peak: float
    half_width: float
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
    if not np.any(values != values[0]):
        still, never = float(values[0]), float("nan")
        return StageRow(
            stage.title, stage.word(number), name, still, never, never, still, never, unit, False
        )
    moment = time_of_peak(time, values)
    return StageRow(
        stage.title, stage.word(number), name, float(values[0]), onset(time, values), moment,
        peak(time, values), half_width(time, values), unit, bool(moment >= time[-1]),
    )  # fmt: skip
