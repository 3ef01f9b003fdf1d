"""A recording beside the simulation that its stimuli drove."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from quantal.figures.figure import Axis, Figure, Panel, Series, readable
from quantal.interop.compare import Comparison

_BEFORE, _AFTER = 10.0, 40.0
"""ms shown before the first and after the last stimulus."""


def comparison_figure(comparison: Comparison) -> Figure:
    """Sweeps (faint), their mean, and the scaled simulated current on one axis; then the
    amplitudes as shares of the first; then a table of them."""
    recorded = comparison.recorded
    stimuli = recorded.stimuli
    shown = (recorded.time >= stimuli[0] - _BEFORE) & (recorded.time <= stimuli[-1] + _AFTER)
    time = recorded.time[shown]
    sweeps = tuple(
        Series(time, sweep[shown], "grey", "recorded sweeps" if first else "", "faint")
        for first, sweep in zip([True] + [False] * len(recorded.sweeps), recorded.sweeps,
                                strict=False)
    )  # fmt: skip
    mean = Series(time, recorded.mean_sweep[shown], "black", "recorded mean")
    late = (comparison.time >= time[0]) & (comparison.time <= time[-1])
    label = f"simulated, times {readable(comparison.scale)}, {comparison.delay:+.2f} ms"
    simulated = Series(comparison.time[late], comparison.scaled_current[late], "vermilion", label)
    everything = np.concatenate(
        [recorded.sweeps[:, shown].ravel(), comparison.scaled_current[late]]
    )
    spread = float(np.nanmax(everything) - np.nanmin(everything))
    traces = Panel(
        Axis("time", "ms", float(time[0]), float(time[-1])),
        Axis("current", comparison.unit, float(np.nanmin(everything)) - 0.05 * spread,
             float(np.nanmax(everything)) + 0.05 * spread),
        (*sweeps, mean, simulated), marks=tuple(float(t) for t in stimuli), height=5.0,
    )  # fmt: skip
    return Figure(
        f"{comparison.synapse} driven by the stimuli of {comparison.recording}",
        (traces,), (_ratios(comparison),), comparison.table(), comparison.remark,
    )  # fmt: skip


def draw_comparison(comparison: Comparison, path: str | Path) -> Path:
    """The same, drawn into a file."""
    from quantal.figures.render import render

    return render(comparison_figure(comparison), path)


def _ratios(comparison: Comparison) -> Panel:
    number = np.arange(1, comparison.recorded.stimuli.size + 1, dtype=float)
    return Panel(
        Axis("stimulus number", "", 0.5, number.size + 0.5, tuple(number)),
        Axis("amplitude / first", "", 0.0),
        (
            Series(number, comparison.recorded_ratio, "black", "recorded ± sd", "points",
                   comparison.recorded_sd / abs(comparison.recorded_mean[0])),
            Series(number, comparison.simulated_ratio, "vermilion", "simulated", "joined"),
        ),
        height=5.0,
    )  # fmt: skip
