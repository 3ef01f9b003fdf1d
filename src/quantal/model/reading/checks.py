"""Checks of a whole model that need no dimensions: names declared once, schemes closed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from quantal.errors import Problem, Where
from quantal.expression import Number
from quantal.model.model import Model
from quantal.model.processes import Fire, Reaction, Term


def problems(model: Model) -> list[Problem]:
    """Every problem found."""
    found = [*_twice(_quantities(model))]
    found += _twice((place.name, place.where) for place in model.places)
    found += _twice((use.name, use.where) for use in model.uses)
    found += _twice((role.name, role.where) for role in model.roles)
    schemes = {state: scheme.name for scheme in model.schemes for state in scheme.states}
    for reaction in model.reactions:
        found += _open_reaction(reaction, schemes)
    for handler in model.handlers:
        for action in handler.actions:
            if isinstance(action, Fire):
                found += _unbalanced(action.left, action.right, action.where, schemes)
    return found


def _quantities(model: Model) -> Iterator[tuple[str, Where]]:
    """Names that expressions, `q10` and events look up in one space."""
    for scheme in model.schemes:
        yield scheme.name, scheme.where
        yield from ((state, scheme.where) for state in scheme.states)
    for reaction in model.reactions:
        if reaction.name is not None:
            yield reaction.name, reaction.where
    for group in (
        model.parameters, model.lets, model.species, model.states, model.gates,
        model.membranes, model.ports, model.events, model.currents,
    ):  # fmt: skip
        yield from ((item.name, item.where) for item in group)


def _twice(names: Iterator[tuple[str, Where]]) -> list[Problem]:
    lines: dict[str, list[Where]] = {}
    for name, where in names:
        lines.setdefault(name, []).append(where)
    found = []
    for name, places in lines.items():
        first, *later = sorted(places, key=lambda where: where.line or 0)
        for where in later:
            again = "" if where.line == first.line else f"; it is already on line {first.line}"
            found.append(Problem(where, f"`{name}` is declared twice{again}"))
    return found


def _open_reaction(reaction: Reaction, schemes: dict[str, str]) -> list[Problem]:
    """A transition keeps its scheme's molecule; no reaction makes or loses one."""
    own = reaction.scheme
    if own is None:
        return _unbalanced(reaction.left, reaction.right, reaction.where, schemes)
    left, right = _count(reaction.left, schemes), _count(reaction.right, schemes)
    others = (set(left) | set(right)) - {own}
    if others:
        message = (
            f"the schemes `{own}` and `{min(others)}` meet here; a scheme is closed "
            f"(make one of them `species`)"
        )
        return [Problem(reaction.where, message)]
    if left[own] == right[own] == 1.0:
        return []
    if left[own] == right[own] == 0.0:
        message = f"no state of the scheme `{own}` takes part in `{reaction.text}`"
        return [Problem(reaction.where, f"{message}; write it as a `reaction` of its own")]
    return [_leak(own, left[own], right[own], reaction.where)]


def _unbalanced(
    left: tuple[Term, ...], right: tuple[Term, ...], where: Where, schemes: dict[str, str]
) -> list[Problem]:
    before, after = _count(left, schemes), _count(right, schemes)
    return [
        _leak(scheme, before[scheme], after[scheme], where)
        for scheme in sorted(set(before) | set(after))
        if before[scheme] != after[scheme]
    ]


def _count(side: tuple[Term, ...], schemes: dict[str, str]) -> Counter[str]:
    """Molecules of each scheme on a side; an unknown coefficient counts as not a number."""
    counts: Counter[str] = Counter()
    for coefficient, name in side:
        if name in schemes:
            amount = coefficient.value if isinstance(coefficient, Number) else float("nan")
            counts[schemes[name]] += amount  # type: ignore[assignment]
    return counts


def _leak(scheme: str, before: float, after: float, where: Where) -> Problem:
    if before > after:
        what = "loses a molecule"
    elif after > before:
        what = "gains a molecule"
    else:
        what = "does not keep its one molecule"
    return Problem(
        where,
        f"the scheme `{scheme}` {what} here; a scheme is closed "
        "(use `species` for things that come and go)",
    )
