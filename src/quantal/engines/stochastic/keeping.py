"""Finished trials kept on disk, so that a run that was stopped goes on where it was.

A folder holds one file for each piece of work and `run.json`, which says of which run they
are: model, parameters, protocol, seed, sampling, tolerances, versions. Trials of another run
are never mixed in. Files appear under their names only once they are whole and on the disk;
one that cannot be read is as if it were not there, and its trials are run again.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from quantal.engines.base import Settings
from quantal.engines.stochastic.packing import pack, unpack
from quantal.errors import UsageError, unwritable
from quantal.program import Program
from quantal.stimulus import Stimulus

WHAT = "run.json"


class Done(Protocol):
    """What a piece of work gives: it knows its trials."""

    trials: range


Result = TypeVar("Result", bound=Done)
Facts = dict[str, str]


class Kept(Generic[Result]):
    """The trials of one run in one folder."""

    def __init__(self, folder: Path, kind: type[Result], facts: Facts) -> None:
        """Open a folder, or make it.

        Raises:
            UsageError: it holds something else, trials of another run (with what differs),
                or cannot be written.
        """
        self.folder, self._kind = folder, kind
        self._there: set[tuple[int, int]] = set()
        known = folder / WHAT
        if known.exists():
            _compare(folder, known, facts)
        elif folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"{folder}: this exists and holds no trials; choose another name")
        else:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                _write(known, json.dumps(facts, indent=1).encode())
            except OSError as error:
                raise UsageError(unwritable(folder, error)) from error

    def found(self, count: int) -> list[Result]:
        """What is whole there of the first `count` trials, in order, each trial once."""
        results: list[Result] = []
        for path in sorted(self.folder.glob("*.npz")):
            try:
                result = unpack(path.read_bytes(), self._kind)
            except (OSError, ValueError):
                continue
            next_free = results[-1].trials.stop if results else 0
            if result.trials.start >= next_free and result.trials.stop <= count:
                results.append(result)
        self._there = {(each.trials.start, each.trials.stop) for each in results}
        return results

    def keep(self, results: Iterable[Result]) -> None:
        """Write what is not there yet.

        Raises:
            UsageError: it cannot be written; what was kept before stays.
        """
        for result in results:
            place = (result.trials.start, result.trials.stop)
            if place in self._there:
                continue
            try:
                _write(self.folder / f"{place[0]:08d}-{place[1]:08d}.npz", pack(result))
            except OSError as error:
                raise UsageError(unwritable(self.folder, error)) from error
            self._there.add(place)


def remaining(chunks: Sequence[range], found: Iterable[Done]) -> list[range]:
    """The chunks without the trials that are there already."""
    have = {trial for result in found for trial in result.trials}
    rest: list[range] = []
    for chunk in chunks:
        start = None
        for trial in range(chunk.start, chunk.stop + 1):
            wanted = trial < chunk.stop and trial not in have
            if wanted and start is None:
                start = trial
            elif not wanted and start is not None:
                rest.append(range(start, trial))
                start = None
    return rest


def kept_trials(
    kind: type[Result], engine: object, program: Program, stimulus: Stimulus, settings: Settings
) -> Kept[Result] | None:
    """The folder of `settings.keep` for this run, or None where nothing is to be kept."""
    if settings.keep is None:
        return None
    return Kept(Path(settings.keep), kind, _facts(engine, program, stimulus, settings))


def _facts(engine: object, program: Program, stimulus: Stimulus, settings: Settings) -> Facts:
    """Everything a trial's bits depend on, but for its number."""
    import llvmlite
    import numpy as np

    from quantal import __version__
    from quantal.kernels.native import host

    driven = (*stimulus.drives, *(stimulus.clamps[i] for i in sorted(stimulus.clamps)))
    curves = [array.tobytes().hex() for f in driven for array in (f.knots, f.coefficients)]
    sample = None if settings.sample is None else np.asarray(settings.sample, dtype=float)
    return {
        "engine": repr(engine),
        "model": f"{program.name} {_hash(program)}",
        "parameters": _hash(np.asarray(stimulus.parameters, dtype=float).tobytes().hex()),
        "protocol": _hash((stimulus.start, stimulus.end, curves, sorted(stimulus.clamps),
                           stimulus.changes, stimulus.events, stimulus.stops)),
        "seed": str(settings.seed),
        "sampling": "the engine's own" if sample is None else _hash(sample.tobytes().hex()),
        "recorded names": "all" if settings.record is None else ", ".join(settings.record),
        "tolerances": f"{settings.relative:g}, {settings.absolute:g}",
        "versions": f"quantal {__version__}, numpy {np.__version__}, "
                    f"llvmlite {llvmlite.__version__}",
        "code": _code(),
        "processor": f"{host()[0]} {_hash(host()[1])}",
    }  # fmt: skip


@lru_cache(maxsize=1)
def _code() -> str:
    """A hash of what runs trials: a version number says too little while it is being written."""
    digest = hashlib.sha256()
    engines = Path(__file__).parents[1]
    for folder in (engines, engines.parent / "kernels"):
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _hash(value: object) -> str:
    """Sixteen hexadecimal digits; equal for equal values, in any process."""
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]


def _compare(folder: Path, known: Path, facts: Facts) -> None:
    try:
        there = json.loads(known.read_bytes())
    except (OSError, ValueError) as error:
        raise UsageError(f"{folder}: it cannot be read which run its trials are of") from error
    differing = [
        f"{word}: {there.get(word, 'not said')} there, {facts[word]} here"
        for word in facts
        if there.get(word) != facts[word]
    ]
    if differing:
        raise UsageError(
            f"{folder}: the trials kept there are of another run; choose another folder, or "
            f"remove it\n  " + "\n  ".join(differing)
        )


def _write(target: Path, content: bytes) -> None:
    """A file that is whole and on the disk before it has its name."""
    handle, part = tempfile.mkstemp(prefix=".part-", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(part, target)
    finally:
        Path(part).unlink(missing_ok=True)
    if hasattr(os, "O_DIRECTORY"):
        # The name, too, must outlive a loss of power.
        directory = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
