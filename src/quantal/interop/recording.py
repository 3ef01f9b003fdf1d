"""Recordings read from Axon Binary Format (ABF) files, through pyabf."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from quantal.errors import RecordingError, UsageError

_MAGIC = (b"ABF ", b"ABF2")
_EXTRA = 'reading ABF files needs pyabf: pip install "quantal[recordings]"'


@dataclass(frozen=True, eq=False)
class Recording:
    """Sweeps of one channel.

    `time` (n,) in ms from the start of a sweep; `sweeps` (k, n) in `unit`, as recorded.
    """

    time: np.ndarray
    sweeps: np.ndarray
    unit: str
    name: str
    channel: str = ""

    @property
    def interval(self) -> float:
        """Time between two samples in ms."""
        return float(self.time[1] - self.time[0])


def read(path: str | Path, channel: int | None = None) -> Recording:
    """The sweeps of an ABF file.

    Args:
        path: the file.
        channel: its number from 0; by default the first one that holds a current.

    Raises:
        RecordingError: there is no such file, it is not an ABF file, it is damaged, it
            holds no sweeps, or pyabf is not installed.
    """
    file = Path(path)
    _expect_abf(file)
    try:
        import pyabf
    except ImportError as cause:
        raise RecordingError(f"{file}: {_EXTRA}") from cause
    try:
        # pyabf reads damaged headers with numpy warnings; what it reads is checked below.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            abf = pyabf.ABF(str(file))
            units = [str(unit) for unit in abf.adcUnits]
            number = _current_channel(units) if channel is None else channel
            if not 0 <= number < len(units):
                raise UsageError(f"{file}: there is no channel {number}; it has {len(units)}")
            sweeps = []
            for sweep in range(abf.sweepCount):
                abf.setSweep(sweep, channel=number)
                sweeps.append(np.asarray(abf.sweepY, dtype=float))
            rate, label = float(abf.dataRate), str(abf.adcNames[number])
    except UsageError:
        raise
    except Exception as cause:
        raise RecordingError(f"{file}: it cannot be read as ABF ({cause})") from cause
    return _checked(Recording(np.empty(0), np.empty(0), units[number], file.name, label),
                    sweeps, rate, file)  # fmt: skip


def _expect_abf(file: Path) -> None:
    if not file.is_file():
        raise RecordingError(f"{file}: no such recording")
    with file.open("rb") as stream:
        start = stream.read(4)
    if start not in _MAGIC:
        raise RecordingError(f"{file}: not an ABF file; these begin with `ABF ` or `ABF2`")


def _current_channel(units: list[str]) -> int:
    """The first channel in amperes, else the first of all."""
    return next((i for i, unit in enumerate(units) if unit.endswith("A")), 0)


def _checked(like: Recording, sweeps: list[np.ndarray], rate: float, file: Path) -> Recording:
    length = min((sweep.size for sweep in sweeps), default=0)
    if length < 2 or not rate > 0.0:
        raise RecordingError(f"{file}: it holds no sweeps")
    # Sweeps of variable length are compared over the part that all of them have.
    table = np.stack([sweep[:length] for sweep in sweeps])
    if not np.isfinite(table).all():
        raise RecordingError(f"{file}: its sweeps hold values that are not finite numbers")
    time = np.arange(length) * 1e3 / rate
    return Recording(time, table, like.unit, like.name, like.channel)
