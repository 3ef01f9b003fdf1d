"""Warn where the dimensions fit but the numbers cannot be right.

A loop of reversible steps must not drive itself: the product of its equilibrium constants
is one (detailed balance; Colquhoun & Hawkes 1982 Phil Trans R Soc Lond B 300:1). Molecules
cannot bind faster than they meet by diffusion, about 1e10 /M/s at most, so that a larger
constant is most often `uM` for `mM`.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from dataclasses import dataclass

from quantal.compiler.checks.equation import equation
from quantal.compiler.expand import CONSTANTS, expand
from quantal.constants import ZERO_CELSIUS
from quantal.errors import Problem
from quantal.expression import Expression, evaluate
from quantal.model.model import Model
from quantal.model.processes import Reaction, Term
from quantal.model.quantities import Scheme
from quantal.units import CONCENTRATION, NUMBER, Dimension, parse_unit

FASTEST_BINDING = parse_unit("/M/s").to_internal(1e10)
"""The diffusion limit of association, um3/ms."""

BALANCE_TOLERANCE = 0.01
"""Loops whose products of constants differ by more are reported."""

_ROOM = 22.0 + ZERO_CELSIUS


@dataclass(frozen=True, slots=True)
class _Step:
    """One reversible transition: log of its equilibrium constant, and what it binds."""

    start: str
    end: str
    log_ratio: float
    bound: Counter[str]
    reaction: Reaction

    def reversed(self) -> _Step:
        bound = Counter({name: -times for name, times in self.bound.items()})
        return _Step(self.end, self.start, -self.log_ratio, bound, self.reaction)


def plausibility(
    model: Model, dimensions: dict[str, Dimension], order: tuple[str, ...]
) -> list[Problem]:
    """Warnings about a checked flat model; an empty list if the numbers look right."""
    values = constant_values(model, order)
    found = [
        warning
        for reaction in model.reactions
        for warning in _too_fast(reaction, values, dimensions)
    ]
    for scheme in model.schemes:
        found += _unbalanced_loops(scheme, model.reactions, values)
    return found


def constant_values(model: Model, order: tuple[str, ...]) -> dict[str, float]:
    """Values of parameters and of the lets that depend on nothing else."""
    temperature = model.temperature.value if model.temperature is not None else _ROOM
    values = {"temperature": temperature}
    values |= {name: number.value for name, number in CONSTANTS.items()}
    values |= {parameter.name: parameter.value.value for parameter in model.parameters}
    lets = {let.name: let.expression for let in model.lets}
    for name in order:
        if name in lets:
            value = _value(lets[name], values)
            if value is not None:
                values[name] = value
    return values


def _value(expression: Expression, values: dict[str, float]) -> float | None:
    """The value of a constant expression; None where it varies or is undefined."""
    try:
        value = float(evaluate(expand(expression), values))
    except (KeyError, ArithmeticError, TypeError):
        return None
    return value if math.isfinite(value) else None


def _too_fast(
    reaction: Reaction, values: dict[str, float], dimensions: dict[str, Dimension]
) -> list[Problem]:
    if reaction.law != "mass action":
        return []
    found = []
    for constant, reactants in (
        (reaction.forward, reaction.left),
        (reaction.backward, reaction.right),
    ):
        names = [name for _, name in reactants]
        powers = [dimensions.get(name, NUMBER) for name in names]
        if constant is None or len(names) != 2 or CONCENTRATION not in powers:
            continue
        if set(powers) - {CONCENTRATION, NUMBER}:
            continue
        value = _value(constant, values)
        if value is not None and value > FASTEST_BINDING * (1.0 + 1e-9):
            rate = parse_unit("/M/s").from_internal(value)
            found.append(
                Problem(
                    reaction.where,
                    f"`{equation(reaction)}` binds at {rate:.3g} /M/s, faster than diffusion "
                    "allows (1e10 /M/s); is the constant per mM, not per uM?",
                )
            )
    return found


def _unbalanced_loops(
    scheme: Scheme, reactions: tuple[Reaction, ...], values: dict[str, float]
) -> list[Problem]:
    """One warning for each independent loop of constant steps that drives itself."""
    states = set(scheme.states)
    steps = [
        step for reaction in reactions if (step := _step(reaction, states, values)) is not None
    ]
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
        if abs(log_product) > math.log1p(BALANCE_TOLERANCE):
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


def _step(reaction: Reaction, states: set[str], values: dict[str, float]) -> _Step | None:
    """A reversible mass-action transition with constant rates, if this is one."""
    if reaction.law != "mass action" or reaction.backward is None:
        return None
    start = [name for _, name in reaction.left if name in states]
    end = [name for _, name in reaction.right if name in states]
    if len(start) != 1 or len(end) != 1:
        return None
    forward, backward = _value(reaction.forward, values), _value(reaction.backward, values)
    if forward is None or backward is None or forward <= 0.0 or backward <= 0.0:
        return None
    bound = _others(reaction.left, states)
    bound.subtract(_others(reaction.right, states))
    return _Step(start[0], end[0], math.log(forward / backward), bound, reaction)


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
