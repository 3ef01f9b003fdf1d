"""A Program whose further states are its own tangents, for engines that only know Programs.

s = dy/dp follows s' = J s + df/dp. Under the population's fixed steps a set that is linear in
its own states gives exactly the derivative of the discrete step; any other the same order.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from quantal.expression import ONE, ZERO, Expression, Name, add, multiply, subtract
from quantal.kernels.sensitivity.directions import reach
from quantal.kernels.symbolic.dag import CONSTANT, Graph
from quantal.kernels.symbolic.derivative import Gradient, gradients
from quantal.kernels.symbolic.equations import (
    DRIVE,
    PARAMETER,
    STATE,
    TIME,
    Equations,
    after_actions,
)
from quantal.kernels.symbolic.express import Written
from quantal.kernels.symbolic.intermediates import choose
from quantal.program import Definition, Firing, Handler, Program, StateVariable
from quantal.units import Unit, quotient

_NOTHING: Mapping[int, Expression] = {}


@dataclass(frozen=True)
class Input:
    """What is varied: one of a parameter, a drive that is held, a state's initial value."""

    name: str
    unit: Unit
    parameter: int | None = None
    drive: int | None = None
    initial: int | None = None


@dataclass(frozen=True, eq=False)
class Augmented:
    """The larger Program, and where the tangents are: (state, input) to the new state."""

    program: Program
    tangents: dict[tuple[int, int], int]


def tangent_name(name: str, by: str) -> str:
    """What a name's derivative is called in the larger Program."""
    return f"d({name})/d({by})"


def augmented(
    program: Program, inputs: Sequence[Input], names: Sequence[str], clamped: Collection[int],
    started: Collection[tuple[int, int]],
) -> Augmented:  # fmt: skip
    """Add the tangents of states, and as definitions those of some names.

    Args:
        program: what is differentiated.
        inputs: to what.
        names: whose derivatives can be asked for, as `tangent_name` says.
        clamped: states that are given from outside.
        started: (state, input) of tangents that start elsewhere than at zero.
    """
    return _Augmentation(program, inputs, clamped).done(names, started)


