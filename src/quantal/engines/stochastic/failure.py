"""Why a stochastic run stopped, in words: the time, the trial, the line, what to change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quantal.errors import RunError
from quantal.kernels.context import Context
from quantal.kernels.stochastic import slots as codes

if TYPE_CHECKING:
    from quantal.engines.stochastic.chunk import Plan


def explain(plan: Plan, context: Context, status: int, trial: int) -> RunError:
    """The error behind a status of the compiled loop."""
    t = context.real("t")
    when = f"at t = {t:g} ms of trial {trial}: "
    if status == codes.NEGATIVE:
        return negative(plan, context.count("culprit"), context.real("rate"), when)
    if status == codes.EXCEEDED:
        return RunError(f"{when}a rate exceeds its proven bound; please report this")
    weights = context.array("weights")
    bad = [m for m in plan.kernel.layout.members if not np.isfinite(weights[m[0]])]
    what = "a rate"
    if bad:
        culprit = plan.program.reactions[bad[0][1]]
        what = f"the rate of reaction `{culprit.name}` ({culprit.line})"
    return RunError(
        f"{when}{what} is not finite or has no bound; look for a division by what may be "
        "zero, a logarithm or a power of a negative value there"
    )


def too_many(plan: Plan, context: Context) -> RunError:
    """The error for a run that goes far beyond its estimate."""
    weights = context.array("weights")
    place = int(np.argmax(weights[: plan.kernel.layout.places]))
    row = plan.program.reactions[member(plan, place)[1]]
    return RunError(
        f"at t = {context.real('t'):g} ms: more than {plan.max_events:.2g} events have "
        f"happened, the commonest now `{row.name}` ({row.line}); raise `max_events`, or "
        "use `stiff` or `hybrid` where so many molecules take part"
    )


def member(plan: Plan, place: int) -> tuple[int, int, bool]:
    """(place, row, whether backward) of the reaction behind a place."""
    members = plan.kernel.layout.members
    found = next((m for m in members if m[0] == place), members[0])
    return found[0], found[1], bool(found[2])


def negative(plan: Plan, place: int, rate: float, when: str = "") -> RunError:
    """The error for a rate that turned negative, naming the line."""
    _, number, backward = member(plan, place)
    row = plan.program.reactions[number]
    value = f" ({rate:.5g} /ms)"
    if row.backward is None:
        return RunError(
            f"{when}{row.line}: the one-way rate is negative{value} in a stochastic run: write "
            "`<->` with a forward and a backward law"
        )
    way = "backward" if backward else "forward"
    return RunError(
        f"{when}{row.line}: the {way} rate is negative{value} in a stochastic run; each "
        "direction needs a rate of its own that is never negative"
    )
