"""All IR of one Program and one method, put together."""

from __future__ import annotations

from quantal.kernels.generate import (
    advance,
    attempt,
    explicit,
    mathematics,
    output,
    switching,
    tables,
)
from quantal.kernels.generate.system import write_system
from quantal.kernels.layout import Layout
from quantal.kernels.tableau import Pair, Tableau
from quantal.program import Program


def write_module(
    program: Program, tableau: Tableau, pair: Pair | None = None
) -> tuple[str, Layout]:
    """The IR text, and the layout of the arrays on which its functions work.

    With a `pair` the steps are explicit wherever that is cheaper.
    """
    system = write_system(program, pair is not None)
    layout = system.layout
    functions = [
        *system.functions,
        tables.table_value(),
        tables.set_time(),
        tables.start_step(),
        tables.hold_clamped(layout.drives),
        tables.enter(),
        attempt.attempt(layout, tableau),
        output.prepare_dense(layout, tableau, pair),
        output.state_at(layout, tableau, pair),
        output.write_row(layout),
        output.commit(layout),
        output.write_jump(layout),
        output.probe(),
        advance.first_step(layout, tableau, pair),
        advance.advance(layout, tableau, pair),
    ]
    if pair is not None:
        functions += [
            tables.move_tables(),
            explicit.attempt_explicit(layout, pair),
            switching.look_at_rates(layout),
        ]
    body = "\n".join(function.text() for function in functions)
    own = mathematics.used_by(body)
    return "\n".join([mathematics.declarations(), own, body]), layout
