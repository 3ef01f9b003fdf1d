"""One stage's tangent in vector lanes, and its transpose for the adjoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from quantal.kernels.generate.ir import DOUBLE, POINTER, VECTOR, Function
from quantal.kernels.layout import LANES
from quantal.kernels.sensitivity.directions import Arrangement
from quantal.kernels.sensitivity.linear import Operation, Register, Values

POINTERS = ("lu", "constants", "entries")
"""Arrays of coefficients."""
INPUTS = {"x": "extra", "argument": "moved", "base": "start"}
"""Registers that are read, and from which array."""


def tangent_stages(
    operations: Sequence[Operation], arrangement: Arrangement
) -> tuple[list[Function], list[str]]:
    """`tangent_K(lu, constants, entries, extra, moved, start, out)`, one for each set of states.

    The arrays hold one vector for each state of the group. Also the function's name for each
    group; groups with the same states share one.
    """
    functions: dict[tuple[int, ...], Function] = {}
    for group in arrangement.groups:
        if group.states not in functions:
            name = f"tangent_{len(functions)}"
            functions[group.states] = _tangent(name, operations, group.states)
    names = [functions[group.states].name for group in arrangement.groups]
    return list(functions.values()), names


def _tangent(name: str, operations: Sequence[Operation], states: tuple[int, ...]) -> Function:
    arrays = [*POINTERS, *INPUTS.values(), "out"]
    f = Function(name, [(POINTER, each) for each in arrays])
    place = {state: str(row * LANES) for row, state in enumerate(states)}

    def start(register: Register) -> str:
        kind, index = register
        if kind in INPUTS and index in place:
            return f.load_vector(f"%{INPUTS[kind]}", place[index])
        return ""

    values = Values(f, VECTOR, start)
    values.forwards(operations)
    for state in states:
        f.store_vector(values[("x", state)], "%out", place[state])
    f.give()
    return f


def adjoint_stage(
    operations: Sequence[Operation], size: int, pushed: Sequence[tuple[int, int]],
    places: Mapping[tuple[int, int], int],
) -> Function:  # fmt: skip
    """`adjoint_stage(lu, constants, entries, pushes, given, right, moved, start, total)`.

    From what the result depends on u (`given`) to how it depends on the right side and on Y
    (written to `right` and `moved`), and on y and the directions (added to `start`, `total`).
    """
    arrays = [*POINTERS, "pushes", "given", "right", "moved", "start", "total"]
    f = Function("adjoint_stage", [(POINTER, each) for each in arrays])

    def start(register: Register) -> str:
        kind, index = register
        return f.load("%given", index) if kind == "x" and index < size else ""

    values = Values(f, DOUBLE, start)
    values.backwards(operations)
    for state in range(size):
        f.store(values[("x", state)], "%right", state)
        f.store(values[("argument", state)] or "0.0", "%moved", state)
        received = values[("base", state)]
        if received:
            f.store(f.real_op("fadd", f.load("%start", state), received), "%start", state)
    sums: dict[int, str] = {}
    for state, direction in pushed:
        push = f.load("%pushes", places[state, direction])
        known = sums.get(direction) or f.load("%total", direction)
        sums[direction] = f.fma(push, values[("x", state)], known)
    for direction, value in sums.items():
        f.store(value, "%total", direction)
    f.give()
    return f
