"""One solution with its derivatives: tangents at the samples, or an adjoint to go back by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantal.engines.base import Settings
from quantal.engines.initial import initial_state
from quantal.engines.observe import Array, Observer, parameter_values
from quantal.engines.rosenbrock import RODAS5P
from quantal.engines.runge_kutta import TSIT5
from quantal.engines.sensitivity.passes import Backwards, Forwards, Pass
from quantal.engines.sensitivity.prepared import prepared
from quantal.engines.sensitivity.recording import Recording
from quantal.engines.sensitivity.reduced import Reduced
from quantal.engines.sensitivity.tapes import Tapes
from quantal.engines.sensitivity.traces import Leaves, direct, leaves_of, tangents_of
from quantal.engines.sensitivity.varied import Varied, directions
from quantal.errors import UsageError
from quantal.kernels.sensitivity.directions import Direction
from quantal.kernels.sensitivity.kernel import sensitivity_kernel
from quantal.kernels.sensitivity.layout import BACKWARDS, FORWARDS
from quantal.kernels.symbolic.equations import STATE
from quantal.program import Program
from quantal.stimulus import Stimulus

METHODS = (RODAS5P, TSIT5)
"""Those of the plain engine, so that the steps are the same."""


@dataclass(frozen=True, eq=False)
class Solution:
    """A run and what is known of its derivatives.

    `states` (samples, states) are those of the whole Program; `parameters` are numbers, or
    arrays where they change on the way. `tangents` (samples, watched, varied) are those of the
    states `watched`, in the numbers of the reduced Program.
    """

    program: Program
    time: Array
    states: Array
    drives: Array
    parameters: list[Any]
    events: dict[str, list[float]]
    statistics: dict[str, float]
    watched: list[int]
    tangents: Array | None
    _clamped: tuple[int, ...]
    _directions: list[Direction]
    _leaves: Leaves
    _backwards: Backwards | None
    _tapes: Tapes

    def observer(self) -> Observer:
        """Values of every name at the samples."""
        return Observer(self.program, self.time, self.states, self.drives, self.parameters)

    def tangent(self, name: str) -> Array:
        """d(name)/d(varied) at the samples, (samples, varied), in internal units.

        Raises:
            UsageError: it depends on a state that was not recorded.
        """
        assert self.tangents is not None
        given, chosen = prepared(self.program, self._clamped, (name,))
        missing = [i for i in chosen.states() if i not in self.watched]
        if missing:
            state = given.program.states[missing[0]].name
            raise UsageError(
                f"the sensitivity of `{name}` needs that of `{state}`, which was not kept; "
                f"name `{name}` in `record`"
            )
        (slopes,) = chosen.slopes(self._leaves)
        return tangents_of(slopes, self.watched, self.tangents, self._directions, self._leaves)

    def gradient(self, cotangents: dict[str, Array]) -> Array:
        """d(result)/d(varied), (varied,), by the adjoint.

        Args:
            cotangents: for some names how the result depends on each sample (samples,).
        """
        assert self._backwards is not None
        names = tuple(cotangents)
        _, chosen = prepared(self.program, self._clamped, names)
        watched = chosen.states()
        to_states = np.zeros((len(self.time), len(watched)))
        total = np.zeros(len(self._directions))
        for name, own in zip(names, chosen.slopes(self._leaves), strict=True):
            given = cotangents[name]
            for place, state in enumerate(watched):
                if (STATE, state) in own:
                    to_states[:, place] += given * own[STATE, state]
            for number, direction in enumerate(self._directions):
                total[number] += np.sum(given * direct(own, direction, self._leaves))
        return np.asarray(total + self._backwards.gradient(watched, to_states))


def solve(
    program: Program, stimulus: Stimulus, settings: Settings, varied: Sequence[Varied],
    *, backwards: bool = False, explicit: bool = True,
) -> Solution:  # fmt: skip
    """Run, and differentiate to what is varied.

    Args:
        program, stimulus: what runs.
        settings: tolerances; the sample times, which must be given; in `record` the names of
            which tangents are wanted, None for all.
        varied: what the derivatives are to.
        backwards: prepare the adjoint instead of computing tangents.
        explicit: take explicit steps where they are cheaper, as the plain engine does.

    Raises:
        RunError: with the time, the state and the reaction at which it failed.
    """
    assert settings.sample is not None
    clamped = tuple(stimulus.clamps)
    given, chosen = prepared(program, clamped, settings.record or ())
    start = stimulus.start
    inputs = np.array([float(drive.at(start)) for drive in stimulus.drives])
    held = {index: float(curve.at(start)) for index, curve in stimulus.clamps.items()}
    whole = initial_state(program, stimulus.parameters, inputs, start, held)
    y0 = whole[list(given.kept)]
    found, driven, first = directions(given, given.stimulus(stimulus), y0, varied)
    loaded = sensitivity_kernel(given.program, METHODS, found, BACKWARDS if backwards else FORWARDS)
    run = Recording(given.program, driven, settings, METHODS, loaded.kernel, len(found))
    run.context.set_count("use_pair", int(explicit))
    everything = settings.record is None
    watched = list(range(len(given.kept))) if everything else chosen.states()
    way: Pass
    forwards = back = None
    if backwards:
        way = back = Backwards(run.work, first)
    else:
        way = forwards = Forwards(run.work, first, watched)
    run.run(y0, way)
    time = settings.sample
    rows = np.concatenate(run.rows)
    leaves, parameters = _leaves(driven, time, rows, run.changed)
    tangents = None
    if forwards is not None:
        forwards.keep_now(len(time) - forwards.count)
        tangents = forwards.kept()
    count = run.context.count
    statistics = {
        "steps": float(count("accepted")), "explicit_steps": float(count("explicit_steps")),
        "rejected": float(count("rejected")),
        "events": float(run.events.acted), "directions": float(len(found)),
        "compile_seconds": loaded.seconds, "cached": float(loaded.cached),
    }  # fmt: skip
    drives = np.column_stack(
        [np.zeros((len(time), 0)), *(curve.at(time) for curve in stimulus.drives)]
    )
    return Solution(
        program, time, _whole(given, stimulus, time, rows), drives, parameters,
        run.events.record, statistics, watched, tangents, clamped, found, leaves, back, run.tapes,
    )  # fmt: skip


def _leaves(
    driven: Stimulus, time: Array, rows: Array, changed: Sequence[tuple[float, int, float]]
) -> tuple[dict[tuple[str, int], Any], list[Any]]:
    changes = [
        (int(np.searchsorted(time, when, side="left")), index, value)
        for when, index, value in changed
    ]
    parameters = parameter_values(driven.parameters, changes, len(time))
    drives = [curve.at(time) for curve in driven.drives]
    return leaves_of(time, rows, drives, parameters), parameters


def _whole(given: Reduced, stimulus: Stimulus, time: Array, rows: Array) -> Array:
    """The states of the whole Program, clamped ones among them."""
    result = np.empty((len(time), len(given.kept) + len(given.clamped)))
    result[:, list(given.kept)] = rows
    for state in given.clamped:
        result[:, state] = stimulus.clamps[state].at(time)
    return result
