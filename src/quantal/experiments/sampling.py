"""A run sampled finely enough to be measured.

An engine's own steps follow what is hard to integrate, not what is measured: a quantity
that is easy to integrate, or that is computed from easy ones, has few samples. The run is
repeated with more output times where straight lines between samples would miss the curve;
output times do not change an engine's steps, so the solution is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from quantal.trajectory import Trajectory

Runner = Callable[[np.ndarray | None], Trajectory]
"""Runs with these output times (n,) in ms, or along the engine's steps where None."""

PRECISION = 3e-5
"""By how much of a quantity's range a straight line between two samples may miss it."""

_PASSES = 6
_LARGEST_SPLIT = 16
_MOST_SAMPLES = 400_000


def resolved(runner: Runner, names: Iterable[str]) -> Trajectory:
    """A trajectory on which straight lines between samples follow every name.

    Near a kink the samples crowd until the passes are used up, six at most.
    """
    wanted = list(names)
    trajectory = runner(None)
    trajectory.hold(wanted)
    for _ in range(_PASSES):
        missing = _between(trajectory, wanted)
        if missing.size == 0 or missing.size + trajectory.time.size > _MOST_SAMPLES:
            break
        trajectory = _merged(trajectory, runner(missing), wanted)
    return trajectory


def _between(trajectory: Trajectory, names: list[str]) -> np.ndarray:
    """Times that split the intervals in which a straight line is not good enough."""
    time = trajectory.time
    if time.size < 2:
        return np.empty(0)
    pieces = np.ones(time.size - 1, dtype=int)
    for name in names:
        values = trajectory.internal(name)
        # What changes by less than a millionth of its size is rounding, not a curve.
        extent = max(float(np.ptp(values)), 1e-6 * float(np.max(np.abs(values))))
        if extent > 0.0 and np.isfinite(extent):
            miss = _missed(time, values) / (PRECISION * extent)
            pieces = np.maximum(pieces, np.ceil(np.sqrt(miss)).astype(int))
    pieces = np.minimum(pieces, _LARGEST_SPLIT)
    step = np.diff(time)
    pieces[step <= 1e-9 * max(1.0, float(np.max(np.abs(time), initial=0.0)))] = 1
    inside = pieces - 1
    number = np.arange(inside.sum()) - np.repeat(np.cumsum(inside) - inside, inside) + 1
    share = number / np.repeat(pieces, inside)
    return np.asarray(np.repeat(time[:-1], inside) + share * np.repeat(step, inside))


def _missed(time: np.ndarray, values: np.ndarray) -> np.ndarray:
    """How far a curve may lie from the straight line over each interval (n - 1,).

    h^2/8 times the second derivative, which is taken from the samples on either side; the
    larger of the two ends counts. No curvature is taken across a jump.
    """
    step = np.diff(time)
    bent = np.zeros(time.size)
    if time.size >= 3:
        safe = np.where(step > 0.0, step, np.inf)
        slope = np.diff(values) / safe
        width = safe[1:] + safe[:-1]
        bent[1:-1] = np.where(np.isfinite(width), 2.0 * np.abs(np.diff(slope)) / width, 0.0)
        bent[0], bent[-1] = bent[1], bent[-2]
    return np.asarray(step**2 / 8.0 * np.maximum(bent[:-1], bent[1:]))


def _merged(coarse: Trajectory, extra: Trajectory, names: list[str]) -> Trajectory:
    """Both runs' samples in the order of time; at one time, the coarse run's come first."""
    order = np.argsort(np.concatenate([coarse.time, extra.time]), kind="stable")
    time = np.concatenate([coarse.time, extra.time])[order]

    def compute(wanted: Iterable[str]) -> Mapping[str, np.ndarray]:
        chosen = list(wanted)
        coarse.hold(chosen)
        extra.hold(chosen)
        return {
            name: np.concatenate([coarse.internal(name), extra.internal(name)])[order]
            for name in chosen
        }

    merged = Trajectory(
        time, coarse.units, compute, coarse.events, coarse.roles, coarse.status,
        coarse.statistics, coarse.made_by,
    )  # fmt: skip
    merged.hold(names)
    return merged
