"""The temperature of an assembly that states none."""

from __future__ import annotations

from quantal.assembly.draft import Draft
from quantal.constants import ZERO_CELSIUS
from quantal.expression import Number


def common_temperature(draft: Draft) -> Number | None:
    """The one temperature at which everything used was measured.

    Where the mechanisms used differ and some of them scale with temperature, the assembly
    must say which it is meant to run at; that is added to the draft's problems.
    """
    stated = [used.temperature for used in draft.used if used.temperature is not None]
    values = sorted({temperature.value for temperature in stated})
    if len(values) == 1:
        return stated[0]
    if values and draft.model.q10s:
        several = " and ".join(f"{value - ZERO_CELSIUS:g}" for value in values)
        draft.report(
            draft.model.where,
            f"what is used here was measured at {several} [degC]: say at which it runs, "
            f"`temperature {values[-1] - ZERO_CELSIUS:g} [degC]`",
        )
    return None
