"""One action potential through every stage of a synapse, left to right in time.

Aligned panels, one stage each, from the terminal's membrane to the postsynaptic spike; a
thin line connects the onsets, so that the eye can follow the signal down and to the right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quantal.figures.figure import CYCLE, Axis, Figure, Panel, Series, readable
from quantal.observables import onset, peak, time_of_peak, window
from quantal.trajectory import Trajectory
from quantal.units import parse_unit


@dataclass(frozen=True, slots=True)
class Stage:
    """One panel: a title, and the names drawn in it, each with the word written beside it.

    `unit` shows the values in another unit than the trajectory's own.
    """

    title: str
    names: tuple[str, ...]
    words: tuple[str, ...] = ()
    unit: str = ""


@dataclass(frozen=True, eq=False)
class TrainFit:
    """EPSC amplitudes of a train as shares of the first: simulated beside measured (k,)."""

    rate: str
    simulated: np.ndarray
    measured: np.ndarray
    error: float


def cascade(
    trajectory: Trajectory,
    stages: Sequence[Stage],
    stimulus: float = 0.0,
    until: float = 8.0,
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
        trains: simulated and measured trains, drawn in a column on the right.

    Raises:
        UsageError: a name that the trajectory does not hold.
    """
    trajectory.hold([name for stage in stages for name in stage.names])
    panels = tuple(
        _stage(trajectory, stage, CYCLE[number % len(CYCLE)], stimulus, until)
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
    unit = stage.unit or trajectory.units[stage.names[0]].text
    series, notes, dots = [], [], []
    guide: float | None = None
    for number, name in enumerate(stage.names):
        shade = colour if number == 0 else CYCLE[(CYCLE.index(colour) + 3) % len(CYCLE)]
        time, values = window(
            trajectory.time - stimulus, _in_unit(trajectory, name, unit), until=until
        )
        early = max(float(time[0]), -0.05 * until)
        time, values = window(time, values, since=early)
        word = stage.words[number] if number < len(stage.words) else ""
        series.append(Series(time, values, shade, look="area" if number == 0 else "line"))
        after = window(time, values, since=0.0)
        top = time_of_peak(*after), peak(*after)
        dots.append((*top, shade))
        notes.append((_note(word, top, unit, still=top[0] >= after[0][-1]), shade))
        if number == 0:
            guide = onset(*after)
    if guide is not None and not np.isfinite(guide):
        guide = None
    return Panel(
        Axis("time after the stimulus", "ms", -0.05 * until, until), Axis(stage.title, unit),
        tuple(series), notes=tuple(notes), dots=tuple(dots), marks=(0.0,), guide=guide,
    )  # fmt: skip


def _note(word: str, top: tuple[float, float], unit: str, still: bool) -> str:
    """What stands beside a panel: the peak and when it is, or that it comes later."""
    shown = "" if unit == "1" else f" {unit}"
    when = "and rising" if still else f"at {readable(top[0])} ms"
    return f"{word} {readable(top[1])}{shown} {when}".strip()


def _in_unit(trajectory: Trajectory, name: str, unit: str) -> np.ndarray:
    wanted = parse_unit(unit)
    own = trajectory.units[name]
    if wanted.dimension != own.dimension:
        return trajectory[name]
    return np.asarray((trajectory.internal(name) - wanted.offset) / wanted.scale)


def _train(fit: TrainFit, first: bool, last: bool) -> Panel:
    number = np.arange(1, len(fit.measured) + 1, dtype=float)
    return Panel(
        Axis("stimulus number" if last else "", low=0.5, high=number.size + 0.5),
        Axis("EPSC / first", low=0.0, high=1.15),
        (
            Series(number, fit.measured, "black", "measured" if first else "", "points"),
            Series(number, fit.simulated, "vermilion", "simulated" if first else "", "line"),
        ),
        corner=f"{fit.rate}, RMS {fit.error:.3f}", height=2.0,
    )  # fmt: skip
