"""Sums of variable factors with parameter-only coefficients, kept apart as long as possible.

`k0 + k1*G` minus twice `k2*G` is `k0 + (k1 - 2*k2)*G`: what depends on parameters and the
step alone is computed once, not in every step.
"""

from __future__ import annotations

from collections.abc import Mapping

from quantal.kernels.symbolic.dag import VARIABLE, Graph


class Form:
    """A linear form: variable factor -> parameter-only coefficient; factor `one` is constant."""

    def __init__(self, graph: Graph, terms: Mapping[int, int]) -> None:
        self.graph = graph
        self.terms = {factor: c for factor, c in terms.items() if c != graph.zero}

    @classmethod
    def of(cls, graph: Graph, node: int) -> Form:
        """The form of a node: sums are taken apart, each term into coefficient and factor."""
        terms: dict[int, int] = {}
        stack = [(node, False)]
        while stack:
            item, minus = stack.pop()
            operation, arguments = graph.operation[item], graph.arguments[item]
            if operation == "neg":
                stack.append((arguments[0], not minus))
            elif operation in ("+", "-") and graph.level[item] == VARIABLE:
                stack.append((arguments[1], minus != (operation == "-")))
                stack.append((arguments[0], minus))
            else:
                coefficient, factor = _split(graph, item)
                if minus:
                    coefficient = graph.negate(coefficient)
                old = terms.get(factor, graph.zero)
                terms[factor] = graph.add(old, coefficient)
        return cls(graph, terms)

    @property
    def is_constant(self) -> bool:
        """Whether nothing but parameters and the step is in it."""
        return all(factor == self.graph.one for factor in self.terms)

    def scaled(self, coefficient: int) -> Form:
        """Times a parameter-only node."""
        graph = self.graph
        return Form(graph, {f: graph.multiply(coefficient, c) for f, c in self.terms.items()})

    def plus(self, other: Form) -> Form:
        """The sum of two forms."""
        graph, terms = self.graph, dict(self.terms)
        for factor, coefficient in other.terms.items():
            terms[factor] = graph.add(terms.get(factor, graph.zero), coefficient)
        return Form(graph, terms)

    def node(self) -> int:
        """The whole sum as one node, the constant first."""
        graph = self.graph
        total = self.terms.get(graph.one, graph.zero)
        for factor, coefficient in self.terms.items():
            if factor != graph.one:
                total = graph.add(total, graph.multiply(coefficient, factor))
        return total


def scaled(graph: Graph, coefficient: int, node: int) -> int:
    """A parameter-only node times a sum, term by term.

    The coefficient joins what each term already has of that kind, so that the product costs
    nothing in a step. What several sums share is scaled alike in all, and so stays shared.
    """
    done: dict[int, int] = {}
    stack = [node]
    while stack:
        item = stack[-1]
        operation, arguments = graph.operation[item], graph.arguments[item]
        if graph.level[item] != VARIABLE or operation not in ("+", "-", "neg"):
            done[item] = graph.multiply(coefficient, item)
        missing = [] if item in done else [x for x in arguments if x not in done]
        if missing:
            stack += missing
            continue
        stack.pop()
        if item not in done:
            terms = [done[x] for x in arguments]
            if operation == "neg":
                done[item] = graph.negate(terms[0])
            else:
                join = graph.add if operation == "+" else graph.subtract
                done[item] = join(terms[0], terms[1])
    return done[node]


def _split(graph: Graph, node: int) -> tuple[int, int]:
    """A term as (parameter-only coefficient, variable factor)."""
    if graph.level[node] != VARIABLE:
        return node, graph.one
    if graph.operation[node] == "*":
        left, right = graph.arguments[node]
        if graph.level[left] != VARIABLE:
            return left, right
    return graph.one, node
