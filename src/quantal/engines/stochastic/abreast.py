"""Memory of the loop that runs trials side by side."""

from __future__ import annotations

import numpy as np

from quantal.kernels.context import Context
from quantal.kernels.stochastic.lanes.weights import WIDTH
from quantal.kernels.stochastic.network import WIDTH as PLACES

REALS = ("t", "then", "limit", "boundary", "total", "point")
WHOLES = ("draw", "trial", "key", "active", "cell", "sample", "fired", "place")


def lay_lanes(context: Context, states: int, places: int, tables: int) -> None:
    """Arrays of all lanes, each of which has its own trial, time and place in its cells."""
    blocks = places // PLACES
    sizes = {"counts": states + 1, "factors": blocks, "floors": blocks,
             "running": places + PLACES}  # fmt: skip
    for name, size in {**dict.fromkeys(REALS, 1), **sizes}.items():
        context.point(f"lane_{name}", np.zeros(size * WIDTH))
    for name in WHOLES:
        context.point(f"lane_{name}", np.zeros(WIDTH, dtype=np.int64))
    context.point("lane_cursor", np.zeros(WIDTH * max(tables, 1), dtype=np.int64))
    context.point("effects", np.zeros(WIDTH * (places + 1)))
