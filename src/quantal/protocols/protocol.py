"""What is done to a model, as pure data: clamps, pulses, steps, trains, rest.

Every value is a `Number` in internal units with its dimension, so that binding can
check it against what it drives. Nothing here knows a model.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from quantal.expression import Expression, Number


@dataclass(frozen=True, slots=True)
class Hold:
    """Clamp a port, a membrane or a species for the whole run, rest included."""

    name: str
    value: Number


@dataclass(frozen=True, slots=True)
class Pulse:
    """A rectangular pulse (`duration`) or one that jumps and decays (`decay`).

    A rectangular pulse replaces the base value while it lasts. Decaying pulses add to
    the base value, and to each other where they overlap. With `every` and `count` the
    pulse repeats.
    """

    name: str
    value: Number
    duration: Number | None = None
    decay: Number | None = None
    at: Number = Number(0.0)
    every: Number | None = None
    count: int = 1


@dataclass(frozen=True, slots=True)
class Step:
    """A port, clamped membrane or parameter takes a new value at a time."""

    name: str
    value: Number
    at: Number = Number(0.0)


@dataclass(frozen=True, slots=True)
class Drive:
    """A port follows an expression of `time`."""

    name: str
    expression: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Waveform:
    """A port or membrane follows sampled values (internal units), smoothly joined."""

    name: str
    times: np.ndarray
    values: np.ndarray


@dataclass(frozen=True, slots=True)
class Train:
    """An event fires `count` times, `every` apart, from `at` on."""

    event: str
    every: Number
    count: int
    at: Number = Number(0.0)


@dataclass(frozen=True, slots=True)
class Times:
    """An event fires at these times (ms)."""

    event: str
    times: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Set:
    """A parameter has this value for the whole run, rest included."""

    name: str
    value: Number


Action = Hold | Pulse | Step | Drive | Waveform | Train | Times | Set


@dataclass(frozen=True, slots=True)
class Sweep:
    """The same run once for each value; it replaces the name's hold or pulse height."""

    name: str
    values: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Protocol:
    """All that is done in one run.

    `rest` (ms) runs before t = 0 with ports at their base values; `until` (ms) is the
    end of the run, None where the caller must say it.
    """

    actions: tuple[Action, ...] = ()
    until: float | None = None
    rest: float = 0.0
    sweep: Sweep | None = None

    def with_actions(self, *more: Action) -> Protocol:
        """The same protocol with further actions."""
        return replace(self, actions=self.actions + more)

    def __add__(self, other: Protocol) -> Protocol:
        """Both at once: the later end, the longer rest, and the one sweep that there is."""
        ends = [end for end in (self.until, other.until) if end is not None]
        return Protocol(
            self.actions + other.actions,
            max(ends) if ends else None,
            max(self.rest, other.rest),
            other.sweep if self.sweep is None else self.sweep,
        )
