"""The order in which computed quantities can be computed, and circles among them."""

from __future__ import annotations

from collections.abc import Iterable

from quantal.compiler.symbols import Symbols
from quantal.errors import Problem
from quantal.expression import names_in
from quantal.model.model import Model


def definition_order(symbols: Symbols) -> tuple[str, ...]:
    """Lets, and the currents and reactions that another definition uses, each after what it uses.

    A circle is reported as `b` is defined through itself, once, at its first line.
    """
    uses = _uses(symbols.model)
    used = set().union(*uses.values()) if uses else set()
    lets = {let.name for let in symbols.model.lets}
    order: list[str] = []
    for circle in _components(uses):
        if len(circle) > 1 or circle[0] in uses[circle[0]]:
            name = min(circle, key=lambda name: _line(symbols, name))
            problem = Problem(symbols.table[name].where, f"`{name}` is defined through itself")
            symbols.problems.append(problem)
        order += [name for name in circle if name in lets or name in used]
    return tuple(order)


def _line(symbols: Symbols, name: str) -> tuple[str, int]:
    where = symbols.table[name].where
    return where.file, where.line or 0


def _uses(model: Model) -> dict[str, set[str]]:
    """For each definition, the definitions that it mentions directly."""
    uses = {let.name: names_in(let.expression) for let in model.lets}
    uses |= {current.name: names_in(current.expression) for current in model.currents}
    for reaction in model.reactions:
        if reaction.name is None:
            continue
        names = names_in(reaction.forward)
        if reaction.backward is not None:
            names |= names_in(reaction.backward)
        if reaction.law == "mass action":
            names |= {name for _, name in (*reaction.left, *reaction.right)}
        uses[reaction.name] = names
    return {name: names & uses.keys() for name, names in uses.items()}


def _components(uses: dict[str, set[str]]) -> Iterable[list[str]]:
    """Strongly connected components, each after those it depends on (Tarjan 1972)."""
    index: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_names: list[str] = []
    is_open: set[str] = set()
    for root in uses:
        if root in index:
            continue
        work = [(root, iter(sorted(uses[root])))]
        index[root] = lowest[root] = len(index)
        open_names.append(root)
        is_open.add(root)
        while work:
            name, rest = work[-1]
            for other in rest:
                if other not in index:
                    index[other] = lowest[other] = len(index)
                    open_names.append(other)
                    is_open.add(other)
                    work.append((other, iter(sorted(uses[other]))))
                    break
                if other in is_open:
                    lowest[name] = min(lowest[name], index[other])
            else:
                work.pop()
                if work:
                    parent = work[-1][0]
                    lowest[parent] = min(lowest[parent], lowest[name])
                if lowest[name] == index[name]:
                    component: list[str] = []
                    while not component or component[-1] != name:
                        component.append(open_names.pop())
                        is_open.discard(component[-1])
                    yield component
