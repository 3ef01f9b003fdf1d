"""Every name of a flat model: what kind of thing it is, its dimension, its unit.

Dimensions of lets and currents are inferred when first asked for, so that declarations may
stand in any order.
"""

from __future__ import annotations

from dataclasses import dataclass

from quantal.compiler.dimensions import Dimensions
from quantal.compiler.phrases import literal_unit
from quantal.errors import Problem, Where, did_you_mean
from quantal.expression import Expression, Name, Number, walk
from quantal.model.model import Model
from quantal.model.quantities import Role
from quantal.units import (
    CHARGE,
    NUMBER,
    PER_TIME,
    TEMPERATURE,
    TIME,
    VOLTAGE,
    Dimension,
    Unit,
    natural_unit,
    parse_unit,
)

BUILTIN = {
    "time": TIME,
    "temperature": TEMPERATURE,
    "pi": NUMBER,
    "elementary_charge": CHARGE,
}
_ONE = parse_unit("1")


@dataclass(frozen=True, slots=True)
class Symbol:
    """One name: `kind` is the word that declares it; `expression` where it is computed."""

    name: str
    kind: str
    where: Where
    unit: Unit | None = None
    dimension: Dimension | None = None
    expression: Expression | None = None


class Symbols:
    """The scope of a flat model. Problems met on the way are added to `problems`."""

    def __init__(self, model: Model, problems: list[Problem]) -> None:
        self.model = model
        self.problems = problems
        self.infer = Dimensions(self, problems)
        self.table: dict[str, Symbol] = {}
        for symbol in _symbols(model):
            self._declare(symbol)
        self.roles = {role.name: role for role in model.roles}
        self._inferred: dict[str, Dimension | None] = {}
        self._open_roles: set[str] = set()
        self._unknown: set[tuple[str, Where]] = set()
        self._molar = _molar_prefixes(model)

    def _declare(self, symbol: Symbol) -> None:
        first = self.table.get(symbol.name)
        if first is not None or symbol.name in BUILTIN:
            line = "by the language" if first is None else f"in line {first.where.line}"
            self.problems.append(
                Problem(symbol.where, f"`{symbol.name}` is already declared {line}")
            )
            return
        self.table[symbol.name] = symbol

    def kind(self, name: str) -> str | None:
        """The word that declares a name, or None."""
        symbol = self.table.get(name)
        return symbol.kind if symbol else None

    def dimension_of(self, name: str, where: Where) -> Dimension | None:
        """The dimension of a name; an unknown name is reported once for each line."""
        if name in BUILTIN:
            return BUILTIN[name]
        symbol = self.table.get(name)
        if symbol is None:
            return self._role(name, where)
        if symbol.dimension is not None:
            return symbol.dimension
        if name not in self._inferred:
            self._inferred[name] = None  # what is defined through itself has no dimension
            assert symbol.expression is not None
            self._inferred[name] = self.infer.of(symbol.expression, symbol.where)
        return self._inferred[name]

    def _role(self, name: str, where: Where) -> Dimension | None:
        """The dimension of what a role stands for, unless it stands for itself."""
        role = self.roles.get(name)
        if role is None or role.expression == Name(name):
            self.unknown(name, where)
            return None
        if name in self._open_roles:
            self.problems.append(Problem(role.where, f"`{name}` is defined through itself"))
            return None
        self._open_roles.add(name)
        dimension = self.infer.of(role.expression, role.where)
        self._open_roles.remove(name)
        return dimension

    def unknown(self, name: str, where: Where) -> None:
        """Report a name that nothing has, with the nearest one that something has."""
        if (name, where) not in self._unknown:
            self._unknown.add((name, where))
            known = [other for other in (*self.table, *self.roles, *BUILTIN) if other != name]
            self.problems.append(
                Problem(where, f"nothing is called `{name}`{did_you_mean(name, known)}")
            )

    def unit_of(self, name: str) -> Unit | None:
        """The unit that the declaration of a name states."""
        symbol = self.table.get(name)
        return symbol.unit if symbol else None

    def display_unit(self, name: str) -> Unit:
        """The stated unit of a name, else a natural one in the file's own prefix."""
        if name in BUILTIN:
            return natural_unit(BUILTIN[name])
        symbol = self.table[name]
        if symbol.unit is not None:
            return symbol.unit
        dimension = self.dimension_of(name, symbol.where) or NUMBER
        return natural_unit(dimension, self.like(symbol.where))

    def role_unit(self, role: Role, dimension: Dimension) -> Unit:
        """The unit of the name that a role stands for, else a natural one."""
        held = role.expression
        if isinstance(held, Name) and held.name in self.table:
            return self.display_unit(held.name)
        return natural_unit(dimension, self.like(role.where))

    def like(self, where: Where) -> str:
        return self._molar.get(where.file, "")


