"""Populations whose every instance knows how its traces change with what is varied."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from quantal.compiler.actions import Binder
from quantal.engines.population.ensemble import Ensemble
from quantal.engines.population.instances import Instances
from quantal.engines.population.run import run
from quantal.engines.population.settings import Settings
from quantal.engines.population.stiffness import chosen_method
from quantal.engines.sensitivity.augmented import Input, tangent_name
from quantal.engines.sensitivity.obstacles import obstacles
from quantal.engines.sensitivity.population import with_tangents
from quantal.engines.sensitivity.varied import Varied
from quantal.errors import UsageError, all_at_once
from quantal.experiments.vary import initial_of, parameter_of
from quantal.program import Program
from quantal.stimulus import Stimulus


def run_with_tangents(
    program: Program, stimulus: Stimulus, instances: Instances, settings: Settings,
    sensitivities: Iterable[str],
) -> Ensemble:  # fmt: skip
    """Run a population with the tangents of the recorded names.

    Raises:
        UsageError: names that do not exist or cannot be varied, all at once.
    """
    inputs = _inputs(program, stimulus, instances, sensitivities)
    larger, started = with_tangents(program, stimulus, instances, inputs, settings.record)
    # The method is the one that the states alone would choose.
    method, why = chosen_method(program, stimulus, settings)
    wanted = [tangent_name(name, each.name) for name in settings.record for each in inputs]
    result = run(
        larger.program, stimulus, started,
        replace(settings, method=method, record=(*settings.record, *wanted)),
    )  # fmt: skip
    result.made_by["choice"] = why
    result.made_by["varied"] = [each.name for each in inputs]
    _hide(result, settings.record, inputs)
    return result


def _hide(result: Ensemble, names: Sequence[str], inputs: Sequence[Input]) -> None:
    """Tangents are asked for by `sensitivity`, not as names of their own."""
    compute = result.compute
    for name in names:
        for each in inputs:
            result.units.pop(tangent_name(name, each.name), None)

    def tangent(name: str) -> np.ndarray:
        if name not in names:
            raise UsageError(f"`{name}` was not recorded; name it in `record`")
        found = [tangent_name(name, each.name) for each in inputs]
        values = compute(found)
        return np.stack([values[each] for each in found], axis=-1)

    result.varied = {each.name: each.unit for each in inputs}
    result.tangent = tangent


def _inputs(
    program: Program, stimulus: Stimulus, instances: Instances, names: Iterable[str]
) -> list[Input]:
    wanted = list(dict.fromkeys([names] if isinstance(names, str) else names))
    if not wanted:
        raise UsageError("say what to differentiate to in `sensitivities`")
    binder = Binder(program, stimulus.start, stimulus.end)
    found = all_at_once([partial(_input, program, binder, instances, name) for name in wanted])
    varied = [Varied(each.name, each.parameter, each.initial) for each in found]
    reasons = obstacles(program, stimulus, varied)
    if reasons:
        raise UsageError(f"`{program.name}` cannot be differentiated so: {'; '.join(reasons)}")
    return found


def _input(program: Program, binder: Binder, instances: Instances, name: str) -> Input:
    written = name[len("initial(") : -1] if name.startswith("initial(") else ""
    if written and name.endswith(")"):
        state = initial_of(program, written)
        return Input(name, program.states[state].unit, initial=state)
    if "(" in name:
        raise UsageError(
            f"`{name}`: a population is differentiated to parameters, `initial(...)` and inputs "
            "of which each instance holds its own level"
        )
    if name in binder.drive_index:
        drive = binder.drive_index[name]
        if drive not in instances.drives:
            raise UsageError(
                f"`{name}` is driven by the protocol; give each instance a level of its own in "
                "`parameters`"
            )
        return Input(name, program.drives[drive].unit, drive=drive)
    index = parameter_of(program, binder, name)
    return Input(name, program.parameters[index].unit, parameter=index)
