"""Model + Protocol -> many instances at once, each with its own values and spikes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from quantal.compiler.bind import bind
from quantal.engines.population.ensemble import Ensemble, PopulationError
from quantal.engines.population.instances import Instances, Spikes
from quantal.engines.population.run import run
from quantal.engines.population.settings import Settings
from quantal.errors import UsageError, did_you_mean
from quantal.experiments.loading import load, prepare
from quantal.experiments.run import MAX_BYTES, milliseconds
from quantal.expression import Number
from quantal.kernels.population.step import METHODS
from quantal.model.model import Model
from quantal.program import Program
from quantal.protocols.protocol import Hold, Protocol
from quantal.units import Unit

Array = np.ndarray[Any, np.dtype[np.float64]]


def run_population(
    model: Model | str | Path,
    protocol: Protocol | None = None,
    *,
    size: int,
    parameters: Mapping[str, Any] | None = None,
    spikes: Mapping[str, Any] | None = None,
    initial: Mapping[str, Any] | None = None,
    dt: str | float = "0.025 ms",
    until: str | float | None = None,
    sample: str | float | np.ndarray | None = None,
    record: Iterable[str] | None = None,
    keep: str = "all",
    engine: str = "auto",
    method: str = "auto",
    precision: str = "double",
    threads: int | None = None,
    tile: int | None = None,
    failures: str = "raise",
    sensitivities: Iterable[str] | None = None,
    progress: Callable[[float], None] | None = None,
) -> Ensemble:
    """Run many instances of one model: in fixed steps, or from spike to spike.

    Args:
        model: a loaded model, a library name, a path or a text.
        protocol: what is done to all instances alike.
        size: how many instances.
        parameters: arrays (size,) for parameters, and for inputs that each instance holds at
            a level of its own; in each name's own unit.
        spikes: for events the times (ms) in each instance, rising: `size` sequences, or a
            pair (times, offsets) with the times of instance i at `offsets[i]:offsets[i+1]`.
        initial: arrays (size,) of initial values of states, in their own units.
        dt: the longest step; steps between two stops of the protocol are equal.
        until: the end of the run, `"100 ms"` or ms; overrides the protocol's.
        sample: spacing of the output or the times (n,) in ms; None gives the end alone.
        record: the names wanted, all states by default.
        keep: `all`, `mean` for the mean and standard deviation over all instances, which
            needs no memory for each, or `sum`, the current of all synapses together.
        engine: `population` for fixed steps; `event` for exact propagators from spike to
            spike, for sums and means of what is linear; `auto` for `event` where a sum is
            wanted and it can. `made_by["choice"]` says why.
        method: `midpoint`, `damped`, or `auto` for what suits the fastest rate.
        precision: `double`, or `single`: twice as fast, errors of 1e-6 to 1e-4.
        threads: None for one on each core; the result does not depend on it.
        tile: how many instances are carried together; nor does it on this.
        failures: `raise` a PopulationError once all others have finished, or `keep` them in
            the result's `failures`.
        sensitivities: what `result.sensitivity(name, parameter)` (instances, time) shall be
            known for: parameters, shared or each instance's own, `initial(state)`, and inputs
            that each instance holds.
        progress: called with the share done (0 to 1).

    Returns:
        An Ensemble: a Trajectory whose values have the dimensions (instance, time).

    Raises:
        UsageError: a name, size, unit or time in the call that does not fit.
        ModelError: the model is not valid.
        PopulationError: instances failed; it names them, and its `result` has the others.
    """
    program = prepare(model if isinstance(model, Model) else load(model))
    protocol = protocol or Protocol()
    if until is not None:
        protocol = replace(protocol, until=milliseconds(until))
    _check_words(keep=keep, engine=engine, method=method, precision=precision, failures=failures)
    instances = _instances(program, size, parameters or {}, spikes or {}, initial or {})
    names = _recorded(program, record)
    bound = bind(program, _with_own_drives(protocol, program, instances), names)
    samples = _samples(sample, bound.stimulus.end, size if keep == "all" else 1, len(names))
    step = milliseconds(dt)
    if not step > 0.0:
        raise UsageError(f"the step must be longer than zero; got {dt}")
    if threads is not None and threads < 1:
        raise UsageError(f"at least one thread is needed; got {threads}")
    chosen, why = ("population", "")
    if sensitivities is None:
        from quantal.experiments.population_events import by_events, choose, summed

        chosen, why = choose(engine, keep, program, bound.stimulus, instances, names, samples)
    elif engine == "event" or keep == "sum":
        raise UsageError("sensitivities come from fixed steps, of each instance or of the mean")
    settings = Settings(
        step, samples, names, "mean" if keep == "sum" else keep, method, precision,
        threads, tile, progress,
    )  # fmt: skip
    if chosen == "event":
        result = by_events(program, bound.stimulus, instances, names, samples, keep)
    elif sensitivities is None:
        result = run(program, bound.stimulus, instances, settings)
        result = summed(result) if keep == "sum" else result
    else:
        from quantal.experiments.population_sensitivities import run_with_tangents

        result = run_with_tangents(
            program, bound.stimulus, instances, settings, sensitivities
        )  # fmt: skip
    result.made_by |= {"model": program.name, "notes": list(program.notes)}
    if why:
        result.made_by["choice"] = why
    if result.failures and failures == "raise":
        raise PopulationError(result)
    return result


_WORDS = {
    "keep": ("all", "mean", "sum"), "engine": ("auto", "population", "event"),
    "method": ("auto", *METHODS), "precision": ("double", "single"), "failures": ("raise", "keep"),
}  # fmt: skip


def _check_words(**given: str) -> None:
    for name, value in given.items():
        if value not in _WORDS[name]:
            known = ", ".join(f"`{word}`" for word in _WORDS[name])
            raise UsageError(
                f"`{name}` cannot be `{value}`{did_you_mean(str(value), _WORDS[name])}; "
                f"it is one of {known}"
            )


def _instances(
    program: Program, size: int, parameters: Mapping[str, Any], spikes: Mapping[str, Any],
    initial: Mapping[str, Any],
) -> Instances:  # fmt: skip
    if not (isinstance(size, int | np.integer) and size >= 1):
        raise UsageError(f"a population has at least one instance; got {size}")
    slots = {slot.name: (index, slot.unit) for index, slot in enumerate(program.parameters)}
    inputs = {slot.name: (index, slot.unit) for index, slot in enumerate(program.drives)}
    states = {state.name: (index, state.unit) for index, state in enumerate(program.states)}
    own: dict[int, Array] = {}
    drives: dict[int, Array] = {}
    for name, values in parameters.items():
        if name in inputs:
            index, unit = inputs[name]
            drives[index] = _array(name, values, unit, size)
        else:
            index, unit = _found(name, slots, "parameter or input", [*slots, *inputs])
            own[index] = _array(name, values, unit, size)
    first: dict[int, Array] = {}
    for name, values in initial.items():
        index, unit = _found(name, states, "state", list(states))
        first[index] = _array(name, values, unit, size)
    trains: dict[str, Spikes] = {}
    for name, given in spikes.items():
        if name not in program.events:
            raise UsageError(f"no event is called `{name}`{did_you_mean(name, program.events)}")
        trains[name] = _spikes(name, given, size)
    return Instances(int(size), own, drives, first, trains)


def _found(
    name: str, table: Mapping[str, tuple[int, Unit]], what: str, known: Sequence[str]
) -> tuple[int, Unit]:
    if name not in table:
        raise UsageError(f"no {what} is called `{name}`{did_you_mean(name, known)}")
    return table[name]


def _array(name: str, values: Any, unit: Unit, size: int) -> Array:
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise UsageError(f"the values of `{name}` must be numbers in {unit}") from None
    if array.shape != (size,):
        raise UsageError(
            f"`{name}` has values of shape {array.shape}; expected one for each of the "
            f"{size} instances: shape ({size},)"
        )
    return np.asarray(array * unit.scale + unit.offset)


def _spikes(name: str, given: Any, size: int) -> Spikes:
    if isinstance(given, tuple) and len(given) == 2 and len(np.shape(given[1])) == 1:
        times, offsets = (np.asarray(part) for part in given)
        if offsets.shape == (size + 1,) and offsets.dtype.kind in "iu":
            steps = np.diff(offsets)
            if offsets[0] == 0 and offsets[-1] == len(times) and (steps >= 0).all():
                return Spikes(np.ascontiguousarray(times, dtype=float), offsets.astype(np.int64))
            raise UsageError(
                f"the offsets of `{name}` must rise from 0 to {len(times)}, the number of times"
            )
    if len(given) != size:
        raise UsageError(
            f"`{name}` has {len(given)} lists of times; expected one for each of the "
            f"{size} instances"
        )
    try:
        return Spikes.of(given)
    except (TypeError, ValueError):
        raise UsageError(f"the times of `{name}` must be numbers of ms") from None


def _recorded(program: Program, record: Iterable[str] | None) -> tuple[str, ...]:
    known = program.units()
    if record is None:
        return tuple(state.name for state in program.states)
    names = tuple(dict.fromkeys(record))
    for name in names:
        if name not in known:
            raise UsageError(f"nothing is called `{name}`{did_you_mean(name, known)}")
    return names


def _with_own_drives(protocol: Protocol, program: Program, instances: Instances) -> Protocol:
    """Inputs that instances hold for themselves need nothing of the protocol."""
    holds = tuple(
        Hold(program.drives[index].name,
             Number(float(values[0]), program.drives[index].unit.dimension))
        for index, values in instances.drives.items()
    )  # fmt: skip
    return protocol.with_actions(*holds) if holds else protocol


def _samples(
    sample: str | float | np.ndarray | None, end: float, size: int, names: int
) -> np.ndarray:
    """The output times, if all the output fits in memory.

    Raises:
        UsageError: a spacing that is not positive, times outside the run, or too much.
    """
    if sample is None:
        return np.array([end])
    if isinstance(sample, str | int | float):
        spacing = milliseconds(sample)
        if not 0.0 < spacing < np.inf:
            raise UsageError(f"the output spacing must be longer than zero; got {sample}")
        count = round(end / spacing, 9) + 1.0
        _check_size(count, size, names)
        grid: np.ndarray = np.minimum(np.arange(int(count)) * spacing, end)
        return grid
    _check_size(float(np.size(sample)), size, names)
    times = np.asarray(sample, dtype=float)
    if times.ndim != 1 or not np.isfinite(times).all():
        raise UsageError("sample times must be a list of finite numbers of ms")
    if times.size and times.max() > end:
        raise UsageError(f"a sample at {times.max():g} ms lies after the end at {end:g} ms")
    return np.sort(times)


def _check_size(count: float, size: int, names: int) -> None:
    needed = count * size * max(names, 1) * 8.0
    if needed > MAX_BYTES:
        raise UsageError(
            f"{count:.3g} samples of {names} names in {size} instances are "
            f"{needed / 1e9:.3g} GB; sample more coarsely, record fewer names, "
            "or keep only the mean"
        )
