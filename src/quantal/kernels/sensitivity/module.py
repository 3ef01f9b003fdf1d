"""All IR of one Program's steps, their tape, and the ways over it."""

from __future__ import annotations

from collections.abc import Sequence

from quantal.kernels.generate import (
    advance,
    attempt,
    explicit,
    mathematics,
    output,
    switching,
    tables,
)
from quantal.kernels.layout import Layout
from quantal.kernels.sensitivity import tape
from quantal.kernels.sensitivity.adjoint import adjoint
from quantal.kernels.sensitivity.directions import Direction
from quantal.kernels.sensitivity.layout import FORWARDS, Methods, Sizes
from quantal.kernels.sensitivity.states import states
from quantal.kernels.sensitivity.system import write_system
from quantal.kernels.sensitivity.tangents import combine, tangents
from quantal.program import Program


def write_module(
    program: Program, methods: Methods, directions: Sequence[Direction], way: str
) -> tuple[str, Layout, Sizes]:
    """The IR text, and the sizes on which its functions agree.

    `way` is `forwards` for tangents or `backwards` for the adjoint.
    """
    system = write_system(program, directions, way)
    layout, sizes = system.layout, system.sizes
    tableau, pair = methods
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
        output.probe(),
        tape.commit(layout, methods),
        tape.write_jump(),
        advance.first_step(layout, tableau, pair),
        advance.advance(layout, tableau, pair),
        tables.move_tables(),
        explicit.attempt_explicit(layout, pair),
        switching.look_at_rates(layout),
        states(layout, sizes, methods),
    ]
    if way == FORWARDS:
        functions += [
            combine(sizes, method, stage) for method in methods for stage in range(1, method.stages)
        ]
        functions.append(tangents(layout, sizes, methods, system.calls))
    else:
        functions.append(adjoint(layout, sizes, methods))
    body = "\n".join(function.text() for function in functions)
    own = mathematics.used_by(body)
    return "\n".join([mathematics.declarations(), own, body]), layout, sizes
