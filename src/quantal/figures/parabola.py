"""Variance against mean: release sites of a train, channels of a current."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from quantal.figures.figure import Axis, Figure, Panel, Series, readable
from quantal.observables.estimate import NORMAL_95
from quantal.observables.variance import Parabola, noise_analysis

HEIGHT = 2.1
_MOST_POINTS = 60


def parabola_panel(
    fit: Parabola, trials: int, unit: str, title: str, members: str, labels: bool = False
) -> Panel:
    """The points, their parabola and its band of 95 %.

    Args:
        fit: what was fitted.
        trials: how many trials a point is of: error bars are its 95 %.
        unit: of the means.
        title, members: above the panel; what N counts.
        labels: whether the points are few, so that each has its bar of error.
    """
    means, variances = np.abs(fit.means), fit.variances
    towards = 1.0 if fit.means.sum() >= 0.0 else -1.0
    end = 1.1 * float(means.max())
    if np.isfinite(fit.n) and fit.n > 0 and abs(fit.n * fit.q) < 3.0 * float(means.max()):
        end = max(end, abs(fit.n * fit.q))
    x = np.linspace(0.0, end, 200)
    curve, band = fit.curve(towards * x), fit.band(towards * x)
    error = NORMAL_95 * variances * np.sqrt(2.0 / (trials - 1)) if labels else None
    step = max(len(means) // _MOST_POINTS, 1)
    shown = slice(None, None, step)
    top = 1.25 * float(max(variances.max(), curve.max()))
    sizes = f"q {readable(fit.q)} {unit}, N {_counted(fit.n)}"
    low = min(0.0, float(variances.min()))
    return Panel(
        Axis("|mean|", unit, 0.0), Axis("variance", f"{unit}²", low, top),
        (Series(x, np.clip(curve, -top, 3 * top), "vermilion", "", "ribbon",
                np.clip(band, 0.0, 3 * top)),
         Series(x, curve, "vermilion", f"{members}, 95 %"),
         Series(means[shown], variances[shown], "black", "", "points",
                None if error is None else error[shown])),
        title=f"{title}, {sizes}", height=HEIGHT,
    )  # fmt: skip


def _counted(number: float) -> str:
    return f"{number:.0f}" if np.isfinite(number) and number >= 10.0 else readable(number, 2)


def noise_figure(
    time: np.ndarray, currents: np.ndarray, unit: str, title: str, background: float = 0.0
) -> Figure:
    """Non-stationary noise analysis: sweeps and their mean, variance in time, and the parabola.

    Args:
        time: (n,) ms.
        currents: (trials, n) in `unit`; at least four trials.
        background: variance without open channels.
    """
    fit = noise_analysis(currents, background)
    mean, variance = currents.mean(axis=0), currents.var(axis=0, ddof=1)
    sweeps = [Series(time, row, "grey", "", "faint") for row in currents[:12]]
    q, n = fit.q_interval, fit.n_interval
    return Figure(
        title,
        (
            Panel(Axis("time", "ms"), Axis("current", unit),
                  (*sweeps, Series(time, mean, "black", "mean")), height=2.4),
            Panel(Axis("time", "ms"), Axis("variance", f"{unit}²", 0.0),
                  (Series(time, variance, "blue"),), height=1.6),
        ),
        (parabola_panel(fit, len(currents), unit, "Noise analysis", "parabola"),),
        caption=(
            f"{len(currents)} trials. Unitary current {readable(fit.q)} {unit} (95 %: "
            f"{readable(min(q))} to {readable(max(q))}), {_counted(fit.n)} channels "
            f"({_counted(n[0])} to {_counted(n[1])})."
        ),
    )  # fmt: skip


def draw_noise(
    time: np.ndarray, currents: np.ndarray, unit: str, title: str, path: str | Path
) -> Path:
    """The same, drawn into a file."""
    from quantal.figures.render import render

    return render(noise_figure(time, currents, unit, title), path)
