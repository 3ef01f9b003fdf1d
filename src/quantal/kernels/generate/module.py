"""All IR of one Program and one method, put together."""

from __future__ import annotations

from quantal.kernels.generate import advance, attempt, mathematics, output, tables
from quantal.kernels.generate.system import write_system
from quantal.kernels.layout import Layout
from quantal.kernels.tableau import Tableau
from quantal.program import Program


def write_module(program: Program, tableau: Tableau) -> tuple[str, Layout]:
    """The IR text, and the layout of the arrays on which its functions work."""
    system = write_system(program)
    layout = system.layout
    functions = [
        *system.functions,
        tables.table_value(),
        tables.set_time(),
        tables.start_step(),
        tables.hold_clamped(layout.drives),
        tables.enter(),
        attempt.attempt(layout, tableau),
        output.prepare_dense(layout, tableau),
        output.state_at(layout, tableau),
        output.write_row(layout),
        output.commit(layout),
        output.write_jump(layout),
        output.probe(),
        advance.first_step(layout, tableau),
        advance.advance(layout, tableau),
    ]
    body = "\n".join(function.text() for function in functions)
    own = mathematics.used_by(body)
    return "\n".join([mathematics.declarations(), own, body]), layout
