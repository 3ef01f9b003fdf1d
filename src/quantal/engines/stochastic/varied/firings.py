"""Parameters that differ from event to event: reactions divided into classes of equal probability.

A vesicle's content is drawn when it fuses. Each reaction whose single events carry it becomes
CLASSES reactions, each with an equal share of the rate and with one value of the parameter;
their values have the distribution's mean and variance. So it is in every engine, and what is
random about it is the random choice of a reaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

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
    ZERO,
    Apply,
    Expression,
    Name,
    Number,
    add,
    divide,
    evaluate,
    names_in,
)
from quantal.program import Definition, Program, ReactionRow

CLASSES, FEWEST = 32, 8
"""Values that a parameter takes: so many, or fewer where many reactions carry it."""
MOST_REACTIONS = 192
"""Reactions that the division may give before there are fewer classes."""


def with_classes(program: Program) -> tuple[Program, dict[str, list[str]]]:
    """A Program whose single events carry one of several values; and into which states.

    Its further parameters `q[1]`, `q[2]`, ... are those values. A parameter that no single
    event carries is not among the keys.

    Raises:
        UsageError: a parameter that changes a rate, or something not proportional to events.
    """
    names = [p.name for p in program.parameters if p.spread and p.spread.per == "firing"]
    if not names:
        return program, {}
    _refuse_rates(program, names)
    writer = _Writer(program, names, CLASSES)
    made = writer.written()
    count = max(min(MOST_REACTIONS // max(len(writer.divided), 1), CLASSES), FEWEST)
    if count < CLASSES:
        writer = _Writer(program, names, count)
        made = writer.written()
    return made, writer.into


def _refuse_rates(program: Program, names: list[str]) -> None:
    for row in program.reactions:
        laws = [Name(law) for law in (row.forward, row.backward) if law is not None]
        sizes = [size for size in (row.forward_size, row.backward_size) if size is not None]
        touched = used_by(program, [*laws, *sizes]) & set(names)
        if touched:
            raise UsageError(
                f"{row.line}: `{min(touched)}` varies per firing, but decides how often things "
                "happen; it may be what an event gives or takes, or vary `per copy`"
            )


@dataclass
class _Writer:
    """Divides the reactions of one Program."""

    program: Program
    names: list[str]
    count: int

    def __post_init__(self) -> None:
        program = self.program
        self.table = {item.name: item for item in program.definitions}
        self.dependent = set(self.names) | set(depending(program, self.names))
        single = {
            row.forward: row
            for row in program.reactions
            if row.backward is None and self._is_single(row)
        }
        # A reaction at the rate of other single events only hands them on.
        self.events = {
            law: row
            for law, row in single.items()
            if not (used_by(program, [self.table[law].expression]) & single.keys())
        }
        self.carried: set[str] = set()
        self.divided: set[str] = set()
        self.written_out: set[str] = set()
        self.into: dict[str, list[str]] = {}

    def _is_single(self, row: ReactionRow) -> bool:
        """Whether it is counted one by one, or gives what varies by itself."""
        states = self.program.states
        return any(
            states[i].kind == "occupancy" or states[i].counted or
            (states[i].kind == "amount" and states[i].unit.text == "vesicles") or
            bool(used_by(self.program, [change]) & set(self.names))
            for i, change in row.changes
        )  # fmt: skip

    def written(self) -> Program:
        program = self.program
        derivatives = tuple(
            self._derivative(state.name, each)
            for state, each in zip(program.states, program.derivatives, strict=True)
        )
        rows: list[ReactionRow] = []
        for row in program.reactions:
            if row.forward in self.events and any(
                names_in(c) & self.dependent for _, c in row.changes
            ):
                for i, change in row.changes:
                    if names_in(change) & self.dependent:
                        self._carry(row.forward, [change], program.states[i].name)
            rows += self._rows(row)
        return replace(
            program,
            derivatives=derivatives,
            reactions=tuple(rows),
            definitions=ordered([*self._definitions()]),
            parameters=(
                *program.parameters,
                *(replace(slot, name=numbered(slot.name, k), spread=None)
                  for slot in program.parameters if slot.name in self.carried
                  for k in range(self.count)),
            ),
        )  # fmt: skip

    def _carry(self, law: str, expressions: Iterable[Expression], state: str) -> None:
        self.divided.add(law)
        used = used_by(self.program, expressions)
        self.carried |= used & set(self.names)
        for name in sorted(used & set(self.names)):
            if state not in self.into.setdefault(name, []):
                self.into[name].append(state)
        self.written_out |= used & self.dependent - set(self.names)

    def _derivative(self, state: str, expression: Expression) -> Expression:
        """Terms that single events and a varied parameter meet in, class by class."""
        total: Expression = ZERO
        for sign, term in _terms(expression):
            written = self._term(state, term)
            total = add(total, Apply("neg", (written,)) if sign < 0 else written)
        return total

    def _term(self, state: str, term: Expression) -> Expression:
        used = used_by(self.program, [term])
        laws = used & self.events.keys()
        if not (used & set(self.names) and laws):
            return term
        between = [name for name in depending(self.program, laws) if name in used]
        self._check_linear(term, laws)
        for law in laws:
            self._carry(law, [term], state)
        self.written_out |= set(between)
        total: Expression = ZERO
        for k in range(self.count):
            total = add(total, renamed(term, self._table(k)))
        return total

    def _table(self, k: int) -> dict[str, Expression]:
        own = [*self.names, *self.divided, *self.written_out]
        return as_names(own, k)

    def _check_linear(self, term: Expression, laws: set[str]) -> None:
        """Twice the events must be twice the effect, and none no effect."""
        draw = np.random.default_rng(1)
        plain: dict[str, float] = {}

        def value(share: float) -> float:
            return float(evaluate(term, _Values(self.table, laws, share, plain, draw)))

        nothing, once, twice = (value(share) for share in (0.0, 1.0, 2.0))
        scale = max(abs(once), abs(twice), 1e-300)
        if abs(nothing) > 1e-9 * scale or abs(twice - 2.0 * once) > 1e-9 * scale:
            raise UsageError(
                f"{', '.join(f'`{name}`' for name in self.names)} varies per firing, but meets "
                "single events in what is not proportional to them"
            )

    def _rows(self, row: ReactionRow) -> list[ReactionRow]:
        if row.forward not in self.divided:
            return [row]
        return [
            replace(
                row,
                name=numbered(row.name, k),
                forward=numbered(row.forward, k),
                changes=tuple((i, renamed(c, self._table(k))) for i, c in row.changes),
            )
            for k in range(self.count)
        ]

    def _definitions(self) -> Iterable[Definition]:
        share = Number(float(self.count))
        for item in self.program.definitions:
            if item.name in self.divided:
                total: Expression = ZERO
                for k in range(self.count):
                    name = numbered(item.name, k)
                    yield Definition(name, divide(item.expression, share), None)
                    total = add(total, Name(name))
                yield replace(item, expression=total)
                continue
            yield item
            if item.name in self.written_out:
                for k in range(self.count):
                    expression = renamed(item.expression, self._table(k))
                    yield replace(
                        item, name=numbered(item.name, k), unit=None, expression=expression
                    )


class _Values(dict[str, float]):
    """Numbers for every name: random for what is not defined, definitions by what they say."""

    def __init__(
        self, table: dict[str, Definition], laws: set[str], share: float,
        plain: dict[str, float], draw: np.random.Generator,
    ) -> None:  # fmt: skip
        super().__init__()
        self._table, self._laws, self._share = table, laws, share
        self._plain, self._draw = plain, draw

    def __missing__(self, name: str) -> float:
        if name in self._laws:
            return self._share * self._number(name)
        if name in self._table:
            found = float(evaluate(self._table[name].expression, self))
            self[name] = found
            return found
        return self._number(name)

    def _number(self, name: str) -> float:
        if name not in self._plain:
            self._plain[name] = float(self._draw.uniform(0.5, 1.5))
        return self._plain[name]


def _terms(expression: Expression, sign: int = 1) -> list[tuple[int, Expression]]:
    """The terms of a sum, with their signs; without recursion along long sums."""
    found: list[tuple[int, Expression]] = []
    stack: list[tuple[int, Any]] = [(sign, expression)]
    while stack:
        s, item = stack.pop()
        if isinstance(item, Apply) and item.function in ("+", "-"):
            a, b = item.arguments
            stack.append((s if item.function == "+" else -s, b))
            stack.append((s, a))
        elif isinstance(item, Apply) and item.function == "neg":
            stack.append((-s, item.arguments[0]))
        else:
            found.append((s, item))
    return found
