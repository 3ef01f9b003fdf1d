"""The contract between what a model says and what an engine does.

A Program is flat: numbered states, parameters and drives; expressions over their names;
reactions with their stoichiometry; events. All values are in internal units (ms, um, mV,
pA, K). Engines read only this, so they never see biology, and the same Program gives
ODEs, propensities and propagators.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from quantal.expression import Expression
from quantal.units import NUMBER, Unit


@dataclass(frozen=True, slots=True)
class StateVariable:
    """One entry of the state vector.

    `kind` is one of `occupancy`, `amount`, `concentration`, `voltage`, `gate`, `number`.
    `scale` is a natural size in internal units (the declared unit's value), from which
    engines take absolute tolerances. `clampable` states (membranes, species) can be held
    by a protocol. An amount (molecules, channels, vesicles) is the value times `size`: a
    volume, a surface, a count or one; None where no size is known. `counted` is what a model
    declares for runs by chance: True for one by one, False for continuous, None for neither.
    """

    name: str
    unit: Unit
    kind: str
    scale: float
    clampable: bool = False
    size: Expression | None = None
    counted: bool | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """How a parameter varies about its value, in runs by chance.

    `family` with its `arguments`: a coefficient of variation `cv`, or `low` and `high` of a
    uniform one; `per` is firing (drawn for each event), trial, or copy (each member of a
    scheme has its own, the same in all trials).
    """

    family: str
    arguments: tuple[tuple[str, float], ...]
    per: str


@dataclass(frozen=True, slots=True)
class ParameterSlot:
    """A number the user may set between runs, or a protocol during one."""

    name: str
    value: float
    unit: Unit
    low: float | None = None
    high: float | None = None
    spread: Spread | None = None

    @property
    def lowest(self) -> float | None:
        """The least value that is possible, None where there is none.

        Without a bound of its own that is zero for what is never negative: powers of length
        and time (concentrations, rates, time constants), conductances and capacitances.
        """
        dimension = self.unit.dimension
        electrical = (dimension.voltage, dimension.current)
        if self.low is not None or self.value <= 0.0:
            return self.low
        return 0.0 if dimension != NUMBER and electrical in ((0, 0), (-1, 1)) else None


@dataclass(frozen=True, slots=True)
class DriveSlot:
    """A quantity given from outside as a function of time. `default` None: must be driven."""

    name: str
    default: float | None
    unit: Unit


@dataclass(frozen=True, slots=True)
class Definition:
    """A computed quantity. `constant` ones depend on parameters alone.

    `unit` None marks an internal helper that is not an output.
    """

    name: str
    expression: Expression
    unit: Unit | None
    constant: bool = False


@dataclass(frozen=True, slots=True)
class ReactionRow:
    """One reaction, both directions.

    `forward` and `backward` name definitions: rates per `forward_size` and
    `backward_size`, so that rate times size is events per time of the whole place; a size
    is None where the model does not give it. `changes` pairs a state's index with the
    amount that one net event adds to it, as an expression of parameters and definitions.
    Under mass action `reactants` and `products` pair a state's index with how many of it
    meet, from which a count's x^2 becomes x(x - 1); they are empty where a whole law is
    written.
    """

    name: str
    forward: str
    backward: str | None
    changes: tuple[tuple[int, Expression], ...]
    line: str = ""
    forward_size: Expression | None = None
    backward_size: Expression | None = None
    reactants: tuple[tuple[int, int], ...] = ()
    products: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Assignment:
    """In an event: state `index` becomes the expression's value at that moment."""

    index: int
    value: Expression


@dataclass(frozen=True, slots=True)
class Firing:
    """In an event: a reaction happens `times` at once.

    `times` is evaluated once (a draw is drawn once), then every state of `changes` gains
    its share per event, all at the same moment.
    """

    times: Expression
    changes: tuple[tuple[int, Expression], ...]


@dataclass(frozen=True, slots=True)
class Emission:
    """In an event: another event fires now."""

    event: str


@dataclass(frozen=True, slots=True)
class Crossing:
    """`expression` (already minus its threshold) passes zero `up`, `down` or `both` ways."""

    expression: Expression
    direction: str


@dataclass(frozen=True, slots=True)
class Handler:
    """What happens when an event fires or a value crosses: actions, in order.

    Each action sees what the one before it did. `delay` (ms) is evaluated when the
    trigger happens; the actions' values are read when they act.
    """

    trigger: str | Crossing
    actions: tuple[Assignment | Firing | Emission, ...]
    delay: Expression | None = None
    line: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """An event passes on to another, after `delay`."""

    source: str
    target: str
    delay: Expression | None = None


@dataclass(frozen=True, slots=True)
class Equilibrium:
    """These states start at the steady distribution of their scheme (they sum to one)."""

    indices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Invariant:
    """A weighted sum of states that no reaction changes, e.g. a scheme's occupancies."""

    name: str
    indices: tuple[int, ...]
    weights: tuple[Expression, ...]


@dataclass(frozen=True)
class Program:
    """A compiled model, ready for any engine.

    `derivatives[i]` is d(state i)/dt per ms over names of states, parameters, drives,
    definitions and `time`. `definitions` are in an order in which each uses only earlier
    ones. `initial[i]` is over parameters, constant definitions, drives at the start, and
    earlier-listed states. `roles` maps a role to a name that holds it.
    """

    name: str
    title: str
    states: tuple[StateVariable, ...]
    parameters: tuple[ParameterSlot, ...]
    drives: tuple[DriveSlot, ...]
    definitions: tuple[Definition, ...]
    derivatives: tuple[Expression, ...]
    initial: tuple[Expression, ...]
    equilibria: tuple[Equilibrium, ...] = ()
    reactions: tuple[ReactionRow, ...] = ()
    events: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    handlers: tuple[Handler, ...] = ()
    invariants: tuple[Invariant, ...] = ()
    roles: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    mechanisms: tuple[str, ...] = ()

    def units(self) -> dict[str, Unit]:
        """Every name that a run can give, with its unit; states, drives, definitions, roles."""
        table = {state.name: state.unit for state in self.states}
        table |= {drive.name: drive.unit for drive in self.drives}
        table |= {item.name: item.unit for item in self.definitions if item.unit is not None}
        table |= {role: table[name] for role, name in self.roles.items() if name in table}
        return table
