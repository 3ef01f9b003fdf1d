"""Finds or makes the machine code of a Program."""

from __future__ import annotations

import time
from dataclasses import dataclass

from quantal.kernels.generate.module import write_module
from quantal.kernels.kernel import Kernel
from quantal.kernels.native import compile_ir, load_object
from quantal.kernels.tableau import Tableau
from quantal.program import Program


@dataclass(frozen=True)
class Loaded:
    """A kernel, how long it took to get, and whether it came from the cache."""

    kernel: Kernel
    seconds: float
    cached: bool


def kernel_for(program: Program, tableau: Tableau) -> Loaded:
    """The compiled functions of a Program for one method."""
    started = time.perf_counter()
    text, layout = write_module(program, tableau)
    kernel = Kernel(load_object(compile_ir(text)), layout)
    return Loaded(kernel, time.perf_counter() - started, False)
