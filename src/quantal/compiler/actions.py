"""What each action of a protocol does to a Program's slots, before it is cut into pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from quantal.compiler.drives import followed
from quantal.compiler.waveforms import Waveform, through
from quantal.errors import UsageError, a_or_an, did_you_mean
from quantal.expression import Number
from quantal.program import ParameterSlot, Program
from quantal.protocols.protocol import (
    Action,
    Drive,
    Hold,
    Pulse,
    Set,
    Step,
    Times,
    Train,
)
from quantal.protocols.protocol import Waveform as Samples
from quantal.units import Unit, natural_unit

MAX_EVENTS = 10_000_000


class Binder:
    """Collects what actions do: waveforms of drives and clamps, events, parameter changes."""

    def __init__(self, program: Program, start: float, end: float) -> None:
        self.program, self.start, self.end = program, start, end
        self.parameters = np.array([slot.value for slot in program.parameters])
        self.drive_index = {slot.name: i for i, slot in enumerate(program.drives)}
        self.parameter_index = {slot.name: i for i, slot in enumerate(program.parameters)}
        self.clamp_index = {s.name: i for i, s in enumerate(program.states) if s.clampable}
        self.drives: dict[int, Waveform] = {}
        self.clamps: dict[int, Waveform] = {}
        self.changes: list[tuple[float, int, float]] = []
        self.events: list[tuple[float, str]] = []
        self.stops: set[float] = set()
        self.decided: set[int] = set()

    def decide(self, waveform: Waveform, written: str) -> None:
        """Note what a hold, a drive or a waveform says of a name; there can be one for each.

        Raises:
            UsageError: another one has said it already.
        """
        if id(waveform) in self.decided:
            raise UsageError(f"`{written}` is held, driven or given samples twice; expected once")
        self.decided.add(id(waveform))

    def resolve(self, written: str, among: Iterable[str], what: str) -> str:
        """The full name meant: itself, a role's holder, or the one that ends in `.written`."""
        known = list(among)
        for name in (written, self.program.roles.get(written, written)):
            if name in known:
                return name
        endings = [name for name in known if name.endswith("." + written)]
        if len(endings) == 1:
            return endings[0]
        if endings:
            raise UsageError(f"`{written}` could be {', '.join(endings)}: say which {what}")
        other = self._kind(written)
        if other:
            raise UsageError(f"`{written}` is {a_or_an(other)}; expected {a_or_an(what)}")
        raise UsageError(
            f"`{self.program.name}` has no {what} `{written}`{did_you_mean(written, known)}"
        )

    def _kind(self, written: str) -> str:
        """What a name is that cannot stand where it was written; empty if it is nothing."""
        name = self.program.roles.get(written, written)
        kinds = {
            "parameter (`set` it)": self.parameter_index,
            "input (`hold` it)": self.drive_index,
            "species or membrane (`hold` it)": self.clamp_index,
            "event (`train` it)": self.program.events,
            "computed quantity": {item.name for item in self.program.definitions},
            "state of the model": {state.name for state in self.program.states},
        }
        return next((kind for kind, names in kinds.items() if name in names), "")

    def waveform(self, written: str, action: str) -> tuple[Waveform, Unit]:
        """What an action on a port, membrane or species adds to, and its unit."""
        ports = [*self.drive_index, *self.clamp_index]
        name = self.resolve(written, ports, "input, membrane or species")
        if name in self.drive_index:
            i = self.drive_index[name]
            slot = self.program.drives[i]
            default = 0.0 if slot.default is None else slot.default
            return self.drives.setdefault(i, Waveform(default)), slot.unit
        i = self.clamp_index[name]
        if i not in self.clamps and action not in ("hold", "drive", "waveform"):
            raise UsageError(
                f"`{name}` changes by itself in `{self.program.name}`; "
                f"hold it first (`hold {written} = ...`), then {action} it"
            )
        return self.clamps.setdefault(i, Waveform(0.0)), self.program.states[i].unit


def value_in(unit: Unit, number: Number, name: str) -> float:
    """A number's internal value, if its dimension is the unit's.

    Raises:
        UsageError: it is of another dimension; both are named.
    """
    if number.dimension != unit.dimension:
        written = number.text or f"{number.value:g} [{natural_unit(number.dimension).text}]"
        raise UsageError(f"`{name}` is in [{unit.text}]; `{written}` is not")
    return number.value


def _hold(binder: Binder, action: Hold) -> None:
    waveform, unit = binder.waveform(action.name, "hold")
    binder.decide(waveform, action.name)
    waveform.base = value_in(unit, action.value, action.name)


