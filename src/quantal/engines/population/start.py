"""Where many instances start: initial values as numbers, or as arrays where instances differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from quantal.errors import RunError
from quantal.expression import evaluate
from quantal.program import Equilibrium, Program

Values = Any
"""A number for all instances, or an array (instances,)."""


class Start(Mapping[str, Values]):
    """Names to values at the start, each computed when first asked for.

    `known` holds parameters, drives, `time` and states that are given.
    """

    def __init__(self, program: Program, known: Mapping[str, Values]) -> None:
        self._program = program
        self._known: dict[str, Values] = dict(known)
        self._expressions = {item.name: item.expression for item in program.definitions}
        self._expressions |= {
            state.name: expression
            for state, expression in zip(program.states, program.initial, strict=True)
        }
        self._equilibrium = {
            program.states[index].name: rest
            for rest in program.equilibria
            for index in rest.indices
        }
        self._open: set[str] = set()

    def __getitem__(self, name: str) -> Values:
        if name in self._known:
            return self._known[name]
        if name in self._open:
            raise RunError(f"the initial value of `{name}` depends on itself")
        self._open.add(name)
        try:
            if name in self._equilibrium:
                self._settle(self._equilibrium[name])
            else:
                with np.errstate(all="ignore"):
                    self._known[name] = evaluate(self._expressions[name], self)
        finally:
            self._open.discard(name)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._known, **self._expressions})

    def __len__(self) -> int:
        return len(list(iter(self)))

    def _settle(self, rest: Equilibrium) -> None:
        """The null vector of each instance's rate matrix, its occupancies summing to one.

        The equations of a scheme are linear in its occupancies, so each column of the matrix
        is their value with one state full and the others empty; they sum to zero, so that one
        of them gives way to the sum of all occupancies.
        """
        program, indices = self._program, rest.indices
        names = [program.states[index].name for index in indices]
        columns = []
        for full in names:
            trial = Start(program, {**self._known, **{n: float(n == full) for n in names}})
            with np.errstate(all="ignore"):
                columns.append([evaluate(program.derivatives[i], trial) for i in indices])
        shape = np.broadcast_shapes(*(np.shape(value) for c in columns for value in c))
        matrix = np.empty((*shape, len(indices), len(indices)))
        for column, values in enumerate(columns):
            for row, value in enumerate(values):
                matrix[..., row, column] = value
        size = np.abs(matrix).max(axis=(-2, -1))
        matrix[..., -1, :] = np.where(size > 0.0, size, 1.0)[..., None]
        right = np.zeros((*shape, len(indices), 1))
        right[..., -1, 0] = matrix[..., -1, 0]
        if not np.isfinite(matrix).all():
            occupancy = np.full((*shape, len(indices), 1), np.nan)
            good = np.isfinite(matrix).all(axis=(-2, -1))
            if shape and good.any():
                occupancy[good] = self._solved(matrix[good], right[good], names[0])
        else:
            occupancy = self._solved(matrix, right, names[0])
        for place, name in enumerate(names):
            self._known[name] = occupancy[..., place, 0]

    def _solved(self, matrix: Any, right: Any, name: str) -> Any:
        try:
            occupancy = np.linalg.solve(matrix, right)
        except np.linalg.LinAlgError:
            raise RunError(
                f"`{name}` and its scheme have more than one steady state; "
                "write where it starts instead of `start equilibrium`"
            ) from None
        # Negative zeros from rounding would count as negative occupancies.
        return np.where(np.abs(occupancy) < 1e-15, 0.0, occupancy)
