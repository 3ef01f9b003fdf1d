"""An assembly in the making: declarations under dotted names, ports not yet replaced."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from quantal.assembly.names import DECLARATIONS
from quantal.assembly.places import Look
from quantal.errors import Problem, Where
from quantal.expression import Expression, Name
from quantal.model.model import Model


@dataclass(frozen=True, slots=True)
class Wire:
    """What a port is connected to, and the line that did it."""

    source: str
    where: Where


@dataclass
class Draft:
    """One text and everything it uses, in the text's own frame of names.

    `looks` says where each port of a used mechanism looks, `asked_at` which `use` put it,
    `homes` where each role lives, `wires` what is connected so far. `quiet` ports have a
    problem that has been reported.
    """

    model: Model
    looks: dict[str, Look] = field(default_factory=dict)
    homes: dict[str, str | None] = field(default_factory=dict)
    wires: dict[str, Wire] = field(default_factory=dict)
    asked_at: dict[str, Where] = field(default_factory=dict)
    quiet: set[str] = field(default_factory=set)
    used: list[Model] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def absorb(self, other: Draft) -> None:
        """Add a used mechanism that has been put under this draft's names."""
        changes = {
            name: getattr(self.model, name) + getattr(other.model, name) for name in DECLARATIONS
        }
        self.model = replace(self.model, **changes)
        self.looks |= other.looks
        self.homes |= other.homes
        self.wires |= other.wires
        self.asked_at |= other.asked_at
        self.quiet |= other.quiet
        self.used += other.used
        self.problems += other.problems

    def report(self, where: Where, message: str) -> None:
        self.problems.append(Problem(where, message))


class Named:
    """What the names of a draft stand for."""

    def __init__(self, model: Model) -> None:
        kinds = [(item.name, "parameter") for item in model.parameters]
        kinds += [(item.name, "let") for item in model.lets]
        kinds += [(item.name, "species") for item in model.species]
        kinds += [(item.name, "state") for item in model.states]
        kinds += [(item.name, "gate") for item in model.gates]
        kinds += [(item.name, "membrane") for item in model.membranes]
        kinds += [(item.name, "current") for item in model.currents]
        kinds += [(item.name, "reaction") for item in model.reactions if item.name is not None]
        self.kinds = dict(kinds)
        self.kinds |= {s: "scheme state" for scheme in model.schemes for s in scheme.states}
        self.kinds |= {port.name: port.kind for port in model.ports}
        self.ports = {port.name: port for port in model.ports}
        self.roles = {role.name: role.expression for role in model.roles}

    def __contains__(self, name: str) -> bool:
        return name in self.kinds or name in self.roles

    def __iter__(self) -> Iterator[str]:
        return iter([*self.kinds, *self.roles])

    def meaning(self, name: str) -> Expression:
        """A quantity's own name; for a role, the name or expression that it stands for."""
        seen: set[str] = set()
        while name not in self.kinds and name in self.roles and name not in seen:
            seen.add(name)
            expression = self.roles[name]
            if not isinstance(expression, Name):
                return expression
            name = expression.name
        return Name(name)
