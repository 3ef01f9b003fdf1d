"""Replace every connected port by what it is connected to.

Where a port only reads, expressions take the provider's name. In a reaction it must stay
what multiplies and never changes, so there it becomes a let of its own; so does a port
that is connected to a computed role.
"""

from __future__ import annotations

from dataclasses import replace

from quantal.assembly.draft import Draft, Named, Wire
from quantal.assembly.names import Renaming
from quantal.errors import a_or_an
from quantal.expression import Expression, Name, Number, substitute
from quantal.model.model import Model
from quantal.model.processes import Assign, Connect, Current, Fire, Reaction
from quantal.model.quantities import Let, Port, Species, State
from quantal.units import Unit, natural_unit, parse_unit

_STAYS = ("species", "exchange", "scheme state", "state", "gate", "membrane", "input", "parameter")


def wire(draft: Draft) -> Model:
    """The flat model; problems are added to the draft's."""
    return _Wiring(draft).run()


class _Wiring:
    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.names = Named(draft.model)
        self.stated = _stated_units(draft.model)
        self.lets: list[Let] = []
        self.open_roles: set[str] = set()
        self.reads: dict[str, Expression] = {}
        """For each connected port, what expressions say instead of it."""
        self.acts: dict[str, str] = {}
        """For each connected port, what reactions and currents say instead of it."""

    def run(self) -> Model:
        model = self.draft.model
        moved = _moved_names(model)
        records = []
        for port in model.ports:
            if port.name in self.draft.wires:
                wire = self.draft.wires[port.name]
                self._connect(port, wire, port.name in moved)
                records.append(Connect(port.name, wire.source, wire.where))
        flat = Renaming(expression=self._read, name=self._act).of_model(
            replace(model, ports=(), connections=(), roles=())
        )
        membranes = {item.name: item.place for item in model.membranes}
        return replace(
            flat,
            lets=(
                *flat.lets,
                *(
                    replace(let, expression=substitute(let.expression, self._read))
                    for let in self.lets
                ),
            ),
            ports=tuple(port for port in model.ports if port.name not in self.draft.wires),
            roles=tuple(
                replace(role, expression=substitute(role.expression, self._read))
                for role in model.roles
            ),
            currents=tuple(self._finished(current, membranes) for current in flat.currents),
            connections=(*records, *model.connections),
            uses=(),
        )

    def _connect(self, port: Port, wire: Wire, moves: bool) -> None:
        meaning = self._follow(port, wire)
        if meaning is None:
            return
        name = meaning.name if isinstance(meaning, Name) else None
        kind = self.names.kinds.get(name) if name is not None else None
        if port.kind == "exchange" and kind not in ("species", "exchange"):
            self.draft.report(
                wire.where,
                f"`{port.name}` exchanges {port.role}, but `{wire.source}` is "
                f"{a_or_an(kind or 'computed role')}; expected a species",
            )
            return
        known = self.stated.get(name or "")
        if known is not None and known.dimension != port.unit.dimension:
            self.draft.report(
                wire.where, f"`{port.name}` is in {port.unit}, but `{wire.source}` is in {known}"
            )
            return
        if name is not None and kind in _STAYS and (known is not None or port.kind != "input"):
            self.reads[port.name] = Name(name)
            if port.kind != "input" or not moves or kind in ("input", "parameter"):
                self.acts[port.name] = name
                return
        self.lets.append(Let(port.name, meaning, port.unit, port.where, port.description))

    def _follow(self, port: Port, wire: Wire) -> Expression | None:
        """What a chain of connections ends at: a name, or a computed role's expression."""
        seen = {port.name}
        source = wire.source
        while True:
            meaning = self.names.meaning(source)
            if not isinstance(meaning, Name) or meaning.name not in self.draft.wires:
                return meaning
            source = meaning.name
            if source in seen:
                self.draft.report(wire.where, f"`{port.name}` is connected to itself")
                return None
            seen.add(source)
            source = self.draft.wires[source].source

    def _read(self, name: Name) -> Expression:
        """What an expression says instead of a name: roles are other words for something."""
        if name.name in self.reads:
            return self.reads[name.name]
        is_role = name.name not in self.names.kinds and name.name in self.names.roles
        if not is_role or name.name in self.open_roles:
            return name
        self.open_roles.add(name.name)
        meaning = substitute(self.names.meaning(name.name), self._read)
        self.open_roles.remove(name.name)
        return meaning

    def _act(self, name: str) -> str:
        return self.acts.get(name, name)

    def _finished(self, current: Current, membranes: dict[str, str | None]) -> Current:
        """A current stands where its membrane is, and carries nothing into what it only reads."""
        site = current.site or membranes.get(current.from_membrane or "")
        only_read = current.carries in {let.name for let in self.lets}
        return replace(current, site=site, carries=None if only_read else current.carries)


def _moved_names(model: Model) -> set[str]:
    """Names that reactions, firings, events or currents would change."""
    names = {current.carries for current in model.currents if current.carries is not None}
    steps: list[Reaction | Fire] = list(model.reactions)
    for on in model.handlers:
        names |= {action.target for action in on.actions if isinstance(action, Assign)}
        steps += [action for action in on.actions if isinstance(action, Fire)]
    return names | {name for step in steps for _, name in (*step.left, *step.right)}


def _stated_units(model: Model) -> dict[str, Unit]:
    """The units of everything whose declaration states one."""
    one, millivolt = parse_unit("1"), parse_unit("mV")
    units = {parameter.name: parameter.unit for parameter in model.parameters}
    units |= {port.name: port.unit for port in model.ports}
    held: tuple[Species | State, ...] = (*model.species, *model.states)
    for item in held:
        if item.unit is not None:
            units[item.name] = item.unit
        elif isinstance(item.initial, Number):
            units[item.name] = natural_unit(item.initial.dimension)
    units |= {gate.name: one for gate in model.gates}
    units |= {state: one for scheme in model.schemes for state in scheme.states}
    return units | {membrane.name: membrane.unit or millivolt for membrane in model.membranes}
