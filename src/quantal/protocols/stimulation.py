"""Stimuli as events: trains, paired pulses, recorded times."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from quantal.errors import UsageError
from quantal.protocols.protocol import Protocol, Times, Train
from quantal.protocols.values import Value, interval, time


def train(
    event: str,
    rate: Value | None = None,
    count: int = 1,
    start: Value = 0.0,
    *,
    every: Value | None = None,
) -> Protocol:
    """An event `count` times at a steady rate, from `start` on.

    Args:
        event: the name of the event.
        rate: `"100 Hz"`, or a plain number in Hz; or give `every`, `"10 ms"`.
        count: how many.
        start: when the first one comes.

    Raises:
        UsageError: no rate, or one that is not above zero.
    """
    if count < 1:
        raise UsageError(f"a train has one stimulus or more; got {count}")
    spacing = interval(rate, every) if count > 1 or (rate, every) != (None, None) else time(1.0)
    return Protocol((Train(event, spacing, count, time(start)),))


def paired_pulse(event: str, interval: Value, start: Value = 0.0) -> Protocol:
    """An event twice, `interval` apart."""
    return train(event, count=2, start=start, every=interval)


def recorded(times: Iterable[float], event: str = "stimulus") -> Protocol:
    """An event at given times, rising, in ms from the start of the run.

    Raises:
        UsageError: no times, one that is not a finite number, times that are not in order,
            or the event's name first.
    """
    if isinstance(times, str) or not isinstance(event, str):
        raise UsageError(
            "`recorded` takes the times first and then the event's name: "
            'write `recorded([0, 10, 20], "stimulus")`'
        )
    expected = "recorded stimuli need one time or more, all finite numbers of ms"
    try:
        moments = np.asarray(list(times), dtype=float)
    except (TypeError, ValueError):
        raise UsageError(f"{expected}; {times!r:.60} is not that") from None
    if moments.size == 0 or not np.isfinite(moments).all():
        raise UsageError(expected)
    falls = np.flatnonzero(np.diff(moments) < 0.0)
    if falls.size:
        before, after = moments[falls[0] : falls[0] + 2]
        raise UsageError(
            f"the times of `{event}` are not in order: {after:g} ms comes after {before:g} ms; "
            "sort them if that is what they are"
        )
    return Protocol((Times(event, tuple(float(t) for t in moments)),))
