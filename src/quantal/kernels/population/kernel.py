"""The compiled functions of one population, callable from Python; found again where they exist."""

from __future__ import annotations

import ctypes
import time
from dataclasses import dataclass
from typing import Any

from quantal.kernels.cache import Fields, remembered
from quantal.kernels.native import Native
from quantal.kernels.population.layout import Choice, Layout
from quantal.kernels.signature import signature
from quantal.program import Program

_ADDRESS = ctypes.c_void_p


class PopulationKernel:
    """`advance(context)` carries a tile through steps; the rest computes what parameters give.

    The calls release Python's global lock, so that tiles run side by side.
    """

    def __init__(self, native: Native, fields: Fields) -> None:
        self._native = native
        self.layout = Layout(**fields)
        self.advance = self._bind("advance", _ADDRESS)
        self.prepare_shared, self.prepare_own = (
            self._bind(name, *[_ADDRESS] * 5, ctypes.c_int64)
            for name in ("prepare_shared", "prepare_own")
        )

    def _bind(self, name: str, *arguments: Any) -> Any:
        return ctypes.CFUNCTYPE(None, *arguments)(self._native.address(name))


@dataclass(frozen=True)
class Loaded:
    """A kernel, how long it took to get (s), and whether that was without compiling."""

    kernel: PopulationKernel
    seconds: float
    cached: bool


def population_kernel(program: Program, choice: Choice) -> Loaded:
    """The kernel of a Program for one choice of what is shared and how it is advanced."""
    started = time.perf_counter()

    def write() -> tuple[str, Fields]:
        # The generator is imported only where something must be generated.
        from quantal.kernels.population.module import write_module

        return write_module(program, choice)

    kernel, cached = remembered(signature(program, choice), write, PopulationKernel)
    return Loaded(kernel, time.perf_counter() - started, cached)
