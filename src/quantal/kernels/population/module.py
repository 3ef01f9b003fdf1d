"""All IR of one Program for a population, put together."""

from __future__ import annotations

from typing import Any

from quantal.kernels.population import loop, mathematics
from quantal.kernels.population.lanes import Lanes
from quantal.kernels.population.layout import Choice
from quantal.kernels.population.system import write_system
from quantal.program import Program


def write_module(program: Program, choice: Choice) -> tuple[str, dict[str, Any]]:
    """The IR text, and the layout of the arrays on which its functions work, as plain data."""
    lanes = Lanes.of_machine(choice.element)
    system, layout = write_system(program, choice, lanes)
    body = "\n".join(
        [
            system,
            *(
                function.text()
                for function in (
                    loop.act(layout, lanes, choice.handlers),
                    loop.write_row(layout, lanes),
                    loop.advance(layout, lanes),
                    loop.look(layout, lanes),
                )
            ),
        ]
    )
    own = mathematics.used_by(body, lanes)
    return "\n".join([mathematics.declarations(lanes), own, body]), layout.as_dict()
