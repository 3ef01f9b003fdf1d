"""Exact propagators from event to event, for schemes that are linear in their states.

Between two pulses a receptor's rates are constant, and a pulse of one shape is a fixed linear
map: y <- P(pulse) exp(Q dt) y. Each pulse of one shape is worked out once, its error beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

from quantal.engines.base import Settings
from quantal.errors import RunError
from quantal.program import Program
from quantal.stimulus import Stimulus
from quantal.trajectory import Trajectory


@dataclass(frozen=True)
class EventDriven:
    """Any Program that is a cascade of linear blocks, exactly."""

    name: str = "event"
    title: str = "exact propagators of linear schemes, from event to event"

    def supports(self, program: Program) -> list[str]:
        """Reasons why this engine cannot run the program; empty if it can."""
        from quantal.engines.propagators.cascade import cascade

        if not program.states:
            return ["it has no states"]
        return list(cascade(program).reasons)

    def run(self, program: Program, stimulus: Stimulus, settings: Settings) -> Trajectory:
        """Run from `stimulus.start` to `stimulus.end`.

        Tolerances are not used: errors are those of rounding, and `statistics` has what was
        measured of the propagators as `reduction_error`.

        Raises:
            RunError: with the time and the state at which it failed.
        """
        from quantal.engines.propagators.single import Run

        missing = [drive.name for drive in program.drives[len(stimulus.drives) :]]
        if missing:
            names = ", ".join(f"`{name}`" for name in missing)
            raise RunError(f"{names} must be driven by the protocol: say `hold` or `pulse`")
        return Run(program, stimulus, settings).to_end()


ENGINE = EventDriven()
