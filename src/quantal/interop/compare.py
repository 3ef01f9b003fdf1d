"""A synapse driven by the stimuli of a recording, beside what was recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from quantal.errors import UsageError, did_you_mean
from quantal.experiments.loading import load, prepare
from quantal.experiments.releases import CLAMPED, CURRENTS, HOLDING, STIMULI
from quantal.experiments.run import run_program
from quantal.expression import Number
from quantal.interop.evoked import LONGEST_WINDOW, Evoked, evoked
from quantal.interop.recording import Recording, read
from quantal.model.model import Model
from quantal.observables.peaks import time_of_peak
from quantal.observables.trains import amplitudes, normalised
from quantal.observables.window import window
from quantal.program import Program
from quantal.protocols.protocol import Hold, Protocol
from quantal.protocols.stimulation import recorded as recorded_stimuli
from quantal.units import VOLTAGE


@dataclass(frozen=True, eq=False)
class Comparison:
    """Recorded and simulated currents at the same stimuli.

    `time` (n,) in ms and `current` (n,) in `unit` are simulated; `simulated` (k,) are its
    amplitudes. `scale` makes the first simulated amplitude as large as the first recorded
    mean; `delay` (ms) makes their first peaks coincide: the recorded axon is longer or
    shorter than the simulated one.
    """

    synapse: str
    recording: str
    recorded: Evoked
    time: np.ndarray
    current: np.ndarray
    simulated: np.ndarray
    unit: str
    scale: float
    delay: float

    @property
    def recorded_mean(self) -> np.ndarray:
        """Mean recorded amplitude at each stimulus (k,), failures included."""
        return np.asarray(self.recorded.amplitudes.mean(axis=0))

    @property
    def recorded_sd(self) -> np.ndarray:
        """Standard deviation over the sweeps at each stimulus (k,)."""
        return np.asarray(self.recorded.amplitudes.std(axis=0, ddof=1))

    @property
    def recorded_ratio(self) -> np.ndarray:
        """Recorded means as shares of the first (k,)."""
        return normalised(self.recorded_mean)

    @property
    def simulated_ratio(self) -> np.ndarray:
        """Simulated amplitudes as shares of the first (k,)."""
        return normalised(self.simulated)

    @property
    def scaled_current(self) -> np.ndarray:
        """The simulated current, scaled and delayed, at `time` (n,)."""
        return np.asarray(self.scale * np.interp(self.time - self.delay, self.time, self.current))

    @property
    def remark(self) -> str:
        """What a reader must know before comparing the two."""
        return (
            "The recording is of another synapse: the simulated current is scaled by "
            f"{self.scale:.3g} to the first recorded response and moved by {self.delay:+.2f} ms "
            "to its peak, so time course and depression are compared, not size."
        )

    def as_dict(self) -> dict[str, object]:
        """The numbers as plain data, for JSON."""
        columns = (
            self.recorded.stimuli, self.recorded_mean, self.recorded_sd,
            self.recorded.failed.sum(axis=0), self.recorded_ratio, self.simulated,
            self.simulated_ratio, self.simulated_ratio / self.recorded_ratio,
        )  # fmt: skip
        keys = (
            "time", "recorded_mean", "recorded_sd", "failures", "recorded_ratio", "simulated",
            "simulated_ratio", "simulated_over_recorded",
        )  # fmt: skip
        rows = [
            dict(zip(keys, (value.item() for value in row), strict=True))
            for row in zip(*columns, strict=True)
        ]
        return {
            "synapse": self.synapse, "recording": self.recording, "unit": self.unit,
            "sweeps": len(self.recorded.sweeps), "scale": self.scale, "delay": self.delay,
            "stimuli": rows, "remark": self.remark,
        }  # fmt: skip

    def table(self) -> tuple[tuple[str, ...], ...]:
        """One row per stimulus as text, the header first."""
        unit = self.unit
        header = (
            "stimulus", "time (ms)", f"recorded ({unit})", "failures", "recorded / first",
            f"simulated ({unit})", "simulated / first", "simulated / recorded",
        )  # fmt: skip
        both = self.simulated_ratio / self.recorded_ratio
        body = (
            (
                str(i + 1), f"{self.recorded.stimuli[i]:.1f}",
                f"{self.recorded_mean[i]:.1f} ± {self.recorded_sd[i]:.1f}",
                f"{int(self.recorded.failed[:, i].sum())} of {len(self.recorded.sweeps)}",
                f"{self.recorded_ratio[i]:.3f}", f"{self.simulated[i]:.1f}",
                f"{self.simulated_ratio[i]:.3f}", f"{both[i]:.2f}",
            )
            for i in range(self.recorded.stimuli.size)
        )  # fmt: skip
        return (header, *body)


def compare(
    synapse: Model | str | Path,
    recording: Recording | str | Path,
    *,
    event: str | None = None,
    current: str | None = None,
    protocol: Protocol | None = None,
    progress: Callable[[float], None] | None = None,
) -> Comparison:
    """Drive a synapse at the stimulus times of a recording, and measure both alike.

    Args:
        synapse: a loaded model, a library name, or a path.
        recording: read already, or the path of an ABF file.
        event: the event that evokes an action potential; found by its name if not given.
        current: the simulated current; the role `epsc`, `ipsc` or `psc` if not given.
        protocol: what else is done to the synapse. A postsynaptic membrane (role `soma_V`)
            that it does not hold is held at -70 mV, as for the recording of a current.
        progress: called with the share done (0 to 1).

    Raises:
        RecordingError: the recording cannot be read, or holds no stimuli.
        UsageError: the synapse has no such event or current.
        ModelError: the synapse is not a valid model.
        RunError: its run failed.
    """
    trace = recording if isinstance(recording, Recording) else read(recording)
    measured = evoked(trace)
    model = synapse if isinstance(synapse, Model) else load(synapse)
    program = prepare(model)
    trigger = _chosen(event, STIMULI, program.events, "event", program)
    name = _chosen(current, CURRENTS, list(program.units()), "current", program)
    until = float(min(trace.time[-1], measured.stimuli[-1] + LONGEST_WINDOW))
    drive = recorded_stimuli(measured.stimuli, trigger) + _clamp(program, protocol or Protocol())
    run = run_program(program, drive + Protocol(until=until), record=[name], progress=progress)
    time, values = run.time, run[name]
    return _compared(model.name, trace, measured, time, values, run.units[name].text)


def _clamp(program: Program, protocol: Protocol) -> Protocol:
    """The protocol, with the postsynaptic membrane under voltage clamp."""
    membrane = next((role for role in CLAMPED if role in program.roles), None)
    held = {action.name for action in protocol.actions if isinstance(action, Hold)}
    if membrane is None or held & {membrane, program.roles[membrane]}:
        return protocol
    return protocol.with_actions(Hold(membrane, Number(HOLDING, VOLTAGE, f"{HOLDING:g} [mV]")))


def _compared(
    synapse: str,
    trace: Recording,
    measured: Evoked,
    time: np.ndarray,
    values: np.ndarray,
    unit: str,
) -> Comparison:
    stimuli = measured.stimuli
    heights = amplitudes(time, values, stimuli, LONGEST_WINDOW)
    first = float(measured.amplitudes[:, 0].mean())
    if heights[0] == 0.0:
        raise UsageError(f"`{synapse}` gives no current after the first stimulus")
    end = float(stimuli[1]) if stimuli.size > 1 else float(stimuli[0]) + LONGEST_WINDOW
    mean = np.nan_to_num(measured.mean_sweep)
    delay = _first_peak(measured.time, mean, stimuli[0], end) - _first_peak(
        time, values, stimuli[0], end
    )
    return Comparison(
        synapse, trace.name, measured, time, values, heights, unit, first / float(heights[0]), delay
    )


def _first_peak(time: np.ndarray, values: np.ndarray, start: float, end: float) -> float:
    return time_of_peak(*window(time, values, float(start), end))


def _chosen(
    asked: str | None, usual: tuple[str, ...], known: list[str] | tuple[str, ...], what: str,
    program: Program,
) -> str:  # fmt: skip
    if asked is not None:
        if asked in known:
            return asked
        raise UsageError(f"`{program.name}` has no {what} `{asked}`{did_you_mean(asked, known)}")
    found = next((name for name in usual if name in known), None)
    if found is None:
        raise UsageError(
            f"`{program.name}` has no {what} called {', '.join(f'`{n}`' for n in usual)}; "
            f"say which {what} to use"
        )
    return found
