"""What one text alone decides: temperatures of its q10s, membranes of its currents."""

from __future__ import annotations

from dataclasses import replace

from quantal.errors import Problem
from quantal.model.model import Model
from quantal.model.processes import Current


def complete(model: Model, problems: list[Problem]) -> Model:
    """A text with what it leaves unsaid filled in from itself.

    A q10 refers to the temperature of its own file. A current leaves the only membrane of
    its file; where there are several it must say which.
    """
    q10s = tuple(
        q10 if q10.reference is not None else replace(q10, reference=model.temperature)
        for q10 in model.q10s
    )
    membranes = [port.name for port in model.ports if port.kind == "membrane"]
    membranes += [membrane.name for membrane in model.membranes]
    currents = tuple(_from_membrane(current, membranes, problems) for current in model.currents)
    return replace(model, q10s=q10s, currents=currents)


def _from_membrane(current: Current, membranes: list[str], problems: list[Problem]) -> Current:
    if current.from_membrane is not None or not membranes:
        return current
    if len(membranes) > 1:
        several = " or ".join(f"`{name}`" for name in membranes)
        problems.append(
            Problem(
                current.where,
                f"`{current.name}` could leave {several}: say `from {membranes[0]}`",
            )
        )
        return current
    return replace(current, from_membrane=membranes[0])
