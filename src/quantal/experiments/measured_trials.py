"""The numbers of many trials as rows of a table, in the order of a quantal analysis."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from quantal.experiments.quantal_analysis import QuantalAnalysis
from quantal.observables.estimate import Estimate, mean_of
from quantal.observables.quanta import content_by_quantum, content_of_events
from quantal.observables.quantal import (
    coefficient_of_variation,
    content_by_failures,
    content_by_variation,
)


@dataclass(frozen=True, slots=True)
class Row:
    """One number with its interval of 95 % (nan where it has none) and its unit."""

    what: str
    value: float
    low: float
    high: float
    unit: str

    @property
    def interval(self) -> str:
        """`low to high`, or nothing."""
        if np.isnan(self.low):
            return ""
        return f"{self.low:.4g} to {self.high:.4g}"


def rows_of(found: QuantalAnalysis) -> list[Row]:
    """Everything measured, each a row; what these trials cannot show is left out."""
    made = (*_responses(found), *_quanta(found), *_parabola(found), *_times(found))
    return [Row(what, e.value, e.low, e.high, unit) for what, e, unit in made
            if not np.isnan(e.value)]  # fmt: skip


Made = Iterator[tuple[str, Estimate, str]]


def _responses(found: QuantalAnalysis) -> Made:
    first = found.heights[:, 0]
    yield "first response, mean", mean_of(first), found.unit
    variation = coefficient_of_variation(first)
    yield "first response, coefficient of variation", Estimate(variation), ""
    failures = found.failures
    percent = Estimate(*(100.0 * x for x in (failures.value, failures.low, failures.high)))
    yield "failures of the first response", percent, "%"
    if found.ratio is not None:
        yield "paired-pulse ratio, of means", Estimate(found.ratio.of_means), ""
        what = f"paired-pulse ratio, mean of {found.ratio.used} ratios"
        yield what, Estimate(found.ratio.mean_of), ""


def _quanta(found: QuantalAnalysis) -> Made:
    first, unit = found.heights[:, 0], found.unit
    if found.minis is not None:
        quantum, rate = found.minis.quantum, found.minis.rate
        yield f"quantal size, mean of {quantum.count} minis", quantum.size, unit
        yield "quantal variance", Estimate(quantum.variance), f"{unit}2"
        yield "quantal coefficient of variation", Estimate(quantum.cv), ""
        yield "minis per second", rate, "/s"
        intervals = found.minis.intervals
        if len(intervals) > 2:
            variation = Estimate(coefficient_of_variation(intervals))
            yield "intervals of minis, coefficient of variation", variation, ""
        yield "quantal content, response over quantum", content_by_quantum(first, quantum), ""
    if any(len(times) for times in found.releases):
        mean, variance = content_of_events(found.counts)
        yield "quantal content, vesicles counted", mean, ""
        yield "quantal content, variance of the count", variance, ""
    cv = found.minis.quantum.cv if found.minis else 0.0
    failing = content_by_failures(np.where(found.failing, 0.0, 1.0))
    yield "quantal content, from failures (Poisson)", _finite(failing), ""
    varying = content_by_variation(first, quantal_cv=0.0 if np.isnan(cv) else cv)
    yield "quantal content, from variation (Poisson)", _finite(varying), ""


def _parabola(found: QuantalAnalysis) -> Made:
    fit = found.parabola
    if fit is None:
        return
    q, n, p = sorted(fit.q_interval), fit.n_interval, fit.p_interval
    yield "q, of the parabola", Estimate(fit.q, *q), found.unit
    if np.isfinite(fit.n):
        yield "N, of the parabola", Estimate(fit.n, *n), ""
        yield (
            "p of the first, of the parabola",
            Estimate(float(fit.p[0]), float(p[0][0]), float(p[1][0])),
            "",
        )


def _times(found: QuantalAnalysis) -> Made:
    origin = "stimulus" if found.presynaptic is None else "presynaptic peak"
    yield f"synaptic delay, from {origin}", Estimate(found.delay), "ms"
    if len(found.latencies):
        median = Estimate(float(np.median(found.latencies)))
        yield "first latency, median from stimulus", median, "ms"
        yield "largest rate of release, counted", Estimate(float(found.rate.max())), "/ms"
    if found.deconvolved is not None:
        rate = float(found.deconvolved.max())
        yield "largest rate of release, from the EPSC", Estimate(rate), "/ms"


def _finite(value: float) -> Estimate:
    """What no failure and no variation leave unknown has no row."""
    return Estimate(value if np.isfinite(value) else float("nan"))
