"""What instances have of their own: parameters, drives, initial values, spikes; and checks.

What is wrong with one instance is said of that instance, and keeps only that one from running.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from quantal.program import ParameterSlot, Program

Array = np.ndarray[Any, np.dtype[np.float64]]
Whole = np.ndarray[Any, np.dtype[np.int64]]


ROUNDING = 1e-9
"""So far above one a share may start: it may come from a run that ended there."""


@dataclass(frozen=True, eq=False)
class Spikes:
    """Times (ms) of one event, instance behind instance: those of i are
    `times[offsets[i]:offsets[i + 1]]`."""

    times: Array
    offsets: Whole

    @classmethod
    def of(cls, trains: Sequence[Any]) -> Spikes:
        """From one sequence of times for each instance."""
        counts = np.fromiter((len(train) for train in trains), np.int64, len(trains))
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        times = np.empty(int(offsets[-1]))
        for train, first, last in zip(trains, offsets[:-1], offsets[1:], strict=True):
            times[first:last] = train
        return cls(times, offsets)

    def part(self, first: int, last: int) -> tuple[Whole, Array]:
        """Instance (counted from `first`) and time of all spikes of some instances."""
        counts = np.diff(self.offsets[first : last + 1])
        lanes = np.repeat(np.arange(last - first), counts)
        return lanes, self.times[self.offsets[first] : self.offsets[last]]


@dataclass(frozen=True, eq=False)
class Instances:
    """`size` instances. All values are in internal units, arrays (size,), by index."""

    size: int
    parameters: Mapping[int, Array] = field(default_factory=dict)
    drives: Mapping[int, Array] = field(default_factory=dict)
    initial: Mapping[int, Array] = field(default_factory=dict)
    spikes: Mapping[str, Spikes] = field(default_factory=dict)


@dataclass(frozen=True)
class Failure:
    """An instance that could not run, or not to its end: since when (ms), and why."""

    instance: int
    time: float
    message: str

    def __str__(self) -> str:
        return f"instance {self.instance}: {self.message}"


def faults(program: Program, instances: Instances, start: float) -> list[Failure]:
    """Everything that is wrong with single instances before they run; one entry for each."""
    found: dict[int, Failure] = {}

    def add(wrong: np.ndarray[Any, Any], say: Any) -> None:
        for number in np.flatnonzero(wrong):
            instance = int(number)
            found.setdefault(instance, Failure(instance, start, say(instance)))

    for index, values in instances.parameters.items():
        slot = program.parameters[index]
        wrong = ~np.isfinite(values) | _beyond(slot, values)
        add(wrong, lambda i, s=slot, v=values: _says(s, float(v[i])))
    for index, values in instances.drives.items():
        name = program.drives[index].name
        add(~np.isfinite(values), lambda i, n=name, v=values: f"`{n}` = {v[i]:g} is no number")
    for index, values in instances.initial.items():
        state = program.states[index]
        wrong = ~np.isfinite(values)
        if state.kind in ("occupancy", "amount", "concentration", "gate"):
            wrong |= values < 0.0
        if state.kind in ("occupancy", "gate"):
            wrong |= values > 1.0 + ROUNDING
        text = f"`{state.name}` cannot start at"
        add(wrong, lambda i, t=text, v=values, u=state.unit: (
            f"{t} {u.from_internal(float(v[i])):g} [{u.text}]"))  # fmt: skip
    for name, spikes in instances.spikes.items():
        _check_spikes(name, spikes, start, add)
    return [found[instance] for instance in sorted(found)]


def _check_spikes(name: str, spikes: Spikes, start: float, add: Any) -> None:
    times, offsets = spikes.times, spikes.offsets
    owner = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    bad = ~np.isfinite(times)
    early = times < start
    falls = np.zeros(len(times), dtype=bool)
    if len(times) > 1:
        falls[1:] = (np.diff(times) < 0.0) & (owner[1:] == owner[:-1])
    for wrong, say in (
        (bad, lambda k: f"a time of `{name}` is {times[k]:g}"),
        (early, lambda k: (
            f"`{name}` at {times[k]:g} ms lies before the run starts ({start + 0.0:g} ms)")),
        (falls, lambda k: (
            f"the times of `{name}` are not in order: "
            f"{times[k]:g} ms comes after {times[k - 1]:g} ms")),
    ):  # fmt: skip
        places = np.flatnonzero(wrong)
        first = dict(zip(owner[places][::-1].tolist(), places[::-1].tolist(), strict=True))
        marked = np.zeros(len(offsets) - 1, dtype=bool)
        marked[list(first)] = True
        add(marked, lambda i, f=first, s=say: s(f[i]))


def _beyond(slot: ParameterSlot, values: Array) -> np.ndarray[Any, Any]:
    """Where a parameter is outside what is possible."""
    wrong = np.zeros(len(values), dtype=bool)
    if slot.lowest is not None:
        wrong |= values < slot.lowest
    if slot.high is not None:
        wrong |= values > slot.high
    return wrong


def _says(slot: ParameterSlot, value: float) -> str:
    unit = slot.unit
    written = f"`{slot.name}` = {unit.from_internal(value):g} [{unit.text}]"
    if not np.isfinite(value):
        return f"{written} is not a number"
    low, high = (None if v is None else unit.from_internal(v) for v in (slot.low, slot.high))
    if low is not None and high is not None:
        return f"{written} is not between {low:g} and {high:g}"
    if high is not None and value > (slot.high or 0.0):
        return f"{written} is above {high:g}, the most that is possible"
    return (
        f"{written} is negative, which it cannot be"
        if not low
        else (f"{written} is below {low:g}, the least that is possible")
    )
