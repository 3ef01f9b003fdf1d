"""Many events at a time: adaptive tau-leaping that never goes below zero.

Steps as long as Cao, Gillespie & Petzold (2006) allow, by the weak trapezoidal rule (Anderson &
Koyama 2012); channels that are about to run out fire one by one; where a step would hold only a
handful of events the exact method takes over. As the error shrinks, every event is a single one:
then it is exact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from quantal.engines.base import Settings
from quantal.program import Program
from quantal.stimulus import Stimulus
from quantal.trajectory import Trajectory


@dataclass(frozen=True)
class Leap:
    """Poisson numbers of events in steps of at most `longest` ms."""

    name: str = "leap"
    title: str = "stochastic simulation by tau-leaps, many events at a time"
    longest: float = math.inf

    def supports(self, program: Program) -> list[str]:
        """Reasons why this engine cannot run the program; empty if it can."""
        from quantal.engines.ssa import ENGINE as SSA

        return SSA.supports(program)

    def run(self, program: Program, stimulus: Stimulus, settings: Settings) -> Trajectory:
        """Run `settings.trials` trials (one if None) from the stimulus's start to its end.

        Raises:
            RunError: a rate that is negative or not finite, counts that are not whole.
            UsageError: more steps or output than allowed, with the estimate.
        """
        from quantal.engines.stochastic.leaping import Steps, method_of
        from quantal.engines.stochastic.trials import run_trials

        method = method_of(
            Steps(settings.leap, self.longest), self.name, "tau-leaping, weak trapezoidal rule",
            "Cao, Gillespie & Petzold 2006 J Chem Phys 124:044109; Anderson & Koyama 2012 "
            "Multiscale Model Simul 10:1493; Hörmann 1993 Insur Math Econ 12:39",
        )  # fmt: skip
        return run_trials(program, stimulus, settings, method)


ENGINE = Leap()
