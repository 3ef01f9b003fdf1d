"""Model + Protocol -> Trajectory: the one way in which everything is run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from quantal import engines
from quantal.compiler.bind import bind
from quantal.engines.base import Settings
from quantal.errors import UsageError
from quantal.experiments import varying
from quantal.experiments.counting import declare
from quantal.experiments.loading import load, prepare
from quantal.model.model import Model
from quantal.program import Program
from quantal.protocols.protocol import Protocol
from quantal.protocols.text import parse_quantity
from quantal.trajectory import Trajectory
from quantal.units import TIME

MAX_BYTES = 8e9
"""A run whose output would be larger is refused before it starts."""


def run(
    model: Model | str | Path,
    protocol: Protocol | None = None,
    *,
    until: str | float | None = None,
    sample: str | float | np.ndarray | None = None,
    record: str | Iterable[str] | None = None,
    engine: str = "auto",
    relative: float = 1e-6,
    absolute: float = 1e-10,
    trials: int | None = None,
    seed: int = 0,
    workers: int | None = None,
    max_events: float = 5e8,
    resume: str | Path | None = None,
    leap: float = 0.03,
    sensitivities: Iterable[str] | None = None,
    discrete: str | Iterable[str] = (),
    continuous: str | Iterable[str] = (),
    vary: Mapping[str, str] | None = None,
    progress: Callable[[float], None] | None = None,
) -> Trajectory:
    """Run a model under a protocol.

    Args:
        model: a loaded model, a library name, a path or a text.
        protocol: what is done to it; nothing by default.
        until: the end of the run, `"100 ms"` or a number of ms; overrides the protocol's.
        sample: spacing of the output (`"0.01 ms"` or ms) or the times themselves (n,) in
            ms; None takes the engine's own steps with points between.
        record: the name or names wanted. An input that none of them depends on need not be driven.
        engine: an engine's name, or `auto`.
        relative, absolute: error tolerances; `absolute` is a share of each state's scale.
        trials: how many times to run with chance; None for one run. Values then have the
            dimensions (trials, time).
        seed: where the random numbers start; the same seed gives the same run.
        workers: threads for trials; the result does not depend on it.
        resume: a folder where each finished trial is kept at once. The same run, stopped by
            Ctrl-C or by a loss of power, goes on from there and gives the same bits; with more
            `trials` it is continued. Trials of another run there are refused.
        max_events: a run of which more single events (or leaps) are expected is refused.
        leap: the largest share by which a step of the engines `leap` and `langevin` may change
            a rate; smaller is nearer to `ssa`, and slower.
        sensitivities: what `trajectory.sensitivity(name, parameter)` shall be known for:
            parameters, `initial(state)`, and values of the protocol such as `pulse(glu)`.
        discrete, continuous: schemes and species that a run with chance counts one by one, or
            does not, whatever their mechanism declares.
        vary: how parameters vary in a run with chance, `{"q": "gamma(cv = 0.3) per firing"}`,
            whatever their mechanism declares; per firing, per trial or per copy.
        progress: called with the share done (0 to 1) during long runs.

    Returns:
        The trajectory; times in ms, values in each name's own unit.

    Raises:
        UsageError: a name, unit or time in the call that does not fit.
        ModelError: the model is not valid.
        RunError: the run failed, with the time, the state and the reaction.
    """
    program = prepare(model if isinstance(model, Model) else load(model))
    program = varying.vary(declare(program, discrete, continuous), vary or {})
    protocol = protocol or Protocol()
    if until is not None:
        protocol = replace(protocol, until=milliseconds(until))
    if sensitivities is not None:
        from quantal.experiments.sensitivities import run_differentiated

        if trials is not None:
            raise UsageError("trials differ by chance and have no sensitivities; leave one out")
        names = [record] if isinstance(record, str) else record
        return run_differentiated(
            program, protocol, sensitivities, sample=sample, record=names, engine=engine,
            relative=relative, absolute=absolute, progress=progress,
        )  # fmt: skip
    return run_program(
        program, protocol, sample=sample, record=record, engine=engine,
        relative=relative, absolute=absolute, trials=trials, seed=seed, workers=workers,
        max_events=max_events, resume=resume, leap=leap, progress=progress,
    )  # fmt: skip


def run_program(
    program: Program,
    protocol: Protocol,
    *,
    sample: str | float | np.ndarray | None = None,
    record: str | Iterable[str] | None = None,
    engine: str = "auto",
    relative: float = 1e-6,
    absolute: float = 1e-10,
    trials: int | None = None,
    seed: int = 0,
    workers: int | None = None,
    max_events: float = 5e8,
    resume: str | Path | None = None,
    leap: float = 0.03,
    progress: Callable[[float], None] | None = None,
) -> Trajectory:
    """The same for a Program: bind, choose an engine, run. See `run`."""
    names = [record] if isinstance(record, str) else record
    wanted = None if names is None else list(names)
    bound = bind(program, protocol, wanted)
    if trials is not None or (engine != "auto" and engine in engines.BY_CHANCE):
        program, bound = varying.as_it_runs(program, protocol, wanted, bound, seed)
    settings = Settings(
        relative=relative, absolute=absolute, progress=progress, trials=trials, seed=seed,
        keep=None if resume is None else Path(resume), workers=workers,
        max_events=max_events, leap=leap,
        record=None if wanted is None else tuple(wanted),
        sample=sample_times(sample, bound.stimulus.end, len(program.states)),
    )  # fmt: skip
    if engine == "auto" and trials is not None:
        chosen, reason = engines.for_trials(program, bound.stimulus, settings)
    elif engine == "auto":
        chosen, reason = engines.auto(program)
    else:
        chosen, reason = _named(engine, program)
    if resume is not None and (trials is None or chosen.name in engines.PREFERRED):
        raise UsageError(
            "only trials can be kept to go on from: say `trials`, and an engine with chance"
        )
    trajectory = varying.run_with(chosen, program, bound, settings)
    for name in bound.unknown:
        trajectory.units.pop(name, None)
    trajectory.made_by |= {
        "model": program.name,
        "mechanisms": list(program.mechanisms),
        "choice": reason,
        "notes": list(program.notes),
    }
    if trajectory.trials is not None:
        from quantal.experiments.releases import released_by

        trajectory.made_by["released"] = released_by(program)
    if wanted is not None:
        trajectory.hold(wanted)
    return trajectory


def _named(name: str, program: Program) -> tuple[engines.Engine, str]:
    engine = engines.get(name)
    reasons = engine.supports(program)
    if reasons:
        raise UsageError(f"engine `{name}` cannot run `{program.name}`: {'; '.join(reasons)}")
    return engine, f"The engine `{name}` was asked for."


def milliseconds(written: str | float) -> float:
    """A time in ms from `"100 ms"` or a number of ms.

    Raises:
        UsageError: it is not a time.
    """
    if isinstance(written, int | float):
        return float(written)
    quantity = parse_quantity(written)
    if quantity.dimension != TIME:
        raise UsageError(f"`{written}` is not a time; write for example `100 ms`")
    return quantity.value


def sample_times(
    sample: str | float | np.ndarray | None, end: float, states: int
) -> np.ndarray | None:
    """Multiples of a spacing from 0, up to `end` where it is one of them; or the times given.

    Raises:
        UsageError: a spacing that is not positive, or more output than memory can hold.
    """
    if sample is None:
        return None
    if isinstance(sample, str | int | float):
        spacing = milliseconds(sample)
        if not 0.0 < spacing < np.inf:
            raise UsageError(f"the output spacing must be longer than zero; got {sample}")
        count = round(end / spacing, 9)
        _fit(count, states, f"sampling every {spacing:g} ms until {end:g} ms gives ")
        # Multiples of the spacing, not repeated addition: the grid's last point is exact.
        grid: np.ndarray = np.minimum(np.arange(int(count) + 1) * spacing, end)
        return grid
    _fit(float(np.size(sample)), states, "")
    times = np.asarray(sample, dtype=float)
    if times.ndim != 1 or not np.isfinite(times).all():
        raise UsageError("sample times must be a list of finite numbers of ms")
    return np.sort(times)


def _fit(count: float, states: int, how: str) -> None:
    """Refuse more samples of all states than memory can hold."""
    size = count * 8 * max(states, 1)
    if size > MAX_BYTES:
        raise UsageError(
            f"{how}{count:.3g} samples of {states} states, {size / 1e9:.3g} GB; "
            "sample more coarsely, or leave the sampling out"
        )
