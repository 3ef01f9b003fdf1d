"""Any names of a trajectory against time, one panel for each kind of quantity."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from quantal.figures.figure import CYCLE, Axis, Figure, Panel, Series
from quantal.trajectory import TIME_UNIT, Trajectory

MOST_PANELS = 12
_SAME_SIZE = 30.0
"""Two quantities share a panel if their ranges differ by less than this factor."""


def draw(
    trajectory: Trajectory,
    names: Iterable[str] | None = None,
    path: str | Path | None = None,
    title: str = "",
) -> Figure:
    """A figure of named quantities; drawn into a file if `path` is given.

    Without `names` the trajectory's roles are drawn, or its first names. Quantities of one
    unit and like size share a panel.

    Raises:
        UsageError: a name that the trajectory does not hold, or a file that is no picture.
    """
    chosen = list(names) if names is not None else _worth_drawing(trajectory)
    trajectory.hold(chosen)
    groups: list[list[str]] = []
    for name in chosen:
        home = next((group for group in groups if _alike(trajectory, group[0], name)), None)
        if home is None:
            groups.append([name])
        else:
            home.append(name)
    panels = tuple(_panel(trajectory, group) for group in groups)
    figure = Figure(title or str(trajectory.made_by.get("model", "")), panels)
    if path is not None:
        from quantal.figures.render import render

        render(figure, path)
    return figure


def _worth_drawing(trajectory: Trajectory) -> list[str]:
    roles = [role for role in trajectory.roles if role in trajectory]
    return (roles or trajectory.names())[:MOST_PANELS]


def _alike(trajectory: Trajectory, one: str, other: str) -> bool:
    if trajectory.units[one].text != trajectory.units[other].text:
        return False
    first, second = (float(np.ptp(trajectory[name])) for name in (one, other))
    return min(first, second) * _SAME_SIZE >= max(first, second)


def _panel(trajectory: Trajectory, names: list[str]) -> Panel:
    series = tuple(
        Series(
            trajectory.time, trajectory[name], CYCLE[number % len(CYCLE)],
            name if len(names) > 1 else "",
        )
        for number, name in enumerate(names)
    )  # fmt: skip
    unit = trajectory.units[names[0]].text
    return Panel(
        Axis("time", TIME_UNIT), Axis(names[0] if len(names) == 1 else "", unit), series, height=2.0
    )
