"""Where a run starts: every state's initial value, with gates and schemes at rest.

Initial expressions may use parameters, drives at the start, computed quantities and other
states, in any order; they are resolved on demand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from quantal.errors import RunError
from quantal.expression import Number, evaluate
from quantal.program import Equilibrium, Program


class _Start(Mapping[str, float]):
    """Names to their values at the start of a run, each computed when first asked for."""

    def __init__(self, program: Program, known: dict[str, float]) -> None:
        self._program = program
        self._known = dict(known)
        self._definitions = {item.name: item.expression for item in program.definitions}
        self._initial = {
            state.name: expression
            for state, expression in zip(program.states, program.initial, strict=True)
        }
        self._equilibrium = {
            program.states[index].name: rest
            for rest in program.equilibria
            for index in rest.indices
        }
        self._open: set[str] = set()

    def __getitem__(self, name: str) -> float:
        if name in self._known:
            return self._known[name]
        if name in self._open:
            raise RunError(f"the initial value of `{name}` depends on itself")
        self._open.add(name)
        try:
            if name in self._equilibrium:
                self._settle(self._equilibrium[name])
            else:
                expression = self._initial.get(name, self._definitions.get(name))
                if expression is None:
                    raise KeyError(name)
                self._known[name] = float(evaluate(expression, self))
        finally:
            self._open.discard(name)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._known, **self._definitions, **self._initial})

    def __len__(self) -> int:
        return len(list(iter(self)))

    def _settle(self, rest: Equilibrium) -> None:
        """The null vector of a scheme's rate matrix, its occupancies summing to one.

        The scheme's equations are linear in its own occupancies, so each column of the
        matrix is the equations' value with one state full and the others empty.
        """
        program, indices = self._program, rest.indices
        names = [program.states[index].name for index in indices]
        matrix = np.empty((len(indices) + 1, len(indices)))
        for column, full in enumerate(names):
            trial = _Start(program, self._known)
            trial._known.update({name: float(name == full) for name in names})
            for row, index in enumerate(indices):
                matrix[row, column] = evaluate(program.derivatives[index], trial)
        matrix[-1] = np.abs(matrix[:-1]).max() or 1.0
        right = np.zeros(len(indices) + 1)
        right[-1] = matrix[-1, 0]
        occupancy, _, rank, _ = np.linalg.lstsq(matrix, right, rcond=None)
        if rank < len(indices):
            raise RunError(
                f"`{names[0]}` and its scheme have more than one steady state; "
                "write where it starts instead of `start equilibrium`"
            )
        # Negative zeros from rounding would count as negative occupancies.
        occupancy = np.where(np.abs(occupancy) < 1e-15, 0.0, occupancy)
        self._known.update(zip(names, map(float, occupancy / occupancy.sum()), strict=True))


def initial_state(
    program: Program,
    parameters: np.ndarray,
    drives: np.ndarray,
    time: float = 0.0,
    held: Mapping[int, float] | None = None,
) -> np.ndarray:
    """The state vector (n,) at the start, in internal units.

    Args:
        program: what runs.
        parameters: values (n_parameters,).
        drives: values (n_drives,) of the drives at `time`.
        time: the start, ms.
        held: clamped states, index to value; gates and schemes settle at these.

    Raises:
        RunError: an initial value that depends on itself, or is not a number.
    """
    known = {slot.name: float(v) for slot, v in zip(program.parameters, parameters, strict=True)}
    known |= {slot.name: float(v) for slot, v in zip(program.drives, drives, strict=True)}
    known["time"] = time
    settled = {index for rest in program.equilibria for index in rest.indices}
    for index, (state, expression) in enumerate(zip(program.states, program.initial, strict=True)):
        # Most initial values are plain numbers; evaluating their trees takes as long as a run.
        if isinstance(expression, Number) and index not in settled:
            known[state.name] = expression.value
    for index, value in (held or {}).items():
        known[program.states[index].name] = float(value)
    start = _Start(program, known)
    with np.errstate(all="ignore"):
        values = np.array([start[state.name] for state in program.states])
    for state, value in zip(program.states, values, strict=True):
        if not np.isfinite(value):
            raise RunError(f"the initial value of `{state.name}` is not a number ({value})")
    return values
