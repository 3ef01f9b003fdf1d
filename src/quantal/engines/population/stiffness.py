"""Which of the two methods suits a Program at its step: the faster, or the one that damps."""

from __future__ import annotations

import numpy as np

from quantal.engines.initial import initial_state
from quantal.engines.observe import Observer
from quantal.engines.population.settings import Settings
from quantal.expression import evaluate
from quantal.kernels.population.step import solved_blocks
from quantal.program import Program
from quantal.stimulus import Stimulus

RINGS = 4.0
"""Step times fastest rate beyond which the midpoint rule's ringing outlasts what it follows:
at 4 what cannot be resolved still falls to a third in each step."""


def chosen_method(program: Program, stimulus: Stimulus, settings: Settings) -> tuple[str, str]:
    """`midpoint` or `damped`, and a sentence that says why."""
    if settings.method != "auto":
        return settings.method, f"The method `{settings.method}` was asked for."
    fastest = fastest_rate(program, stimulus)
    times = settings.step * fastest
    if times > RINGS:
        return "damped", (
            f"The method `damped` was chosen: at the start the fastest rate is {fastest:.3g} /ms, "
            f"{times:.3g} times what a step of {settings.step:g} ms resolves."
        )
    return "midpoint", (
        f"The method `midpoint` was chosen: at the start the fastest rate is {fastest:.3g} /ms "
        f"at a step of {settings.step:g} ms."
    )


def fastest_rate(program: Program, stimulus: Stimulus) -> float:
    """The spectral radius (/ms) of the Jacobian at the start, without steady decays.

    Sets of states that act on one another are looked at by themselves; a single state whose
    rate is constant is advanced exactly, however fast.
    """
    start = stimulus.start
    drives = np.array([float(drive.at(start)) for drive in stimulus.drives])
    held = {index: float(curve.at(start)) for index, curve in stimulus.clamps.items()}
    y = initial_state(program, stimulus.parameters, drives, start, held)
    size = len(y)
    shift = np.array([max(abs(v), s.scale) for v, s in zip(y, program.states, strict=True)]) * 1e-6
    points = np.vstack([y + np.diag(shift), y - np.diag(shift)])
    observer = Observer(
        program, np.full(2 * size, start), points, np.tile(drives, (2 * size, 1)),
        [float(v) for v in stimulus.parameters],
    )  # fmt: skip
    largest = 0.0
    for block in solved_blocks(program, tuple(stimulus.clamps)):
        matrix = np.empty((len(block), len(block)))
        for row, index in enumerate(block):
            with np.errstate(all="ignore"):
                rate = np.asarray(evaluate(program.derivatives[index], observer), dtype=float)
            rate = np.broadcast_to(rate, 2 * size)
            chosen = list(block)
            change = rate[chosen] - rate[[size + j for j in chosen]]
            matrix[row] = change / (2.0 * shift[chosen])
        if np.isfinite(matrix).all():
            largest = max(largest, float(np.abs(np.linalg.eigvals(matrix)).max()))
    return largest
