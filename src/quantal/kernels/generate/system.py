"""One Program as straight-line functions: rates, factorisation, events, crossings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from quantal.kernels.generate.hoist import hoisted
from quantal.kernels.generate.ir import OFTEN, SELDOM, Function
from quantal.kernels.generate.straight_line import StraightLine, near_places
from quantal.kernels.layout import Layout
from quantal.kernels.symbolic.dag import Graph
from quantal.kernels.symbolic.equations import (
    DRIVE,
    PARAMETER,
    STATE,
    TIME,
    Equations,
    after_actions,
)
from quantal.kernels.symbolic.jacobian import CLAMP_SLOPE, DRIVE_SLOPE, FREE, linearise
from quantal.kernels.symbolic.sparse_lu import factorise, substitute
from quantal.program import Crossing, Program

_PITCH, _ENTRY, _EXTRA = "pitch", "entry", "extra"

_ARRAYS = {
    STATE: "%y", PARAMETER: "%constants", DRIVE: "%drives", DRIVE_SLOPE: "%slopes",
    FREE: "%free", CLAMP_SLOPE: "%clamp_slopes", TIME: "%now", _PITCH: "%pitch",
    _ENTRY: "%lu", _EXTRA: "%extra",
}  # fmt: skip

POINT = (STATE, PARAMETER, DRIVE, TIME)
FACTOR = (*POINT, DRIVE_SLOPE, FREE, CLAMP_SLOPE, _PITCH)
STAGE = (*POINT, FREE, _EXTRA, _ENTRY)


@dataclass(frozen=True)
class System:
    """A Program's functions, and the layout they agree on."""

    functions: list[Function]
    layout: Layout


@dataclass(frozen=True)
class _Task:
    """One function to write: what it reads, and the arrays it writes with their nodes."""

    name: str
    inputs: Sequence[str]
    results: Sequence[tuple[str, Sequence[int]]]
    places: Sequence[int] | None
    internal: bool
    padded: bool
    often: bool
    seldom: bool


def _nodes(task: _Task) -> list[int]:
    return [node for _, nodes in task.results for node in nodes]


class _Writer:
    """Collects functions over one graph; parameter-only nodes are computed once for all."""

    def __init__(self, graph: Graph, parameters: int) -> None:
        self.graph = graph
        self._parameters = parameters
        self.scratch = 0
        self._waiting: list[_Task] = []

    def add(
        self, name: str, inputs: Sequence[str], result: str, nodes: Sequence[int],
        second: tuple[str, Sequence[int]] | None = None,
        places: Sequence[int] | None = None, internal: bool = True, padded: bool = False,
        often: bool = False, seldom: bool = False,
    ) -> None:  # fmt: skip
        """A function that writes nodes to the array `result`, at `places` or from 0 on.

        `second` is another array that it writes, with its nodes. A `padded` array has room
        for whole vectors. What is called `often` keeps its exponentials, what is
        called `seldom` is compiled as it stands.
        """
        results = [(result, nodes)] if second is None else [(result, nodes), second]
        self._waiting.append(_Task(name, inputs, results, places, internal, padded, often, seldom))

    def functions(self) -> tuple[list[Function], int]:
        """All functions, with `prepare` for the constants, and the number of constants."""
        results = [result for task in self._waiting for result in task.results]
        once = hoisted(self.graph, (node for _, nodes in results for node in nodes))
        given = {node: ("%constants", self._parameters + index) for index, node in enumerate(once)}
        kept = [
            near_places(self.graph, _nodes(task)) if task.often else 0 for task in self._waiting
        ]
        written = self._prepare(once, sum(kept))
        for number, task in enumerate(self._waiting):
            names = [_ARRAYS[kind][1:] for kind in task.inputs]
            names += [result for result, _ in task.results] + ["scratch"]
            arguments = list(dict.fromkeys(names))
            near = sum(kept[:number]) if task.often else None
            code = StraightLine(
                task.name, arguments, self.graph, _ARRAYS, given, task.internal, near, sum(kept),
                SELDOM if task.seldom else OFTEN,
            )  # fmt: skip
            for result, nodes in task.results:
                if task.places is None:
                    code.store(nodes, f"%{result}", padded=task.padded)
                else:
                    code.store_at_end(nodes, f"%{result}", task.places)
            written += self._finished(code)
        return written, self._parameters + len(once)

    def _finished(self, code: StraightLine) -> list[Function]:
        self.scratch = max(self.scratch, code.scratch)
        return code.functions()

    def _prepare(self, once: Sequence[int], free: int) -> list[Function]:
        names = ["constants", "scratch"]
        code = StraightLine(
            "prepare", names, self.graph, _ARRAYS, internal=False, free=free, attributes=SELDOM
        )
        code.store(once, "%constants", self._parameters)
        return self._finished(code)


def write_system(program: Program, explicit: bool) -> System:
    """Derive everything that one Program needs, and write it as IR.

    `explicit` adds the right-hand side by itself.
    """
    graph = Graph()
    equations = Equations(graph, program)
    linear = linearise(graph, equations, program)
    size = len(program.states)
    diagonal = [graph.leaf(_PITCH, 0)] * size + [graph.one] * linear.intermediates
    factors, entries = factorise(graph, diagonal, linear.jacobian)
    stored = {place: graph.leaf(_ENTRY, slot) for place, slot in factors.slots.items()}
    right = [graph.add(rate, graph.leaf(_EXTRA, i)) for i, rate in enumerate(linear.rates)]
    right += [graph.zero] * linear.intermediates
    writer = _Writer(graph, len(program.parameters))
    writer.add("factor", FACTOR, "lu", entries, ("slope", linear.slopes), often=True)
    solution = substitute(graph, factors, stored, right)[:size]
    writer.add("stage", STAGE, "u", solution, internal=False, padded=True, often=True)
    if explicit:
        writer.add("right_side", (*POINT, FREE), "k", linear.rates, padded=True, often=True)
    crossings = [equations.node(item.expression) for item in _crossings(program)]
    writer.add("crossings", POINT, "g", crossings, internal=False)
    writer.add("delays", POINT, "out", _delays(equations, program), internal=False, seldom=True)
    for number, handler in enumerate(program.handlers):
        changed = after_actions(graph, program, handler)
        places = list(changed)
        values = list(changed.values())
        writer.add(
            f"handler_{number}", POINT, "y", values, places=places, internal=False, seldom=True
        )
    functions, constants = writer.functions()
    layout = Layout(
        size, len(program.drives), len(program.parameters), constants, len(entries),
        len(crossings), len(program.handlers), len(program.handlers) + len(program.links),
        writer.scratch, tuple(factors.reciprocal_pivots()),
    )  # fmt: skip
    return System(functions, layout)


def _crossings(program: Program) -> Iterable[Crossing]:
    return (item.trigger for item in program.handlers if isinstance(item.trigger, Crossing))


def _delays(equations: Equations, program: Program) -> list[int]:
    """The delay of every handler, then of every link; zero where there is none."""
    written = [item.delay for item in program.handlers]
    written += [item.delay for item in program.links]
    zero = equations.graph.zero
    return [zero if delay is None else equations.node(delay) for delay in written]
