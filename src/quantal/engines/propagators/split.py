"""A Program as spikes drive it: what decays freely, what decides, what only follows.

Free states (transmitter, resources, residual calcium) move by constant rates and jump at
spikes. Driven blocks have rates that follow free states: those that a spike's handlers look
at decide what it does, the others (receptors) only follow, and may be summed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from quantal.engines.propagators.cascade import Block, cascade
from quantal.expression import Expression, names_in
from quantal.kernels.symbolic.derivative import gradients
from quantal.kernels.symbolic.equations import STATE
from quantal.program import Assignment, Crossing, Emission, Firing, Handler, Program


@dataclass(frozen=True, eq=False)
class Split:
    """Indices of free states, blocks that decide, blocks that follow; reasons to refuse."""

    free: tuple[int, ...]
    deciding: tuple[Block, ...]
    following: tuple[Block, ...]
    reasons: tuple[str, ...]


def split(program: Program, wanted: Collection[int]) -> Split:
    """Take a Program apart for its recorded states `wanted`."""
    parts = cascade(program)
    reasons = list(parts.reasons)
    free: list[int] = []
    driven: list[Block] = []
    for block in parts.blocks:
        if _is_free(block, free):
            free += block.indices
        else:
            driven.append(block)
    touched = _touched(program)
    # What a deciding block follows decides as well.
    deciding = [block for block in driven if touched & set(block.indices)]
    following = [
        block for block in driven
        if not touched & set(block.indices) and set(wanted) & set(block.indices)
    ]  # fmt: skip
    for block in (*deciding, *following):
        for kind, index in block.reads:
            if kind == STATE and index not in free:
                reasons.append(
                    f"`{program.states[block.indices[0]].name}` follows "
                    f"`{program.states[index].name}`, which follows a pulse itself"
                )
    return Split(tuple(free), tuple(deciding), tuple(following), tuple(dict.fromkeys(reasons)))


def _is_free(block: Block, free: Collection[int]) -> bool:
    """Constant rates, and nothing added but shares of free states."""
    graph = block.graph
    if any(kind == STATE for kind, _ in block.matrix_reads):
        return False
    upstream = [index for kind, index in block.reads if kind == STATE]
    if not set(upstream) <= set(free):
        return False
    leaves = {graph.leaf(STATE, index) for index in upstream}
    partial = gradients(graph, block.offset, leaves)
    shares = [node for gradient in partial.values() for node in gradient.values()]
    inside = {graph.leaf_of.get(node, ("", 0))[0] for node in graph.ancestors(shares)}
    return STATE not in inside


def _touched(program: Program) -> set[int]:
    """States that handlers change or look at."""
    states = {state.name: index for index, state in enumerate(program.states)}
    definitions = {item.name: item.expression for item in program.definitions}
    found: set[int] = set()
    stack: list[Expression] = []
    for handler in program.handlers:
        if not isinstance(handler.trigger, Crossing):
            stack += _expressions(handler)
            found |= changed_by(handler)
    seen: set[str] = set()
    while stack:
        for name in names_in(stack.pop()) - seen:
            seen.add(name)
            if name in states:
                found.add(states[name])
            elif name in definitions:
                stack.append(definitions[name])
    return found


def _expressions(handler: Handler) -> Iterable[Expression]:
    for action in handler.actions:
        if isinstance(action, Assignment):
            yield action.value
        elif isinstance(action, Firing):
            yield action.times
            yield from (share for _, share in action.changes)


def changed_by(handler: Handler) -> set[int]:
    """The states that a handler changes."""
    found: set[int] = set()
    for action in handler.actions:
        if isinstance(action, Assignment):
            found.add(action.index)
        elif not isinstance(action, Emission):
            found |= {index for index, _ in action.changes}
    return found
