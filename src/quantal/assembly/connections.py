"""The table of connections: what every port of an assembly is connected to."""

from __future__ import annotations

from dataclasses import dataclass

from quantal.expression import Name
from quantal.model.model import Model


@dataclass(frozen=True, slots=True)
class Connection:
    """One port: `provider` is what it is connected to, None where it is still open.

    `place` is where the provider lives, or the side on which an open port looks.
    """

    port: str
    place: str | None
    provider: str | None


def connections(flat: Model) -> list[Connection]:
    """Every connected port of a flat model, then every open one, in the order of the text."""
    homes = {species.name: species.place for species in flat.species}
    homes |= {membrane.name: membrane.place for membrane in flat.membranes}
    held = {role.name: role.expression for role in flat.roles}
    rows = []
    for connection in flat.connections:
        if not connection.is_event:
            provider = connection.source
            stands_for = held.get(provider)
            home = stands_for.name if isinstance(stands_for, Name) else provider
            rows.append(Connection(connection.target, homes.get(home), provider))
    return rows + [Connection(port.name, port.side, None) for port in flat.ports]