class _Augmentation:
    def __init__(self, program: Program, inputs: Sequence[Input], clamped: Collection[int]) -> None:
        self._program, self._inputs, self._clamped = program, inputs, set(clamped)
        self._graph = graph = Graph()
        self._equations = Equations(graph, program)
        self._states = [graph.leaf(STATE, i) for i in range(len(program.states))]
        leaves: dict[tuple[str, int], Expression] = {(TIME, 0): Name("time")}
        leaves |= {(STATE, i): Name(each.name) for i, each in enumerate(program.states)}
        leaves |= {(PARAMETER, i): Name(each.name) for i, each in enumerate(program.parameters)}
        leaves |= {(DRIVE, i): Name(each.name) for i, each in enumerate(program.drives)}
        self._written = Written(graph, leaves, "~")
        self._varied = [self._leaf(each) for each in inputs]
        self._definitions: list[Definition] = []

    def _leaf(self, given: Input) -> int | None:
        if given.parameter is not None:
            return self._graph.leaf(PARAMETER, given.parameter, CONSTANT)
        return None if given.drive is None else self._graph.leaf(DRIVE, given.drive)

    def _gradients(self, nodes: Sequence[int], more: Collection[int] = ()) -> dict[int, Gradient]:
        varied = {leaf for leaf in self._varied if leaf is not None}
        return gradients(self._graph, nodes, {*self._states, *varied, *more})

    def done(self, names: Sequence[str], started: Collection[tuple[int, int]]) -> Augmented:
        program, graph = self._program, self._graph
        rows = [self._equations.node(each) for each in program.derivatives]
        between = choose(graph, rows, self._states)
        partial = self._gradients([*between, *rows], between)
        jumps = [self._jump(handler) for handler in program.handlers]
        reached = self._reached(rows, between, partial, jumps, started)
        own = {
            (state, number): Name(
                tangent_name(program.states[state].name, self._inputs[number].name)
            )
            for number, states in enumerate(reached)
            for state in sorted(states)
        }
        derivatives = [
            self._tangents(number, between, rows, partial, own)
            for number in range(len(self._inputs))
        ]
        handlers = [
            self._handler(handler, jump, own)
            for handler, jump in zip(program.handlers, jumps, strict=True)
        ]
        seen = [
            self._name(name, number, own) for name in names for number in range(len(self._inputs))
        ]
        places = {place: len(program.states) + i for i, place in enumerate(own)}
        larger = replace(
            program,
            states=(*program.states, *(self._state(s, n, own[s, n].name) for s, n in own)),
            derivatives=(*program.derivatives, *(derivatives[n][s] for s, n in own)),
            initial=(*program.initial, *(ZERO for _ in own)),
            definitions=(
                *program.definitions, *self._written.definitions, *self._definitions,
                *(each for each in seen if each is not None),
            ),
            handlers=tuple(handlers),
        )  # fmt: skip
        return Augmented(larger, places)

    def _state(self, state: int, number: int, name: str) -> StateVariable:
        of, by = self._program.states[state], self._inputs[number].unit
        return StateVariable(name, quotient(of.unit, by), "number", of.scale / by.scale)

    def _reached(
        self, rows: Sequence[int], between: Sequence[int], partial: Mapping[int, Gradient],
        jumps: Sequence[dict[int, Gradient]], started: Collection[tuple[int, int]],
    ) -> list[set[int]]:  # fmt: skip
        """The states that each input can move; an intermediate counts as -1 - its number."""
        target = {node: -1 - k for k, node in enumerate(between)}
        edges: dict[int, set[int]] = {}
        direct: list[set[int]] = [set() for _ in self._inputs]
        found = [(row, partial[node]) for row, node in enumerate(rows)]
        found += [(target[node], partial[node]) for node in between]
        found += [(row, gradient) for jump in jumps for row, gradient in jump.items()]
        source = {leaf: i for i, leaf in enumerate(self._states)} | target
        for row, gradient in found:
            for leaf in gradient:
                if leaf in source and source[leaf] not in self._clamped:
                    edges.setdefault(source[leaf], set()).add(row)
                for number, varied in enumerate(self._varied):
                    if leaf == varied:
                        direct[number].add(row)
        for number, given in enumerate(self._inputs):
            direct[number] |= {state for state, n in started if n == number}
            if given.initial is not None:
                direct[number].add(given.initial)
        size = len(rows)
        return [
            {i for i in reach(seeds, edges) if 0 <= i < size and i not in self._clamped}
            for seeds in direct
        ]

    def _tangents(
        self, number: int, between: Sequence[int], rows: Sequence[int],
        partial: Mapping[int, Gradient], own: Mapping[tuple[int, int], Name],
    ) -> dict[int, Expression]:  # fmt: skip
        """The derivatives of all tangents to one input, by state."""
        inner: dict[int, Expression] = {}
        for node in between:
            total = self._along(partial[node], number, own, inner)
            if total != ZERO:
                name = f"~v{len(self._definitions)}"
                self._definitions.append(Definition(name, total, None))
                inner[node] = Name(name)
        return {
            row: self._along(partial[node], number, own, inner)
            for row, node in enumerate(rows)
            if (row, number) in own
        }

    def _along(
        self, gradient: Gradient, number: int, own: Mapping[tuple[int, int], Name],
        inner: Mapping[int, Expression] = _NOTHING,
    ) -> Expression:  # fmt: skip
        """What a node gains where one input is varied."""
        place = {leaf: i for i, leaf in enumerate(self._states)}
        chosen: list[tuple[int, Expression]] = []
        for leaf, slope in sorted(gradient.items()):
            if slope == self._graph.zero:
                continue
            if leaf == self._varied[number]:
                chosen.append((slope, ONE))
            elif leaf in inner:
                chosen.append((slope, inner[leaf]))
            elif (place.get(leaf, -1), number) in own:
                chosen.append((slope, own[place[leaf], number]))
        written = self._written.all(slope for slope, _ in chosen)
        total: Expression = ZERO
        for factor, (_, tangent) in zip(written, chosen, strict=True):
            total = add(total, multiply(factor, tangent))
        return total

    def _jump(self, handler: Handler) -> dict[int, Gradient]:
        """What a handler makes of its states, derived to the states before it."""
        changed = after_actions(self._graph, self._program, handler)
        found = self._gradients(list(changed.values()))
        return {state: found[node] for state, node in changed.items() if state not in self._clamped}

    def _handler(
        self, handler: Handler, jump: Mapping[int, Gradient], own: Mapping[tuple[int, int], Name]
    ) -> Handler:
        """Tangents change first and all at once, as they follow the states before the event."""
        places = {place: len(self._program.states) + i for i, place in enumerate(own)}
        changes = [
            (places[state, number], subtract(self._along(gradient, number, own), name))
            for (state, number), name in own.items()
            for gradient in [jump.get(state)]
            if gradient is not None
        ]
        if not changes:
            return handler
        return replace(handler, actions=(Firing(ONE, tuple(changes)), *handler.actions))

    def _name(
        self, name: str, number: int, own: Mapping[tuple[int, int], Name]
    ) -> Definition | None:
        """The derivative of a recorded name; None where it is a state of its own."""
        program, given = self._program, self._inputs[number]
        full = tangent_name(name, given.name)
        if any(each.name == full for each in own.values()):
            return None
        node = self._equations.node(Name(program.roles.get(name, name)))
        unit = quotient(program.units()[name], given.unit)
        gradient = self._gradients([node])[node]
        return Definition(full, self._along(gradient, number, own), unit)
