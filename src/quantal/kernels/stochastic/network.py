"""A Program as a network of single events: counts, propensities, and what depends on what.

A state's value is count/size. The propensity of a direction of a reaction is its rate times
its size, in events per time; under mass action x^2 becomes x(x - 1/size), so that a count n
enters as n(n - 1), without a division by two.

Propensities are factored: total = sum over blocks of factor * sum over members. A factor is
what many members share: a function of the drives (a calcium concentration), or a count (the
glutamate that five steps of a receptor bind). So a change of it touches one number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from quantal.expression import Apply, Expression, Name, Number
from quantal.kernels.symbolic.dag import VARIABLE, Graph
from quantal.kernels.symbolic.equations import DRIVE, STATE, TIME, Equations
from quantal.program import Program, ReactionRow

WIDTH = 8
"""Members of one block, searched together."""
POPULAR = 3
"""A count that enters so many propensities as a factor becomes the factor of a block."""

ONE, COUNT, DRIVEN, MIXED = "one", "count", "driven", "mixed"
"""Factors of a block: none; a count; a function of drives; drives and counts inseparable."""


@dataclass(frozen=True)
class Channel:
    """One direction of a reaction: its propensity divided by its block's factor.

    `changes` are (state, whole change of its count or the node of it). `law` marks a written
    rate law, which could turn negative; those of mass action cannot once the constants are
    known not to.
    """

    row: int
    backward: bool
    weight: int
    changes: tuple[tuple[int, int], ...]
    law: bool


@dataclass
class Block:
    """Up to eight channels with one factor (a node)."""

    kind: str
    factor: int
    channels: list[Channel] = field(default_factory=list)


@dataclass(frozen=True)
class Network:
    """All of one Program that happens by chance.

    `clamped` states follow the stimulus: they are read like drives, behind the Program's own.
    `sizes` are nodes (states,): how many molecules a value of one stands for; None where a
    state is not a count. The last drive is time.
    """

    program: Program
    graph: Graph
    clamped: tuple[int, ...]
    sizes: tuple[int | None, ...]
    blocks: tuple[Block, ...]

    @property
    def tables(self) -> int:
        """Number of drives and clamps; the entry behind them is time itself."""
        return len(self.program.drives) + len(self.clamped)

    def states_in(self, node: int) -> set[int]:
        """The counts that a node depends on."""
        return {index for kind, index in _leaves(self.graph, node) if kind == STATE}

    def drives_in(self, node: int) -> set[int]:
        """The drives, clamps and time that a node depends on."""
        return {index for kind, index in _leaves(self.graph, node) if kind == DRIVE}


def _leaves(graph: Graph, node: int) -> set[tuple[str, int]]:
    return {graph.leaf_of[x] for x in graph.ancestors([node]) if x in graph.leaf_of}


def counted(program: Program) -> list[int]:
    """The states that molecules, channels or vesicles make up."""
    kinds = ("occupancy", "amount", "concentration")
    return [i for i, state in enumerate(program.states) if state.kind in kinds]


def write_network(program: Program, clamped: Iterable[int] = ()) -> Network:
    """The network of a Program whose counted states all have a size."""
    held = tuple(sorted(clamped))
    graph = Graph()
    plain = Equations(graph, program)
    sizes: list[int | None] = [None] * len(program.states)
    values: dict[int, int] = {}
    for index in counted(program):
        size = program.states[index].size
        assert size is not None
        sizes[index] = plain.node(size)
        values[index] = graph.multiply(graph.leaf(STATE, index), _inverse(graph, sizes[index]))
    for place, index in enumerate(held):
        values[index] = graph.leaf(DRIVE, len(program.drives) + place)
    equations = Equations(graph, program, values)
    equations.let(TIME, graph.leaf(DRIVE, len(program.drives) + len(held)))
    maker = _Maker(program, graph, equations, sizes, frozenset(held))
    found = [
        (channel, node)
        for number, row in enumerate(program.reactions)
        for channel, node in maker.directions(number, row)
    ]
    network = Network(program, graph, held, tuple(sizes), ())
    return Network(program, graph, held, tuple(sizes), _blocks(network, found))


def _inverse(graph: Graph, size: int | None) -> int:
    """1/size; 0 where there is none of the thing at all (a knock-out)."""
    assert size is not None
    nothing = graph.compare("==", size, graph.zero)
    return graph.choose(nothing, graph.zero, graph.reciprocal(size))


class _Maker:
    """Propensities of reactions as nodes."""

    def __init__(
        self, program: Program, graph: Graph, equations: Equations,
        sizes: list[int | None], held: frozenset[int],
    ) -> None:  # fmt: skip
        self._program, self._graph, self._equations = program, graph, equations
        self._sizes, self._held = sizes, held
        self._laws = {item.name: item.expression for item in program.definitions}

    def directions(self, number: int, row: ReactionRow) -> list[tuple[Channel, int]]:
        """Both directions with their whole propensities."""
        changes = [
            (index, self._equations.node(change))
            for index, change in row.changes
            if index not in self._held and self._sizes[index] is not None
        ]
        ways: list[tuple[bool, str, Expression | None, tuple[tuple[int, int], ...]]] = [
            (False, row.forward, row.forward_size, row.reactants)
        ]
        if row.backward is not None:
            ways.append((True, row.backward, row.backward_size, row.products))
        result = []
        for backward, name, size, orders in ways:
            assert size is not None
            law = self._law(name, dict(orders))
            node = self._graph.multiply(self._equations.node(size), law)
            signed = tuple((i, self._graph.negate(c) if backward else c) for i, c in changes)
            guarded = self._guarded(node, signed, dict(orders))
            by_law = not (row.reactants or row.products)
            result.append((Channel(number, backward, guarded, signed, by_law), guarded))
        return result

    def _law(self, name: str, orders: dict[int, int]) -> int:
        """A rate, in which the second of two equal reactants is one fewer than the first."""
        several = {
            self._program.states[i].name: i
            for i, order in orders.items()
            if order > 1 and i not in self._held
        }
        if not several:
            return self._equations.node(Name(name))
        met: Counter[str] = Counter()
        return self._equations.node(self._falling(self._laws[name], several, met))

    def _falling(
        self, expression: Expression, several: dict[str, int], met: Counter[str]
    ) -> Expression:
        if isinstance(expression, Name) and expression.name in several:
            return self._next(expression.name, several, met)
        if not isinstance(expression, Apply):
            return expression
        base, *rest = expression.arguments
        if (
            expression.function == "^"
            and isinstance(base, Name)
            and base.name in several
            and isinstance(rest[0], Number)
        ):
            product: Expression = self._next(base.name, several, met)
            for _ in range(int(rest[0].value) - 1):
                product = Apply("*", (product, self._next(base.name, several, met)))
            return product
        return Apply(
            expression.function,
            tuple(self._falling(each, several, met) for each in expression.arguments),
        )

    def _next(self, name: str, several: dict[str, int], met: Counter[str]) -> Name:
        """The k-th partner of its own kind: k fewer are left."""
        graph, index, before = self._graph, several[name], met[name]
        met[name] += 1
        left = graph.subtract(graph.leaf(STATE, index), graph.number(before))
        label = f"{name} less {before}"
        self._equations.let(label, graph.multiply(left, _inverse(graph, self._sizes[index])))
        return Name(label)

    def _guarded(
        self, node: int, changes: Iterable[tuple[int, int]], orders: dict[int, int]
    ) -> int:
        """Zero where fewer are left than an event takes: no count can become negative."""
        graph = self._graph
        for index, change in changes:
            taken = -graph.value[change] if graph.is_number(change) else 0.0
            if taken > orders.get(index, 0):
                few = graph.compare("<", graph.leaf(STATE, index), graph.number(taken))
                node = graph.multiply(graph.choose(few, graph.zero, graph.one), node)
        return node


def _blocks(network: Network, found: list[tuple[Channel, int]]) -> tuple[Block, ...]:
    """Channels put together by their factors, in the order of the text."""
    graph = network.graph
    split = [(channel, *_split(network, node)) for channel, node in found]
    popular = _popular(graph, [rest for _, kind, _, rest in split if kind == ONE])
    groups: dict[tuple[str, int], list[Channel]] = {}
    for channel, kind, factor, rest in split:
        if kind == ONE:
            shared = [x for x in rest if popular[x] >= POPULAR and _stands_alone(network, x, rest)]
            if shared:
                kind, factor = COUNT, max(shared, key=lambda x: (popular[x], x))
                rest = list(rest)
                rest.remove(factor)
        weight = graph.one
        for part in rest:
            weight = graph.multiply(weight, part)
        made = Channel(channel.row, channel.backward, weight, channel.changes, channel.law)
        groups.setdefault((kind, factor), []).append(made)
    blocks = []
    for (kind, factor), channels in groups.items():
        for start in range(0, len(channels), WIDTH):
            blocks.append(Block(kind, factor, channels[start : start + WIDTH]))
    return tuple(blocks)


def _stands_alone(network: Network, count: int, product: list[int]) -> bool:
    """Whether a count is in no other factor: of n(n - 1) neither half is a propensity."""
    (index,) = network.states_in(count)
    return all(x == count or index not in network.states_in(x) for x in product)


def _split(network: Network, node: int) -> tuple[str, int, list[int]]:
    """A propensity as (kind, factor, the other factors)."""
    graph = network.graph
    driven, rest = graph.one, []
    for part in factors(graph, node):
        if not network.drives_in(part):
            rest.append(part)
        elif network.states_in(part):
            return MIXED, graph.one, [node]
        else:
            driven = graph.multiply(driven, part)
    return (ONE, graph.one, rest) if driven == graph.one else (DRIVEN, driven, rest)


def factors(graph: Graph, node: int) -> list[int]:
    """The factors of a product, as far as it is one."""
    if graph.operation[node] == "neg":
        return [graph.number(-1.0), *factors(graph, graph.arguments[node][0])]
    if graph.operation[node] == "*" and graph.level[node] == VARIABLE:
        return [part for argument in graph.arguments[node] for part in factors(graph, argument)]
    return [node]


def _popular(graph: Graph, products: list[list[int]]) -> Counter[int]:
    """How many propensities have a count as one of at least two variable factors."""
    result: Counter[int] = Counter()
    for parts in products:
        variable = [part for part in parts if graph.level[part] == VARIABLE]
        if len(variable) > 1:
            result.update({p for p in variable if graph.leaf_of.get(p, ("", 0))[0] == STATE})
    return result
