"""Warn where the dimensions fit but the numbers cannot be right.

Molecules cannot bind faster than they meet by diffusion, about 1e10 /M/s at most, so that
a larger constant is most often `uM` for `mM`. Loops must not drive themselves
(`balance.py`), and an input should be read by something.
"""

from __future__ import annotations

from quantal.assembly.names import mentioned
from quantal.compiler.checks.balance import unbalanced_loops
from quantal.compiler.checks.constants import constant_value, constant_values, printed_rounding
from quantal.compiler.checks.equation import equation
from quantal.errors import Problem
from quantal.model.model import Model
from quantal.model.processes import Reaction
from quantal.units import CONCENTRATION, NUMBER, Dimension, parse_unit

FASTEST_BINDING = parse_unit("/M/s").to_internal(1e10)
"""The diffusion limit of association, um3/ms."""


def plausibility(
    model: Model, dimensions: dict[str, Dimension], order: tuple[str, ...]
) -> list[Problem]:
    """Warnings about a checked flat model; an empty list if the numbers look right."""
    values = constant_values(model, order)
    rounding = printed_rounding(model, order)
    found = [
        warning
        for reaction in model.reactions
        for warning in _too_fast(reaction, values, dimensions)
    ]
    found += _unread_inputs(model)
    lines: dict[str | None, list[Reaction]] = {}
    for reaction in model.reactions:
        lines.setdefault(reaction.scheme, []).append(reaction)
    for scheme in model.schemes:
        found += unbalanced_loops(scheme, lines.get(scheme.name, []), values, rounding)
    return found


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
        value = constant_value(constant, values)
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


def _unread_inputs(model: Model) -> list[Problem]:
    """Inputs on which nothing depends: driving them would do nothing, without a word."""
    read = mentioned(model) if model.ports else set()
    return [
        Problem(
            port.where,
            f"nothing depends on `{port.name}`; should something be connected to it?",
        )
        for port in model.ports
        if port.name not in read
    ]
