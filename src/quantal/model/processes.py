"""What happens in a model: reactions, currents, events, and the use of other models."""

from __future__ import annotations

from dataclasses import dataclass

from quantal.errors import Where
from quantal.expression import Expression
from quantal.units import Unit

Term = tuple[Expression, str]
"""A coefficient and the name of what takes part."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """`name = left -> right : constant` or `... rate law`.

    `law` is `mass action` (constants, multiplied by the reactants) or `rate` (the whole
    law is written). `backward` is None for a one-way reaction. `scheme` names the scheme
    in whose block the line stands; `place` is the place given by `in PLACE`. `site` is
    the place where assembly put the mechanism, for rates per surface.
    """

    name: str | None
    left: tuple[Term, ...]
    right: tuple[Term, ...]
    law: str
    forward: Expression
    backward: Expression | None
    where: Where
    scheme: str | None = None
    place: str | None = None
    text: str = ""
    site: str | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Current:
    """An outward-positive current. `from_membrane` and `to_membrane` name ports or membranes.

    `site` is the place where assembly put the mechanism, for currents per surface.
    """

    name: str
    expression: Expression
    where: Where
    unit: Unit | None = None
    carries: str | None = None
    from_membrane: str | None = None
    to_membrane: str | None = None
    description: str = ""
    site: str | None = None


@dataclass(frozen=True, slots=True)
class Assign:
    """`x += expression` in an event; `operator` is `=`, `+=`, `-=` or `*=`."""

    target: str
    operator: str
    expression: Expression
    where: Where


@dataclass(frozen=True, slots=True)
class Fire:
    """`docked -> empty + q glu times n` in an event: a reaction n times at once."""

    left: tuple[Term, ...]
    right: tuple[Term, ...]
    times: Expression
    where: Where
    text: str = ""


@dataclass(frozen=True, slots=True)
class Emit:
    """`emit spike` in an event."""

    event: str
    where: Where


@dataclass(frozen=True, slots=True)
class Crosses:
    """`V crosses 0 [mV] up`; direction is `up`, `down` or `both`."""

    expression: Expression
    threshold: Expression
    direction: str


@dataclass(frozen=True, slots=True)
class On:
    """What happens on an event, or when a value crosses a threshold."""

    trigger: str | Crosses
    actions: tuple[Assign | Fire | Emit, ...]
    where: Where
    after: Expression | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """`use ampa = receptors/ampa_jonas_1993 at psd with exchange glu, n = 80 [channels]`.

    `over` names a scheme, in each of whose states the mechanism's own scheme exists.
    """

    name: str
    mechanism: str
    where: Where
    place: str | None = None
    settings: tuple[tuple[str, Expression], ...] = ()
    exchanges: tuple[str, ...] = ()
    over: str | None = None


@dataclass(frozen=True, slots=True)
class Connect:
    """`connect a.x = b.y`, or `connect a.spike -> b.spike delay 2 [ms]` for events."""

    target: str
    source: str
    where: Where
    is_event: bool = False
    delay: Expression | None = None
