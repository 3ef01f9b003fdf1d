"""What the continuous part takes from the counted one: few sums instead of many rates and counts.

A quantity that is affine in rates of counted reactions and in counts, with coefficients of
parameters alone, can be summed up from the single events before anything is integrated. The
frontier are those quantities that the rest uses otherwise than in further such sums.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from quantal.engines.stochastic.dependence import closure
from quantal.expression import Apply, Expression, Name, Number, evaluate, names_in
from quantal.program import Program


@dataclass(frozen=True)
class Frontier:
    """`names` of the quantities; `level` (n,) and `slopes` (n, given): affine in what is given.

    `same` are further names of quantities that are equal to one of these, with its name.
    """

    names: tuple[str, ...]
    level: np.ndarray
    slopes: np.ndarray
    same: Mapping[str, str]


def frontier(
    program: Program, given: Iterable[str], wanted: Iterable[Expression],
    parameters: Mapping[str, float],
) -> Frontier:  # fmt: skip
    """The quantities through which `wanted` expressions depend on the `given` names.

    Args:
        program: where the definitions are.
        given: rates of counted reactions and counted states.
        wanted: equations of the continuous part.
        parameters: the numbers of parameters and of what follows from them alone.
    """
    sources = list(given)
    affine = _affine(program, set(sources), set(parameters))
    definitions = {
        item.name: item.expression for item in program.definitions if item.name not in sources
    }
    names: dict[str, None] = {}
    seen: set[str] = set()
    stack = [name for each in wanted for name in sorted(names_in(each))]
    while stack:
        name = stack.pop()
        if name in seen:
            continue
        seen.add(name)
        if name in affine:
            names[name] = None
        elif name in definitions:
            stack.extend(sorted(names_in(definitions[name])))
    found = sorted(names)
    uses = {each: names_in(expression) for each, expression in definitions.items()}
    level, slopes = np.zeros(len(found)), np.zeros((len(found), len(sources)))
    for column, source in enumerate([None, *sources]):
        values = dict.fromkeys(sources, 0.0)
        if source is not None:
            values[source] = 1.0
        known = {**parameters, **values}
        for row, name in enumerate(found):
            value = _value(name, definitions, uses, known)
            if source is None:
                level[row] = value
            else:
                slopes[row, column - 1] = value - level[row]
    rows = np.column_stack([level, slopes])
    first: dict[bytes, int] = {}
    for number, row in enumerate(rows):
        first.setdefault(row.tobytes(), number)
    same = {found[n]: found[first[row.tobytes()]] for n, row in enumerate(rows)}
    kept = sorted(first.values())
    return Frontier(
        tuple(found[n] for n in kept), level[kept], slopes[kept],
        {name: other for name, other in same.items() if name != other},
    )  # fmt: skip


def _value(
    name: str, definitions: Mapping[str, Expression], uses: dict[str, set[str]],
    known: dict[str, float],
) -> float:  # fmt: skip
    if name in known:
        return known[name]
    needed = closure(uses, [name], stop=known)
    for each in definitions:  # in an order in which each uses only earlier ones
        if each in needed and each not in known:
            known[each] = float(evaluate(definitions[each], known))
    return known[name]


def _affine(program: Program, given: set[str], constant: set[str]) -> set[str]:
    """Names that are affine in what is given, and not constant."""
    found = set(given)
    for item in program.definitions:
        known = item.name in found or item.name in constant
        if not known and _degree(item.expression, found, constant) == 1:
            found.add(item.name)
    return found


_OTHER = 2


def _degree(expression: Expression, affine: set[str], constant: set[str]) -> int:
    """0: of parameters alone; 1: affine; 2: anything else."""
    if isinstance(expression, Number):
        return 0
    if isinstance(expression, Name):
        if expression.name in affine:
            return 1
        return 0 if expression.name in constant else _OTHER
    if not isinstance(expression, Apply):
        return _OTHER
    degrees = [_degree(each, affine, constant) for each in expression.arguments]
    if max(degrees) == 0:
        return 0
    if expression.function in ("+", "-", "neg"):
        return max(degrees)
    if expression.function == "*":
        return min(sum(degrees), _OTHER)
    if expression.function == "/" and degrees[1] == 0:
        return degrees[0]
    return _OTHER
