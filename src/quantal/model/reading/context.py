"""What reading one statement needs to know: the file, the loop numbers, the problems so far."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from quantal.errors import Problem, Where
from quantal.model.reading.parser import Token, Tree


class Unreadable(Exception):
    """This statement cannot be read any further; its problem has been noted."""


@dataclass(frozen=True)
class Context:
    """Where the reader is.

    `loops` holds the loop names with their numbers; `problems` and `names_made` (how many
    names came from splices) are shared by all contexts of a text.
    """

    file: str
    loops: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    names_made: Counter[str] = field(default_factory=Counter)

    def where(self, node: Tree | Token) -> Where:
        """The line of a node."""
        return Where(self.file, node.line)

    def report(self, node: Tree | Token, message: str) -> None:
        """Note a problem and read on."""
        self.problems.append(Problem(self.where(node), message))

    def stop(self, node: Tree | Token, message: str) -> Unreadable:
        """Note a problem that ends the statement: `raise context.stop(...)`."""
        self.report(node, message)
        return Unreadable(message)

    def with_loop(self, name: str, number: int) -> Context:
        """The same place inside one turn of a `for` loop."""
        return replace(self, loops={**self.loops, name: number})
