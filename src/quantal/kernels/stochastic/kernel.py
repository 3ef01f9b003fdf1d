"""The compiled functions of one network, callable from Python; found again where they exist."""

from __future__ import annotations

import ctypes
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from quantal.kernels.cache import remembered
from quantal.kernels.native import Native
from quantal.kernels.signature import network_signature
from quantal.program import Program

_ADDRESS = ctypes.c_void_p


@dataclass(frozen=True)
class Layout:
    """Sizes of the arrays, and which reaction has which place.

    `members` are (place, row of the reaction, 1 if backward); `checked` the places whose
    rate constants must not be negative; `changes` for each computed change of a count the
    places that use it; `driven` the drives that any propensity depends on, time last.
    """

    states: int
    constants: int
    places: int
    tables: int
    counted: list[int]
    members: list[list[int]]
    checked: list[int]
    changes: list[list[int]]
    driven: list[int]


class StochasticKernel:
    """`sweep(context)` runs trials; the rest compute what depends on parameters alone.

    The calls release Python's global lock, so that chunks run side by side.
    """

    def __init__(self, native: Native, fields: dict[str, Any]) -> None:
        self._native = native
        self.layout = Layout(**fields)
        self.sweep = self._bind("sweep", _ADDRESS, returns=ctypes.c_int64)
        self.prepare, self.sizes, self.changes, self.coefficients = (
            self._bind(name, _ADDRESS, _ADDRESS)
            for name in ("prepare", "sizes", "changes", "coefficients")
        )

    def _bind(self, name: str, *arguments: Any, returns: Any = None) -> Any:
        return ctypes.CFUNCTYPE(returns, *arguments)(self._native.address(name))


def stochastic_kernel(program: Program, clamped: Iterable[int]) -> tuple[StochasticKernel, bool]:
    """The kernel of a Program in which these states follow the stimulus; True if it was found.

    Raises:
        ValueError: something that must depend on parameters alone does not.
    """
    held = tuple(sorted(clamped))

    def write() -> tuple[str, dict[str, Any]]:
        from quantal.kernels.stochastic.module import write_module
        from quantal.kernels.stochastic.network import write_network

        return write_module(write_network(program, held))

    return remembered(_key(program, held), write, StochasticKernel)


def _key(program: Program, held: tuple[int, ...]) -> str:
    text = f"stochastic {held} {network_signature(program)}"
    return hashlib.sha256(text.encode()).hexdigest()
