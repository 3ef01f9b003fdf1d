"""Vesicles and channels that are few counted one by one, everything else continuous.

A piecewise-deterministic process (Davis 1984). What the counted part follows (calcium beside
the vesicles) is the same in all trials and solved once; the counted part is exact given it;
then each trial's continuous part is solved with the single events that happened. Events are
handed over in bins of `resolution`, the only error besides that of the two solvers.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from quantal.engines.base import Settings
from quantal.engines.stiff import ENGINE as STIFF
from quantal.engines.stiff import Stiff
from quantal.errors import UsageError
from quantal.program import Program
from quantal.stimulus import Stimulus
from quantal.trajectory import Trajectory


@dataclass(frozen=True)
class Hybrid:
    """Schemes of few members by chance, the rest by the stiff engine; `resolution` in ms."""

    name: str = "hybrid"
    title: str = "few molecules counted one by one, the rest continuous"
    resolution: float = 0.02
    continuous: Stiff = field(default=STIFF, repr=False)

    def supports(self, program: Program) -> list[str]:
        """Reasons why this engine cannot run the program; empty if it can."""
        from quantal.engines.stochastic.split import split

        cut = split(program)
        if cut.refused:
            return [f"{reason}; say `continuous`" for reason in cut.refused]
        if cut.counted:
            return []
        return [f"nothing can be counted one by one: {cut.left}"]

    def run(self, program: Program, stimulus: Stimulus, settings: Settings) -> Trajectory:
        """Run `settings.trials` trials (one if None) from the stimulus's start to its end.

        Raises:
            RunError: with the time, the state and the reaction at which it failed.
            UsageError: more events or output than allowed, with the estimate.
        """
        from quantal.engines.stochastic.coupled import run_coupled

        if not self.resolution > 0.0:
            raise UsageError(f"the resolution must be longer than zero, not {self.resolution:g} ms")
        return run_coupled(self, program, stimulus, settings)


ENGINE = Hybrid()
