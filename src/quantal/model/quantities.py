"""What a model declares that has a value: parameters, places, species, states, ports.

All of these carry local names as written; after assembly the same classes carry dotted
names. `where` is the line each stands on.
"""

from __future__ import annotations

from dataclasses import dataclass

from quantal.errors import Where
from quantal.expression import Expression, Number
from quantal.units import Unit


@dataclass(frozen=True, slots=True)
class Distribution:
    """How a parameter varies: `gamma(cv = 0.3) per firing`. `per` is firing, trial or copy."""

    family: str
    arguments: tuple[tuple[str, Number], ...]
    per: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A literal number the user may change."""

    name: str
    value: Number
    unit: Unit
    where: Where
    low: Number | None = None
    high: Number | None = None
    distribution: Distribution | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Let:
    """A computed quantity; its unit is inferred where none is stated."""

    name: str
    expression: Expression
    unit: Unit | None
    where: Where
    description: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A volume, or a surface `between` an inside and an outside place."""

    name: str
    where: Where
    inside: str | None = None
    outside: str | None = None
    volume: Expression | None = None
    surface: Expression | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Species:
    """Something that comes and goes. `place` is a place, `inside`, `outside` or None."""

    name: str
    initial: Expression
    unit: Unit | None
    where: Where
    place: str | None = None
    charge: int | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Scheme:
    """A closed set of states of one thing. Names mean occupancy; `count` says how many.

    `count` is a number or a density per surface; its dimension decides. `start` is
    `first` (all in the first state), `equilibrium`, or `shares`, with the occupancies that
    the text gives in `shares`. `site` is the place where assembly
    put the scheme (the `at PLACE` of its use), whose surface a density is of.
    """

    name: str
    states: tuple[str, ...]
    where: Where
    count: Expression | None = None
    start: str = "first"
    shares: tuple[tuple[Expression, str], ...] = ()
    description: str = ""
    site: str | None = None


@dataclass(frozen=True, slots=True)
class State:
    """Anything with its own equation, or changed by events only (`derivative` None)."""

    name: str
    initial: Expression
    unit: Unit | None
    where: Where
    derivative: Expression | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Gate:
    """A Hodgkin-Huxley gate by `alpha` and `beta`, or by `inf` and `tau`."""

    name: str
    where: Where
    alpha: Expression | None = None
    beta: Expression | None = None
    inf: Expression | None = None
    tau: Expression | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Membrane:
    """A membrane potential with its capacitance, absolute or per surface of its place."""

    name: str
    initial: Expression
    unit: Unit | None
    capacitance: Expression
    where: Where
    place: str | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Port:
    """A quantity from elsewhere.

    `kind` is `input` (read only), `exchange` (consumed and produced) or `membrane`.
    `side` is `inside`, `outside` or None; `role` what it asks for there.
    """

    kind: str
    name: str
    role: str
    unit: Unit
    where: Where
    side: str | None = None
    default: Expression | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class EventPort:
    """A named event. `out` events are emitted here and may be connected onwards."""

    name: str
    where: Where
    out: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class Role:
    """`role open = O`: what tools and other mechanisms ask for."""

    name: str
    expression: Expression
    where: Where
    description: str = ""


@dataclass(frozen=True, slots=True)
class Counting:
    """`discrete sites docked`, `continuous glu`: how runs by chance take schemes and species."""

    discrete: bool
    names: tuple[str, ...]
    where: Where


@dataclass(frozen=True, slots=True)
class Q10:
    """`q10 3 for m h receptor`: rates of these scale as factor^((T - T0)/10 K).

    `reference` is T0, the temperature of the file that says it.
    """

    factor: Number
    names: tuple[str, ...]
    where: Where
    reference: Number | None = None
