"""How measured numbers and losses change with parameters, initial values and amplitudes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from quantal.errors import UsageError, all_at_once, did_you_mean
from quantal.experiments.loading import load, prepare
from quantal.experiments.losses import (
    Loss,
    LossFunction,
    Written,
    measured_loss,
    written_loss,
)
from quantal.experiments.run import milliseconds, run_program, sample_times
from quantal.experiments.sampling import resolved
from quantal.experiments.sensitivities import Problem, problem, trajectory_of
from quantal.model.model import Model
from quantal.program import Program
from quantal.protocols.protocol import Protocol
from quantal.trajectory import Trajectory
from quantal.units import Unit, quotient

METHODS = ("auto", "tangents", "adjoint")
ADJOINT_FROM = 9
"""From so many directions on the adjoint is the faster one, where the loss suits it."""


@dataclass(frozen=True, eq=False)
class Gradient:
    """Values of losses, and their derivatives to what was varied.

    `values` (losses,) are in `units`; `jacobian` (losses, varied) in the unit of the loss over
    that of what is varied, which `unit(parameter)` gives. `gradient["k_on"]` is one column:
    a number where one loss was asked for, else an array. `trajectory` is the run itself.
    """

    losses: tuple[str, ...]
    parameters: tuple[str, ...]
    values: np.ndarray
    jacobian: np.ndarray
    units: tuple[Unit, ...]
    parameter_units: tuple[Unit, ...]
    parameter_values: np.ndarray
    method: str
    trajectory: Trajectory

    @property
    def value(self) -> float:
        """The value of the first loss, in `units[0]`."""
        return float(self.values[0])

    def __getitem__(self, parameter: str) -> Any:
        column = self.jacobian[:, self._place(parameter)]
        return float(column[0]) if len(self.losses) == 1 else column

    def __iter__(self) -> Any:
        return iter(self.parameters)

    def __len__(self) -> int:
        return len(self.parameters)

    def unit(self, parameter: str, loss: int = 0) -> Unit:
        """The unit of a derivative."""
        return quotient(self.units[loss], self.parameter_units[self._place(parameter)])

    def relative(self, parameter: str, loss: int = 0) -> float:
        """By how many per cent a loss changes when the parameter changes by one per cent."""
        place = self._place(parameter)
        share = self.parameter_values[place] / self.values[loss]
        return float(self.jacobian[loss, place] * share)

    def as_dict(self, loss: int = 0) -> dict[str, float]:
        """Parameter to derivative, of one loss."""
        return dict(zip(self.parameters, self.jacobian[loss].tolist(), strict=True))

    def _place(self, parameter: str) -> int:
        if parameter not in self.parameters:
            raise UsageError(
                f"nothing was varied that is called `{parameter}`"
                f"{did_you_mean(parameter, self.parameters)}"
            )
        return self.parameters.index(parameter)


def gradient(
    model: Model | str | Path,
    of: str | LossFunction | Sequence[str],
    parameters: str | Iterable[str],
    protocol: Protocol | None = None,
    *,
    until: str | float | None = None,
    sample: str | float | np.ndarray | None = None,
    record: str | Iterable[str] | None = None,
    method: str = "auto",
    engine: str = "auto",
    relative: float = 1e-6,
    absolute: float = 1e-10,
) -> Gradient:
    """The derivatives of measured numbers, or of a loss, to parameters.

    They are those of the discrete solution, its steps held fixed: exact to rounding, not by
    differences of runs.

    Args:
        model: a loaded model, a library name, a path or a text.
        of: a measured quantity (`"peak(open)"`), several of them, or a function that takes a
            mapping of the recorded names, and `time`, to arrays (n,) in their own units and
            gives a number, or a number and a mapping of names to its derivatives (n,).
        parameters: names of parameters; `initial(V)` for the initial value of a state; and
            `pulse(glu)`, `hold(V)`, `step(glu)` for values of the protocol, `pulse(glu, 2)`
            for the second of several.
        protocol: what is done to the model.
        until: the end of the run, `"100 ms"` or ms; overrides the protocol's.
        sample: spacing or times (n,) of the traces, in ms. None: as fine as what is measured
            needs.
        record: the names that a function is given.
        method: `tangents` carries the derivatives along; `adjoint` goes back over the run,
            which costs the same for any number of parameters, and takes a function that gives
            its own derivatives; `auto` takes the faster one.
        engine: only `stiff` gives gradients.
        relative, absolute: error tolerances of the states, which choose the steps.

    Raises:
        UsageError: names that are unknown or cannot be varied, all at once; a loss without
            derivative; an engine without gradients.
        ModelError: the model is not valid.
        RunError: the run failed.
    """
    if method not in METHODS:
        known = ", ".join(f"`{word}`" for word in METHODS)
        raise UsageError(
            f"`method` cannot be `{method}`{did_you_mean(method, METHODS)}; it is one of {known}"
        )
    program = prepare(model if isinstance(model, Model) else load(model))
    protocol = protocol or Protocol()
    if until is not None:
        protocol = replace(protocol, until=milliseconds(until))
    losses = _losses(program, of, record)
    names = tuple(dict.fromkeys(name for loss in losses for name in loss.names))
    given = problem(
        program, protocol, [parameters] if isinstance(parameters, str) else parameters,
        engine=engine, record=names, relative=relative, absolute=absolute,
    )  # fmt: skip
    times = sample_times(sample, given.stimulus.end, len(program.states))
    if times is None:
        times = _resolved(given, names)
    return _differentiated(given, losses, times, method)


def _losses(
    program: Program, of: str | LossFunction | Sequence[str], record: str | Iterable[str] | None
) -> list[Loss]:
    if callable(of):
        names = (record,) if isinstance(record, str) else tuple(record or ())
        if not names:
            raise UsageError("name the traces that the loss is given in `record`")
        return [written_loss(of, names)]
    texts = [of] if isinstance(of, str) else list(of)
    if not texts:
        raise UsageError('say what is differentiated, for example "peak(open)"')
    units = program.units()
    return [*all_at_once(partial(measured_loss, text, units) for text in texts)]


def _resolved(given: Problem, names: tuple[str, ...]) -> np.ndarray:
    """Times on which straight lines between samples follow every name."""

    def plain(sample: np.ndarray | None) -> Trajectory:
        return run_program(
            given.program, given.protocol, sample=sample, record=names, engine="stiff",
            relative=given.relative, absolute=given.absolute,
        )  # fmt: skip

    return resolved(plain, names).time


def _differentiated(given: Problem, losses: list[Loss], times: np.ndarray, method: str) -> Gradient:
    """By the method asked for, or the faster one."""
    loss = losses[0]
    suits = isinstance(loss, Written)
    if method == "adjoint" and not suits:
        raise UsageError(
            f"`{loss.text}` is differentiated along the traces, which takes `tangents`; the "
            "adjoint takes a function that gives its own derivatives"
        )
    if suits and method != "tangents" and (method == "adjoint" or _many(given)):
        assert isinstance(loss, Written)
        solution = given.solve(times, backwards=True)
        trajectory = trajectory_of(given, solution)
        value, slopes = loss.evaluate(trajectory, _traces(trajectory, loss.names))
        if slopes is not None:
            row = solution.gradient(slopes)
            found = trajectory, np.array([value]), row[None, :]
            return _assembled(given, losses, *found, "adjoint")
        if method == "adjoint":
            raise UsageError(
                "the adjoint needs the loss's derivatives: return `value, {name: derivatives}`, "
                "or leave the method to `tangents`"
            )
    return _assembled(given, losses, *_by_tangents(given, losses, times), "tangents")


def _many(given: Problem) -> bool:
    return len(given.varied) >= ADJOINT_FROM


def _traces(trajectory: Trajectory, names: Iterable[str]) -> dict[str, np.ndarray]:
    return {name: trajectory.internal(name) for name in names}


def _by_tangents(
    given: Problem, losses: list[Loss], times: np.ndarray
) -> tuple[Trajectory, np.ndarray, np.ndarray]:
    solution = given.solve(times)
    trajectory = trajectory_of(given, solution)
    tangents = {name: solution.tangent(name) for loss in losses for name in loss.names}
    values = np.empty(len(losses))
    jacobian = np.zeros((len(losses), len(given.varied)))
    for row, loss in enumerate(losses):
        traces = _traces(trajectory, loss.names)
        slopes = None
        if isinstance(loss, Written):
            values[row], slopes = loss.evaluate(trajectory, traces)
        else:
            values[row] = loss.value(trajectory, traces)
        for column in range(len(given.varied)):
            changes = {name: tangents[name][:, column] for name in loss.names}
            if slopes is not None:
                parts = [float(slopes[name] @ changes[name]) for name in slopes]
                jacobian[row, column] = sum(parts)
            else:
                jacobian[row, column] = loss.along(trajectory, traces, changes)
    return trajectory, values, jacobian


def _assembled(
    given: Problem, losses: list[Loss], trajectory: Trajectory, values: np.ndarray,
    jacobian: np.ndarray, method: str,
) -> Gradient:  # fmt: skip
    """From internal units to those of the losses and of what was varied."""
    units = tuple(loss.unit for loss in losses)
    by = tuple(each.unit for each in given.varied)
    scales = np.array([[b.scale / u.scale for b in by] for u in units])
    shown = np.array([u.from_internal(float(v)) for u, v in zip(units, values, strict=True)])
    now = np.array([each.unit.from_internal(each.value) for each in given.varied])
    return Gradient(
        tuple(loss.text for loss in losses), tuple(each.name for each in given.varied), shown,
        jacobian * scales, units, by, now, method, trajectory,
    )  # fmt: skip
