"""All IR of the loop over intervals."""

from __future__ import annotations

from quantal.kernels.generate import mathematics
from quantal.kernels.generate.ir import INTEGER, POINTER, Function
from quantal.kernels.members import draws, loop
from quantal.kernels.stochastic import philox, sums, tables
from quantal.kernels.stochastic.loop import advance, begin_trial
from quantal.kernels.stochastic.network import Network
from quantal.kernels.stochastic.parts import Parts


def write_members(network: Network) -> str:
    """The IR text for a network from which hidden members and their exits are left out."""
    parts = Parts(network)
    begin = Function("begin", [(POINTER, "context"), (INTEGER, "trial")])
    begin_trial(begin, parts, "%trial")
    begin.give()
    body = "\n".join(
        [
            philox.refill(), tables.drive_at(), tables.rewind(network.tables),
            sums.enter_cell(parts), sums.load(parts), advance(parts), draws.functions(),
            begin.text(), loop.leave(), loop.hop(), loop.happen(), loop.sweep(),
        ]
    )  # fmt: skip
    head = [mathematics.declarations(), philox.DECLARATIONS, mathematics.used_by(body)]
    return "\n".join([*head, body])
