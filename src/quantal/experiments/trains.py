"""Trains of postsynaptic currents: a synapse's responses beside measured amplitudes."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from quantal.errors import UsageError
from quantal.experiments.loading import load, prepare
from quantal.experiments.run import run_program
from quantal.model.model import Model
from quantal.observables.trains import amplitudes, normalised, root_mean_square
from quantal.program import Program
from quantal.protocols import hold, parameter
from quantal.protocols.protocol import Protocol
from quantal.protocols.stimulation import train

CALYX = "calyx_epsc_trains.csv"
"""Measured trains of the calyx of Held, in `quantal/library/data`."""

EVENT, CURRENT, CLAMPED = "stimulus", "epsc", "soma_V"
"""The names that a synapse gives to what evokes, what is measured, and what is clamped."""

COLUMNS = ["rate_Hz", "stimulus", "amplitude"]


@dataclass(frozen=True, eq=False)
class MeasuredTrain:
    """Amplitudes (k,) as shares of the first, at the stimuli `numbers` (k,), from 1."""

    rate: float
    numbers: np.ndarray
    amplitudes: np.ndarray


@dataclass(frozen=True, eq=False)
class TrainComparison:
    """One train, measured and simulated at the same stimuli (k,), as shares of the first.

    `first` is the first simulated amplitude in `unit`; `every` (n,) are all simulated
    amplitudes as shares of it.
    """

    rate: float
    numbers: np.ndarray
    measured: np.ndarray
    simulated: np.ndarray
    every: np.ndarray
    first: float
    unit: str

    @property
    def error(self) -> float:
        """Root mean square difference over all compared stimuli but the first.

        The first is 1 on both sides by definition; counting it would flatter the result.
        """
        return root_mean_square(self.simulated[1:], self.measured[1:])


def measured_trains(path: str | Path | None = None) -> tuple[MeasuredTrain, ...]:
    """Measured trains from a table with the columns `rate_Hz, stimulus, amplitude`.

    Args:
        path: a csv file, with `#` before comments; None is the library's calyx of Held.

    Raises:
        UsageError: the file is not such a table, or a train does not start at stimulus 1.
    """
    name = str(path or CALYX)
    source = Path(path) if path else resources.files("quantal.library") / "data" / CALYX
    try:
        text = source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as cause:
        raise UsageError(f"{name}: cannot be read ({cause})") from cause
    lines = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    header, *rows = list(csv.reader(lines)) or [[]]
    if [column.strip() for column in header] != COLUMNS:
        raise UsageError(f"{name}: the first line must be `{','.join(COLUMNS)}`")
    try:
        table = np.array([[float(value) for value in row] for row in rows]).reshape(-1, 3)
    except ValueError as cause:
        raise UsageError(f"{name}: not a table of three numbers in each row ({cause})") from cause
    found = []
    for rate in sorted(set(table[:, 0])):
        one = table[table[:, 0] == rate]
        numbers = one[:, 1].astype(int)
        if rate <= 0 or numbers[0] != 1 or not np.all(np.diff(numbers) > 0):
            raise UsageError(f"{name}: the train at {rate:g} Hz must count its stimuli from 1 up")
        found.append(MeasuredTrain(float(rate), numbers, one[:, 2]))
    if not found:
        raise UsageError(f"{name}: holds no amplitudes")
    return tuple(found)


def compare_trains(
    synapse: Model | str | Path,
    measured: Sequence[MeasuredTrain] | None = None,
    *,
    holding: str = "-70 mV",
    rest: float = 200.0,
    settings: dict[str, str] | None = None,
    progress: Callable[[float], None] | None = None,
) -> tuple[TrainComparison, ...]:
    """Run a synapse under each measured train, in voltage clamp, from rest.

    An amplitude is the peak of the current before the next stimulus, less the current at the
    stimulus, so that what is left of earlier responses is not counted twice.

    Args:
        synapse: a model with the event `stimulus` and the roles `epsc` and `soma_V`.
        measured: what to compare with; by default the library's calyx of Held.
        holding: the potential of `soma_V`.
        rest: how long the synapse is left alone before the first stimulus, ms.
        settings: parameters set for all runs, each a value with its unit.
        progress: called with the share done (0 to 1).

    Raises:
        UsageError: the synapse has no such event or roles.
        ModelError: the synapse is not a valid model.
        RunError: a run failed.
    """
    program = prepare(synapse if isinstance(synapse, Model) else load(synapse))
    missing = [name for name in (CURRENT, CLAMPED) if name not in program.roles]
    missing += [] if EVENT in program.events else [EVENT]
    if missing:
        names = " and ".join(f"`{name}`" for name in missing)
        raise UsageError(f"`{program.name}` has no {names}: no train of it can be compared")
    given = Protocol(rest=rest) + hold(CLAMPED, holding)
    for name, value in (settings or {}).items():
        given += parameter(name, value)
    trains = tuple(measured) if measured is not None else measured_trains()
    total, results = sum(_length(one) for one in trains), []
    done = 0.0
    for one in trains:
        share, before = _length(one) / total, done
        step = None if progress is None else _part(progress, before, share)
        results.append(_compare(program, one, given, step))
        done += share
        if progress is not None:
            progress(done)
    return tuple(results)


def _length(one: MeasuredTrain) -> float:
    return float(one.numbers[-1]) * 1000.0 / one.rate


def _part(progress: Callable[[float], None], before: float, share: float) -> Callable[..., None]:
    return lambda part: progress(before + share * part)


def _compare(
    program: Program,
    one: MeasuredTrain,
    given: Protocol,
    progress: Callable[[float], None] | None,
) -> TrainComparison:
    count = int(one.numbers[-1])
    stimuli = np.arange(count) * 1000.0 / one.rate
    protocol = given + train(EVENT, rate=f"{one.rate:g} Hz", count=count)
    # The last response has as long as a 100 Hz train gives, or as its own rate does.
    protocol += Protocol(until=float(stimuli[-1] + min(1000.0 / one.rate, 10.0)))
    run = run_program(program, protocol, record=[CURRENT], progress=progress)
    heights = amplitudes(run.time, run[CURRENT], stimuli)
    if heights[0] == 0.0:
        raise UsageError(f"`{program.name}` gives no current after the first stimulus")
    shares = normalised(heights)
    return TrainComparison(
        one.rate, one.numbers, one.amplitudes, shares[one.numbers - 1], shares,
        float(heights[0]), run.units[CURRENT].text,
    )  # fmt: skip
