"""How many molecules, channels or vesicles a value of one stands for, at given parameters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quantal.expression import evaluate
from quantal.kernels.stochastic.network import counted
from quantal.program import Program


def sizes_of(program: Program, parameters: Sequence[float] | np.ndarray) -> dict[int, float]:
    """Sizes of the counted states that have one, by the number of the state."""
    known: dict[str, float] = {
        slot.name: float(value) for slot, value in zip(program.parameters, parameters, strict=True)
    }
    for item in program.definitions:
        if item.constant:
            known[item.name] = float(evaluate(item.expression, known))
    sizes = ((i, program.states[i].size) for i in counted(program))
    return {i: float(evaluate(size, known)) for i, size in sizes if size is not None}
