"""Which single events are the release of a vesicle, and what a physiologist would do first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from quantal.expression import Number, names_in
from quantal.program import Program
from quantal.protocols.protocol import Hold, Protocol, Train
from quantal.units import TIME, VOLTAGE

STIMULI = ("stimulus", "spike", "action_potential")
"""Names of events that evoke release, in the order they are looked for."""
CURRENTS = ("epsc", "ipsc", "psc")
"""Roles of a postsynaptic current."""
CLAMPED = ("soma_V", "postsynaptic_V")
"""Roles of the membrane that is clamped while that current is recorded."""
PRESYNAPTIC = ("terminal_V", "presynaptic_V")
"""Roles of the potential from which a synaptic delay is measured."""

HOLDING = -70.0
"""mV"""
QUIET, EVERY, COUNT, AFTER, REST = 500.0, 20.0, 5, 120.0, 200.0
"""ms of spontaneous release, between stimuli, how many of these, ms after the last; rest."""
SAMPLE = 0.05
"""ms"""


def released_by(program: Program) -> list[str]:
    """Reactions each of whose events is a vesicle that fuses.

    Those that the role `release` is a sum of; without it, reactions that are called so.
    """
    reactions = {row.name for row in program.reactions}
    laws = {item.name: item.expression for item in program.definitions}
    found: dict[str, None] = {}
    stack = [program.roles.get("release", "release")]
    seen: set[str] = set()
    while stack:
        name = stack.pop()
        if name in reactions:
            found[name] = None
        elif name not in seen and name in laws:
            seen.add(name)
            stack.extend(sorted(names_in(laws[name]), reverse=True))
    return list(found) or [name for name in sorted(reactions) if _is_called_so(name)]


def _is_called_so(name: str) -> bool:
    last = name.rpartition(".")[2].rstrip("0123456789")
    return last in ("fusion", "release", "exocytosis")


@dataclass(frozen=True)
class Usual:
    """What is done where nothing is said: `text` says it as the command line would."""

    protocol: Protocol
    record: list[str]
    sample: float
    text: str


def usual_trials(program: Program) -> Usual | None:
    """Spontaneous release, then a short train under voltage clamp; None for what is no synapse."""
    event = _first(STIMULI, program.events)
    names = program.units()
    current = _first(CURRENTS, names)
    if event is None or current is None:
        return None
    last = QUIET + EVERY * (COUNT - 1)
    words = [f"train {event} every {EVERY:g} ms count {COUNT} at {QUIET:g} ms"]
    actions: list[Hold | Train] = [
        Train(event, Number(EVERY, TIME), COUNT, Number(QUIET, TIME)),
    ]
    membrane = _first(CLAMPED, program.roles)
    if membrane is not None:
        name = program.roles[membrane]
        actions.append(Hold(name, Number(HOLDING, VOLTAGE)))
        words.insert(0, f"hold {name} = {HOLDING:g} mV")
    words += [f"rest {REST:g} ms", f"until {last + AFTER:g} ms"]
    presynaptic = _first(PRESYNAPTIC, names)
    record = [name for name in (presynaptic, current) if name is not None]
    protocol = Protocol(tuple(actions), until=last + AFTER, rest=REST)
    return Usual(protocol, record, SAMPLE, "; ".join(words))


def _first(wanted: Iterable[str], there: Iterable[str]) -> str | None:
    known = set(there)
    return next((name for name in wanted if name in known), None)
