"""Where molecules are too few for the chemical Langevin equation, said before and after a run."""

from __future__ import annotations

import numpy as np

from quantal.engines.stochastic.sizes import sizes_of
from quantal.errors import UsageError
from quantal.program import Program
from quantal.stimulus import Stimulus
from quantal.trajectory import Trajectory

FEWEST = 100
"""Below so many a normal number is a poor one: its skewness is missing, 1/sqrt(n), a tenth."""


def refuse_few(program: Program, stimulus: Stimulus) -> None:
    """Refuse schemes of few members.

    Raises:
        UsageError: naming them, with what normal noise would miss.
    """
    sizes = sizes_of(program, stimulus.parameters)
    found = []
    for scheme in program.invariants:
        members = sizes.get(scheme.indices[0])
        if members is not None and 0.0 < members < FEWEST:
            found.append((scheme.name, members))
    if found:
        members = min(count for _, count in found)
        listed = ", ".join(f"`{each}` ({count:g})" for each, count in found)
        raise UsageError(
            f"engine `langevin` is for large numbers, at least {FEWEST}; too few are the members "
            f"of {listed}: the noise of {members:g} is skewed by 1/sqrt({members:g}) = "
            f"{1.0 / np.sqrt(members):.2g}, which a normal one misses; use `ssa`, `leap` or "
            "`hybrid`"
        )


def said_of_few(program: Program, stimulus: Stimulus, trajectory: Trajectory) -> str:
    """A sentence on counts that came below the fewest, "" if none did."""
    sizes = sizes_of(program, stimulus.parameters)
    phrases = []
    for index, size in sizes.items():
        name = program.states[index].name
        if index in stimulus.clamps or name not in trajectory:
            continue
        counts = trajectory.internal(name) * size
        low = (counts > 0.0) & (counts < FEWEST)
        if low.any():
            phrases.append(f"`{name}` ({100.0 * low.mean():.3g} % of its samples)")
    if not phrases:
        return ""
    shown = ", ".join(phrases[:4]) + (f" and {len(phrases) - 4} more" if len(phrases) > 4 else "")
    return (
        f" Fewer than {FEWEST} molecules were left of {shown}, where normal noise misses a "
        "skewness of 0.1 and more: compare with `leap`."
    )
