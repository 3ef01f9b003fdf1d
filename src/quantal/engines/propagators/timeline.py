"""All that happens to a population, member behind member: spikes, and what follows with a delay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from quantal.engines.population.cascade import consequences
from quantal.engines.population.instances import Spikes
from quantal.expression import evaluate
from quantal.program import Program
from quantal.stimulus import Stimulus

Array = np.ndarray[Any, np.dtype[np.float64]]
Whole = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, eq=False)
class Timeline:
    """What happens, `times` (k,) of member i at `offsets[i]:offsets[i + 1]`, rising.

    `acts` are the handlers, in order, of each kind of happening, `kinds` (k,) which kind
    each is; None where there is one kind alone.
    """

    times: Array
    offsets: Whole
    acts: tuple[tuple[int, ...], ...]
    kinds: Whole | None


def timeline(
    program: Program, spikes: dict[str, Spikes], stimulus: Stimulus, size: int,
    constants: dict[str, float],
) -> Timeline:  # fmt: skip
    """Of all members; what lies after the end is left out."""
    parts: list[tuple[Array, Whole, tuple[int, ...]]] = []
    for event in program.events:
        delayed: dict[float, list[tuple[int, int]]] = {}
        for each in consequences(program, event):
            delay = float(sum(evaluate(d, constants) for d in each.delays))
            delayed.setdefault(delay, []).append((each.round, each.handler))
        for delay, acts in delayed.items():
            handlers = tuple(handler for _, handler in sorted(acts))
            times, owner = _all(event, spikes, stimulus, size)
            if len(times):
                parts.append((times + delay, owner, handlers))
    if len(parts) == 1 and not stimulus.events and (parts[0][0] <= stimulus.end).all():
        (times, owner, handlers) = parts[0]
        return Timeline(times, _offsets(owner, size), (handlers,), None)
    if not parts:
        return Timeline(np.zeros(0), np.zeros(size + 1, dtype=np.int64), ((),), None)
    times = np.concatenate([part[0] for part in parts])
    owner = np.concatenate([part[1] for part in parts])
    kinds = np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts])
    # The sort is stable: at one moment the kinds keep their order.
    order = np.lexsort((times, owner))
    order = order[times[order] <= stimulus.end]
    acts_of = tuple(part[2] for part in parts)
    return Timeline(times[order], _offsets(owner[order], size), acts_of, kinds[order])


def _all(
    event: str, spikes: dict[str, Spikes], stimulus: Stimulus, size: int
) -> tuple[Array, Whole]:
    """Times and owners of one event: each member's own, and those of the protocol for all."""
    common = np.array([time for time, name in stimulus.events if name == event])
    times = np.tile(common, size)
    owner = np.repeat(np.arange(size), len(common))
    if event in spikes:
        own = spikes[event]
        times = np.concatenate([own.times, times])
        owner = np.concatenate([np.repeat(np.arange(size), np.diff(own.offsets)), owner])
    return times, owner


def _offsets(owner: Whole, size: int) -> Whole:
    counts = np.bincount(owner, minlength=size)
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
