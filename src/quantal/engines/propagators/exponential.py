"""Matrix exponentials, many at once.

Scaling and squaring with the [13/13] Padé approximant (Higham 2005 SIAM J Matrix Anal Appl
26:1179), without its choice of lower orders.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]

_PADE = (
    64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0,
    129060195264000.0, 10559470521600.0, 670442572800.0, 33522128640.0, 1323241920.0,
    40840800.0, 960960.0, 16380.0, 182.0, 1.0,
)  # fmt: skip
_REACH = 5.371920351148152
"""Largest 1-norm at which the approximant is exact to rounding."""


def exponential(matrices: Array) -> Array:
    """exp of each matrix of a stack (..., n, n)."""
    norm = float(np.abs(matrices).sum(axis=-2).max(initial=0.0))
    squarings = max(int(np.ceil(np.log2(norm / _REACH))), 0) if norm > _REACH else 0
    scaled = matrices / 2.0**squarings
    result: Array = _pade(scaled)
    for _ in range(squarings):
        result = result @ result
    return result


def _pade(a: Array) -> Array:
    b, one = _PADE, np.eye(a.shape[-1])
    a2 = a @ a
    a4 = a2 @ a2
    a6 = a4 @ a2
    odd = a @ (
        a6 @ (b[13] * a6 + b[11] * a4 + b[9] * a2)
        + b[7] * a6 + b[5] * a4 + b[3] * a2 + b[1] * one
    )  # fmt: skip
    even = (
        a6 @ (b[12] * a6 + b[10] * a4 + b[8] * a2) + b[6] * a6 + b[4] * a4 + b[2] * a2 + b[0] * one
    )
    return np.asarray(np.linalg.solve(even - odd, even + odd))
