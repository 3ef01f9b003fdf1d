"""Failures and minis of one connection with a low release probability, beside a recording.

    python examples/failures_and_minis.py [FOLDER] [RECORDING.abf]

With an Axon recording of EPSCs evoked five times at 50 Hz, its sweeps stand on the left and are
measured in the same way; without one, the simulation stands alone.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import quantal
from quantal.figures.sweeps import draw_sweeps
from quantal.interop.recording import Recording, read
from quantal.interop.sweeps import Sweeps, measured_sweeps, noise_of
from quantal.protocols import hold, parameter, recorded

STIMULI = 164.1 + 20.0 * np.arange(5)
"""ms; where a recording has its own, these are replaced."""
QUIET = (400.0, 1600.0)
"""ms: no stimulus is near, and a recording's test pulse has not come yet."""
NOISE = 5.0
"""pA, of an amplifier; where there is a recording, its own."""
TRIALS = 60
RECEPTORS = 150
"""In a density: a quantum of some 40 pA, as large as the mean mini of the recording shown in
the documentation. The library's synapse has 40."""


def simulated(stimuli: np.ndarray, noise: float) -> Sweeps:
    """Sweeps of the library's connection, as an amplifier would show them."""
    protocol = (
        recorded(stimuli, "stimulus")
        + hold("V", "-70 mV")
        + parameter("receptors", f"{RECEPTORS} channels")
    )
    many = quantal.run(
        "synapses/hippocampal_connection", protocol, until=QUIET[1], sample="0.05 ms",
        record=["epsc"], engine="hybrid", trials=TRIALS, seed=1,
    )  # fmt: skip
    print(many.status)
    found = quantal.analyse(many)
    print(f"quantal size {found.quantum:.1f} pA, {found.failures.value:.0%} failures of the first")
    trace = Recording(many.time, many["epsc"], "pA", "simulated")
    return measured_sweeps(trace, "Simulated: hippocampal_connection", QUIET, stimuli, noise)


def main(folder: Path, recording: Path | None) -> None:
    """Simulate, measure, draw."""
    sets, stimuli, noise = [], STIMULI, NOISE
    if recording is not None:
        trace = read(recording)
        sets.append(measured_sweeps(trace, f"Recorded: {recording.name}", QUIET))
        stimuli, noise = sets[0].responses.stimuli, noise_of(trace)
    sets.append(simulated(stimuli, noise))
    for each in sets:
        failed = ", ".join(f"{share:.0%}" for share in each.failures)
        print(f"{each.title}: failures {failed}; {len(each.minis) / each.seconds:.1f} minis/s")
    folder.mkdir(parents=True, exist_ok=True)
    picture = draw_sweeps(
        sets, folder / "failures_and_minis.png", "Failures and minis", 100.0, 700.0,
        f"White noise of {noise:.1f} pA is added to the simulated current before it is measured.",
    )  # fmt: skip
    print(f"drawn in {picture}")


if __name__ == "__main__":
    given = sys.argv[1:]
    main(Path(given[0]) if given else Path("results"), Path(given[1]) if given[1:] else None)
