"""One stage's tangent in vector lanes, and its transpose for the adjoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quantal.kernels.generate.ir import DOUBLE, POINTER, VECTOR, Function
from quantal.kernels.layout import LANES
from quantal.kernels.sensitivity.directions import Arrangement
from quantal.kernels.sensitivity.linear import Operation, Register, Values

POINTERS = ("lu", "constants", "entries")
"""Arrays of coefficients."""
FEW = 16
"""Of more states two groups side by side would not fit the registers."""
INPUTS = {"x": "extra", "argument": "moved", "base": "start"}
"""Registers that are read, and from which array."""


@dataclass(frozen=True)
class Call:
    """The number of a function, the first vector that it works on, and how many."""

    function: int
    first: int
    vectors: int


def tangent_stages(
    prefix: str, operations: Sequence[Operation], arrangement: Arrangement
) -> tuple[list[Function], list[Call]]:
    """`PREFIX_K(lu, constants, entries, extra, moved, start, out)`, one for each set of states.

    The arrays hold one vector for each state of the group. Two neighbours with the same states
    are worked on side by side. Also which function to call for which vectors, in their order.
    """
    functions: dict[tuple[tuple[int, ...], int], int] = {}
    written: list[Function] = []
    calls: list[Call] = []
    groups, first = list(arrangement.groups), 0
    while groups:
        states = groups[0].states
        alike = len(groups) > 1 and groups[1].states == states
        copies = 2 if alike and len(states) <= FEW else 1
        if states:
            if (states, copies) not in functions:
                functions[states, copies] = len(written)
                name = f"{prefix}_{len(written)}"
                written.append(_tangent(name, operations, states, copies))
            calls.append(Call(functions[states, copies], first, copies * len(states)))
        first += copies * len(states)
        del groups[:copies]
    return written, calls


def _tangent(
    name: str, operations: Sequence[Operation], states: tuple[int, ...], copies: int
) -> Function:
    arrays = [*POINTERS, *INPUTS.values(), "out"]
    f = Function(name, [(POINTER, each) for each in arrays])
    rows = {state: row for row, state in enumerate(states)}

    def place(state: int, copy: int) -> str:
        return str((copy * len(states) + rows[state]) * LANES)

    def start(register: Register, copy: int) -> str:
        kind, index = register
        if kind in INPUTS and index in rows:
            return f.load_vector(f"%{INPUTS[kind]}", place(index, copy))
        return ""

    values = Values(f, VECTOR, start, copies)
    values.forwards(operations)
    for state in states:
        for copy, value in enumerate(values.of(("x", state))):
            f.store_vector(value, "%out", place(state, copy))
    f.give()
    return f


def adjoint_stage(
    name: str, operations: Sequence[Operation], size: int, pushed: Sequence[tuple[int, int]],
    places: Mapping[tuple[int, int], int],
) -> Function:  # fmt: skip
    """`NAME(lu, constants, entries, pushes, given, right, moved, start, total)`.

    From what the result depends on u (`given`) to how it depends on the right side and on Y
    (written to `right` and `moved`), and on y and the directions (added to `start`, `total`).
    """
    arrays = [*POINTERS, "pushes", "given", "right", "moved", "start", "total"]
    f = Function(name, [(POINTER, each) for each in arrays])

    def start(register: Register, _: int) -> str:
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
