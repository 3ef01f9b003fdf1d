"""All IR of one network's leaps, and the plain data that its Python driver needs."""

from __future__ import annotations

from typing import Any

from quantal.kernels.generate import mathematics
from quantal.kernels.leap import choose, draws, drives, loop, step
from quantal.kernels.leap.laws import Laws
from quantal.kernels.stochastic import philox
from quantal.kernels.stochastic.network import Network


def write_module(network: Network) -> tuple[str, dict[str, Any]]:
    """The IR text, and the layout: sizes of arrays and what each channel does."""
    laws = Laws(network)
    channels, states = len(laws.channels), len(network.program.states)
    tables, graph = network.tables, network.graph
    counted = [i for i, size in enumerate(network.sizes) if size is not None]
    sizes = [size for size in network.sizes if size is not None]
    # Everything that makes nodes comes before `once` is asked for.
    nodes = {"rates": laws.rates, "bounds": laws.bounds, "orders": laws.orders}
    body = "\n".join(
        [
            philox.refill(),
            draws.functions(),
            drives.drive_near(),
            drives.look(tables),
            *(laws.function(name, each) for name, each in nodes.items()),
            choose.classify(channels),
            choose.choose(channels, states),
            step.weigh(channels),
            step.half(channels, states),
            step.many(channels, tables),
            step.one(channels),
            step.total_of(channels),
            step.lowest(states),
            loop.Body(channels, states, tables).text(),
            loop.sweep(),
            laws.of_parameters("prepare", laws.once, "%constants", laws.parameters),
            laws.of_parameters("sizes", sizes, "%out"),
            laws.of_parameters("changes", laws.computed_changes, "%out"),
            laws.of_parameters("coefficients", [node for _, node in laws.coefficients], "%out"),
        ]
    )
    head = [mathematics.declarations(), philox.DECLARATIONS, mathematics.used_by(body)]
    text = "\n".join([*head, body])
    computed = {node: number for number, node in enumerate(laws.computed_changes)}
    layout = {
        "states": states,
        "constants": laws.parameters + len(laws.once),
        "scratch": laws.scratch,
        "tables": tables,
        "counted": counted,
        "members": [[i, ch.row, int(ch.backward)] for i, ch in enumerate(laws.channels)],
        "jumps": [
            [[i, _amount(graph, node)] if graph.is_number(node) else [i, None, computed[node]]
             for i, node in channel.changes]
            for channel in laws.channels
        ],
        "reactants": laws.reactants,
        "checked": [number for number, _ in laws.coefficients],
        "changes": [
            [n for n, ch in enumerate(laws.channels) if node in {c for _, c in ch.changes}]
            for node in laws.computed_changes
        ],
        "driven": sorted({d for node in laws.rates for d in network.drives_in(node)}),
    }  # fmt: skip
    return text, layout


def _amount(graph: Any, node: int) -> float:
    return float(graph.value[node])
