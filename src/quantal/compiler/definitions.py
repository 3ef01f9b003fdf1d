"""Put definitions in an order in which each uses only earlier ones."""

from __future__ import annotations

from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from quantal.errors import ModelError, Problem, Where
from quantal.expression import names_in
from quantal.program import Definition


def order_definitions(
    definitions: dict[str, Definition], parameters: set[str]
) -> tuple[Definition, ...]:
    """Sorted definitions, those that depend on parameters alone marked constant.

    Raises:
        ModelError: definitions that go round in a circle.
    """
    uses = {name: names_in(item.expression) for name, item in definitions.items()}
    graph = {name: sorted(used & definitions.keys()) for name, used in uses.items()}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as cycle:
        name = cycle.args[1][0]
        problem = Problem(Where("<model>"), f"`{name}` is defined through itself")
        raise ModelError([problem]) from None
    constant = set(parameters)
    result = []
    for name in order:
        hoisted = uses[name] <= constant
        if hoisted:
            constant.add(name)
        result.append(replace(definitions[name], constant=hoisted))
    return tuple(result)
