"""The compiled functions of one Program's derivatives, callable from Python."""

from __future__ import annotations

import ctypes
import hashlib
import time
import weakref
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from quantal.kernels.cache import MOST_IN_MEMORY, Fields, remembered
from quantal.kernels.kernel import Kernel
from quantal.kernels.layout import LANES, Layout
from quantal.kernels.native import Native
from quantal.kernels.sensitivity.directions import Direction
from quantal.kernels.sensitivity.layout import FORWARDS, Methods, Sizes
from quantal.kernels.signature import signature
from quantal.program import Program

Whole = np.ndarray[Any, np.dtype[np.int64]]

_ADDRESS = ctypes.c_void_p
_signatures: dict[tuple[int, str], tuple[weakref.ref[Program], str]] = {}


class SensitivityKernel(Kernel):
    """A kernel whose steps go to a tape, with `states` and one `way` over it.

    Also `jumps[k]`: what handler k does, derived; `watched`: the crossing functions; and
    `places`: state, direction and place of every tangent that is carried.
    """

    def __init__(self, native: Native, layout: Layout, sizes: Sizes, way: str) -> None:
        super().__init__(native, layout)
        self.sizes = sizes
        self.states = self._bind("states", _ADDRESS)
        self.way = self._bind("tangents" if way == FORWARDS else "adjoint", _ADDRESS)
        self.jumps = [
            self._bind(f"jump_{number}", *[_ADDRESS] * 6) for number in range(layout.handlers)
        ]
        self.places = _places(sizes)
        self.watched = self._bind("watched", *[_ADDRESS] * 6)


def _places(sizes: Sizes) -> tuple[Whole, Whole, Whole]:
    found = [
        (state, direction, (first + row) * LANES + lane)
        for first, (directions, states) in zip(sizes.firsts, sizes.groups, strict=True)
        for row, state in enumerate(states)
        for lane, direction in enumerate(directions)
    ]
    table = np.array(found, dtype=np.int64).reshape(-1, 3)
    return table[:, 0].copy(), table[:, 1].copy(), table[:, 2].copy()


@dataclass(frozen=True)
class Loaded:
    """A kernel, how long it took to get (s), and whether that was without compiling."""

    kernel: SensitivityKernel
    seconds: float
    cached: bool


def sensitivity_kernel(
    program: Program, methods: Methods, directions: Sequence[Direction], way: str
) -> Loaded:
    """The compiled functions of a Program, two methods, the directions, and one way to go."""
    started = time.perf_counter()
    key = _key(_signature(program, methods), tuple(directions), way)

    def write() -> tuple[str, Fields]:
        # The generator is imported only where something must be generated.
        from quantal.kernels.sensitivity.module import write_module

        text, layout, sizes = write_module(program, methods, directions, way)
        return text, {"layout": asdict(layout), "sizes": sizes.as_dict(), "way": way}

    kernel, cached = remembered(key, write, _kernel)
    return Loaded(kernel, time.perf_counter() - started, cached)


@lru_cache(maxsize=64)
def _key(signed: str, directions: tuple[Direction, ...], way: str) -> str:
    text = f"sensitivity {way} {signed} {directions!r}"
    return hashlib.sha256(text.encode()).hexdigest()


def _signature(program: Program, methods: Methods) -> str:
    """The signature; a Program cannot change, so the very same one is not read again."""
    place = (id(program), " ".join(method.name for method in methods))
    known = _signatures.get(place)
    if known is None or known[0]() is not program:
        known = (weakref.ref(program), signature(program, methods))
        if len(_signatures) > MOST_IN_MEMORY:
            _signatures.clear()
        _signatures[place] = known
    return known[1]


def _kernel(native: Native, fields: Any) -> SensitivityKernel:
    given = fields["layout"]
    layout = Layout(**{**given, "pivots": tuple(given["pivots"])})
    return SensitivityKernel(native, layout, Sizes.of(fields["sizes"]), fields["way"])
