"""What many trials show: tables for people, plain data for programs, one figure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quantal.experiments.quantal_analysis import QuantalAnalysis
    from quantal.trajectory import Trajectory


def print_measured(trajectory: Trajectory, found: QuantalAnalysis | None) -> None:
    """The numbers of a quantal analysis, then single events, then how the run went."""
    from quantal.cli.printing import print_table
    from quantal.experiments.chance import single_events
    from quantal.experiments.measured_trials import rows_of

    if found is not None:
        rows = [(row.what, row.value, row.interval, row.unit) for row in rows_of(found)]
        print_table((f"{found.name}, over all trials", "value", "95 %", "unit"), rows)
    events = single_events(trajectory)
    if events:
        heads = ("single events", "in a trial", "sd", "after first stimulus", "delay (ms)")
        print_table(heads, events)
    if "split" in trajectory.made_by:
        print(trajectory.made_by["split"])
    print(trajectory.made_by["choice"])
    print(trajectory.status)


def measured_data(
    trajectory: Trajectory, found: QuantalAnalysis | None, figure: Path | None
) -> dict[str, object]:
    """The same as plain data: `measured` (a list of numbers), `status`, `figure`."""
    from dataclasses import asdict

    from quantal.experiments.measured_trials import rows_of

    rows = [] if found is None else [asdict(row) for row in rows_of(found)]
    drawn = {} if figure is None else {"figure": str(figure)}
    return {"measured": rows, "status": trajectory.status, **drawn}


def analysis_of(trajectory: Trajectory, names: list[str]) -> QuantalAnalysis | None:
    """The analysis of the last current among the names; None where there is nothing to analyse."""
    if trajectory.trials is None or len(trajectory.trials) < 2:
        return None
    # A plain run does not wait for what only trials need.
    from quantal.experiments.quantal_analysis import analyse, stimuli_of
    from quantal.units import CURRENT

    currents = [name for name in names if trajectory.units[name].dimension == CURRENT]
    if not (currents and stimuli_of(trajectory)):
        return None
    return analyse(trajectory, currents[-1])


def draw_measured(
    trajectory: Trajectory, found: QuantalAnalysis | None, names: list[str], path: Path
) -> Path:
    """The figure of a synapse's trials; of a current without stimuli, its noise analysis.

    Raises:
        UsageError: too few trials, or no current.
    """
    from quantal.errors import UsageError
    from quantal.figures.parabola import draw_noise
    from quantal.figures.trials import draw_trials
    from quantal.units import CURRENT

    title = f"{trajectory.made_by.get('model', '')}: {len(_trials(trajectory))} trials"
    if found is not None:
        return draw_trials(found, path, title)
    currents = [name for name in names if trajectory.units[name].dimension == CURRENT]
    if len(_trials(trajectory)) < 4 or not currents:
        raise UsageError("`--figure` draws four or more trials (`--trials`) in which a current is")
    name = currents[-1]
    unit = trajectory.units[name].text
    return draw_noise(trajectory.time, trajectory[name], unit, title, path)


def _trials(trajectory: Trajectory) -> list[int]:
    return [] if trajectory.trials is None else [int(trial) for trial in trajectory.trials]
