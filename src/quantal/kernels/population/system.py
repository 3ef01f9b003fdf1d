"""One Program as functions of vectors: a step, the events, and what is computed once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from quantal.kernels.generate.hoist import hoisted
from quantal.kernels.generate.ir import Function
from quantal.kernels.population.code import Code, Place
from quantal.kernels.population.lanes import Lanes
from quantal.kernels.population.layout import Choice, Layout
from quantal.kernels.population.order import Group
from quantal.kernels.population.step import (
    HELD,
    HELD_END,
    LENGTH,
    MEAN,
    Step,
    write_step,
)
from quantal.kernels.symbolic.dag import CONSTANT, Graph
from quantal.kernels.symbolic.equations import DRIVE, PARAMETER, STATE, TIME, after_actions
from quantal.program import Program

_STRIDE = "@scratch@"
"""Stands for the memory of one vector between parts until that is known."""


def write_system(program: Program, choice: Choice, lanes: Lanes) -> tuple[str, Layout]:
    """The IR of `prepare_shared`, `prepare_own`, `step` and `handler_K`."""
    return _System(program, choice, lanes).written()


class _System:
    """Everything of one Program over one graph."""

    def __init__(self, program: Program, choice: Choice, lanes: Lanes) -> None:
        self._program, self._choice, self._lanes = program, choice, lanes
        self._graph = Graph()
        self._step = write_step(
            self._graph, program, choice.clamped, choice.method, choice.element == "float"
        )
        self._actions = {
            number: {
                index: node
                for index, node in after_actions(
                    self._graph, program, program.handlers[number]
                ).items()
                if index not in choice.clamped
            }
            for number in choice.handlers
        }
        self._places: dict[tuple[str, int], tuple[str, int]] = {}
        self._shared_count, self._own_count = self._lay_parameters()
        self._hoisted: dict[int, tuple[str, int]] = {}
        self._scratch = 0

    def _lay_parameters(self) -> tuple[int, int]:
        """Where each input lies; gives the vectors used in `shared` and in `own`."""
        places, choice, count = self._places, self._choice, len(self._program.drives)
        places[LENGTH, 0] = ("shared", 0)
        places[TIME, 0] = ("row", 0)
        for index in range(count):
            places[DRIVE, index] = ("row", 1 + index)
        for number in range(len(choice.clamped)):
            places[HELD, number] = ("row", 1 + count + number)
            places[HELD_END, number] = ("row", 1 + count + len(choice.clamped) + number)
        for index in range(len(self._program.states)):
            places[STATE, index] = ("state", index)
        for index in range(len(self._program.parameters)):
            places[PARAMETER, index] = ("shared", 1 + index)
        for number, index in enumerate(choice.own_parameters):
            places[PARAMETER, index] = ("own", number)
        for number, index in enumerate(choice.own_drives, len(choice.own_parameters)):
            places[DRIVE, index] = ("own", number)
        own = len(choice.own_parameters) + len(choice.own_drives)
        return 1 + len(self._program.parameters), own

    def written(self) -> tuple[str, Layout]:
        step = self._step
        states = sorted(step.new)
        roots = [step.new[index] for index in states]
        every = [*roots, *(node for changed in self._actions.values() for node in changed.values())]
        shared, own = self._hoist(every, step)
        functions = [
            *self._prepared("prepare_shared", "shared", shared),
            *self._prepared("prepare_own", "own", own),
            *self._advanced(step),
        ]
        for number, changed in self._actions.items():
            indices = list(changed)
            nodes = [changed[index] for index in indices]
            functions += self._function(f"handler_{number}", nodes, indices, step)
        clamped = len(self._choice.clamped)
        layout = Layout(
            self._lanes.element, self._lanes.width, self._lanes.register, len(self._program.states),
            self._own_count, self._shared_count,
            1 + len(self._program.drives) + 2 * clamped, max(self._scratch, 1),
        )  # fmt: skip
        text = "\n".join(function.text() for function in functions)
        return text.replace(_STRIDE, str(layout.scratch)), layout

    def _hoist(self, roots: Iterable[int], step: Step) -> tuple[list[int], list[int]]:
        """Parameter-only nodes that the functions need: those of all, those of each instance."""
        graph = self._graph
        found = hoisted(graph, self._with_means(roots, step))
        own_leaves = {
            node for node, (kind, index) in graph.leaf_of.items()
            if kind == PARAMETER and self._places[kind, index][0] == "own"
        }  # fmt: skip
        is_own: dict[int, bool] = {}
        for node in graph.ancestors(found):
            arguments = graph.arguments[node]
            is_own[node] = node in own_leaves or any(is_own[x] for x in arguments)
        shared = sorted(node for node in found if not is_own[node])
        own = sorted(node for node in found if is_own[node])
        # What all share is computed once, even inside what each instance has of its own.
        inner = {
            x for node in graph.ancestors(own) if is_own[node]
            for x in graph.arguments[node]
            if graph.level[x] == CONSTANT and x not in graph.leaf_of and not is_own[x]
        }  # fmt: skip
        shared = sorted({*shared, *inner})
        for node in shared:
            self._hoisted[node] = ("shared", self._shared_count)
            self._shared_count += 1
        for node in own:
            self._hoisted[node] = ("own", self._own_count)
            self._own_count += 1
        return shared, own

    def _means_used(self, step: Step) -> dict[int, int]:
        """The nodes of the means that other sets use, by state."""
        reached = set(self._with_means(step.new.values(), step))
        return {
            self._graph.leaf_of[leaf][1]: node
            for leaf, node in step.means.items()
            if node in reached
        }

    def _with_means(self, roots: Iterable[int], step: Step) -> list[int]:
        """The roots, and what the means that they use stand for."""
        found = list(roots)
        seen: set[int] = set()
        stack = list(found)
        while stack:
            node = stack.pop()
            if node not in seen:
                seen.add(node)
                stack.extend(self._graph.arguments[node])
                if node in step.means:
                    found.append(step.means[node])
                    stack.append(step.means[node])
        return found

    def _prepared(self, name: str, pointer: str, nodes: Sequence[int]) -> list[Function]:
        known = {n: place for n, place in self._hoisted.items() if place[0] != pointer}
        code = self._code(name, known)
        code.store(nodes, pointer, [self._hoisted[node][1] for node in nodes])
        return self._finished(code)

    def _advanced(self, step: Step) -> list[Function]:
        """`step`: set by set, each written before the next.

        A set's old values are read by itself alone, its means computed before it is written.
        Factorisations have loops before those of the solutions: they are long chains of
        divisions that wait for one another, and short loops let many vectors wait at once.
        """
        code = self._code("step", self._hoisted, step)
        used = self._means_used(step)
        groups: list[Group] = []
        for run in self._side_by_side(step):
            factors = [node for block in run for node in step.factors.get(block, ())]
            if factors:
                groups.append(Group(later=factors))
            for block in run:
                new = [step.new[index] for index in block]
                means = [used[index] for index in block if index in used]
                groups.append(Group(new, block, means, apart=bool(factors)))
        code.store_in_turn(groups, "state")
        return self._finished(code)

    def _side_by_side(self, step: Step) -> list[list[tuple[int, ...]]]:
        """Neighbouring sets that are factorised and do not use one another's means."""
        runs: list[list[tuple[int, ...]]] = []
        for block in step.order:
            used = {
                index for node in self._graph.ancestors(step.new[index] for index in block)
                for kind, index in [self._graph.leaf_of.get(node, ("", 0))] if kind == MEAN
            }  # fmt: skip
            last = runs[-1] if runs else []
            if (
                last and step.factors.get(block) and step.factors.get(last[-1])
                and used.isdisjoint(index for other in last for index in other)
            ):  # fmt: skip
                last.append(block)
            else:
                runs.append([block])
        return runs

    def _function(
        self, name: str, nodes: Sequence[int], places: Sequence[int], step: Step
    ) -> list[Function]:
        code = self._code(name, self._hoisted, step)
        code.store(nodes, "state", places)
        return self._finished(code)

    def _code(self, name: str, known: Mapping[int, Place], step: Step | None = None) -> Code:
        leaves = {
            node: self._places[leaf] for node, leaf in self._graph.leaf_of.items()
            if leaf in self._places
        }  # fmt: skip
        strides: dict[str, str | int] = {
            "state": len(self._program.states),
            "own": self._own_count,
            "scratch": _STRIDE,
        }
        means, pivots = (step.means, step.pivots) if step else ({}, set())
        return Code(name, self._lanes, self._graph, {**leaves, **known}, strides, means, pivots)

    def _finished(self, code: Code) -> list[Function]:
        functions = code.functions()
        self._scratch = max(self._scratch, code.scratch)
        return functions
