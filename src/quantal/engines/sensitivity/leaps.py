"""The derivative of what events do, and of the moment at which a value crosses."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantal.engines.sensitivity.passes import Leap
from quantal.engines.workspace import Array, Workspace
from quantal.kernels.sensitivity.kernel import SensitivityKernel
from quantal.kernels.sensitivity.layout import Jump


class Tracing(Workspace):
    """A workspace that notes how each event acts on small changes of the state."""

    def __init__(self, kernel: SensitivityKernel, directions: int, *rest: Any) -> None:
        super().__init__(kernel, *rest)
        self._derived, self._directions = kernel, directions
        self.happened: list[Leap] = []

    def act(self, handler: int) -> None:
        """A handler's actions on the present state; its derivative is noted before."""
        kernel = self._derived
        if not kernel.sizes.jumps[handler].rows:
            super().act(handler)
            return
        jump = kernel.sizes.jumps[handler]
        matrix = np.zeros((kernel.layout.states, kernel.layout.states))
        push = np.zeros((kernel.layout.states, self._directions))
        self._evaluate(kernel.jumps[handler], jump, matrix, push)
        rows = np.array(jump.rows)
        self.happened.append(Leap(rows, matrix[rows], push[rows]))
        super().act(handler)

    def crossing(self, number: int, slopes: Array) -> tuple[Array, Array]:
        """How the moment of a crossing moves with the states, and with the directions.

        From g(y(t)) = 0: t' = -(dg/dy y' + dg/dp) / (dg/dt along the solution).

        Args:
            number: of the crossing function.
            slopes: d(state)/dt (states,) just before.
        """
        kernel, layout = self._derived, self._derived.layout
        columns = layout.states + 1 + layout.drives
        matrix = np.zeros((max(layout.crossings, 1), columns))
        push = np.zeros((len(matrix), self._directions))
        self._evaluate(kernel.watched, kernel.sizes.crossing, matrix, push)
        row = matrix[number]
        moving = np.concatenate([[1.0], self.context.array("slopes")[: layout.drives]])
        speed = row[: layout.states] @ slopes + row[layout.states :] @ moving
        return -row[: layout.states] / speed, -push[number] / speed

    def _evaluate(self, function: Any, jump: Jump, matrix: Array, push: Array) -> None:
        """Fill in a pattern of derivatives at the present state."""
        out = np.zeros(len(jump.states) + len(jump.directions) + 1)
        function(*self._here(), out.ctypes.data, self._scratch)
        for (row, column), value in zip(jump.states, out, strict=False):
            matrix[row, column] = value
        for (row, column), value in zip(jump.directions, out[len(jump.states) :], strict=False):
            push[row, column] = value


def moving_moment(
    leaps: list[Leap], when: tuple[Array, Array], before: Array, after: Array
) -> Leap:
    """Events whose moment moves: states follow the old slopes longer, the new ones shorter.

    The saltation matrix (Müller 1995 Chaos Solitons Fractals 5:1671).
    """
    to_states, to_directions = when
    matrix, push = np.eye(len(before)), np.zeros((len(before), len(to_directions)))
    for each in leaps:
        matrix, push = each.forwards(matrix, push=False), each.forwards(push)
    kick = matrix @ before - after
    return Leap(
        np.arange(len(before)), matrix + np.outer(kick, to_states),
        push + np.outer(kick, to_directions),
    )  # fmt: skip
