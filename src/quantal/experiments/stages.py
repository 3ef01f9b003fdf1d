"""The stages of a synapse, as a table: when each starts and peaks after a stimulus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quantal.observables.kinetics import half_width, onset
from quantal.observables.peaks import peak, time_of_peak
from quantal.observables.window import window
from quantal.trajectory import Trajectory


@dataclass(frozen=True, slots=True)
class StageRow:
    """One stage. Times in ms after the stimulus, nan where there is none; values in `unit`.

    `start` is where the line through 20 % and 80 % of the rise meets the value at rest.
    """

    stage: str
    name: str
    unit: str
    rest: float
    start: float
    time_of_peak: float
    peak: float
    half_width: float


def stage_roles(trajectory: Trajectory) -> list[str]:
    """The synapse's own roles, in the order in which its text gives them.

    That order is the signal's. Roles of the mechanisms it uses have dotted names.
    """
    return [role for role in trajectory.roles if "." not in role]


def stage_table(
    trajectory: Trajectory,
    roles: Sequence[str] | None = None,
    stimulus: float = 0.0,
    until: float = 10.0,
) -> list[StageRow]:
    """When each stage starts and peaks, and how large it is.

    Args:
        trajectory: a run in which the stimulus comes from rest.
        roles: the stages; by default the synapse's own roles.
        stimulus: when it is given, ms.
        until: how long after it to look, ms. A stage that is still on its way has its
            value at the end as peak.

    Raises:
        UsageError: a role that the trajectory does not hold.
    """
    chosen = list(stage_roles(trajectory) if roles is None else roles)
    trajectory.hold(chosen)
    return [_row(trajectory, role, stimulus, until) for role in chosen]


def _row(trajectory: Trajectory, role: str, stimulus: float, until: float) -> StageRow:
    time, values = window(trajectory.time - stimulus, trajectory[role], 0.0, until)
    moves = bool(np.any(values != values[0]))
    return StageRow(
        stage=role.replace("_", " "),
        name=trajectory.roles.get(role, role),
        unit=trajectory.units[role].text,
        rest=float(values[0]),
        start=onset(time, values) if moves else float("nan"),
        time_of_peak=time_of_peak(time, values) if moves else float("nan"),
        peak=peak(time, values),
        half_width=half_width(time, values) if moves else float("nan"),
    )
