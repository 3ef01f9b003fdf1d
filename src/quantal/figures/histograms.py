"""Histograms of trials with the law that is expected drawn over them."""

from __future__ import annotations

import numpy as np

from quantal.experiments.quantal_analysis import QuantalAnalysis
from quantal.figures.figure import Axis, Panel, Series, readable
from quantal.observables.laws import (
    amplitude_law,
    binomial_law,
    first_latency_law,
    interval_law,
    poisson_law,
)

BINS = 30
MOST_SITES = 2000
"""Beyond so many sites a binomial is drawn as the Poisson law that it is."""
HEIGHT = 2.1


def amplitude_panel(found: QuantalAnalysis) -> Panel:
    """Responses to the first stimulus, and what the fitted N, p and q expect of them."""
    heights = found.heights[:, 0]
    counts, edges = np.histogram(heights, _edges(heights, abs(found.quantum) / 4))
    x = np.linspace(edges[0], edges[-1], 400)
    width = edges[1] - edges[0]
    law = _expected_amplitudes(found, x, width)
    series = [Series(edges, counts.astype(float), "blue", "", "bars")]
    if law is not None:
        series.append(Series(x, law[1] * len(heights) * width, "vermilion", law[0]))
    title = f"First response, {readable(100 * found.failures.value)} % fail"
    return Panel(
        Axis("first response", found.unit), Axis("trials", "", 0.0), tuple(series),
        height=HEIGHT, title=title,
    )  # fmt: skip


def _expected_amplitudes(
    found: QuantalAnalysis, x: np.ndarray, width: float
) -> tuple[str, np.ndarray] | None:
    """The law's name and its density, as wide as a bin where single quanta are equal."""
    fit = found.parabola
    if found.minis is None or not np.isfinite(found.quantum):
        return None
    cv = found.minis.quantum.cv
    cv = cv if np.isfinite(cv) else 0.0
    if fit is not None and 1.0 <= fit.n <= MOST_SITES and 0.0 < fit.p[0] < 1.0:
        numbers, name = binomial_law(round(fit.n), float(fit.p[0])), "binomial N, p, q"
        size = float(found.heights[:, 0].mean()) / (round(fit.n) * float(fit.p[0]))
    else:
        # Of very many sites the parabola still knows the quantum of a response.
        size = found.quantum if fit is None or not fit.n > MOST_SITES else fit.q
        content = float(found.heights[:, 0].mean()) / size
        if not content > 0.0:
            return None
        numbers, name = poisson_law(content), "Poisson"
    return name, amplitude_law(x, numbers, size, cv, width / 2)


def mini_panel(found: QuantalAnalysis) -> Panel:
    """Amplitudes of minis, and the normal curve of their mean and variance."""
    assert found.minis is not None
    heights, quantum = found.minis.amplitudes, found.minis.quantum
    spread = max(2.5 * quantum.cv, 0.25) if np.isfinite(quantum.cv) else 0.25
    limits = np.sort(quantum.size.value * np.array([1.0 - spread, 1.0 + spread]))
    counts, edges = np.histogram(heights, np.linspace(limits[0], limits[1], BINS + 1))
    width = edges[1] - edges[0]
    x = np.linspace(edges[0], edges[-1], 400)
    cv = quantum.cv if np.isfinite(quantum.cv) else 0.0
    law = amplitude_law(x, np.array([0.0, 1.0]), quantum.size.value, cv, width / 2)
    return Panel(
        Axis("mini amplitude", found.unit), Axis("minis", "", 0.0),
        (Series(edges, counts.astype(float), "green", "", "bars"),
         Series(x, law * len(heights) * width, "vermilion", "normal")),
        height=HEIGHT,
        title=f"Minis, {readable(quantum.size.value)} {found.unit}, cv {cv:.2f}",
    )  # fmt: skip


def interval_panel(found: QuantalAnalysis) -> Panel:
    """Intervals between minis, and the exponential law of their rate."""
    assert found.minis is not None
    seconds, rate = found.minis.intervals / 1e3, found.minis.rate.value
    edges = np.linspace(0.0, max(float(seconds.max(initial=0.0)), 3.0 / max(rate, 1e-3)), 21)
    counts, _ = np.histogram(seconds, edges)
    width = edges[1] - edges[0]
    x = np.linspace(0.0, edges[-1], 300)
    law = interval_law(x, rate, found.minis.duration / 1e3)
    return Panel(
        Axis("interval", "s", 0.0, float(edges[-1])), Axis("minis", "", 0.0),
        (Series(edges, counts.astype(float), "green", "", "bars"),
         Series(x, law * len(seconds) * width, "vermilion", "Poisson process")),
        height=HEIGHT, title=f"Intervals, {readable(rate)} /s",
    )  # fmt: skip


def latency_panel(found: QuantalAnalysis) -> Panel:
    """First latencies, and the law of independent vesicles at the mean rate of release."""
    delays = found.latencies
    late = float(np.quantile(delays, 0.98)) if len(delays) else found.window
    end = min(max(1.5 * late, 1.0), found.window)
    edges = np.linspace(0.0, end, 41)
    counts, _ = np.histogram(delays, edges)
    width, trials = edges[1] - edges[0], len(found.heights)
    after = np.concatenate([np.zeros(0), *found.releases]) - float(found.stimuli[0])
    rate = np.histogram(after, edges)[0] / width / trials
    law = first_latency_law(rate, width)
    return Panel(
        Axis("first latency", "ms", 0.0, float(end)), Axis("trials", "", 0.0),
        (Series(edges, counts.astype(float), "blue", "", "bars"),
         Series((edges[1:] + edges[:-1]) / 2, law * trials * width, "vermilion",
                "independent")),
        height=HEIGHT, title=f"Latency, delay {readable(found.delay)} ms",
    )  # fmt: skip


def _edges(values: np.ndarray, finest: float) -> np.ndarray:
    """Edges of equal bins over all values; four to a quantum where that is not too fine."""
    low, high = float(values.min(initial=0.0)), float(values.max(initial=0.0))
    span = high - low or 1.0
    width = span / BINS
    if np.isfinite(finest) and 0.5 * width < finest < 2.0 * width:
        width = finest
    low, high = low - width, high + width
    return low + width * np.arange(int(np.ceil((high - low) / width)) + 1)
