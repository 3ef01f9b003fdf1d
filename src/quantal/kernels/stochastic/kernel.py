"""The compiled functions of one network, callable from Python; found again where they exist."""

from __future__ import annotations

import ctypes
import hashlib
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from quantal.kernels.cache import remembered
from quantal.kernels.native import Native
from quantal.kernels.signature import network_signature
from quantal.program import Program

_ADDRESS = ctypes.c_void_p
MOST_SIGNATURES = 32


@dataclass(frozen=True)
class Layout:
    """Sizes of the arrays, and which reaction has which place.

    `lanes` says whether trials can run side by side. `members` are (place, row of the reaction,
    1 if backward); `checked` the places whose rate constants must not be negative; `changes`
    for each computed change of a count the places that use it; `driven` the drives that any
    propensity depends on, time last.
    """

    lanes: bool
    states: int
    constants: int
    places: int
    tables: int
    counted: list[int]
    members: list[list[int]]
    checked: list[int]
    changes: list[list[int]]
    driven: list[int]


class NetworkKernel:
    """`sweep(context)` runs trials; the rest compute what depends on parameters alone.

    The calls release Python's global lock, so that chunks run side by side.
    """

    def __init__(self, native: Native) -> None:
        self._native = native
        self.sweep = self._bind("sweep", _ADDRESS, returns=ctypes.c_int64)
        self.prepare, self.sizes, self.changes, self.coefficients = (
            self._bind(name, _ADDRESS, _ADDRESS)
            for name in ("prepare", "sizes", "changes", "coefficients")
        )

    def _bind(self, name: str, *arguments: Any, returns: Any = None) -> Any:
        return ctypes.CFUNCTYPE(returns, *arguments)(self._native.address(name))


class StochasticKernel(NetworkKernel):
    """A network whose events are counted one by one."""

    def __init__(self, native: Native, fields: dict[str, Any]) -> None:
        super().__init__(native)
        self.layout = Layout(**fields)


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

    return remembered(key_of(program, held), write, StochasticKernel)


def lanes_kernel(program: Program, clamped: Iterable[int]) -> Callable[[int], int]:
    """`sweep_lanes(context)`: all trials of a chunk, eight side by side."""
    held = tuple(sorted(clamped))

    def write() -> tuple[str, dict[str, Any]]:
        from quantal.kernels.stochastic.lanes.module import write_lanes
        from quantal.kernels.stochastic.network import write_network

        return write_lanes(write_network(program, held))

    def wrap(native: Native, _: dict[str, Any]) -> tuple[Native, Callable[[int], int]]:
        kind = ctypes.CFUNCTYPE(ctypes.c_int64, _ADDRESS)
        return native, kind(native.address("sweep_lanes"))

    # The code lives as long as the function that knows it.
    (native, sweep), _ = remembered(key_of(program, held, "lanes"), write, wrap)

    def call(context: int) -> int:
        assert native
        return int(sweep(context))

    return call


_signatures: dict[int, tuple[weakref.ref[Program], str]] = {}


def _signature(program: Program) -> str:
    """The signature; a Program cannot change, so the very same one is not read again."""
    known = _signatures.get(id(program))
    if known is None or known[0]() is not program:
        if len(_signatures) > MOST_SIGNATURES:
            _signatures.clear()
        known = _signatures[id(program)] = (weakref.ref(program), network_signature(program))
    return known[1]


def key_of(program: Program, held: tuple[int, ...], kind: str = "one") -> str:
    """Under which a kind of code of a network is remembered."""
    text = f"stochastic {kind} {held} {_signature(program)}"
    return hashlib.sha256(text.encode()).hexdigest()
