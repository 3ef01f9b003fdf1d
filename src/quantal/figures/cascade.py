"""One action potential through every stage of a synapse, left to right in time.

Aligned panels, one stage each, from the terminal's membrane to the postsynaptic spike; a
thin line connects the onsets, so that the eye can follow the signal down and to the right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quantal.figures.figure import CYCLE, Axis, Figure, Panel, Series, readable
from quantal.observables.stages import SYNAPSE, StageRow, run_of, stage_rows, values_in
from quantal.observables.stages import Stage as Stage
from quantal.observables.window import window
from quantal.trajectory import Trajectory

_SHOWN_BEFORE = 0.05
"""How long before the stimulus the figure begins, as a share of its length."""


@dataclass(frozen=True, eq=False)
class TrainFit:
    """EPSC amplitudes of a train as shares of the first: simulated beside measured (k,).

    `numbers` (k,) count the stimuli from 1 where not all of them were measured.
    """

    rate: str
    simulated: np.ndarray
    measured: np.ndarray
    error: float
    numbers: np.ndarray | None = None


def cascade(
    trajectory: Trajectory,
    stages: Sequence[Stage] = SYNAPSE,
    stimulus: float = 0.0,
    until: float = 8.0,
    clamped: Trajectory | None = None,
    trains: Sequence[TrainFit] = (),
    title: str = "One action potential through every stage of the synapse",
    caption: str = "",
) -> Figure:
    """The figure of the whole river.

    Args:
        trajectory: a run that holds the stages' names.
        stages: from the terminal's voltage to the postsynaptic cell's, in causal order.
        stimulus: when the action potential is evoked, ms; the figure's zero.
        until: how long after it to look, ms.
        clamped: the same under postsynaptic voltage clamp, for the EPSC.
        trains: simulated and measured trains, drawn in a column on the right.

    Raises:
        UsageError: a name that the trajectory does not hold.
    """
    panels = tuple(
        _stage(
            run_of(stage, trajectory, clamped), stage, CYCLE[number % len(CYCLE)], stimulus, until
        )
        for number, stage in enumerate(stages)
    )
    return Figure(
        title, panels,
        tuple(_train(fit, fit is trains[0], fit is trains[-1]) for fit in trains),
        caption=caption, column_title="EPSC trains" if trains else "",
    )  # fmt: skip


def _stage(
    trajectory: Trajectory, stage: Stage, colour: str, stimulus: float, until: float
) -> Panel:
    rows = stage_rows(trajectory, [stage], stimulus, until)
    second = CYCLE[(CYCLE.index(colour) + 3) % len(CYCLE)]
    shades = [colour if number == 0 else second for number in range(len(rows))]
    series = []
    for number, (row, shade) in enumerate(zip(rows, shades, strict=True)):
        values = values_in(trajectory, row.name, row.unit)
        time, values = window(trajectory.time - stimulus, values, until=until)
        early = max(float(time[0]), -_SHOWN_BEFORE * until)
        time, values = window(time, values, since=early)
        series.append(Series(time, values, shade, look="area" if number == 0 else "line"))
    start = rows[0].onset
    return Panel(
        Axis("time after the stimulus", "ms", -_SHOWN_BEFORE * until, until),
        Axis(stage.title, rows[0].unit), tuple(series),
        notes=tuple((_note(row), shade) for row, shade in zip(rows, shades, strict=True)),
        dots=tuple((r.time_of_peak, r.peak, s) for r, s in zip(rows, shades, strict=True)),
        marks=(0.0,), guide=start if np.isfinite(start) else None,
    )  # fmt: skip


def _note(row: StageRow) -> str:
    """What stands beside a panel: the peak and when it is, or that it comes later."""
    shown = "" if row.unit == "1" else f" {row.unit}"
    when = "and rising" if row.rising else f"at {readable(row.time_of_peak)} ms"
    return f"{row.word} {readable(row.peak)}{shown} {when}".strip()


def _train(fit: TrainFit, first: bool, last: bool) -> Panel:
    number = np.arange(1, len(fit.measured) + 1, dtype=float)
    counted = number if fit.numbers is None else fit.numbers
    # Stimuli that were left out are a gap on the axis.
    number = number + 0.7 * (np.cumsum(np.diff(counted, prepend=0) > 1))
    return Panel(
        Axis(
            "stimulus number" if last else "", "", 0.5, number[-1] + 0.5, tuple(number),
            tuple(f"{n:g}" for n in counted),
        ),
        Axis("EPSC / first", low=0.0, high=1.15),
        (
            Series(number, fit.measured, "black", "measured" if first else "", "points"),
            Series(number, fit.simulated, "vermilion", "simulated" if first else "", "line"),
        ),
        corner=f"{fit.rate}, RMS {fit.error:.3f}", height=2.0,
    )  # fmt: skip
