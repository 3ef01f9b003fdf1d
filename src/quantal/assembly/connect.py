"""`connect a.x = b.y` and `connect a.spike -> b.spike delay 2 [ms]`: connections by hand."""

from __future__ import annotations

from dataclasses import replace

from quantal.assembly.draft import Draft, Named, Wire
from quantal.errors import a_or_an, did_you_mean
from quantal.model.processes import Connect
from quantal.model.quantities import EventPort


def connect_by_hand(draft: Draft, connections: tuple[Connect, ...]) -> None:
    """Carry out the `connect` lines of a draft's own text.

    They override what a used assembly connected inside itself. Event connections stay in
    the model; the others become wires.
    """
    names = Named(draft.model)
    events: list[Connect] = []
    for connection in connections:
        if connection.is_event:
            events.append(connection)
        else:
            _quantity(draft, names, connection)
    _events(draft, events)


def _quantity(draft: Draft, names: Named, connection: Connect) -> None:
    target = _port(draft, connection.target)
    if target is None:
        where, written = connection.where, connection.target
        near = did_you_mean(written, draft.looks)
        if names.kinds.get(written) in ("input", "exchange", "membrane", None):
            draft.report(where, f"no port is called `{written}`{near}")
        else:
            kind = names.kinds[written]
            draft.report(
                where, f"`{written}` is {a_or_an(kind)}; only a port can be connected{near}"
            )
        return
    if connection.source not in names:
        near = did_you_mean(connection.source, names)
        draft.report(connection.where, f"nothing is called `{connection.source}`{near}")
        # It is meant to be connected: do not complain about it as an open port as well.
        draft.quiet.add(target)
        return
    draft.wires[target] = Wire(connection.source, connection.where)


def _port(draft: Draft, written: str) -> str | None:
    """The port of a used mechanism by its name, or by its role where that is one port."""
    if written in draft.asked_at:
        return written
    owner, _, role = written.rpartition(".")
    having = [
        port.name
        for port in draft.model.ports
        if port.name in draft.asked_at
        and port.role == role
        and port.name.rpartition(".")[0] == owner
    ]
    return having[0] if len(having) == 1 else None


def _events(draft: Draft, connections: list[Connect]) -> None:
    """Check both ends. An assembly's own source event needs no declaration of its own."""
    known = {event.name for event in draft.model.events}
    for connection in connections:
        for name, may_be_new in ((connection.source, True), (connection.target, False)):
            if name in known:
                continue
            near = did_you_mean(name, known)
            plain = [event for event in known if "." not in event]
            if may_be_new and "." not in name and not did_you_mean(name, plain):
                known.add(name)
                event = EventPort(name, connection.where)
                draft.model = replace(draft.model, events=(*draft.model.events, event))
            else:
                draft.report(connection.where, f"no event is called `{name}`{near}")
    draft.model = replace(draft.model, connections=(*draft.model.connections, *connections))