def _symbols(model: Model) -> list[Symbol]:
    """All names in the order of the kinds; duplicates are the caller's to report."""
    rows: list[Symbol] = []
    for p in model.parameters:
        rows.append(Symbol(p.name, "parameter", p.where, p.unit, p.value.dimension))
    for let in model.lets:
        stated = let.unit.dimension if let.unit else None
        rows.append(Symbol(let.name, "let", let.where, let.unit, stated, let.expression))
    for s in model.species:
        rows.append(_valued(s.name, "species", s.where, s.unit, s.initial))
    for scheme in model.schemes:
        rows += [
            Symbol(state, "scheme state", scheme.where, _ONE, NUMBER) for state in scheme.states
        ]
    for state in model.states:
        rows.append(_valued(state.name, "state", state.where, state.unit, state.initial))
    for gate in model.gates:
        rows.append(Symbol(gate.name, "gate", gate.where, _ONE, NUMBER))
    for m in model.membranes:
        unit = m.unit or (literal_unit(m.initial) if isinstance(m.initial, Number) else None)
        if unit is not None and unit.dimension != VOLTAGE:
            unit = None
        rows.append(Symbol(m.name, "membrane", m.where, unit, VOLTAGE))
    for port in model.ports:
        rows.append(Symbol(port.name, port.kind, port.where, port.unit, port.unit.dimension))
    for current in model.currents:
        rows.append(
            Symbol(
                current.name, "current", current.where, current.unit,
                current.unit.dimension if current.unit else None, current.expression,
            )
        )  # fmt: skip
    for reaction in model.reactions:
        if reaction.name is not None:
            rows.append(Symbol(reaction.name, "reaction", reaction.where, None, PER_TIME))
    return rows


def _valued(name: str, kind: str, where: Where, unit: Unit | None, initial: Expression) -> Symbol:
    """A species or state: its unit is stated, or that of its literal initial value."""
    if unit is None and isinstance(initial, Number):
        unit = literal_unit(initial)
        return Symbol(name, kind, where, unit, initial.dimension)
    return Symbol(name, kind, where, unit, unit.dimension if unit else None, initial)


def _molar_prefixes(model: Model) -> dict[str, str]:
    """For each file, `uM` where its literals and declarations say that more than `mM`."""
    said: dict[str, list[int]] = {}

    def count(file: str, text: str) -> None:
        row = said.setdefault(file, [0, 0])
        row[0] += text.count("uM")
        row[1] += text.count("mM")

    stated: list[tuple[Where, Unit | None]] = []
    stated += [(item.where, item.unit) for item in model.parameters]
    stated += [(item.where, item.unit) for item in model.lets]
    stated += [(item.where, item.unit) for item in model.ports]
    stated += [(item.where, item.unit) for item in model.species]
    stated += [(item.where, item.unit) for item in model.states]
    for where, unit in stated:
        if unit is not None:
            count(where.file, unit.text)
    for reaction in model.reactions:
        for constant in (reaction.forward, reaction.backward):
            if constant is not None:
                for node in walk(constant):
                    if isinstance(node, Number):
                        count(reaction.where.file, node.text)
    return {file: "uM" for file, (micro, milli) in said.items() if micro > milli}
