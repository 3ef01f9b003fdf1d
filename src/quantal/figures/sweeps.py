"""Sweeps one below the other, with failures, minis and their intervals; two sets side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from quantal.figures.figure import Axis, Figure, Panel, Series, readable
from quantal.interop.sweeps import Sweeps
from quantal.observables.laws import interval_law

SHOWN = 8
"""Sweeps of each set."""
_BAR = 100.0
"""Length of the scale bar, in the unit of the current."""


def sweeps_figure(
    sets: Sequence[Sweeps], title: str, since: float, until: float, caption: str = ""
) -> Figure:
    """One column for each set: sweeps from `since` to `until` ms, minis, intervals, failures."""
    spacing = max(_spacing(each, since, until) for each in sets)
    rows = (
        [_stacked(each, spacing, since, until) for each in sets],
        [_failures(each) for each in sets],
        [_amplitudes(each, _largest(sets)) for each in sets],
        [_intervals(each) for each in sets],
    )
    panels = tuple(panel for row in rows for panel in row)
    return Figure(title, column=panels, caption=caption, abreast=len(sets))


def draw_sweeps(
    sets: Sequence[Sweeps], path: str | Path, title: str, since: float, until: float,
    caption: str = "",
) -> Path:  # fmt: skip
    """The same, drawn into a file."""
    from quantal.figures.render import render

    return render(sweeps_figure(sets, title, since, until, caption), path)


def _spacing(each: Sweeps, since: float, until: float) -> float:
    part = (each.time >= since) & (each.time <= until)
    shown = each.sweeps[:SHOWN, part]
    return 0.75 * float(np.nanmax(shown) - np.nanpercentile(shown, 0.1))


def _stacked(each: Sweeps, spacing: float, since: float, until: float) -> Panel:
    part = (each.time >= since) & (each.time <= until)
    traces = [
        Series(each.time[part], sweep[part] - spacing * number, "black", "", "trace")
        for number, sweep in enumerate(each.sweeps[:SHOWN])
    ]
    low, end = -spacing * min(len(each.sweeps), SHOWN), until - 0.02 * (until - since)
    bar = Series(np.array([end, end]), np.array([low, low + _BAR]), "vermilion",
                 f"{_BAR:g} {each.unit}")  # fmt: skip
    return Panel(
        Axis("time", "ms", since, until), Axis("", "", low - 0.3 * spacing, 0.5 * spacing, ()),
        (*traces, bar), title=each.title, marks=tuple(each.responses.stimuli), height=5.6,
    )  # fmt: skip


def _failures(each: Sweeps) -> Panel:
    number = np.arange(1.0, len(each.failures) + 1.0)
    return Panel(
        Axis("stimulus number", "", 0.5, len(number) + 0.5, tuple(number)),
        Axis("failures", "%", 0.0, 105.0),
        (Series(number, 100.0 * each.failures, "blue", "", "joined"),),
        height=1.7, title=f"Failures in {len(each.sweeps)} sweeps",
    )  # fmt: skip


def _largest(sets: Sequence[Sweeps]) -> float:
    every = np.concatenate([np.zeros(1), *(each.minis for each in sets)])
    return float(np.percentile(every, 1))


def _amplitudes(each: Sweeps, largest: float) -> Panel:
    edges = np.linspace(1.05 * largest, 0.0, 31)
    counts, _ = np.histogram(each.minis, edges)
    mean = readable(float(each.minis.mean())) if len(each.minis) else "none"
    return Panel(
        Axis("mini amplitude", each.unit, float(edges[0]), 0.0), Axis("minis", "", 0.0),
        (Series(edges, counts.astype(float), "green", "", "bars"),), height=1.9,
        title=f"{len(each.minis)} minis in {each.seconds:.3g} s, mean {mean} {each.unit}",
    )  # fmt: skip


def _intervals(each: Sweeps) -> Panel:
    rate = len(each.minis) / each.seconds
    length = each.seconds / len(each.sweeps)
    edges = np.linspace(0.0, length, 25)
    counts, _ = np.histogram(each.intervals / 1e3, edges)
    x = np.linspace(0.0, length, 200)
    width = edges[1] - edges[0]
    law = interval_law(x, max(rate, 1e-9), length) * len(each.intervals) * width
    return Panel(
        Axis("interval", "s", 0.0, length), Axis("intervals", "", 0.0),
        (Series(edges, counts.astype(float), "green", "", "bars"),
         Series(x, law, "vermilion", "Poisson process")),
        height=1.9, title=f"{readable(rate)} minis per second",
    )  # fmt: skip
