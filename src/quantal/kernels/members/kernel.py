"""The compiled loop over intervals of one network, found again where it exists."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable
from typing import Any

from quantal.kernels.cache import remembered
from quantal.kernels.native import Native
from quantal.kernels.stochastic.kernel import key_of
from quantal.program import Program


def members_kernel(program: Program, clamped: Iterable[int]) -> Callable[[int], int]:
    """`sweep_members(context)`: one trial, interval by interval."""
    held = tuple(sorted(clamped))

    def write() -> tuple[str, dict[str, Any]]:
        from quantal.kernels.members.module import write_members
        from quantal.kernels.stochastic.network import write_network

        return write_members(write_network(program, held)), {}

    def wrap(native: Native, _: dict[str, Any]) -> tuple[Native, Callable[[int], int]]:
        kind = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p)
        return native, kind(native.address("sweep_members"))

    # The code lives as long as the function that knows it.
    (native, sweep), _ = remembered(key_of(program, held, "members"), write, wrap)

    def call(context: int) -> int:
        assert native
        return int(sweep(context))

    return call
