"""Which values a state may take at all: what lies far outside is no solution, though a number.

A fixed step may be too long for a fast nonlinear reaction: a concentration overshoots below
zero and runs away. Rounding and the ringing of a coarse step are far smaller than what is
caught here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from quantal.program import Program, StateVariable

Array = np.ndarray[Any, Any]

SHARE = 0.1
"""How far beyond 0 and 1 a share, and below zero an amount in units of its scale, may lie."""
LARGEST_VOLTAGE = 1e4
"""mV."""


def bounds(program: Program, kind: Any) -> tuple[Array, Array]:
    """The lowest and highest value of each state (states,), finite, in the given precision."""
    most = float(np.finfo(kind).max)
    low, high = np.full(len(program.states), -most), np.full(len(program.states), most)
    for index, state in enumerate(program.states):
        if state.kind in ("occupancy", "gate"):
            low[index], high[index] = -SHARE, 1.0 + SHARE
        elif state.kind in ("amount", "concentration"):
            low[index] = -SHARE * state.scale
        elif state.kind == "voltage":
            low[index], high[index] = -LARGEST_VOLTAGE, LARGEST_VOLTAGE
    return low.astype(kind), high.astype(kind)


def said(state: StateVariable, value: float, single: bool) -> str:
    """What is wrong with a state of this value (internal units)."""
    name, unit = state.name, state.unit
    if np.isfinite(value):
        written = f"{unit.from_internal(value):.3g} [{unit.text}]"
        return f"`{name}` = {written} is no possible value; shorten `dt`"
    hint = "; single precision ends at 3.4e38, double precision may hold it" if single else ""
    return f"`{name}` is not finite{hint}"