def _pulse(binder: Binder, action: Pulse) -> None:
    waveform, unit = binder.waveform(action.name, "pulse")
    height = value_in(unit, action.value, action.name)
    every = action.every.value if action.every is not None else 0.0
    for number in range(_count(action.count)):
        begin = action.at.value + number * every
        if action.decay is not None:
            waveform.decays.append((begin, height, _positive(action.decay, "a decay time")))
        elif action.duration is not None:
            length = _positive(action.duration, "a duration")
            waveform.rectangles.append((begin, begin + length, height))
        else:
            raise UsageError(f"the pulse of `{action.name}` has no end: write `for 1 [ms]`")


def _positive(number: Number, what: str) -> float:
    if not number.value > 0:
        raise UsageError(f"{what} must be longer than zero; `{number.text or number.value}` is not")
    return number.value


def _count(count: int) -> int:
    if not 1 <= count <= MAX_EVENTS:
        raise UsageError(f"a train of {count:,} is not between 1 and {MAX_EVENTS:,}")
    return count


def _step(binder: Binder, action: Step) -> None:
    program = binder.program
    slots = [*binder.drive_index, *binder.clamp_index, *binder.parameter_index]
    name = binder.resolve(action.name, slots, "input, membrane, species or parameter")
    if name in binder.parameter_index:
        i = binder.parameter_index[name]
        value = value_in(program.parameters[i].unit, action.value, name)
        _within(program.parameters[i], value)
        binder.changes.append((action.at.value, i, value))
        return
    waveform, unit = binder.waveform(name, "step")
    waveform.steps.append((action.at.value, value_in(unit, action.value, name)))


def _set(binder: Binder, action: Set) -> None:
    name = binder.resolve(action.name, binder.parameter_index, "parameter")
    i = binder.parameter_index[name]
    slot = binder.program.parameters[i]
    value = value_in(slot.unit, action.value, name)
    _within(slot, value)
    binder.parameters[i] = value


def _within(slot: ParameterSlot, value: float) -> None:
    """Refuse a value outside the parameter's bounds; counts, sizes and rates end at zero."""
    low, high = slot.lowest, slot.high
    if (low is None or value >= low) and (high is None or value <= high):
        return
    unit = slot.unit
    shown = [f"{unit.from_internal(v):g}" for v in (low, high) if v is not None]
    if low is not None and high is not None:
        bounds = f"between {shown[0]} and {shown[1]}"
    else:
        bounds = f"{'at least' if high is None else 'at most'} {shown[0]}"
    raise UsageError(
        f"`{slot.name}` = {unit.from_internal(value):g} [{unit.text}] is not possible; "
        f"expected {bounds}"
    )


def _drive(binder: Binder, action: Drive) -> None:
    waveform, unit = binder.waveform(action.name, "drive")
    binder.decide(waveform, action.name)
    parameters = binder.program.parameters
    values = {slot.name: float(v) for slot, v in zip(parameters, binder.parameters, strict=True)}
    units = {slot.name: slot.unit for slot in parameters}
    waveform.base = 0.0
    waveform.smooth = followed(action, unit, values, units, (binder.start, binder.end))
    # The run's own zero is where a drive usually switches on.
    binder.stops.add(0.0)


def _samples(binder: Binder, action: Samples) -> None:
    waveform, _ = binder.waveform(action.name, "waveform")
    binder.decide(waveform, action.name)
    waveform.base = 0.0
    waveform.smooth = through(action.times, action.values)


def _train(binder: Binder, action: Train) -> None:
    name = binder.resolve(action.event, binder.program.events, "event")
    every = action.every.value
    if action.count > 1:
        _positive(action.every, "the time between two stimuli")
    binder.events += [(action.at.value + n * every, name) for n in range(_count(action.count))]


def _times(binder: Binder, action: Times) -> None:
    name = binder.resolve(action.event, binder.program.events, "event")
    early = [time for time in action.times if time < binder.start]
    if early:
        raise UsageError(
            f"`{name}` at {early[0]:g} ms lies before the run starts ({binder.start:g} ms)"
        )
    binder.events += [(time, name) for time in action.times]


_APPLY: dict[type, Callable[[Binder, Any], None]] = {
    Hold: _hold, Pulse: _pulse, Step: _step, Drive: _drive, Samples: _samples,
    Train: _train, Times: _times, Set: _set,
}  # fmt: skip


def apply(binder: Binder, action: Action) -> None:
    """Add one action to what the binder holds.

    Raises:
        UsageError: a name that does not exist, or a value that does not fit it.
    """
    _APPLY[type(action)](binder, action)
