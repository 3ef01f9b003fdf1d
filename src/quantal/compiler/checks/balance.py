"""Loops of reversible steps that drive themselves.

Without a source of energy the product of the equilibrium constants round a loop is one
(detailed balance; Colquhoun & Hawkes 1982 Phil Trans R Soc Lond B 300:1). Published
constants are rounded, so a loop is reported only where its printed digits cannot explain
the difference.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from dataclasses import dataclass

from quantal.compiler.checks.constants import constant_value, rounding_of
from quantal.errors import Problem
from quantal.model.processes import Reaction, Term
from quantal.model.quantities import Scheme

TOLERANCE = 0.01
"""Loops whose products differ by less are not reported, however many digits are printed."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One reversible transition: log of its equilibrium constant, and what it binds."""

    start: str
    end: str
    log_ratio: float
    rounding: float
    bound: Counter[str]
    reaction: Reaction

    def reversed(self) -> _Step:
        bound = Counter({name: -times for name, times in self.bound.items()})
        return _Step(self.end, self.start, -self.log_ratio, self.rounding, bound, self.reaction)


def unbalanced_loops(
    scheme: Scheme,
    reactions: list[Reaction],
    values: dict[str, float],
    rounding: dict[str, float],
) -> list[Problem]:
    """One warning for each independent loop of constant steps that drives itself.

    `values` and `rounding` are those of the names that are constant.
    """
    states = set(scheme.states)
    found_steps = (_step(reaction, states, values, rounding) for reaction in reactions)
    steps = [step for step in found_steps if step is not None]
    links: dict[str, list[_Step]] = {}
    for step in steps:
        links.setdefault(step.start, []).append(step)
        links.setdefault(step.end, []).append(step.reversed())
    tree = _spanning_tree(scheme, links)
    in_tree = {id(path[-1].reaction) for path in tree.values() if path}
    found = []
    for step in steps:
        if id(step.reaction) in in_tree:
            continue
        loop = _cancelled([*tree[step.start], step, *_backwards(tree[step.end])])
        bound: Counter[str] = Counter()
        for part in loop:
            bound.update(part.bound)
        if any(bound.values()):
            continue  # the loop consumes something, which may drive it
        log_product = sum(part.log_ratio for part in loop)
        allowed = max(TOLERANCE, sum(part.rounding for part in loop))
        if abs(log_product) > math.log1p(allowed):
            names = " - ".join([loop[0].start, *(part.end for part in loop)])
            found.append(
                Problem(
                    step.reaction.where,
                    f"the loop {names} drives itself: the products of its forward and backward "
                    f"constants differ by a factor of {math.exp(abs(log_product)):.3g}; "
                    "expected equal products (detailed balance)",
                )
            )
    return found


def _step(
    reaction: Reaction, states: set[str], values: dict[str, float], rounding: dict[str, float]
) -> _Step | None:
    """A reversible mass-action transition with constant rates, if this is one."""
    if reaction.law != "mass action" or reaction.backward is None:
        return None
    start = [name for _, name in reaction.left if name in states]
    end = [name for _, name in reaction.right if name in states]
    if len(start) != 1 or len(end) != 1:
        return None
    forward = constant_value(reaction.forward, values)
    backward = constant_value(reaction.backward, values)
    if forward is None or backward is None or forward <= 0.0 or backward <= 0.0:
        return None
    bound = _others(reaction.left, states)
    bound.subtract(_others(reaction.right, states))
    printed = rounding_of(reaction.forward, rounding) + rounding_of(reaction.backward, rounding)
    return _Step(start[0], end[0], math.log(forward / backward), printed, bound, reaction)


def _others(terms: tuple[Term, ...], states: set[str]) -> Counter[str]:
    return Counter(name for _, name in terms if name not in states)


def _spanning_tree(scheme: Scheme, links: dict[str, list[_Step]]) -> dict[str, list[_Step]]:
    """For each state, the shortest path of steps that reaches it from its first state."""
    tree: dict[str, list[_Step]] = {}
    for root in scheme.states:
        if root in tree:
            continue
        tree[root] = []
        queue = deque([root])
        while queue:
            state = queue.popleft()
            for step in links.get(state, []):
                if step.end not in tree:
                    tree[step.end] = [*tree[state], step]
                    queue.append(step.end)
    return tree


def _backwards(path: list[_Step]) -> list[_Step]:
    return [step.reversed() for step in reversed(path)]


def _cancelled(loop: list[_Step]) -> list[_Step]:
    """The loop without the stretch that goes out and comes back the same way."""
    while len(loop) > 2 and loop[0].reaction is loop[-1].reaction:
        loop = loop[1:-1]
    return loop
