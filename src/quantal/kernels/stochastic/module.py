"""All IR of one network, and the plain data that its Python driver needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from quantal.kernels.generate import mathematics
from quantal.kernels.generate.ir import POINTER, Function
from quantal.kernels.generate.straight_line import StraightLine
from quantal.kernels.stochastic import loop, philox, sums, tables
from quantal.kernels.stochastic.lanes.weights import fits
from quantal.kernels.stochastic.network import WIDTH, Network
from quantal.kernels.stochastic.parts import Parts
from quantal.kernels.symbolic.dag import VARIABLE
from quantal.kernels.symbolic.equations import PARAMETER


def write_module(network: Network) -> tuple[str, dict[str, Any]]:
    """The IR text, and the layout: sizes of arrays and which reaction has which place."""
    parts = Parts(network)
    counted = [i for i, size in enumerate(network.sizes) if size is not None]
    checked = [
        (member.slot, node)
        for member, node in zip(parts.members, parts.coefficients, strict=True)
        if node is not None
    ]
    sizes = [size for size in network.sizes if size is not None]
    body = "\n".join(
        [
            philox.refill(),
            tables.drive_at(),
            tables.rewind(network.tables),
            sums.enter_cell(parts),
            sums.load(parts),
            loop.advance(parts),
            loop.sweep(parts),
            _of_parameters(parts, "prepare", parts.once, "%constants", parts.parameters),
            _of_parameters(parts, "sizes", sizes, "%out"),
            _of_parameters(parts, "changes", parts.computed_changes, "%out"),
            _of_parameters(parts, "coefficients", [node for _, node in checked], "%out"),
        ]
    )
    text = "\n".join(
        [mathematics.declarations(), philox.DECLARATIONS, mathematics.used_by(body), body]
    )
    layout = {
        "lanes": fits(parts),
        "states": len(network.program.states),
        "constants": parts.parameters + len(parts.once),
        "places": WIDTH * len(parts.blocks),
        "tables": network.tables,
        "counted": counted,
        "members": [[m.slot, m.channel.row, int(m.channel.backward)] for m in parts.members],
        "checked": [place for place, _ in checked],
        "changes": [
            [member.slot for member in parts.members if node in dict(_swap(member.channel.changes))]
            for node in parts.computed_changes
        ],
        "driven": sorted({d for m in parts.members for d in _drives(parts, m)}),
    }
    return text, layout


def _swap(changes: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    return [(node, index) for index, node in changes]


def _drives(parts: Parts, member: Any) -> set[int]:
    network = parts.network
    factor = parts.blocks[member.block].factor
    return network.drives_in(member.channel.weight) | network.drives_in(factor)


def _of_parameters(
    parts: Parts, name: str, nodes: Sequence[int], result: str, first: int = 0
) -> str:
    """`name(constants, out)`: nodes that depend on parameters alone."""
    f = Function(name, [(POINTER, "constants"), (POINTER, "out")], internal=False)
    moving = [node for node in nodes if parts.graph.level[node] == VARIABLE]
    if moving:
        raise ValueError(f"{name} must not depend on states or drives")
    code = StraightLine.inside(f, parts.graph, {PARAMETER: "%constants"})
    code.store(nodes, result, first)
    f.give()
    return f.text()
