"""Parameters that differ between the members of a scheme: one scheme for each member.

A release site with its own release probability is a scheme of one member with its own value of
the parameter. The names of the scheme's states and rates stay, as means over its copies.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from quantal.engines.stochastic.sizes import sizes_of
from quantal.engines.stochastic.varied.names import (
    as_names,
    depending,
    numbered,
    ordered,
    renamed,
    used_by,
)
from quantal.errors import UsageError
from quantal.expression import (
    ONE,
    ZERO,
    Expression,
    Name,
    Number,
    add,
    divide,
    is_number,
    multiply,
    subtract,
)
from quantal.program import (
    Assignment,
    Definition,
    Emission,
    Equilibrium,
    Firing,
    Handler,
    Invariant,
    ParameterSlot,
    Program,
    ReactionRow,
    StateVariable,
)

MOST_COPIES = 2000
"""Members times rates of schemes that are written out one by one."""


def with_copies(program: Program, values: np.ndarray) -> Program:
    """A Program in which every scheme that a per-copy parameter enters is written out.

    Its further parameters `p[1]`, `p[2]`, ... are the values of the members.

    Raises:
        UsageError: a parameter that decides no step of a scheme, or too many members.
    """
    varied = [p.name for p in program.parameters if p.spread and p.spread.per == "copy"]
    done: set[str] = set()
    for name in varied:
        for scheme in _schemes_with(program, name):
            if scheme.name not in done:
                done.add(scheme.name)
                # Schemes that were written out have moved the numbers of states.
                now = next(each for each in program.invariants if each.name == scheme.name)
                program = _Writer(program, now, values).written()
    return program


def _schemes_with(program: Program, parameter: str) -> list[Invariant]:
    """The schemes whose own steps a parameter decides, by rates or by events."""
    known = {parameter, *depending(program, [parameter])}
    found: list[Invariant] = []
    for scheme in program.invariants:
        own = set(scheme.indices)
        rows = [row for row in program.reactions if any(i in own for i, _ in row.changes)]
        deciding = {row.forward for row in rows} | {row.backward or "" for row in rows}
        for handler in program.handlers:
            for action in handler.actions:
                if isinstance(action, Firing) and any(i in own for i, _ in action.changes):
                    deciding |= used_by(program, [action.times])
                elif isinstance(action, Assignment) and action.index in own:
                    deciding |= used_by(program, [action.value])
        if deciding & known and scheme.name not in {s.name for s in found}:
            found.append(scheme)
    if not found:
        raise UsageError(
            f"`{parameter}` varies per copy, but decides no step of a scheme: a copy is a member "
            "of a scheme with a `count`"
        )
    return found


@dataclass
class _Writer:
    """Writes one scheme out."""

    program: Program
    scheme: Invariant
    values: np.ndarray

    def written(self) -> Program:
        """The Program with one scheme of one member for each member."""
        program = self.program
        self.own = set(self.scheme.indices)
        self.names = [program.states[i].name for i in self.scheme.indices]
        self.varied = [p.name for p in program.parameters if p.spread and p.spread.per == "copy"]
        self.rows = [row for row in program.reactions if any(i in self.own for i, _ in row.changes)]
        self.count = self._count()
        self._choose_definitions()
        kept = [i for i in range(len(program.states)) if i not in self.own]
        self.place = {old: new for new, old in enumerate(kept)}
        self.first = len(kept)
        states = [program.states[i] for i in kept]
        derivatives = [program.derivatives[i] for i in kept]
        initial = [program.initial[i] for i in kept]
        rows = [self._moved_row(row) for row in program.reactions if row not in self.rows]
        definitions: list[Definition] = []
        equilibria = [
            Equilibrium(tuple(self.place[i] for i in rest.indices))
            for rest in program.equilibria if rest.indices[0] not in self.own
        ]  # fmt: skip
        steady = any(rest.indices[0] in self.own for rest in program.equilibria)
        for copy in range(self.count):
            table = self._table(copy)
            indices = self._indices(copy)
            states += [self._state(i, copy) for i in self.scheme.indices]
            initial += [program.initial[i] for i in self.scheme.indices]
            definitions += [
                replace(self.definition[name], name=numbered(name, copy), unit=None,
                        constant=self.definition[name].constant,
                        expression=renamed(self.definition[name].expression, table))
                for name in self.written_out
            ]  # fmt: skip
            mine = [self._row(row, copy, table) for row in self.rows]
            rows += mine
            derivatives += [_gain(mine, i) for i in indices]
            if steady:
                equilibria.append(Equilibrium(tuple(indices)))
        return replace(
            program,
            states=tuple(states),
            derivatives=tuple(derivatives),
            initial=tuple(initial),
            parameters=(*program.parameters, *self._factors()),
            definitions=self._all_definitions(definitions),
            reactions=tuple(rows),
            equilibria=tuple(equilibria),
            handlers=tuple(self._handler(handler) for handler in program.handlers),
            invariants=self._invariants(),
        )

    def _count(self) -> int:
        sizes = sizes_of(self.program, self.values)
        size = sizes.get(self.scheme.indices[0])
        if size is None:
            raise UsageError(f"`{self.varied[0]}` varies per copy, but `{self.scheme.name}` has "
                             "no count: write `count n`")  # fmt: skip
        if size != round(size) or size < 1 or size * max(len(self.rows), 1) > MOST_COPIES:
            raise UsageError(
                f"`{self.varied[0]}` varies per copy: `{self.scheme.name}` has {size:g} members "
                f"with {len(self.rows)} steps each; whole members can be written out, up to "
                f"{MOST_COPIES} steps in all"
            )
        return round(size)

    def _choose_definitions(self) -> None:
        """What each copy has of its own: its rates, and what the parameter changes in them."""
        program = self.program
        self.definition = {item.name: item for item in program.definitions}
        self.laws = {row.forward for row in self.rows}
        self.laws |= {row.backward for row in self.rows if row.backward is not None}
        changing = set(depending(program, self.varied))
        wanted: list[Expression] = [Name(law) for law in self.laws]
        for handler in program.handlers:
            for action in handler.actions:
                if isinstance(action, Firing) and self._touches(action):
                    wanted.append(action.times)
                elif isinstance(action, Assignment) and action.index in self.own:
                    wanted.append(action.value)
        needed = used_by(program, wanted)
        self.written_out = [
            item.name for item in program.definitions
            if item.name in self.laws or (item.name in changing and item.name in needed)
        ]  # fmt: skip

    def _touches(self, action: Firing) -> bool:
        return any(i in self.own for i, _ in action.changes)

    def _table(self, copy: int) -> dict[str, Expression]:
        table = as_names([*self.names, *self.written_out], copy)
        return table | as_names(self.varied, copy)

    def _indices(self, copy: int) -> list[int]:
        start = self.first + copy * len(self.names)
        return list(range(start, start + len(self.names)))

    def _state(self, index: int, copy: int) -> StateVariable:
        state = self.program.states[index]
        return replace(state, name=numbered(state.name, copy), size=ONE)

    def _moved(self, index: int, copy: int) -> int:
        if index in self.own:
            return self._indices(copy)[self.scheme.indices.index(index)]
        return self.place[index]

    def _row(self, row: ReactionRow, copy: int, table: dict[str, Expression]) -> ReactionRow:
        return replace(
            row,
            name=numbered(row.name, copy),
            forward=numbered(row.forward, copy),
            backward=None if row.backward is None else numbered(row.backward, copy),
            changes=tuple((self._moved(i, copy), renamed(c, table)) for i, c in row.changes),
            forward_size=ONE,
            backward_size=None if row.backward is None else ONE,
            reactants=tuple((self._moved(i, copy), k) for i, k in row.reactants),
            products=tuple((self._moved(i, copy), k) for i, k in row.products),
        )

    def _moved_row(self, row: ReactionRow) -> ReactionRow:
        return replace(
            row,
            changes=tuple((self.place[i], c) for i, c in row.changes),
            reactants=tuple((self.place[i], k) for i, k in row.reactants),
            products=tuple((self.place[i], k) for i, k in row.products),
        )

    def _factors(self) -> list[ParameterSlot]:
        known = {slot.name: slot for slot in self.program.parameters}
        return [
            replace(known[name], name=numbered(name, copy), spread=None)
            for name in self.varied
            for copy in range(self.count)
            if numbered(name, copy) not in known
        ]

    def _all_definitions(self, own: list[Definition]) -> tuple[Definition, ...]:
        """The copies' definitions, the means under the old names, then everything else."""
        means: list[Definition] = []
        for name, index in zip(self.names, self.scheme.indices, strict=True):
            unit = self.program.states[index].unit
            means.append(Definition(name, self._mean(name), unit))
        means += [
            replace(self.definition[law], expression=self._mean(law))
            for law in self.definition if law in self.laws
        ]  # fmt: skip
        others = [item for item in self.program.definitions if item.name not in self.laws]
        return ordered([*own, *means, *others])

    def _mean(self, name: str) -> Expression:
        total: Expression = ZERO
        for copy in range(self.count):
            total = add(total, Name(numbered(name, copy)))
        return divide(total, Number(float(self.count)))

    def _handler(self, handler: Handler) -> Handler:
        actions: list[Assignment | Firing | Emission] = []
        for action in handler.actions:
            actions += self._actions(action)
        return replace(handler, actions=tuple(actions))

    def _actions(
        self, action: Assignment | Firing | Emission
    ) -> list[Assignment | Firing | Emission]:
        if isinstance(action, Emission):
            return [action]
        if isinstance(action, Assignment):
            if action.index not in self.own:
                return [replace(action, index=self.place[action.index])]
            return [
                Assignment(self._moved(action.index, copy),
                           renamed(action.value, self._single(copy)))
                for copy in range(self.count)
            ]  # fmt: skip
        if not self._touches(action):
            return [replace(action, changes=tuple((self.place[i], c) for i, c in action.changes))]
        return [
            Firing(
                renamed(action.times, self._single(copy)),
                tuple(
                    (self._moved(i, copy), renamed(c, self._single(copy)) if i in self.own else c)
                    for i, c in action.changes
                ),
            )
            for copy in range(self.count)
        ]

    def _single(self, copy: int) -> dict[str, Expression]:
        """Names of one copy, of which there is one."""
        table = self._table(copy)
        size = self.program.states[self.scheme.indices[0]].size
        if isinstance(size, Name):
            table[size.name] = ONE
        return table

    def _invariants(self) -> tuple[Invariant, ...]:
        kept = [
            replace(each, indices=tuple(self.place[i] for i in each.indices))
            for each in self.program.invariants if each.name != self.scheme.name
        ]  # fmt: skip
        own = [
            replace(self.scheme, name=numbered(self.scheme.name, copy),
                    indices=tuple(self._indices(copy)))
            for copy in range(self.count)
        ]  # fmt: skip
        return (*kept, *own)


def _gain(rows: Iterable[ReactionRow], index: int) -> Expression:
    """What the steps of one copy add to one of its states, per ms."""
    total: Expression = ZERO
    for row in rows:
        for i, change in row.changes:
            if i == index:
                total = add(total, multiply(change, Name(row.forward)))
                if row.backward is not None:
                    total = subtract(total, multiply(change, Name(row.backward)))
    return total if not is_number(total, 0.0) else ZERO
