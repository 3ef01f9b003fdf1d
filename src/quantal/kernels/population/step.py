"""One fixed step of second order, as graph nodes: set by set, causes before effects.

Each set of states that act on one another is advanced with everything upstream of it held at
its mean over the step, which is a symmetric splitting of second order. A single state that
decays with a rate of parameters alone is advanced exactly; a set that is linear in its own
states, which every kinetic scheme is, by one linear solution; any other by a linearly
implicit (Rosenbrock) formula with its exact Jacobian.

`midpoint` is the implicit midpoint rule, of one stage (Hairer, Nørsett & Wanner 1993,
Solving ODEs I, II.7): small errors, but what is much faster than the step rings before it
dies away. `damped` has two stages and forgets at once what it cannot resolve (L-stable): the
SDIRK method of Alexander 1977 (SIAM J Numer Anal 14:1006) for linear sets, ROS2 of Verwer,
Spee, Blom & Hundsdorfer 1999 (SIAM J Sci Comput 20:1456) for others.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from quantal.kernels.population.blocks import blocks
from quantal.kernels.population.elimination import Elimination
from quantal.kernels.population.forms import Form, scaled
from quantal.kernels.symbolic.dag import CONSTANT, VARIABLE, Graph
from quantal.kernels.symbolic.derivative import gradients
from quantal.kernels.symbolic.equations import STATE, Equations
from quantal.program import Program

MEAN, HELD, HELD_END, LENGTH = "mean", "held", "held_end", "length"
"""Leaves: a state's mean over the step; a clamped state's mean and end; the step's length."""

METHODS = ("midpoint", "damped")
GAMMA = 1.0 - math.sqrt(0.5)
"""The diagonal of both damped methods, for which they are L-stable and of order two."""


@dataclass
class Step:
    """Nodes of the new states, what each `MEAN` leaf stands for, and the varying pivots.

    `factors` are, for each set that one linear solution advances, the parts of its
    factorisation that differ from step to step: they need none of the set's states.
    """

    new: dict[int, int] = field(default_factory=dict)
    means: dict[int, int] = field(default_factory=dict)
    pivots: set[int] = field(default_factory=set)
    factors: dict[tuple[int, ...], list[int]] = field(default_factory=dict)
    order: list[tuple[int, ...]] = field(default_factory=list)
    """The sets in the order in which they are advanced; given states last."""


def write_step(
    graph: Graph, program: Program, clamped: Sequence[int], method: str, by_increments: bool
) -> Step:
    """The nodes of one step.

    Args:
        graph: where the nodes go.
        program: what is advanced.
        clamped: indices of states that are given from outside.
        method: one of `METHODS`.
        by_increments: solve for changes instead of values; slower, but values near rest
            then lose nothing to rounding, which single precision needs.
    """
    step = Step()
    replaced: dict[int, int] = {}
    for number, index in enumerate(clamped):
        replaced[index] = graph.leaf(HELD, number)
        step.new[index] = graph.leaf(HELD_END, number)
    for block in blocks(program, clamped):
        advance = _Block(graph, program, block, replaced, method, by_increments)
        for index, new, mean in advance.results():
            leaf = graph.leaf(MEAN, index)
            step.new[index], step.means[leaf], replaced[index] = new, mean, leaf
        step.order.append(block)
        step.pivots |= advance.pivots
        step.factors[block] = advance.factors
    step.order += [tuple(clamped)] if clamped else []
    return step


def solved_blocks(program: Program, clamped: Sequence[int]) -> list[tuple[int, ...]]:
    """The sets that are not advanced exactly: all but steady decays of single states."""
    graph = Graph()
    return [
        block
        for block in blocks(program, clamped)
        if len(block) > 1 or not _Block(graph, program, block, {}, METHODS[0], False).is_steady
    ]


