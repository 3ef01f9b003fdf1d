"""All functions of the loop over lanes, as a module of its own: a single trial needs none."""

from __future__ import annotations

from typing import Any

from quantal.kernels.generate import mathematics
from quantal.kernels.stochastic import philox, sums, tables
from quantal.kernels.stochastic.lanes import attend, board, loop
from quantal.kernels.stochastic.network import Network
from quantal.kernels.stochastic.parts import Parts

DECLARATIONS = "declare i64 @llvm.cttz.i64(i64, i1)\n"


def write_lanes(network: Network) -> tuple[str, dict[str, Any]]:
    """The IR text; the layout is that of the network's other module."""
    parts = Parts(network)
    functions = [
        tables.drive_at(), sums.load(parts), board.lay_effects(parts), board.enter(parts),
        board.look_ahead(), board.board(parts), board.land(parts), board.tell(parts),
        attend.cross(parts), attend.attend(parts), attend.note(parts), attend.take_back(parts),
        loop.sweep(parts),
    ]  # fmt: skip
    if any(parts.bounds):
        functions.append(attend.judge(parts))
    body = "\n".join(functions)
    head = [mathematics.declarations(), DECLARATIONS, philox.DECLARATIONS]
    return "\n".join([*head, mathematics.used_by(body), body]), {}
