"""The chemical Langevin equation (Gillespie 2000): many molecules, normal noise.

Each channel's number of events is normal, with its propensity as mean and variance, in steps of
the weak trapezoidal rule (Anderson & Mattingly 2011): of weak order two, so that means and
variances err by the square of a step. Every channel changes all that it takes and gives by the
same number, so what is conserved stays so. Near an empty state, where the equation has no
solution, events are single ones (Duncan, Erban & Zygalakis 2016), and no count is ever negative.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from quantal.engines.base import Settings
from quantal.program import Program
from quantal.stimulus import Stimulus
from quantal.trajectory import Trajectory


@dataclass(frozen=True)
class Langevin:
    """Normal numbers of events in steps of at most `longest` ms."""

    name: str = "langevin"
    title: str = "chemical Langevin equation, for large numbers of molecules"
    longest: float = math.inf

    def supports(self, program: Program) -> list[str]:
        """Reasons why this engine cannot run the program; empty if it can."""
        from quantal.engines.ssa import ENGINE as SSA

        return SSA.supports(program)

    def run(self, program: Program, stimulus: Stimulus, settings: Settings) -> Trajectory:
        """Run `settings.trials` trials (one if None) from the stimulus's start to its end.

        Raises:
            RunError: a rate that is negative or not finite.
            UsageError: too few molecules for noise to be normal, or more steps or output than
                allowed, with the estimate.
        """
        from quantal.engines.stochastic.few import refuse_few, said_of_few
        from quantal.engines.stochastic.leaping import Steps, method_of
        from quantal.engines.stochastic.trials import run_trials

        refuse_few(program, stimulus)
        method = method_of(
            Steps(settings.leap, self.longest, langevin=True), self.name,
            "chemical Langevin equation, weak trapezoidal rule",
            "Gillespie 2000 J Chem Phys 113:297; Anderson & Mattingly 2011 Commun Math Sci "
            "9:301; Duncan, Erban & Zygalakis 2016 J Comput Phys "
            "326:398; Cao, Gillespie & Petzold 2006 J Chem Phys 124:044109",
        )  # fmt: skip
        trajectory = run_trials(program, stimulus, settings, method)
        trajectory.status += said_of_few(program, stimulus, trajectory)
        return trajectory


ENGINE = Langevin()
