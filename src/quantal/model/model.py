"""The Model: everything one text says, or everything an assembly says once put together.

A text gives a Model with `uses` and open `ports`; `quantal.assembly.flatten` gives one
without uses, with dotted names, in which only what a protocol must drive is still a port.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from quantal.errors import Where
from quantal.expression import Number
from quantal.model.processes import Connect, Current, On, Reaction, Use
from quantal.model.quantities import (
    Q10,
    Counting,
    EventPort,
    Gate,
    Let,
    Membrane,
    Parameter,
    Place,
    Port,
    Role,
    Scheme,
    Species,
    State,
)
from quantal.model.target import Target

KINDS = ("mechanism", "synapse", "cell", "circuit")


@dataclass(frozen=True)
class Model:
    """One mechanism, synapse, cell or circuit. Tuples are in the order of the text."""

    kind: str
    name: str
    where: Where
    title: str = ""
    parent: str | None = None
    source: tuple[str, ...] = ()
    doi: str = ""
    preparation: str = ""
    notes: tuple[str, ...] = ()
    temperature: Number | None = None
    parameters: tuple[Parameter, ...] = ()
    lets: tuple[Let, ...] = ()
    places: tuple[Place, ...] = ()
    species: tuple[Species, ...] = ()
    schemes: tuple[Scheme, ...] = ()
    states: tuple[State, ...] = ()
    gates: tuple[Gate, ...] = ()
    membranes: tuple[Membrane, ...] = ()
    ports: tuple[Port, ...] = ()
    events: tuple[EventPort, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    currents: tuple[Current, ...] = ()
    handlers: tuple[On, ...] = ()
    roles: tuple[Role, ...] = ()
    q10s: tuple[Q10, ...] = ()
    countings: tuple[Counting, ...] = ()
    uses: tuple[Use, ...] = ()
    connections: tuple[Connect, ...] = ()
    targets: tuple[Target, ...] = ()
    text: str = ""
    path: Path | None = field(default=None, compare=False)
    """The file it was read from: names of `use` and `from` are looked up beside it first."""
    used: tuple[Model, ...] = field(default=(), repr=False)
    """After assembly: every model that was used, for citation."""
