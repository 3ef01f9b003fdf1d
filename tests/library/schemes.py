"""Schemes of the library as numbers: rate matrices read off a Program's reactions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from quantal.expression import evaluate
from quantal.program import Program

RESTING = -40.0
"""mV, where a scheme depends on voltage: neither block nor opening is complete."""


@dataclass(frozen=True)
class Step:
    """One transition, from state to state of a scheme, with its rate (/ms)."""

    name: str
    start: int
    end: int
    rate: float
    back: float


def surroundings(program: Program) -> dict[str, float]:
    """A value for every drive: its default, one of its unit, or `RESTING`."""
    return {
        slot.name: RESTING
        if slot.unit.text == "mV"
        else slot.default
        if slot.default
        else slot.unit.scale
        for slot in program.drives
    }


def values(
    program: Program, occupancy: np.ndarray, drives: Mapping[str, float]
) -> dict[str, float]:
    """Every name's value where the states hold `occupancy` (n,)."""
    names = {slot.name: slot.value for slot in program.parameters}
    names |= drives
    names |= {s.name: float(o) for s, o in zip(program.states, occupancy, strict=True)}
    names["time"] = 0.0
    with np.errstate(all="ignore"):
        for item in program.definitions:
            names[item.name] = float(evaluate(item.expression, names))
    return names


def steps(program: Program, drives: Mapping[str, float]) -> list[Step]:
    """Every reaction between two states of one scheme."""
    count = len(program.states)
    full = [values(program, np.eye(count)[i], drives) for i in range(count)]
    empty = values(program, np.zeros(count), drives)
    occupancies = {i for each in program.invariants for i in each.indices}
    found = []
    for row in program.reactions:
        changes = {i: float(evaluate(e, empty)) for i, e in row.changes if i in occupancies}
        if sorted(changes.values()) != [-1.0, 1.0]:
            continue
        start, end = sorted(changes, key=changes.__getitem__)
        back = full[end][row.backward] if row.backward is not None else 0.0
        found.append(Step(row.name, start, end, full[start][row.forward], back))
    return found


def rate_matrix(program: Program, drives: Mapping[str, float]) -> np.ndarray:
    """d(occupancy)/dt = matrix @ occupancy, (n, n) in /ms, from the reactions."""
    matrix = np.zeros((len(program.states),) * 2)
    for step in steps(program, drives):
        for start, end, rate in (
            (step.start, step.end, step.rate),
            (step.end, step.start, step.back),
        ):
            matrix[end, start] += rate
            matrix[start, start] -= rate
    return matrix


def slopes(program: Program, drives: Mapping[str, float]) -> np.ndarray:
    """The same matrix from the equations: their values with one state full at a time."""
    count = len(program.states)
    columns = []
    for i in range(count):
        names = values(program, np.eye(count)[i], drives)
        columns.append([float(evaluate(d, names)) for d in program.derivatives])
    return np.array(columns).T


def loop_products(program: Program, drives: Mapping[str, float]) -> dict[str, float]:
    """For each independent loop of reversible steps, the product of its constants one way
    round over the product the other way; named by the step that closes it.
    """
    potential: dict[int, float] = {}
    waiting = [s for s in steps(program, drives) if s.rate > 0.0 and s.back > 0.0]
    closing = []
    for root in range(len(program.states)):
        potential.setdefault(root, 0.0)
        grown = True
        while grown:
            grown = False
            for step in list(waiting):
                gain = np.log(step.rate / step.back)
                if step.start in potential and step.end in potential:
                    closing.append(step)
                elif step.start in potential:
                    potential[step.end] = potential[step.start] + gain
                elif step.end in potential:
                    potential[step.start] = potential[step.end] - gain
                else:
                    continue
                waiting.remove(step)
                grown = True
    return {
        f"{program.states[s.start].name} - {program.states[s.end].name}": float(
            np.exp(np.log(s.rate / s.back) + potential[s.start] - potential[s.end])
        )
        for s in closing
    }
