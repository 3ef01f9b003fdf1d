"""Vesicles and channels that are few counted one by one, everything else continuous.

A piecewise-deterministic process (Davis 1984). What nothing counted reaches (calcium beside the
vesicles) is the same in all trials and solved once; the counted part is exact given it; then
the continuous part of each trial is solved with the single events that happened: of many trials
side by side in common steps, or, where that is not possible, of each by itself.
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
    """Schemes of few members by chance, the rest by equations.

    Common steps are halved from `longest` (ms) on until that changes recorded states by less
    than `tolerance`, a share of how much they vary. Where each trial is solved by itself, by the
    `continuous` engine, events are handed over in bins of `resolution` (ms).
    """

    name: str = "hybrid"
    title: str = "few molecules counted one by one, the rest continuous"
    resolution: float = 0.02
    longest: float = 0.04
    tolerance: float = 0.01
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

        for word, time in (("resolution", self.resolution), ("longest step", self.longest)):
            if not time > 0.0:
                raise UsageError(f"the {word} must be longer than zero, not {time:g} ms")
        return run_coupled(self, program, stimulus, settings)


ENGINE = Hybrid()
