"""What all tiles of one run share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from quantal.engines.population.cascade import Consequence
from quantal.engines.population.instances import Failure, Instances
from quantal.engines.population.plan import Plan
from quantal.kernels.population.kernel import PopulationKernel
from quantal.kernels.population.layout import Choice
from quantal.program import Program
from quantal.stimulus import Stimulus


@dataclass(frozen=True, eq=False)
class Job:
    """One run: what is advanced, how, and what is wanted.

    `kept` are the states that the recorded names need; `follow` what each event leads to;
    `refused` the instances that cannot run.
    """

    program: Program
    stimulus: Stimulus
    instances: Instances
    choice: Choice
    kernel: PopulationKernel
    plan: Plan
    kept: tuple[int, ...]
    record: tuple[str, ...]
    follow: Mapping[str, tuple[Consequence, ...]]
    refused: Mapping[int, Failure]
