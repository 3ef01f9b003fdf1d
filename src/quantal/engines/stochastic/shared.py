"""What all trials of a split run have in common: the shared solution, sizes, the counted plan."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from quantal.engines.base import Settings
from quantal.engines.stochastic import agenda
from quantal.engines.stochastic.cells import cut as cut_cells
from quantal.engines.stochastic.chunk import Chunk, Outcome, Plan
from quantal.engines.stochastic.curves import smooth
from quantal.engines.stochastic.parts import counted_part, shared_part
from quantal.engines.stochastic.results import kept_states, sample_times, trial_count
from quantal.engines.stochastic.split import split
from quantal.errors import RunError, UsageError
from quantal.expression import evaluate
from quantal.kernels.stochastic.kernel import lanes_kernel, stochastic_kernel
from quantal.program import Program
from quantal.stimulus import Piecewise, Stimulus
from quantal.trajectory import Trajectory

if TYPE_CHECKING:
    from quantal.engines.hybrid import Hybrid

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass
class Result:
    """Some trials: values (trials, n) of the kept states, event and firing times by name."""

    trials: range
    states: dict[int, Array]
    firings: dict[str, list[Array]]
    events: int
    steps: float


class Shared:
    """The cut of a Program, the solution of what nothing counted reaches, and the counted part."""

    def __init__(
        self, engine: Hybrid, program: Program, stimulus: Stimulus, settings: Settings
    ) -> None:
        self.engine, self.program = engine, program
        self.stimulus, self.settings = stimulus, settings
        self.stop = threading.Event()
        self.cut = split(program)
        self.samples = sample_times(settings, stimulus)
        self.kept = set(kept_states(program, settings))
        self.run = self._solved()
        self.curves: dict[int, Piecewise] = {}
        for i in self.cut.shared:
            held = stimulus.clamps.get(i)
            assert self.run is not None
            name = program.states[i].name
            self.curves[i] = held or smooth(self.run.time, self.run.internal(name))
        self.counted = counted_part(self.cut)
        self.constants = _constants(program, stimulus)
        self.law_sizes = self._law_sizes()
        self.agenda = agenda.plan(self.counted, stimulus)

    def part(self, states: tuple[int, ...], drives: Iterable[Piecewise]) -> Stimulus:
        """The stimulus of a part: clamps under the part's own numbers, further drives."""
        place = {index: number for number, index in enumerate(states)}
        clamps = {place[i]: f for i, f in self.stimulus.clamps.items() if i in place}
        return replace(self.stimulus, clamps=clamps, drives=(*self.stimulus.drives, *drives))

    def _solved(self) -> Trajectory | None:
        """All that nothing counted reaches, once for all trials."""
        if not self.cut.shared:
            return None
        settings = Settings(
            relative=self.settings.relative, absolute=self.settings.absolute,
            max_steps=self.settings.max_steps,
        )  # fmt: skip
        part = shared_part(self.cut)
        return self.engine.continuous.run(part, self.part(self.cut.shared, ()), settings)

    def plan(self, times: Array, watched: Mapping[int, int] | None = None) -> Plan:
        """How the counted part runs, with counts at some times.

        `watched` (None: what the continuous part is handed over) gives the reactions whose
        firings are kept, as twice the number of a reaction, plus one if backward.
        """
        stimulus = self.part(self.cut.counted, (self.curves[i] for i in self.cut.upstream))
        clamped = tuple(sorted(stimulus.clamps))
        try:
            kernel, _ = stochastic_kernel(self.counted, clamped)
        except ValueError as problem:
            raise RunError(f"`{self.program.name}` cannot be counted: {problem}") from problem
        functions = (*stimulus.drives, *(stimulus.clamps[i] for i in clamped))
        cells = cut_cells(functions, kernel.layout.driven, stimulus.start, stimulus.end)
        kept = {
            place: 2 * row + backward
            for place, row, backward in kernel.layout.members
            if self.is_handed_over(row, bool(backward)) or 2 * row + backward in (watched or ())
        }
        lanes = lanes_kernel(self.counted, clamped) if kernel.layout.lanes else None
        return Plan(
            self.counted, stimulus, kernel, functions, clamped, cells, times, self.agenda,
            self.settings.seed, kept, self.settings.max_events,
            lambda: not self.stop.is_set(), sweep_lanes=lanes,
        )  # fmt: skip

    def check_events(self, plan: Plan) -> float:
        """The single events that are expected of all trials.

        Raises:
            UsageError: more than allowed, before anything is run that would take hours.
        """
        count, limit = trial_count(self.settings), self.settings.max_events
        expected = Chunk(plan, range(1)).estimate()
        if expected * count > limit:
            names = ", ".join(f"`{each.name}`" for each in self.counted.states[:4])
            raise UsageError(
                f"about {expected * count:.2g} single events are expected of what is counted "
                f"({names}; {expected:.2g} in each trial), more than the {limit:.2g} allowed; run "
                "fewer trials, say `continuous` for what is abundant, or raise `max_events`"
            )
        return expected * count

    def is_handed_over(self, number: int, backward: bool) -> bool:
        """Whether the continuous part gets a reaction's single events, or a user may ask."""
        row = self.counted.reactions[number]
        if (row.backward if backward else row.forward) in self.cut.rates:
            return True
        named = not row.name.rpartition(".")[2].startswith("reaction ")
        return not backward and named and row.backward is None

    def _law_sizes(self) -> dict[str, float]:
        """What each rate is per: so many events make a rate of one."""
        found = {}
        for row in self.counted.reactions:
            for law, size in ((row.forward, row.forward_size), (row.backward, row.backward_size)):
                if law in self.cut.rates and size is not None:
                    found[str(law)] = float(evaluate(size, self.constants))
        return found

    def firings(self, outcome: Outcome) -> dict[str, list[Array]]:
        """Times of the single events of named one-way reactions, trial by trial."""
        return {
            row.name: outcome.firings[2 * number]
            for number, row in enumerate(self.counted.reactions)
            if row.backward is None and 2 * number in outcome.firings
            and self.is_handed_over(number, False)
        }  # fmt: skip


def _constants(program: Program, stimulus: Stimulus) -> dict[str, float]:
    known: dict[str, float] = {
        slot.name: float(value)
        for slot, value in zip(program.parameters, stimulus.parameters, strict=True)
    }
    for item in program.definitions:
        if item.constant:
            known[item.name] = float(evaluate(item.expression, known))
    return known
