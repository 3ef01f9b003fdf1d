"""One run of a sweep: a protocol with one of its values replaced."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from quantal.expression import Number
from quantal.protocols.protocol import Action, Hold, Protocol, Pulse, Set, Step

_VALUED = (Hold, Pulse, Step, Set)


def at_value(
    protocol: Protocol, name: str, value: Number, parameters: Collection[str] = ()
) -> Protocol:
    """The protocol with `name` at `value`, and without its sweep.

    Every hold, pulse height, step or setting of that name is replaced. A name that the
    protocol does not mention is set if it is one of `parameters`, and held otherwise.
    """
    actions: list[Action] = []
    mentioned = False
    for action in protocol.actions:
        if isinstance(action, _VALUED) and action.name == name:
            action = replace(action, value=value)
            mentioned = True
        actions.append(action)
    if not mentioned:
        actions.append(Set(name, value) if name in parameters else Hold(name, value))
    return replace(protocol, actions=tuple(actions), sweep=None)


def runs_of(protocol: Protocol, parameters: Collection[str] = ()) -> list[Protocol]:
    """One protocol for each value of the sweep; the protocol itself where it has none."""
    if protocol.sweep is None:
        return [protocol]
    sweep = protocol.sweep
    return [at_value(protocol, sweep.name, value, parameters) for value in sweep.values]
