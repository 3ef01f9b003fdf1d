"""A population by propagators: what spikes decide, then the sum of each block that follows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from quantal.engines.initial import initial_state
from quantal.engines.observe import Observer
from quantal.engines.population.instances import Instances
from quantal.engines.propagators.cascade import Block
from quantal.engines.propagators.curves import Equations
from quantal.engines.propagators.decay import Decay
from quantal.engines.propagators.driven import Driven, Tally
from quantal.engines.propagators.following import Stretches, Summing
from quantal.engines.propagators.messenger import Free, Messenger
from quantal.engines.propagators.obstacles import Irreducible, blocks_of
from quantal.engines.propagators.presynaptic import Presynaptic
from quantal.engines.propagators.readout import readout
from quantal.engines.propagators.split import changed_by, split
from quantal.engines.propagators.sums import Decaying, Grid
from quantal.engines.propagators.timeline import Timeline, timeline
from quantal.engines.propagators.weights import weight
from quantal.kernels.symbolic.equations import DRIVE, STATE
from quantal.program import Program
from quantal.stimulus import Stimulus
from quantal.trajectory import Trajectory

Array = np.ndarray[Any, np.dtype[np.float64]]
Whole = np.ndarray[Any, np.dtype[np.int64]]

_NO_MODES = "equal rates in series have no modes to sum"


class Population:
    """The means of one population in the making."""

    def __init__(
        self, program: Program, stimulus: Stimulus, instances: Instances, names: tuple[str, ...],
        samples: Array,
    ) -> None:  # fmt: skip
        self._program, self._stimulus, self._instances = program, stimulus, instances
        self._names, self._samples = names, samples
        self._needed, _ = readout(program, names)
        self._parts = split(program, self._needed)
        self._grid = _grid(samples, stimulus)
        self._tally = Tally()
        drives = [float(curve.at(stimulus.start)) for curve in stimulus.drives]
        self._still = {(DRIVE, index): value for index, value in enumerate(drives)}
        self._start = initial_state(
            program, stimulus.parameters, np.array(drives), stimulus.start
        )  # fmt: skip
        self._values = self._names_with_values(drives)
        self._free = self._free_states()
        self._followers = [self._driven(block) for block in self._parts.following]

    def _names_with_values(self, drives: list[float]) -> dict[str, Any]:
        program, instances = self._program, self._instances
        values: dict[str, Any] = {
            slot.name: float(v)
            for slot, v in zip(program.parameters, self._stimulus.parameters, strict=True)
        }
        values |= {slot.name: v for slot, v in zip(program.drives, drives, strict=True)}
        values |= {program.parameters[i].name: v for i, v in instances.parameters.items()}
        values |= {program.drives[i].name: v for i, v in instances.drives.items()}
        return values

    def _free_states(self) -> Free:
        """All free blocks as one linear system."""
        indices = self._parts.free
        place = {index: at for at, index in enumerate(indices)}
        matrix, offset = np.zeros((len(indices), len(indices))), np.zeros(len(indices))
        for block in blocks_of(self._program, self._parts):
            if not set(block.indices) <= set(indices):
                continue
            equations = Equations(block)
            upstream = [leaf for leaf in block.reads if leaf[0] == STATE]
            # Offsets are linear in free states: their values at zero and at each unit state.
            rows = [dict.fromkeys(upstream, 0.0)]
            rows += [{**rows[0], leaf: 1.0} for leaf in upstream]
            made = [
                equations.at(self._stimulus.parameters, {**self._still, **row}, 1) for row in rows
            ]
            own = [place[index] for index in block.indices]
            matrix[np.ix_(own, own)] = made[0][0][0]
            offset[own] = made[0][1][0]
            for leaf, (_, moved) in zip(upstream, made[1:], strict=True):
                matrix[own, place[leaf[1]]] = moved[0] - made[0][1][0]
        decay = Decay(matrix, offset)
        rest = decay.limit(self._start[list(indices)])
        if rest is None:
            names = ", ".join(f"`{self._program.states[i].name}`" for i in indices)
            raise Irreducible(f"of {names} some never come to rest")
        if self._needed & set(indices) and not decay.is_modal:
            raise Irreducible(f"{_NO_MODES} (`{self._program.states[indices[0]].name}`)")
        return Free(indices, decay, rest)

    def _driven(self, block: Block) -> Driven:
        still = {leaf: v for leaf, v in self._still.items() if leaf in block.reads}
        scales = np.array([self._program.states[index].scale for index in block.indices])
        scales = np.where(scales > 0.0, scales, 1.0)
        messenger = Messenger(block, self._free, self._stimulus.parameters, still, scales)
        if not messenger.rest.is_modal and block in self._parts.following:
            name = self._program.states[block.indices[0]].name
            raise Irreducible(f"{_NO_MODES} (`{name}`)")
        return Driven(messenger, self._tally)

    def _state(self, driven: Driven) -> Array:
        """Of a driven block at the start, the same in all members."""
        start = self._start[list(driven.messenger.block.indices)]
        return np.append(start, 1.0) if driven.messenger.added else start

    def run(self) -> Trajectory:
        """The means of the names over all instances."""
        program, stimulus, size = self._program, self._stimulus, self._instances.size
        constants = {k: v for k, v in self._values.items() if not isinstance(v, np.ndarray)}
        line = timeline(program, dict(self._instances.spikes), stimulus, size, constants)
        deciding = [self._driven(block) for block in self._parts.deciding]
        pre = Presynaptic(program, self._free, tuple(deciding), self._values)
        start = self._start[list(self._free.indices)]
        first = np.tile(start, (size, 1))
        states = [np.tile(self._state(each), (size, 1)) for each in deciding]
        after = pre.run(line, stimulus.start, first, states)
        kinds = line.kinds
        line, after = _with_start(line, after, start, stimulus.start)
        observers: dict[str, Observer] = {}
        for factor, names in self._by_factor():
            needed, _ = readout(program, names)
            means = np.zeros((self._grid.count, len(program.states)))
            self._follow(line, kinds, after, means, needed, factor)
            self._sum_free(line, after, means, needed, factor)
            observers |= dict.fromkeys(names, self._observer(means / size))
        return self._trajectory(observers)

    def _by_factor(self) -> list[tuple[Array, list[str]]]:
        """What each instance counts for, and the names to which that applies."""
        groups: dict[bytes, tuple[Array, list[str]]] = {}
        own = self._instances.parameters
        for name in self._names:
            factor = weight(self._program, name, self._stimulus.parameters, own)
            if factor is None:
                factor = np.ones(self._instances.size)
            groups.setdefault(factor.tobytes(), (factor, []))[1].append(name)
        return list(groups.values())

    def _follow(
        self, line: Timeline, kinds: Whole | None, after: Array, means: Array,
        needed: set[int], factor: Array,
    ) -> None:  # fmt: skip
        for driven in self._followers:
            if not needed & set(driven.messenger.block.indices):
                continue
            block = driven.messenger.block
            felt, part = _felt(line, kinds, self._moving_kinds(line, driven))
            departures = driven.messenger.departures(after[part])
            ends = _ends(felt, self._stimulus.end)
            stretches = Stretches(felt.times, ends, departures, felt.offsets)
            wanted = [at for at, index in enumerate(block.indices) if index in needed]
            starts = np.multiply.outer(factor, self._state(driven))
            total = Summing(driven, stretches, starts, self._grid, wanted).run()
            means[:, [block.indices[at] for at in wanted]] = total

    def _moving_kinds(self, line: Timeline, driven: Driven) -> list[bool]:
        """Of each kind of happening, whether it changes what a block follows."""
        followed = {self._free.indices[place] for place in driven.messenger.places}
        handlers = self._program.handlers
        return [
            any(followed & changed_by(handlers[number]) for number in acts) for acts in line.acts
        ]

    def _sum_free(
        self, line: Timeline, after: Array, means: Array, needed: set[int], factor: Array
    ) -> None:
        """Free states decay from each happening to the next."""
        wanted = [at for at, index in enumerate(self._free.indices) if index in needed]
        if not wanted:
            return
        modes = self._free.decay.modes
        decaying = Decaying(modes, self._grid)
        ends = _ends(line, self._stimulus.end)
        whole = np.concatenate([after, np.ones((len(after), 1))], axis=1)
        whole *= np.repeat(factor, np.diff(line.offsets))[:, None]
        decaying.change(whole, line.times, 1.0)
        decaying.change(modes.each(whole, ends - line.times), ends, -1.0)
        rows = decaying.rows()
        means[:, [self._free.indices[at] for at in wanted]] = rows[:, wanted]

    def _observer(self, means: Array) -> Observer:
        """Names from the means of the states."""
        times, stimulus = self._samples, self._stimulus
        drives = np.column_stack(
            [np.zeros((len(times), 0)), *(drive.at(times) for drive in stimulus.drives)]
        )
        shared = map(float, stimulus.parameters)
        return Observer(self._program, times, means[-len(times) :], drives, shared)

    def _trajectory(self, observers: dict[str, Observer]) -> Trajectory:
        program, stimulus, tally = self._program, self._stimulus, self._tally

        def compute(names: Iterable[str]) -> dict[str, Array]:
            return {name: observers[name].compute([name])[name] for name in names}

        units = program.units()
        statistics = {
            "instances": float(self._instances.size), "pulses": float(tally.pulses),
            "in_full": float(tally.in_full), "propagators": float(tally.propagators),
            "reduction_error": tally.error,
        }  # fmt: skip
        status = (
            f"{self._instances.size} instances reached the end at {stimulus.end:g} ms: "
            f"{tally.pulses} pulses, {tally.in_full} of them by the full scheme, the others by "
            f"propagators whose error is {tally.error:.1e}."
        )
        return Trajectory(
            self._samples, {name: units[name] for name in self._names}, compute, {},
            dict(program.roles), status, statistics,
            {"engine": "event", "method": "exact propagators", "program": program.name,
             "mechanisms": list(program.mechanisms), "versions": {"numpy": np.__version__}},
        )  # fmt: skip


def _grid(samples: Array, stimulus: Stimulus) -> Grid:
    """The evenly spaced times of the samples."""
    if len(samples) == 1:
        length = max(float(samples[0]) - stimulus.start, 1e-9)
        return Grid(stimulus.start, length, 2)
    spacing = float(samples[-1] - samples[0]) / (len(samples) - 1)
    return Grid(float(samples[0]), spacing, len(samples))


def _with_start(line: Timeline, after: Array, start: Array, begin: float) -> tuple[Timeline, Array]:
    """The start of the run as every member's first happening, so that a time there sees it."""
    begin = float(np.nextafter(begin, -np.inf))
    firsts = line.offsets[:-1]
    times = np.insert(line.times, firsts, begin)
    states = np.insert(after, firsts, start, axis=0)
    offsets = line.offsets + np.arange(len(line.offsets))
    return Timeline(times, offsets, line.acts, None), states


def _felt(
    line: Timeline, kinds: Whole | None, moving: list[bool]
) -> tuple[Timeline, Whole | slice]:
    """Only the starts, and the happenings that move something; and which those are."""
    if kinds is None or all(moving):
        return line, slice(None)
    first = line.offsets[:-1]
    kept = np.empty(len(line.times), dtype=bool)
    kept[first] = True
    others = np.ones(len(line.times), dtype=bool)
    others[first] = False
    kept[others] = np.array(moving)[kinds]
    before = np.concatenate([[0], np.cumsum(kept)])
    return (
        Timeline(line.times[kept], before[line.offsets], line.acts, None),
        np.flatnonzero(kept),
    )


def _ends(line: Timeline, end: float) -> Array:
    """When each stretch ends: at the member's next happening, or the end of the run."""
    ends = np.append(line.times[1:], end)
    # Nothing leaves at the end: a time there still sees all.
    ends[line.offsets[1:] - 1] = np.nextafter(end, np.inf)
    return ends
