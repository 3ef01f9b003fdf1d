"""Exact stochastic simulation: every molecule counted, every event at its own time.

Gillespie's direct method in compiled code, with thinning where rates follow a stimulus.
"""

from __future__ import annotations

from dataclasses import dataclass

from quantal.engines.base import Settings
from quantal.program import Program
from quantal.stimulus import Stimulus
from quantal.trajectory import Trajectory


@dataclass(frozen=True)
class Exact:
    """The exact law of any Program that only counts."""

    name: str = "ssa"
    title: str = "exact stochastic simulation, every event"

    def supports(self, program: Program) -> list[str]:
        """Reasons why this engine cannot run the program; empty if it can."""
        from quantal.engines.stochastic import agenda
        from quantal.kernels.stochastic import obstacles

        if not program.states:
            return ["it has no states"]
        return [*obstacles.obstacles(program), *agenda.obstacles(program)]

    def run(self, program: Program, stimulus: Stimulus, settings: Settings) -> Trajectory:
        """Run `settings.trials` trials (one if None) from the stimulus's start to its end.

        Raises:
            RunError: a rate that is negative or not finite, counts that are not whole.
            UsageError: more events or output than allowed, with the estimate.
        """
        from quantal.engines.stochastic.trials import run_trials

        return run_trials(program, stimulus, settings)


ENGINE = Exact()
