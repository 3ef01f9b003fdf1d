"""Protocol + Program -> Stimulus: names become slots, pulses become pieces.

Nothing is compiled here: a new protocol, parameter or stimulus runs on the same kernels.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np

from quantal.compiler.actions import Binder, apply
from quantal.compiler.dependencies import needed_by, tainted_by
from quantal.compiler.waveforms import Waveform
from quantal.errors import UsageError, all_at_once
from quantal.program import Program
from quantal.protocols.protocol import Hold, Protocol, Set
from quantal.stimulus import Piecewise, Stimulus
from quantal.units import CONCENTRATION, Unit


@dataclass(frozen=True, eq=False)
class Bound:
    """A stimulus, and the names that cannot be given because nothing drives them."""

    stimulus: Stimulus
    unknown: frozenset[str]


def bind(program: Program, protocol: Protocol, needed: Iterable[str] | None = None) -> Bound:
    """What a protocol does to a program, in numbered slots.

    Args:
        program: what runs.
        protocol: what is done to it; `until` must be set.
        needed: names that the caller wants; None for all. An input that nothing drives is
            an error only if a needed name depends on it.

    Raises:
        UsageError: names that do not exist and values of the wrong dimension, all at once;
            else a run without an end, or a needed input that nothing drives.
    """
    if protocol.until is None:
        raise UsageError('say how long to run: `until 100 [ms]`, or --until "100 ms"')
    start, end = 0.0 - protocol.rest, protocol.until  # never -0.0, which would be printed
    if not (np.isfinite(end) and end > 0):
        raise UsageError(f"a run must end after 0 ms; got {end:g} ms")
    if not (np.isfinite(start) and start <= 0):
        raise UsageError(f"a run must rest at least 0 ms before its start; got {-start:g} ms")
    binder = Binder(program, start, end)
    # Holds and sets first: steps and pulses build on them, whatever the order written.
    actions = sorted(protocol.actions, key=lambda a: not isinstance(a, Hold | Set))
    all_at_once([partial(apply, binder, action) for action in actions])
    return _finish(binder, program, needed)


def _finish(binder: Binder, program: Program, needed: Iterable[str] | None) -> Bound:
    start, end = binder.start, binder.end
    given = set(binder.drives)
    missing = [
        slot.name
        for i, slot in enumerate(program.drives)
        if slot.default is None and i not in given
    ]
    unknown = frozenset(tainted_by(program, missing)) if missing else frozenset()
    if missing:
        states = [state.name for state in program.states]
        wanted = needed_by(program, states if needed is None else needed)
        undriven = [name for name in missing if name in wanted]
        if undriven:
            listed = ", ".join(f"`{name}` [{_unit(program, name)}]" for name in undriven)
            example = f"{undriven[0]} = 1 {_unit(program, undriven[0])}"
            raise UsageError(
                f"nothing drives {listed} of `{program.name}`; give it a value "
                f'(--hold "{example}") or a pulse'
            )
    drives = []
    for i, slot in enumerate(program.drives):
        waveform = binder.drives.get(i) or Waveform(slot.default or 0.0)
        drives.append(_possible(waveform.pieces(start, end), slot.name, slot.unit, end))
        binder.stops |= set(waveform.stops())
    clamps = {}
    for i, waveform in binder.clamps.items():
        state = program.states[i]
        clamps[i] = _possible(waveform.pieces(start, end), state.name, state.unit, end)
        binder.stops |= set(waveform.stops())
    binder.stops |= {time for time, _, _ in binder.changes}
    binder.stops |= {time for time, _ in binder.events}
    binder.stops.add(0.0)
    stimulus = Stimulus(
        start=start,
        end=end,
        parameters=binder.parameters,
        drives=tuple(drives),
        clamps=clamps,
        changes=tuple(sorted(binder.changes)),
        events=tuple(sorted(binder.events, key=lambda event: event[0])),
        stops=tuple(sorted(t for t in binder.stops if start < t < end)),
    )
    return Bound(stimulus, unknown)


def _possible(curve: Piecewise, name: str, unit: Unit, end: float) -> Piecewise:
    """Refuse a concentration below zero, beyond what rounding makes of zero.

    Raises:
        UsageError: naming the time of the lowest one.
    """
    if unit.dimension != CONCENTRATION:
        return curve
    knots = curve.knots[curve.knots < end]
    values = curve.at(knots)
    lowest = int(np.argmin(values))
    if values[lowest] < -1e-9 * float(np.abs(values).max()):
        raise UsageError(
            f"`{name}` would be {unit.from_internal(float(values[lowest])):g} [{unit.text}] at "
            f"{knots[lowest]:g} ms; expected a concentration of zero or more"
        )
    return curve


def _unit(program: Program, name: str) -> str:
    return next(slot.unit.text for slot in program.drives if slot.name == name)
