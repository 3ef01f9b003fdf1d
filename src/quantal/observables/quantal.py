"""What a physiologist reads off many trials of one synapse: failures, content, ratios, delays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quantal.observables.trains import amplitudes


@dataclass(frozen=True, slots=True)
class Ratio:
    """A paired-pulse ratio, both ways of averaging it.

    `of_means` is mean(second)/mean(first), without bias; `mean_of` is the mean of the
    trials' own ratios, which is larger where the first varies, over the `used` trials whose
    first response is no failure (Kim & Alger 2001 J Neurosci 21:9608).
    """

    of_means: float
    mean_of: float
    used: int


def trial_amplitudes(
    time: np.ndarray, values: np.ndarray, stimuli: Sequence[float] | np.ndarray,
    duration: float | None = None,
) -> np.ndarray:  # fmt: skip
    """Peak minus baseline after each stimulus in each trial: (trials, stimuli), signed.

    `values` (trials, n) at `time` (n,) in ms; see `amplitudes`.
    """
    rows = [amplitudes(time, row, stimuli, duration) for row in np.atleast_2d(values)]
    return np.stack(rows)


def failure_rate(heights: np.ndarray, threshold: float = 0.0) -> float:
    """The share of responses (trials,) whose size does not exceed the threshold."""
    return float(np.mean(np.abs(np.asarray(heights, dtype=float)) <= threshold))


def coefficient_of_variation(heights: np.ndarray, noise_variance: float = 0.0) -> float:
    """Standard deviation over |mean| of responses (trials,), noise taken off; nan for none."""
    heights = np.asarray(heights, dtype=float)
    mean = heights.mean()
    if mean == 0.0 or len(heights) < 2:
        return float("nan")
    return float(np.sqrt(max(heights.var(ddof=1) - noise_variance, 0.0)) / abs(mean))


def content_by_failures(heights: np.ndarray, threshold: float = 0.0) -> float:
    """Mean quantal content of Poisson release from its failures: log(1/failure rate).

    del Castillo & Katz 1954 J Physiol 124:560. Infinite without failures.
    """
    rate = failure_rate(heights, threshold)
    return float(-np.log(rate)) if rate > 0.0 else float("inf")


def content_by_variation(
    heights: np.ndarray, noise_variance: float = 0.0, quantal_cv: float = 0.0
) -> float:
    """Mean quantal content of Poisson release from its variation: (1 + cv^2)/CV^2.

    `quantal_cv` is that of single quanta. Infinite without variation.
    """
    variation = coefficient_of_variation(heights, noise_variance)
    return float("inf") if variation == 0.0 else float((1.0 + quantal_cv**2) / variation**2)


def paired_pulse_ratio(first: np.ndarray, second: np.ndarray, failed: float = 0.0) -> Ratio:
    """The second response over the first (trials,), averaged both ways.

    A first response no larger than `failed` is a failure, and its trial has no ratio.
    """
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    usable = np.abs(first) > failed
    with np.errstate(divide="ignore", invalid="ignore"):
        of_means = float(np.divide(second.mean(), first.mean()))
        own = float(np.mean(second[usable] / first[usable])) if usable.any() else float("nan")
    return Ratio(of_means, own, int(usable.sum()))


def events_after(firings: Sequence[np.ndarray], stimulus: float, duration: float) -> np.ndarray:
    """How many events each trial has (trials,) within `duration` ms after a stimulus (ms)."""
    return np.array(
        [np.count_nonzero((t >= stimulus) & (t < stimulus + duration)) for t in firings]
    )


def latencies(
    firings: Sequence[np.ndarray], stimulus: float, duration: float = np.inf
) -> np.ndarray:
    """Delay from the stimulus to the first event (ms), of the trials that have one."""
    found = []
    for times in firings:
        later = times[(times >= stimulus) & (times < stimulus + duration)]
        if len(later):
            found.append(float(later.min()) - stimulus)
    return np.array(found)


def intervals(firings: Sequence[np.ndarray]) -> np.ndarray:
    """Times between successive events (ms), all trials together."""
    return np.concatenate([np.zeros(0), *(np.diff(np.sort(times)) for times in firings)])
