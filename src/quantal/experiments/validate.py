"""Every published number of a model, beside what the model gives."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from quantal.errors import QuantalError, TargetMissed
from quantal.experiments.sampling import resolved
from quantal.experiments.targets import Bench, simulated_values
from quantal.expression import Number, to_text
from quantal.model.model import Model
from quantal.model.target import Target
from quantal.program import ParameterSlot
from quantal.protocols.protocol import Protocol
from quantal.trajectory import Trajectory

Progress = Callable[[int, int, str], None]
"""Called before each target with how many are done, how many there are, and its name."""

_KEPT_RUNS = 64
"""Targets of one mechanism often share a protocol: the last few runs are kept."""

NOT_REACHED = "the run ends before this quantity is reached"


@dataclass(frozen=True, slots=True)
class Row:
    """One expected value. `expected`, `tolerance` and `simulated` are in `unit`.

    `simulated` is None where nothing came out, and `problem` then says why.
    """

    mechanism: str
    target: str
    expected: float | None
    tolerance: float | None
    simulated: float | None
    unit: str
    passed: bool
    source: str
    problem: str = ""

    def as_dict(self) -> dict[str, object]:
        """The row as plain data, for JSON; `problem` only where there is one."""
        row = asdict(self)
        if not self.problem:
            del row["problem"]
        return row


def validate(what: str | Path | None = None, progress: Progress | None = None) -> list[Row]:
    """Run every target of a mechanism, a file, a folder, or (None) of the whole library.

    A target that fails gives a failed row, and the rest go on; so does, in a folder or
    the library, a text that cannot be read.

    Raises:
        ModelError: the one text that was asked for is not a valid model.
        UsageError: there is no such mechanism, file or folder.
    """
    from quantal.experiments.sources import is_many, models_in

    models = models_in(what)
    total = sum(len(item.targets) if isinstance(item, Model) else 1 for _, item in models)
    rows: list[Row] = []
    done = 0
    for name, item in models:
        try:
            if isinstance(item, QuantalError):
                raise item
            rows += validate_model(item, bench_of(item), name, _shifted(progress, done, total))
        except QuantalError as error:
            if not is_many(what):
                raise
            rows.append(_failed(name, "is a valid model", "", str(error)))
        done += len(item.targets) if isinstance(item, Model) else 1
    return rows


def validate_model(
    model: Model, bench: Bench, name: str = "", progress: Progress | None = None
) -> list[Row]:
    """Run every target of one model; `bench` says how to run it.

    A model without a target gives one failed row.
    """
    name = name or model.name
    if not model.targets:
        return [_failed(name, "has a target", _source(model), "nothing says that it is right")]
    bench = Bench(functools.lru_cache(maxsize=_KEPT_RUNS)(bench.simulate), bench.parameters)
    rows: list[Row] = []
    for count, target in enumerate(model.targets):
        if progress is not None:
            progress(count, len(model.targets), f"{name}: {target_text(target)}")
        rows += _rows(target, name, _source(model), bench)
    return rows


def require_all_passed(rows: Iterable[Row]) -> None:
    """Do nothing if every row passed.

    Raises:
        TargetMissed: naming every row that did not.
    """
    missed = [row for row in rows if not row.passed]
    if missed:
        raise TargetMissed("\n".join(_sentence(row) for row in missed))


def bench_of(model: Model) -> Bench:
    """A model compiled once, to be run under many protocols.

    Raises:
        ModelError: the model is not valid.
    """
    from quantal.experiments.loading import prepare
    from quantal.experiments.run import run_program

    program = prepare(model)
    quantities = program.units()

    def simulate(protocol: Protocol, names: frozenset[str]) -> Trajectory:
        # An event may depend on anything; else only what is looked at must be driven.
        looked_at = None if names & set(program.events) else sorted(names & quantities.keys())

        def runner(sample: np.ndarray | None) -> Trajectory:
            return run_program(program, protocol, record=looked_at, sample=sample)

        return resolved(runner, looked_at or sorted(names & quantities.keys()))

    return Bench(simulate, _by_short_name(program.parameters))


def _by_short_name(parameters: tuple[ParameterSlot, ...]) -> dict[str, ParameterSlot]:
    """Parameters by their full names, and by the last parts of them that are unique."""
    table: dict[str, list[ParameterSlot]] = {}
    for slot in parameters:
        parts = slot.name.split(".")
        for first in range(len(parts)):
            table.setdefault(".".join(parts[first:]), []).append(slot)
    short = {name: slots[0] for name, slots in table.items() if len(slots) == 1}
    return short | {slot.name: slot for slot in parameters}


def _rows(target: Target, name: str, source: str, bench: Bench) -> list[Row]:
    problem, values = "", [math.nan] * len(target.values)
    try:
        values = simulated_values(target, bench)
        if len(values) != len(target.values):
            problem = f"{len(target.values)} values are expected, but the sweep gives {len(values)}"
            values = [math.nan] * len(target.values)
    except QuantalError as error:
        problem = str(error)
    if target.figure:
        source = f"{source}, {target.figure}" if source else target.figure
    return [
        _row(target, name, source, label, expected, value, problem)
        for label, expected, value in zip(labels(target), target.values, values, strict=True)
    ]


def _row(
    target: Target,
    name: str,
    source: str,
    label: str,
    expected: Number,
    value: float,
    problem: str,
) -> Row:
    allowed = abs(expected.value) * target.tolerance.value if target.relative else (
        target.tolerance.value
    )  # fmt: skip
    # The last bit of a unit conversion must not decide.
    passed = bool(abs(value - expected.value) <= allowed * (1.0 + 1e-9))
    reached = not math.isnan(value)
    return Row(
        mechanism=name,
        target=label,
        expected=target.unit.from_internal(expected.value),
        tolerance=allowed / target.unit.scale,
        simulated=target.unit.from_internal(value) if reached else None,
        unit=target.unit.text,
        passed=passed,
        source=source,
        problem=problem or ("" if reached else NOT_REACHED),
    )


def target_text(target: Target) -> str:
    """What is measured, as written."""
    return target.text or to_text(target.measured)


def labels(target: Target) -> list[str]:
    """What is measured, for each expected value: with the value of the sweep, if any."""
    text, sweep = target_text(target), target.protocol.sweep
    count = len(target.values)
    if sweep is None or count not in (len(sweep.values), len(sweep.values) - 1):
        return [text] * count
    doses = [value.text or f"{value.value:g}" for value in sweep.values]
    if count == len(doses):
        return [f"{text} at {sweep.name} = {dose}" for dose in doses]
    return [f"{text} from {sweep.name} = {low} to {high}" for low, high in pairwise(doses)]


def _source(model: Model) -> str:
    return "; ".join(model.source) or model.doi


def _failed(name: str, target: str, source: str, problem: str) -> Row:
    return Row(name, target, None, None, None, "", False, source, problem)


def _sentence(row: Row) -> str:
    if row.simulated is None or row.expected is None:
        return f"{row.mechanism}: {row.target}: {row.problem}"
    unit = "" if row.unit == "1" else f" {row.unit}"
    return (
        f"{row.mechanism}: {row.target} is {row.simulated:.6g}{unit}, "
        f"expected {row.expected:.6g} +- {row.tolerance:.3g}{unit} ({row.source})"
    )


def _shifted(progress: Progress | None, done: int, total: int) -> Progress | None:
    if progress is None:
        return None
    return lambda count, _, name: progress(done + count, total, name)
