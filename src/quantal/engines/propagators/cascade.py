"""A Program as a cascade of linear blocks: each linear in its own states, given those before.

Transmitter decays by itself, receptors follow the transmitter, a passive membrane follows the
receptors: dy/dt = A(t) y + b(t) in every block, with A and b functions of what comes earlier.
What is not of this form is named as a reason to refuse.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from quantal.kernels.population.blocks import blocks as causal_order
from quantal.kernels.symbolic.dag import VARIABLE, Graph
from quantal.kernels.symbolic.derivative import gradients
from quantal.kernels.symbolic.equations import DRIVE, STATE, TIME, Equations
from quantal.program import Crossing, Program
from quantal.units import VOLTAGE

LARGEST = 64
"""States in one block: a propagator is a matrix of their number squared."""

Leaf = tuple[str, int]


@dataclass(frozen=True, eq=False)
class Block:
    """States that act on one another, in the order of the Program.

    `matrix` are the nodes of A's entries, `offset` those of b, in `graph`; `reads` are the
    leaves outside the block that they depend on (states, drives), empty where A and b are
    constant between two changes of parameters.
    """

    graph: Graph
    indices: tuple[int, ...]
    matrix: dict[tuple[int, int], int]
    offset: tuple[int, ...]
    reads: tuple[Leaf, ...]
    matrix_reads: tuple[Leaf, ...]

    @property
    def size(self) -> int:
        """How many states."""
        return len(self.indices)


@dataclass(frozen=True, eq=False)
class Cascade:
    """Blocks, causes before effects, and the reasons why a Program is no such cascade."""

    blocks: tuple[Block, ...]
    reasons: tuple[str, ...]


def cascade(program: Program, held: Collection[int] = ()) -> Cascade:
    """Take a Program apart; `held` states are given from outside, as drives are."""
    reasons = [
        f"a threshold is watched{f' ({handler.line})' if handler.line else ''}"
        for handler in program.handlers
        if isinstance(handler.trigger, Crossing)
    ]
    found: list[Block] = []
    graph = Graph()
    equations = Equations(graph, program)
    rates = [equations.node(expression) for expression in program.derivatives]
    for indices in causal_order(program, held):
        if len(indices) > LARGEST:
            reasons.append(
                f"{len(indices)} states act on one another, `{program.states[indices[0]].name}` "
                f"among them; propagators are made for up to {LARGEST}"
            )
            continue
        block = _block(program, graph, indices, [rates[index] for index in indices])
        reasons += _obstacles(program, block)
        found.append(block)
    return Cascade(tuple(found), tuple(dict.fromkeys(reasons)))


def _block(program: Program, graph: Graph, indices: tuple[int, ...], rates: list[int]) -> Block:
    own = {graph.leaf(STATE, index): place for place, index in enumerate(indices)}
    partial = gradients(graph, rates, own)
    matrix = {
        (row, own[leaf]): node
        for row, rate in enumerate(rates)
        for leaf, node in partial[rate].items()
        if node != graph.zero
    }
    emptied = Equations(graph, program, dict.fromkeys(indices, graph.zero))
    offset = tuple(emptied.node(program.derivatives[index]) for index in indices)
    return Block(
        graph, indices, matrix, offset, _leaves(graph, [*matrix.values(), *offset]),
        _leaves(graph, matrix.values()),
    )  # fmt: skip


def _leaves(graph: Graph, nodes: Iterable[int]) -> tuple[Leaf, ...]:
    found = {graph.leaf_of[node] for node in graph.ancestors(nodes) if node in graph.leaf_of}
    return tuple(sorted(leaf for leaf in found if leaf[0] in (STATE, DRIVE, TIME)))


def _obstacles(program: Program, block: Block) -> list[str]:
    graph, states = block.graph, program.states
    named = f"`{states[block.indices[0]].name}`"
    reasons = [
        f"the equation of `{states[block.indices[row]].name}` is not linear in `{states[own].name}`"
        for (row, _), node in sorted(block.matrix.items())
        for kind, own in _leaves(graph, [node])
        if kind == STATE and own in block.indices
    ]
    if reasons:
        return reasons[:1]
    kinds = {states[index].kind for index in block.indices}
    if kinds & {"occupancy", "gate"}:
        reasons += [
            f"the transitions of {_scheme(program, block)} depend on the voltage `{name}`"
            for name in _voltages(program, block.reads)
        ]
    if (TIME, 0) in block.reads:
        reasons.append(f"the rates of {named} follow the time itself")
    nodes = graph.ancestors([*block.matrix.values(), *block.offset])
    if any(_has_corner(graph, node) for node in nodes):
        reasons.append(f"the rates of {named} have corners (`if`, `min`, `max` or `abs`)")
    return reasons


def _has_corner(graph: Graph, node: int) -> bool:
    return graph.level[node] == VARIABLE and graph.operation[node] in ("if", "abs")


def _scheme(program: Program, block: Block) -> str:
    for invariant in program.invariants:
        if set(invariant.indices) == set(block.indices):
            return f"`{invariant.name}`"
    return f"`{program.states[block.indices[0]].name}`"


def _voltages(program: Program, reads: Iterable[Leaf]) -> list[str]:
    names = []
    for kind, index in reads:
        if kind == DRIVE and program.drives[index].unit.dimension == VOLTAGE:
            names.append(program.drives[index].name)
        elif kind == STATE and program.states[index].unit.dimension == VOLTAGE:
            names.append(program.states[index].name)
    return names
