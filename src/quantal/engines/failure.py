"""Why a run stopped, in words: the time, the state, the reaction, and what to change."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantal.engines.observe import Observer
from quantal.engines.workspace import Array, Workspace
from quantal.errors import RunError
from quantal.program import Program, ReactionRow


def explain(program: Program, workspace: Workspace, parameters: Array) -> RunError:
    """The error for a step that could not be made."""
    t = workspace.context.real("t")
    size = len(program.states)
    y = workspace.y[:size].copy()
    bad = [program.states[i].name for i in range(size) if not np.isfinite(y[i])]
    if bad:
        return RunError(
            f"at t = {t:g} ms: `{bad[0]}` is not finite; its initial value, "
            "an event or a clamp made it so"
        )
    reached = workspace.context.array("argument")[:size].copy()
    tried = np.where(np.isfinite(reached), reached, y)
    for state, when in ((y, t), (tried, workspace.context.real("now"))):
        workspace.look_at(when)
        cause = _not_finite(program, workspace, state, parameters, when)
        if cause:
            return RunError(f"at t = {t:g} ms: {cause}")
    workspace.look_at(t)
    return RunError(f"at t = {t:g} ms: {_too_stiff(program, workspace, y, parameters, t)}")


def _observer(
    program: Program, workspace: Workspace, state: Array, parameters: Array, t: float
) -> Observer:
    drives = workspace.drives[: len(program.drives)]
    return Observer(program, np.array([t]), state[None, :], drives[None, :], list(parameters))


def _finite(value: Any) -> bool:
    return bool(np.all(np.isfinite(np.asarray(value, dtype=float))))


def _not_finite(
    program: Program, workspace: Workspace, state: Array, parameters: Array, t: float
) -> str:
    values = _observer(program, workspace, state, parameters, t)
    rates = workspace.rates(np.concatenate([state, workspace.y[len(state) :]]))
    for row in program.reactions:
        for law in filter(None, (row.forward, row.backward)):
            if not _finite(values[law]):
                changed = [program.states[index].name for index, _ in row.changes]
                return (
                    f"the rate of reaction {_called(row)} is not finite, so neither is "
                    f"`{changed[0] if changed else '?'}`{_culprit(program, values)}; "
                    f"{_advice()}"
                )
    wrong = [index for index in range(len(state)) if not np.isfinite(rates[index])]
    if not wrong:
        return ""
    name = program.states[wrong[0]].name
    return f"the derivative of `{name}` is not finite{_culprit(program, values)}; {_advice()}"


def _culprit(program: Program, values: Observer) -> str:
    """The first definition that is not finite, by name."""
    for item in program.definitions:
        if not _finite(values[item.name]):
            return f" (first of all `{item.name}`)"
    return ""


def _advice() -> str:
    return "look for a division by zero, a logarithm or a power of a negative value there"


def _called(row: ReactionRow) -> str:
    return f"`{row.name}` ({row.line})" if row.line else f"`{row.name}`"


def _too_stiff(
    program: Program, workspace: Workspace, y: Array, parameters: Array, t: float
) -> str:
    """The state whose error forbids any step, and the fastest reaction that changes it."""
    context = workspace.context
    size = len(y)
    last = context.array("increments").reshape(-1, workspace.kernel.layout.padded)[-1, :size]
    scale = context.array("absolute")[:size] + context.real("relative") * np.abs(y)
    worst = int(np.nanargmax(np.nan_to_num(np.abs(last) / scale, nan=np.inf)))
    values = _observer(program, workspace, y, parameters, t)
    fastest, speed = "", -1.0
    for row in program.reactions:
        if worst in (index for index, _ in row.changes):
            laws = [law for law in (row.forward, row.backward) if law]
            rate = max(float(np.max(np.abs(np.asarray(values[law])))) for law in laws)
            if rate > speed:
                fastest, speed = _called(row), rate
    through = f", changed most by reaction {fastest}" if fastest else ""
    return (
        f"`{program.states[worst].name}` changes faster than the smallest possible step can "
        f"follow{through}; check the size of its rate constants, or allow a larger "
        "relative tolerance"
    )
