"""Tables and arrays for the compiled loop that carries members from spike to spike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev

from quantal.engines.propagators.decay import Modes
from quantal.engines.propagators.family import Family, chebyshev_in_height
from quantal.engines.propagators.sums import Grid
from quantal.kernels.event.kernel import EventKernel, event_kernel
from quantal.kernels.event.slots import DEGREE
from quantal.kernels.layout import padded

Array = np.ndarray[Any, np.dtype[np.float64]]
Whole = np.ndarray[Any, np.dtype[np.int64]]

LARGEST = 32
"""Modes up to which the loop is written out."""
CELLS = (32, 64, 128, 256, 512, 1024)
"""Of a window, even in the root of the time; in each what is seen is a polynomial in it."""
WANTED = 1e-11
"""Error of these polynomials at which no finer cells are tried."""


def can_compile(modes: Modes) -> bool:
    """Whether all modes are real, and few enough."""
    return modes.is_modal and not np.iscomplexobj(modes.rates) and len(modes.rates) <= LARGEST


@dataclass(frozen=True, eq=False)
class Tables:
    """What pulses do to the modes, and what is seen of them; `error` of the seen part."""

    cells: int
    few_ends: Array
    few_cells: Array
    any_ends: Array
    any_cells: Array
    degrees: int
    error: float


def tables(modes: Modes, few: Family | None, any_height: Family | None, window: float,
           wanted: list[int]) -> Tables:  # fmt: skip
    """For these families; an absent one takes no room."""
    families = [family for family in (few, any_height) if family is not None]
    cells, error = CELLS[0], 0.0
    for cells in CELLS:
        error = max((_tail(family, cells, window, wanted) for family in families), default=0.0)
        if error <= WANTED:
            break
    none = np.zeros(1)
    few_ends, few_cells = none, none
    any_ends, any_cells, degrees = none, none, 0
    if few is not None:
        few_ends = _ends(modes, few.ends)
        # (cell, degree, seen, height, mode) -> by height, cell, degree, seen, mode
        few_cells = np.ascontiguousarray(_cells(modes, few, cells, window, wanted)
                                         .transpose(3, 0, 1, 2, 4))  # fmt: skip
    if any_height is not None:
        any_ends = _ends(modes, chebyshev_in_height(any_height.ends, 0))
        made = _cells(modes, any_height, cells, window, wanted)
        made = chebyshev_in_height(made, 3)
        any_cells = np.ascontiguousarray(made.transpose(0, 3, 1, 2, 4))
        degrees = len(any_height.heights)
    return Tables(cells, few_ends, few_cells, any_ends, any_cells, degrees, error)


def _ends(modes: Modes, ends: Array) -> Array:
    """(c, n, n) of states -> (c, n, padded) of modes, by columns."""
    of_modes = modes.inverse @ ends @ modes.basis
    result = np.zeros((*of_modes.shape[:2], padded(of_modes.shape[2])))
    result[:, :, : of_modes.shape[1]] = of_modes.transpose(0, 2, 1)
    return result


def _cells(modes: Modes, family: Family, cells: int, window: float, wanted: list[int]) -> Array:
    """Polynomials (cells, degree + 1, seen, c, padded) in the place in a cell (-1 to 1)."""
    nodes = np.cos(np.pi * (np.arange(DEGREE + 1) + 0.5) / (DEGREE + 1))
    times = window * ((np.arange(cells)[:, None] + 0.5 * (nodes + 1.0)) / cells) ** 2
    values = family.at(times.ravel())[:, :, wanted] @ modes.basis
    values = values.reshape(cells, DEGREE + 1, *values.shape[1:])
    series = np.linalg.inv(chebyshev.chebvander(nodes, DEGREE))
    powers = np.stack([_power_series(row) for row in np.eye(DEGREE + 1)], axis=1) @ series
    made = np.einsum("dk,vkcsm->vdscm", powers, values)
    result = np.zeros((*made.shape[:4], padded(made.shape[4])))
    result[..., : made.shape[4]] = made
    return result


def _power_series(row: Array) -> Array:
    power = chebyshev.cheb2poly(row)
    return np.asarray(np.pad(power, (0, len(row) - len(power))))


def _tail(family: Family, cells: int, window: float, wanted: list[int]) -> float:
    """The last Chebyshev coefficient of what is seen, the largest of all cells."""
    nodes = np.cos(np.pi * (np.arange(DEGREE + 1) + 0.5) / (DEGREE + 1))
    last = np.linalg.inv(chebyshev.chebvander(nodes, DEGREE))[-1]
    firsts = np.unique(np.geomspace(1, cells, 12).astype(int)) - 1
    times = window * ((firsts[:, None] + 0.5 * (nodes + 1.0)) / cells) ** 2
    values = family.at(times.ravel())[:, -1, wanted].reshape(len(firsts), DEGREE + 1, -1)
    return float(np.abs(np.einsum("k,fkx->fx", last, values)).max())


class Compiled:
    """The loop on one population's arrays."""

    def __init__(
        self, modes: Modes, made: Tables, window: float, grid: Grid, wanted: list[int],
        arrays: dict[str, Any],
    ) -> None:  # fmt: skip
        width = padded(len(modes.rates))
        self._kernel: EventKernel = event_kernel(len(modes.rates), len(wanted))
        self.joined = np.zeros((grid.count + 1, width))
        self.seen = np.zeros((grid.count + 1, len(wanted)))
        rates = np.zeros(width)
        rates[: len(modes.rates)] = modes.rates
        self._values: dict[str, Any] = arrays | {
            "grid_start": float(grid.start), "spacing": float(grid.spacing), "rows": grid.count,
            "rates": rates, "window": float(window), "cells": made.cells,
            "per_cell": float(made.cells**2 / window) if window > 0.0 else 0.0,
            "few_ends": made.few_ends, "few_cells": made.few_cells, "any_ends": made.any_ends,
            "any_cells": made.any_cells, "degrees": made.degrees,
            "joined": self.joined, "seen": self.seen,
        }  # fmt: skip

    def carry(self, members: Whole) -> None:
        """Each of these as far as its next odd stretch, or to its end."""
        members = np.ascontiguousarray(members)
        self._kernel.carry(self._values | {"members": members, "member_count": len(members)})