class _Block:
    """One set of states that depend on one another."""

    def __init__(
        self, graph: Graph, program: Program, block: tuple[int, ...], upstream: Mapping[int, int],
        method: str, by_increments: bool,
    ) -> None:  # fmt: skip
        self._graph, self._program, self._block = graph, program, block
        self._upstream, self._by_increments = upstream, by_increments
        self._damped = method == "damped"
        self._h = graph.leaf(LENGTH, 0, CONSTANT)
        self._leaves = [graph.leaf(STATE, index) for index in block]
        self._place = {leaf: number for number, leaf in enumerate(self._leaves)}
        self._rates = self._at(self._leaves)
        partial = gradients(graph, self._rates, set(self._leaves))
        self._jacobian = {
            (row, self._place[leaf]): entry
            for row, rate in enumerate(self._rates)
            for leaf, entry in sorted(partial[rate].items())
            if entry != graph.zero
        }
        own = set(self._leaves)
        reached = set(graph.ancestors(self._jacobian.values()))
        self._linear = not reached & own
        self.pivots: set[int] = set()
        self.factors: list[int] = []

    def results(self) -> Iterator[tuple[int, int, int]]:
        """For each state its index, its new value, and its mean over the step."""
        if self.is_steady:
            new, mean = self._exactly()
        elif self._linear and not self._by_increments:
            new, mean = self._linearly()
        else:
            new, mean = self._by_rosenbrock()
        return zip(self._block, new, mean, strict=True)

    def _at(self, values: Sequence[int]) -> list[int]:
        """The derivatives where this block's states have these values."""
        given = {**self._upstream, **dict(zip(self._block, values, strict=True))}
        equations = Equations(self._graph, self._program, given)
        return [equations.node(self._program.derivatives[index]) for index in self._block]

    @property
    def is_steady(self) -> bool:
        """Whether it is a single state whose rate of decay depends on parameters alone."""
        if len(self._block) > 1:
            return False
        slope = self._jacobian.get((0, 0), self._graph.zero)
        return self._graph.level[slope] != VARIABLE

    def _exactly(self) -> tuple[list[int], list[int]]:
        """x' = a x + b: e^(ah) x + h b (e^(ah) - 1)/(ah), and the exact mean."""
        graph, h, (x,) = self._graph, self._h, self._leaves
        a = self._jacobian.get((0, 0), graph.zero)
        z = graph.multiply(a, h)
        first = graph.call("exprel", z)
        # (exprel(z) - 1)/z, without its cancellation.
        second = graph.subtract(first, graph.call("exprel'", z))
        if self._by_increments:
            change = graph.multiply(h, self._rates[0])
            return [graph.add(x, graph.multiply(first, change))], [
                graph.add(x, graph.multiply(second, change))
            ]
        b = graph.multiply(h, self._at([graph.zero])[0])
        new = graph.add(graph.multiply(graph.call("exp", z), x), graph.multiply(first, b))
        mean = graph.add(graph.multiply(first, x), graph.multiply(second, b))
        return [new], [mean]

    def _linearly(self) -> tuple[list[int], list[int]]:
        graph, x = self._graph, self._leaves
        share = self._share()
        system = self._system(share)
        source = [graph.multiply(share, b) for b in self._at([graph.zero] * len(x))]
        middle = system.solve([graph.add(v, s) for v, s in zip(x, source, strict=True)])
        if not self._damped:
            twice = [graph.multiply(graph.number(2.0), m) for m in middle]
            return [graph.subtract(m, v) for m, v in zip(twice, x, strict=True)], middle
        again = graph.number((1.0 - GAMMA) / GAMMA)
        right = [
            graph.add(graph.add(v, s), graph.multiply(again, graph.subtract(m, v)))
            for v, s, m in zip(x, source, middle, strict=True)
        ]
        new = system.solve(right)
        weights = graph.number(1.0 - GAMMA), graph.number(GAMMA)
        mean = [
            graph.add(graph.multiply(weights[0], m), graph.multiply(weights[1], n))
            for m, n in zip(middle, new, strict=True)
        ]
        return new, mean

    def _by_rosenbrock(self) -> tuple[list[int], list[int]]:
        graph, h, x = self._graph, self._h, self._leaves
        system = self._system(self._share())
        half = graph.number(0.5)
        first = system.solve([scaled(graph, h, rate) for rate in self._rates])
        ends = [graph.add(v, d) for v, d in zip(x, first, strict=True)]
        if not self._damped:
            return ends, self._halfway(first)
        right = [
            graph.subtract(scaled(graph, h, rate), graph.multiply(graph.number(2.0), d))
            for rate, d in zip(self._at(ends), first, strict=True)
        ]
        second = system.solve(right)
        change = [
            graph.add(graph.multiply(graph.number(1.5), a), graph.multiply(half, b))
            for a, b in zip(first, second, strict=True)
        ]
        new = [graph.add(v, d) for v, d in zip(x, change, strict=True)]
        return new, self._halfway(change)

    def _halfway(self, change: Sequence[int]) -> list[int]:
        graph = self._graph
        half = graph.number(0.5)
        return [
            graph.add(v, graph.multiply(half, d)) for v, d in zip(self._leaves, change, strict=True)
        ]

    def _share(self) -> int:
        weight = GAMMA if self._damped else 0.5
        return self._graph.multiply(self._graph.number(weight), self._h)

    def _system(self, share: int) -> Elimination:
        """1 - share*J, factorised."""
        graph = self._graph
        minus = graph.negate(share)
        one = Form(graph, {graph.one: graph.one})
        matrix = {
            place: Form.of(graph, entry).scaled(minus) for place, entry in self._jacobian.items()
        }
        for index in range(len(self._block)):
            own = matrix.get((index, index))
            matrix[index, index] = one if own is None else one.plus(own)
        system = Elimination(graph, matrix, len(self._block))
        self.pivots |= set(system.pivots)
        if self._linear and not (self._damped or self._by_increments):
            self.factors += system.factors
        return system
