"""The compiled functions of one Program, callable from Python."""

from __future__ import annotations

import ctypes
from typing import Any

from quantal.kernels.layout import Layout
from quantal.kernels.native import Native

_ADDRESS = ctypes.c_void_p


class Kernel:
    """`advance(context)`, `commit(context, time)`, `probe(context, time)` and the rest.

    All take addresses: see `quantal.kernels.context` for what a context holds. `rates`
    evaluates the right-hand side where `lu` is the unit factorisation and `extra` zero.
    """

    def __init__(self, native: Native, layout: Layout) -> None:
        self._native = native
        self.layout = layout
        self.advance = self._bind("advance", _ADDRESS, returns=ctypes.c_int64)
        self.enter = self._bind("enter", _ADDRESS, ctypes.c_double)
        self.commit = self._bind("commit", _ADDRESS, ctypes.c_double)
        self.probe = self._bind("probe", _ADDRESS, ctypes.c_double)
        self.prepare = self._bind("prepare", *[_ADDRESS] * 2)
        self.rates = self._bind("stage", *[_ADDRESS] * 9)
        self.crossings = self._bind("crossings", *[_ADDRESS] * 6)
        self.delays = self._bind("delays", *[_ADDRESS] * 6)
        self.handlers = [
            self._bind(f"handler_{number}", *[_ADDRESS] * 5) for number in range(layout.handlers)
        ]

    def _bind(self, name: str, *arguments: Any, returns: Any = None) -> Any:
        return ctypes.CFUNCTYPE(returns, *arguments)(self._native.address(name))
