"""Spontaneous events in a trace of current: miniature EPSCs found by a scaled template.

Clements & Bekkers 1997 Biophys J 73:220. A template with the time course of one event is
laid over every stretch of the trace, scaled and offset for the best fit by least squares.
The detection criterion is the scale over the standard error of the fit; an event is where
the criterion is largest, above the threshold, for some time before and after.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

THRESHOLD = 4.0
"""The criterion that the authors recommend: few false events, few missed ones."""
_ROUNDING = 1e-9
"""Share of the trace's range below which a standard error is rounding."""


@dataclass(frozen=True, eq=False)
class Minis:
    """Events found: onset `times` (k,) in ms, `amplitudes` (k,) signed like the trace.

    `criterion` (n,) is the detection criterion at each sample, nan where no template fits in.
    """

    times: np.ndarray
    amplitudes: np.ndarray
    criterion: np.ndarray


def event_template(
    interval: float, rise: float, decay: float, baseline: float = 0.0, decays: float = 5.0
) -> np.ndarray:
    """The waveform (n,) of one event: a difference of exponentials with a peak of 1.

    Args:
        interval: time between samples, ms.
        rise: time constant of the rise, ms; 0 for an immediate one.
        decay: time constant of the decay, ms, longer than that of the rise.
        baseline: ms of zero before it.
        decays: where it is cut off, in time constants of the decay.

    Raises:
        ValueError: a decay that is not slower than the rise.
    """
    if not decay > rise >= 0.0:
        raise ValueError("the decay of an event must be slower than its rise")
    time = np.arange(0.0, decays * decay, interval)
    wave = np.exp(-time / decay)
    if rise > 0.0:
        wave = wave - np.exp(-time / rise)
        top = np.log(decay / rise) * decay * rise / (decay - rise)
        wave = wave / (np.exp(-top / decay) - np.exp(-top / rise))
    return np.concatenate([np.zeros(round(baseline / interval)), wave])


def detect(
    time: np.ndarray, current: np.ndarray, template: np.ndarray, threshold: float = THRESHOLD,
    least: float = 0.0, onset: float = 0.0, sign: int = -1, apart: float | None = None,
) -> Minis:  # fmt: skip
    """Find events of the template's shape.

    The criterion does not depend on size: in a trace with little noise the tail of a large
    event, which has the template's decay, passes for a small one unless `least` forbids it.

    Args:
        time: (n,) ms, evenly spaced.
        current: (n,) in any unit.
        template: (m,), m < n, with a peak of 1; `event_template` makes one.
        threshold: least criterion.
        least: least size of an amplitude, in the unit of the current.
        onset: ms from the start of the template to the onset of its event.
        sign: -1 for inward events, 1 for outward ones.
        apart: ms within which two events are found as one, the one of the larger criterion;
            None for as long as the template is above 1/e of its peak.

    Raises:
        ValueError: a template that is longer than the trace, or flat.
    """
    time, current = np.asarray(time, dtype=float), np.asarray(current, dtype=float)
    template = np.asarray(template, dtype=float)
    if not 2 < len(template) < len(current) or np.ptp(template) == 0.0:
        raise ValueError("a template must be shorter than the trace, and not flat")
    scale, error = _fits(current, template)
    criterion = np.full(len(current), np.nan)
    criterion[: len(scale)] = sign * scale / error
    above = (criterion[: len(scale)] > threshold) & (sign * scale > least)
    interval = float(time[1] - time[0])
    if apart is None:
        apart = interval * np.count_nonzero(template > template.max() / np.e)
    places = _summits(criterion, np.flatnonzero(above), max(round(apart / interval), 1))
    return Minis(time[places] + onset, scale[places] * template.max(), criterion)


def _summits(criterion: np.ndarray, above: np.ndarray, apart: int) -> np.ndarray:
    """Of the places above the threshold those that are the highest for so many samples."""
    taken = np.zeros(len(criterion) + apart, dtype=bool)
    summits = []
    for place in above[np.argsort(-criterion[above], kind="stable")]:
        if not taken[place]:
            summits.append(int(place))
            taken[max(place - apart, 0) : place + apart + 1] = True
    return np.sort(np.array(summits, dtype=int))


def _fits(current: np.ndarray, template: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scale and standard error of the best fit at each place where the template fits in."""
    m = len(template)
    # The mean of the trace changes no scale; without it the sums lose fewer digits.
    level = current - current.mean()
    windows = np.lib.stride_tricks.sliding_window_view(level, m)
    shape = template - template.mean()
    product, power = windows @ shape, float(shape @ shape)
    scale = product / power
    total = np.einsum("ij,ij->i", windows, windows) - windows.sum(axis=1) ** 2 / m
    rest = np.maximum(total - scale * product, 0.0)
    error = np.sqrt(rest / (m - 1))
    return scale, np.maximum(error, _ROUNDING * max(float(np.ptp(level)), 1e-300))


def aligned(
    time: np.ndarray, current: np.ndarray, events: np.ndarray, before: float, after: float
) -> tuple[np.ndarray, np.ndarray]:
    """Pieces of a trace around events: times (m,) from the onset, and pieces (k, m).

    Each is set to zero by its mean before the event. Events whose piece is not whole, or
    that have another in their piece or so long before it that its tail would be there, are
    left out: the mean is that of single ones.
    """
    interval = float(time[1] - time[0])
    offsets = np.arange(-round(before / interval), round(after / interval) + 1)
    onsets = np.sort(np.asarray(events, dtype=float))
    places = np.rint((onsets - time[0]) / interval).astype(int)
    gaps = np.diff(np.concatenate([[-np.inf], onsets, [np.inf]]))
    alone = (gaps[:-1] > before + after) & (gaps[1:] > after)
    whole = (places + offsets[0] >= 0) & (places + offsets[-1] < len(time))
    pieces = current[places[alone & whole][:, None] + offsets]
    if before > 0.0 and len(pieces):
        pieces = pieces - pieces[:, offsets < 0].mean(axis=1, keepdims=True)
    return offsets * interval, pieces
