"""Parameters that vary in runs by chance: said in the model or in a run, drawn, and told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from quantal.compiler.bind import Bound, bind
from quantal.engines.base import Engine, Settings
from quantal.errors import ModelError, UsageError, did_you_mean
from quantal.program import Program, Spread
from quantal.protocols.protocol import Protocol
from quantal.trajectory import Trajectory


def vary(program: Program, wanted: Mapping[str, str]) -> Program:
    """A Program whose parameters vary as these texts say: `{"q": "gamma(cv = 0.3) per firing"}`.

    Raises:
        UsageError: names that are no parameters, texts that are no distributions.
    """
    if not wanted:
        return program
    slots = {slot.name: slot for slot in program.parameters}
    notes = list(program.notes)
    for name, text in wanted.items():
        if name not in slots:
            raise UsageError(
                f"`{program.name}` has no parameter `{name}`{did_you_mean(name, slots)}"
            )
        slots[name] = replace(slots[name], spread=_spread(name, text))
        notes = [note for note in notes if not note.startswith(f"`{name}` varies per ")]
    return replace(program, parameters=tuple(slots.values()), notes=tuple(notes))


def _spread(name: str, text: str) -> Spread:
    from quantal.model.reader import read_text

    line = f"parameter x = 1 ~ {text.strip()}"
    try:
        (parameter,) = read_text(f"mechanism m\n{line}\n").parameters
    except ModelError as error:
        said = "; ".join(problem.message for problem in error.problems)
        raise UsageError(
            f"`{name} ~ {text}`: {said}; write for example `gamma(cv = 0.3) per firing`"
        ) from None
    assert parameter.distribution is not None
    distribution = parameter.distribution
    return Spread(
        distribution.family, tuple((word, x.value) for word, x in distribution.arguments),
        distribution.per,
    )  # fmt: skip


def as_it_runs(
    program: Program, protocol: Protocol, names: list[str] | None, bound: Bound, seed: int
) -> tuple[Program, Bound]:
    """The Program with its copies and classes, and its stimulus with their values."""
    if not any(slot.spread for slot in program.parameters):
        return program, bound
    from quantal.engines.stochastic.varied.applied import applied, filled

    made = applied(program, np.array(bound.stimulus.parameters, dtype=float))
    again = bind(made.program, protocol, names)
    stimulus = filled(made.program, again.stimulus, seed)
    return replace(made.program, notes=made.notes), replace(again, stimulus=stimulus)


def run_with(engine: Engine, program: Program, bound: Bound, settings: Settings) -> Trajectory:
    """Run, trial by trial where parameters vary per trial; the names of copies are left out."""
    if any(slot.spread and slot.spread.per == "trial" for slot in program.parameters):
        from quantal.engines.stochastic.varied.trials import run_each

        trajectory = run_each(engine, program, bound.stimulus, settings)
    else:
        trajectory = engine.run(program, bound.stimulus, settings)
    if any(slot.spread for slot in program.parameters):
        trajectory.firings = _gathered(trajectory)
        for name in [name for name in trajectory.units if "[" in name]:
            del trajectory.units[name]
        trajectory.made_by["copies"] = _copies(program, bound)
    return trajectory


def _gathered(trajectory: Trajectory) -> dict[str, list[np.ndarray]]:
    """Events of all copies and classes of a reaction under its own name."""
    groups: dict[str, list[list[np.ndarray]]] = {}
    for name, times in trajectory.firings.items():
        groups.setdefault(name.partition("[")[0], []).append(times)
    return {
        name: [np.sort(np.concatenate(each)) for each in zip(*members, strict=True)]
        for name, members in groups.items()
    }


def _copies(program: Program, bound: Bound) -> dict[str, list[float]]:
    """The values of the members, by parameter, in its own unit."""
    values: dict[str, list[float]] = {}
    varied = {s.name: s for s in program.parameters if s.spread and s.spread.per == "copy"}
    for slot, value in zip(program.parameters, bound.stimulus.parameters, strict=True):
        name = slot.name.partition("[")[0]
        if name in varied and name != slot.name:
            values.setdefault(name, []).append(float(slot.unit.from_internal(float(value))))
    return values
