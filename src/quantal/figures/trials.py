"""Many trials of one synapse at a glance: single vesicles, the mean EPSC, and what is read off."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from quantal.experiments.quantal_analysis import WINDOW, QuantalAnalysis
from quantal.figures.figure import Axis, Figure, Panel, Series
from quantal.figures.histograms import amplitude_panel, interval_panel, latency_panel, mini_panel
from quantal.figures.parabola import parabola_panel

RASTER = 60
"""Trials of which every vesicle is shown."""
SWEEPS = 8
_LEAST_MINIS = 8


def trials_figure(found: QuantalAnalysis, title: str = "") -> Figure:
    """Raster of release over the mean EPSC over the rate of release; histograms; the parabola."""
    begin = max(float(found.stimuli[0]) - WINDOW / 2, float(found.time[0]))
    end = min(float(found.stimuli[-1]) + 2 * WINDOW, float(found.time[-1]))
    time = Axis("time", "ms", begin, end)
    column = [amplitude_panel(found), latency_panel(found)]
    if found.minis is not None and len(found.minis.amplitudes) >= _LEAST_MINIS:
        column += [mini_panel(found), interval_panel(found)]
    if found.parabola is not None:
        column.append(
            parabola_panel(found.parabola, len(found.heights), found.unit,
                           "Train", "parabola", labels=True)
        )  # fmt: skip
    if found.minis is not None:
        column.append(_waveform(found))
    return Figure(
        title or found.name, (_raster(found, time), _currents(found, time), _rates(found, time)),
        tuple(column), caption=_caption(found), abreast=2,
    )  # fmt: skip


def draw_trials(found: QuantalAnalysis, path: str | Path, title: str = "") -> Path:
    """The same, drawn into a file.

    Raises:
        UsageError: the file's ending is not .png, .svg or .pdf, or it cannot be written.
    """
    from quantal.figures.render import render

    return render(trials_figure(found, title), path)


def _raster(found: QuantalAnalysis, time: Axis) -> Panel:
    shown = found.releases[:RASTER]
    rows = [np.full(len(times), number + 1.0) for number, times in enumerate(shown)]
    x, y = np.concatenate([np.zeros(0), *shown]), np.concatenate([np.zeros(0), *rows])
    assert time.low is not None
    assert time.high is not None
    inside = (x >= time.low) & (x <= time.high)
    return Panel(
        time, Axis("trial", "", len(shown) + 1.0, 0.0),
        (Series(x[inside], y[inside], "black", "", "ticks"),),
        marks=tuple(found.stimuli), height=2.6, title="Every vesicle that fused",
    )  # fmt: skip


def _currents(found: QuantalAnalysis, time: Axis) -> Panel:
    part = (found.time >= (time.low or 0.0)) & (found.time <= (time.high or np.inf))
    x = found.time[part]
    sweeps = [
        Series(x, row[part], "grey", "" if number else "single trials", "faint")
        for number, row in enumerate(found.currents[:SWEEPS])
    ]
    mean = Series(x, found.mean[part], "black", f"mean of {len(found.currents)}")
    return Panel(
        time, Axis(found.name, found.unit), (*sweeps, mean), marks=tuple(found.stimuli), height=2.6
    )


def _rates(found: QuantalAnalysis, time: Axis) -> Panel:
    series = [Series(found.edges, found.rate, "grey", "counted", "bars")]
    if found.deconvolved is not None:
        part = (found.time >= (time.low or 0.0)) & (found.time <= (time.high or np.inf))
        series.append(
            Series(found.time[part], found.deconvolved[part], "vermilion", "from the EPSC")
        )
    return Panel(
        time, Axis("release", "/ms"), tuple(series), marks=tuple(found.stimuli), height=1.8
    )


def _waveform(found: QuantalAnalysis) -> Panel:
    assert found.minis is not None
    minis = found.minis
    return Panel(
        Axis("from the fusion", "ms"), Axis("mean quantum", found.unit),
        (Series(minis.offsets, minis.waveform, "green"),), height=2.1,
        title=f"One quantum, mean of {minis.averaged}",
    )  # fmt: skip


def _caption(found: QuantalAnalysis) -> str:
    minis = "" if found.minis is None else (
        f" Minis: {len(found.minis.times)} found in {found.minis.duration / 1e3:.3g} s of current, "
        f"{found.minis.released} released in that time."
    )  # fmt: skip
    laws = "Lines over histograms are expected laws, not fits to the bars."
    return f"{len(found.currents)} trials. {laws}{minis}"
