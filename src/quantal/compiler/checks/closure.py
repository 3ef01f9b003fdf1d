"""Check who takes part in a reaction, and that no scheme gains or loses a molecule."""

from __future__ import annotations

from quantal.assembly.counts import moved, uncounted
from quantal.compiler.checks.constants import literal
from quantal.compiler.symbols import Symbols
from quantal.errors import a_or_an
from quantal.model.processes import Fire, Reaction, Term
from quantal.model.quantities import Scheme


class ClosureChecks:
    """A scheme is closed: each line has one of its states on each side."""

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self.report = symbols.infer.report
        self.schemes = {state: s for s in symbols.model.schemes for state in s.states}

    def reaction(self, reaction: Reaction) -> None:
        self._participants(reaction)
        self._closed(reaction, reaction.scheme)

    def fire(self, fire: Fire) -> None:
        """A firing in an event obeys the same bookkeeping."""
        self._participants(fire)
        self._closed(fire, None)

    def _participants(self, item: Reaction | Fire) -> None:
        for _, name in (*item.left, *item.right):
            self.symbols.dimension_of(name, item.where)
            kind = self.symbols.kind(name)
            if kind in ("state", "gate", "membrane"):
                self.report(
                    item.where,
                    f"`{name}` is {a_or_an(kind)} and takes no part in reactions; "
                    "expected a species or the state of a scheme",
                )

    def _closed(self, item: Reaction | Fire, declared: str | None) -> None:
        left, right = self._states(item.left), self._states(item.right)
        involved = {scheme.name: scheme for scheme, _ in (*left, *right)}
        if len(involved) > 1:
            first, second = list(involved)[:2]
            self.report(
                item.where,
                f"the schemes `{first}` and `{second}` meet here; make one of them `species`",
            )
            return
        if not involved:
            if declared is not None:
                self.report(
                    item.where,
                    f"no state of the scheme `{declared}` takes part in this line; "
                    "write it as a `reaction`",
                )
            return
        scheme = next(iter(involved.values()))
        before, after = (sum(times for _, times in side) for side in (left, right))
        if (before, after) != (1.0, 1.0):
            self.report(item.where, _unbalanced(scheme, before, after))
        elif scheme.count is None:
            self._needs_count(item, scheme)

    def _states(self, terms: tuple[Term, ...]) -> list[tuple[Scheme, float]]:
        """The schemes on one side, with how many of their molecules (NaN if not written)."""
        found = []
        for coefficient, name in terms:
            if name in self.schemes:
                value = literal(coefficient)
                found.append((self.schemes[name], float("nan") if value is None else value))
        return found

    def _needs_count(self, item: Reaction | Fire, scheme: Scheme) -> None:
        """What it moves of its own; what it moves elsewhere is checked where it is connected."""
        own = scheme.name.rpartition(".")[0]
        for name in moved(item):
            if self.symbols.kind(name) in ("species", "exchange") and name.startswith(own):
                self.report(item.where, uncounted(name, item, scheme))


def _unbalanced(scheme: Scheme, before: float, after: float) -> str:
    if before == after and before > 1.0:
        return (
            f"the scheme `{scheme.name}` has more than one of its molecules here; "
            "a scheme is closed (use `species` for things that meet)"
        )
    verb = "gains" if after > before else "loses"
    return (
        f"the scheme `{scheme.name}` {verb} a molecule here; a scheme is closed "
        "(use `species` for things that come and go)"
    )
