"""Finding the moment at which a watched value crosses its threshold.

A value is looked at in the middle and at the end of each step. Steps follow the states and
the drives; a value of `time` alone that dips and returns within one of them is not seen.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from quantal.engines.events import Events
from quantal.engines.workspace import Array, Workspace
from quantal.errors import RunError
from quantal.expression import names_in
from quantal.program import Crossing, Program

RELATIVE_WIDTH = 1e-14
MOST_ROUNDS = 1000
"""Of events that set off one another at one moment."""


def root(function: Callable[[float], float], a: float, b: float, fa: float, fb: float) -> float:
    """Where a function that changes sign between a and b does so, from the far side.

    Regula falsi with the Illinois correction (Dowell & Jarratt 1971 BIT 11:168), with
    bisection as the guard; the bracket shrinks to rounding error.
    """
    side = 0
    for count in range(200):
        width = b - a
        if width <= RELATIVE_WIDTH * max(abs(a), abs(b)) or fb == 0.0:
            break
        x = b - fb * width / (fb - fa) if count % 4 != 3 else a + 0.5 * width
        if not a < x < b:
            x = a + 0.5 * width
            if not a < x < b:
                break
        fx = function(x)
        if (fx < 0.0) == (fa < 0.0) and fx != 0.0:
            a, fa = x, fx
            fb = 0.5 * fb if side == -1 else fb
            side = -1
        else:
            b, fb = x, fx
            fa = 0.5 * fa if side == 1 else fa
            side = 1
    return b


def follow_drives(program: Program) -> bool:
    """Whether a jump of a drive alone can carry a watched value across its threshold."""
    table = {item.name: names_in(item.expression) for item in program.definitions}
    drives = {drive.name for drive in program.drives}
    stack = [
        name
        for handler in program.handlers
        if isinstance(handler.trigger, Crossing)
        for name in names_in(handler.trigger.expression)
    ]
    found: set[str] = set()
    while stack:
        name = stack.pop()
        if name not in found:
            found.add(name)
            stack.extend(table.get(name, ()))
    return bool(found & drives)


class Crossings:
    """The crossing functions of a run: their signs, and which handlers they set off."""

    def __init__(self, program: Program, workspace: Workspace, handlers: list[int]) -> None:
        self._workspace = workspace
        self._handlers = handlers
        self._directions = [
            {"up": 1.0, "down": -1.0}.get(item.trigger.direction, 0.0)
            for item in program.handlers
            if isinstance(item.trigger, Crossing)
        ]
        self._signs = workspace.context.array("sign")
        self._noise = np.zeros(len(handlers))

    def start(self) -> None:
        """Take the signs at the start of the run."""
        if self._handlers:
            self._signs[:] = np.sign(self._workspace.crossings())

    def jumped(self) -> list[int]:
        """Handlers of values that an event or a protocol step has carried across."""
        if not self._handlers:
            return []
        values = self._workspace.crossings()
        found = []
        for index, value in enumerate(values):
            sign = float(np.sign(value))
            if abs(value) <= self._noise[index] or sign == 0.0:
                continue
            if self._signs[index] == -sign and self._matches(index, sign):
                found.append(self._handlers[index])
            self._signs[index] = sign
        self._noise[:] = 0.0
        return found

    def locate(self) -> tuple[float, list[int]]:
        """The first crossing inside the step just made, and the handlers it sets off."""
        context = self._workspace.context
        start, end = context.real("t"), context.real("end")
        middle = 0.5 * (start + end)
        g_middle = context.array("g_middle").copy()
        g_end = context.array("g_end").copy()
        moments: dict[int, float] = {}
        for index in range(len(self._handlers)):
            sign = self._signs[index]
            if sign * g_middle[index] < 0.0:
                moments[index] = self._root(index, start, middle)
            elif sign * g_end[index] < 0.0:
                moments[index] = self._root(index, middle, end)
        moment = min(moments.values())
        due = []
        for index, when in moments.items():
            if when == moment:
                self._signs[index] = -self._signs[index]
                size = max(abs(g_middle[index]), abs(g_end[index]))
                self._noise[index] = 1e-9 * size
                if self._matches(index, self._signs[index]):
                    due.append(self._handlers[index])
        return moment, due

    def _matches(self, index: int, sign: float) -> bool:
        return self._directions[index] in (0.0, sign)

    def _root(self, index: int, a: float, b: float) -> float:
        workspace = self._workspace
        values: Array = workspace.context.array("g_middle")

        def value(t: float) -> float:
            workspace.kernel.probe(workspace.context.address, t)
            return float(values[index])

        fa = value(a)
        if self._signs[index] * fa <= 0.0:
            # Rounding at the start: it has crossed already.
            return a
        return root(value, a, b, fa, value(b))


def settle(
    events: Events, crossings: Crossings, workspace: Workspace, t: float, crossed: list[int]
) -> None:
    """Events at t, and what they carry across a threshold, until all is quiet.

    Raises:
        RunError: they set off one another without end.
    """
    crossed = crossed + crossings.jumped()
    rounds = 0
    while events.act(t, crossed):
        workspace.enter(t)
        crossed = crossings.jumped()
        rounds += 1
        if rounds > MOST_ROUNDS:
            raise RunError(
                f"at t = {t:g} ms: events carry a value across a threshold and back "
                "without end; give a handler a delay (`after`)"
            )
