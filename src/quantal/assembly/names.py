"""Rename everything a declaration says: its own name, what it refers to, where it lives.

A used mechanism's `O` becomes `ampa.O`; a connected port's name becomes its provider's.
Both are the same walk over the declarations, with different functions for names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from quantal.errors import Where
from quantal.expression import Expression, Name, substitute
from quantal.model.model import Model
from quantal.model.processes import (
    Assign,
    Connect,
    Crosses,
    Current,
    Emit,
    Fire,
    On,
    Reaction,
    Term,
)
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

BUILTINS = frozenset({"time", "temperature", "pi", "elementary_charge"})
"""Quantities of the language itself; they belong to no mechanism."""

DECLARATIONS = (
    "parameters", "lets", "places", "species", "schemes", "states", "gates", "membranes",
    "ports", "events", "reactions", "currents", "handlers", "roles", "q10s", "countings",
    "connections",
)  # fmt: skip
"""The fields of a Model that hold what a flat model is made of."""

# What each field of each declaration holds. Fields that are not listed stay as they are. A
# `home` is a place even where it is not said: where the mechanism is.
_FIELDS: dict[type, dict[str, str]] = {
    Parameter: {"name": "name"},
    Let: {"name": "name", "expression": "expression"},
    Place: {
        "name": "name", "inside": "place", "outside": "place",
        "volume": "expression", "surface": "expression",
    },
    Species: {"name": "name", "initial": "expression", "place": "home"},
    Scheme: {"name": "name", "states": "names", "count": "expression", "shares": "terms",
             "site": "place"},
    State: {"name": "name", "initial": "expression", "derivative": "expression"},
    Gate: {"name": "name", "alpha": "expression", "beta": "expression", "inf": "expression",
           "tau": "expression"},
    Membrane: {"name": "name", "initial": "expression", "capacitance": "expression",
               "place": "home"},
    Port: {"name": "name", "default": "expression"},
    EventPort: {"name": "name"},
    Role: {"name": "name", "expression": "expression"},
    Q10: {"names": "names"},
    Counting: {"names": "names"},
    Reaction: {
        "name": "name", "left": "terms", "right": "terms", "forward": "expression",
        "backward": "expression", "scheme": "name", "place": "place", "site": "place",
    },
    Current: {
        "name": "name", "expression": "expression", "carries": "name", "from_membrane": "name",
        "to_membrane": "name", "site": "place",
    },
    On: {"trigger": "trigger", "actions": "items", "after": "expression"},
    Assign: {"target": "name", "expression": "expression"},
    Fire: {"left": "terms", "right": "terms", "times": "expression"},
    Emit: {"event": "name"},
    Crosses: {"expression": "expression", "threshold": "expression"},
    Connect: {"target": "name", "source": "name", "delay": "expression"},
}  # fmt: skip


Declaration = TypeVar("Declaration")


def _same(text: str) -> str:
    return text


def _same_place(place: str | None) -> str | None:
    return place


def _same_where(where: Where) -> Where:
    return where


@dataclass(frozen=True)
class Renaming:
    """What becomes of names, of names inside expressions, of places, and of lines."""

    expression: Callable[[Name], Expression]
    name: Callable[[str], str] = _same
    place: Callable[[str | None], str | None] = _same_place
    where: Callable[[Where], Where] = _same_where

    def of(self, item: Declaration) -> Declaration:
        """A declaration with everything in it renamed."""
        changes: dict[str, Any] = {}
        for field, kind in _FIELDS[type(item)].items():
            value = getattr(item, field)
            if value is not None or kind == "home":
                changes[field] = self._value(kind, value)
        if "where" in {field.name for field in fields(item)}:  # type: ignore[arg-type]
            changes["where"] = self.where(item.where)  # type: ignore[attr-defined]
        return replace(item, **changes)  # type: ignore[type-var]

    def of_model(self, model: Model) -> Model:
        """A model with every declaration renamed; its header stays."""
        changes: dict[str, Any] = {
            field: tuple(self.of(item) for item in getattr(model, field)) for field in DECLARATIONS
        }
        return replace(model, **changes)

    def _value(self, kind: str, value: Any) -> Any:
        match kind:
            case "name":
                return self.name(value)
            case "names":
                return tuple(self.name(name) for name in value)
            case "expression":
                return substitute(value, self.expression)
            case "place" | "home":
                return self.place(value)
            case "terms":
                return tuple(self._term(term) for term in value)
            case "items":
                return tuple(self.of(item) for item in value)
            case "trigger":
                return self.of(value) if isinstance(value, Crosses) else self.name(value)
        raise AssertionError(kind)

    def _term(self, term: Term) -> Term:
        coefficient, name = term
        return substitute(coefficient, self.expression), self.name(name)


def mentioned(model: Model) -> set[str]:
    """Every name that an expression, a reaction, an event or a current of a model mentions."""
    found: set[str] = set()

    def note(name: Name) -> Expression:
        found.add(name.name)
        return name

    Renaming(expression=note).of_model(model)
    steps: list[Reaction | Fire] = list(model.reactions)
    for on in model.handlers:
        found |= {action.target for action in on.actions if isinstance(action, Assign)}
        steps += [action for action in on.actions if isinstance(action, Fire)]
    for step in steps:
        found |= {name for _, name in (*step.left, *step.right)}
    for current in model.currents:
        ends = (current.carries, current.from_membrane, current.to_membrane)
        found |= {name for name in ends if name is not None}
    return found


def used_at(where: Where, use: Where) -> Where:
    """A line of a used text, with the `use` through which it came in."""
    outer = use if where.used_at is None else used_at(where.used_at, use)
    return replace(where, used_at=outer)


def under(prefix: str, use: Where, place: Callable[[str | None], str | None]) -> Renaming:
    """`O` -> `ampa.O` for everything that a mechanism used as `ampa` says."""

    def dotted(name: str) -> str:
        return name if name in BUILTINS else f"{prefix}.{name}"

    return Renaming(
        expression=lambda name: Name(dotted(name.name)),
        name=dotted,
        place=place,
        where=lambda where: used_at(where, use),
    )
