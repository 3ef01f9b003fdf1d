"""Receptors from spike to spike: AMPA and NMDA of many synapses on one compartment.

Each synapse has a 10 Hz Poisson train; a spike releases 0 to 3 vesicles, 1.5 mM of glutamate
each, which decays in 0.1 ms; the voltage is fixed and the output every millisecond. Times are
processor time of the whole call. The peer is the fixed-step engine of this package on the
same model in the same run, at 0.025 ms, on one thread: a stand-in for clock-driven tools,
which need longer (`p2_population`). Errors are those of the summed open fraction, over its
range, against the stiff engine at 1e-12.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

if __name__ == "__main__":
    here = Path(__file__).parent
    sys.path[:0] = [str(here), str(here.parent / "src")]

from row import Row

import quantal
from quantal import protocols
from quantal.engines.propagators import kept

RECEPTORS = """synapse receptors "Transmitter of each spike on AMPA and NMDA receptors"
source Jonas, Major & Sakmann 1993 J Physiol 472:615
source Destexhe, Mainen & Sejnowski 1998 in Methods in Neuronal Modeling, 2nd edition
event spike
input V [mV] = -60 [mV]
place cleft
place dendrite
place density between cleft and dendrite
use ampa = receptors/ampa_jonas_1993 at density
use nmda = receptors/nmda_destexhe_1996 at density
connect ampa.V = V
connect nmda.V = V
state glu [mM] = 0 [mM]
  glu' = -glu/0.1 [ms]
connect ampa.glu = glu
connect nmda.glu = glu
"""
VESICLES = (
    RECEPTORS
    + """parameter vesicles = 1
on spike
  glu += vesicles*1.5 [mM]
"""
)
PLASTIC = (
    RECEPTORS
    + """use stp = plasticity/tsodyks_markram_1998
connect spike -> stp.spike
on spike after 0.1 [ms]
  glu += stp.released*3 [mM]
"""
)
RECORD = ["ampa.open", "nmda.i"]
CLAMP = protocols.hold("V", "-60 mV")
SIZE, UNTIL, RATE, SAMPLE = 100_000, 1000.0, 0.01, 1.0
STEPPED = (4_000, 100.0)
"""Synapses and ms of the fixed-step run."""
CHECKED = 24
"""Synapses whose sum is compared with single runs."""
ROUNDS = 3
PEER = "own fixed steps, 0.025 ms, 1 thread"


def trains(size: int, until: float) -> tuple[np.ndarray, np.ndarray]:
    """Poisson times of all synapses, and where each one's begin."""
    rng = np.random.default_rng(size)
    counts = rng.poisson(RATE * until, size)
    owner = np.repeat(np.arange(size), counts)
    times = rng.uniform(0.0, until, len(owner))
    offsets = np.concatenate([[0], np.cumsum(counts)])
    return times[np.lexsort((times, owner))], offsets


def summed(model: Any, size: int, until: float, **more: Any) -> tuple[Any, float]:
    """The sum over all synapses, and the processor time that it took."""
    own = {"vesicles": np.arange(size) % 4.0} if "vesicles" in _parameters(model) else None
    spikes = trains(size, until)
    started = time.process_time()
    result = quantal.run_population(
        model, CLAMP, size=size, parameters=own, spikes={"spike": spikes}, until=until,
        sample=SAMPLE, record=RECORD, keep="sum", **more,
    )  # fmt: skip
    result.hold(RECORD)
    return result, time.process_time() - started


def _parameters(model: Any) -> set[str]:
    from quantal.experiments.loading import prepare

    return {slot.name for slot in prepare(model).parameters}


def error(model: Any, **more: Any) -> float:
    """Of the sum of a few synapses, the larger of the two receptors."""
    until = 300.0
    simulated, _ = summed(model, CHECKED, until, **more)
    times, offsets = trains(CHECKED, until)
    exact = dict.fromkeys(RECORD, 0.0)
    for number in range(CHECKED):
        train = times[offsets[number] : offsets[number + 1]]
        protocol = protocols.recorded(train, "spike") if len(train) else protocols.Protocol()
        protocol += CLAMP
        if "vesicles" in _parameters(model):
            protocol += protocols.parameter("vesicles", float(number % 4))
        run = quantal.run(
            model, protocol, until=until, sample=simulated.time, record=RECORD, engine="stiff",
            relative=1e-12, absolute=1e-15,
        )  # fmt: skip
        for name in RECORD:
            exact[name] = exact[name] + run[name]
    return max(
        float(np.abs(simulated[name] - exact[name]).max() / np.abs(exact[name]).max())
        for name in RECORD
    )


def single() -> Row:
    """One receptor for ten seconds of a Poisson train, by both engines."""
    rng = np.random.default_rng(1)
    times = np.cumsum(rng.exponential(100.0, 200))
    times = times[times < 9990.0]
    pulses = [protocols.decaying("glu", "1.5 mM", "0.1 ms", f"{float(t)!r} ms") for t in times]
    train = pulses[0]
    for pulse in pulses[1:]:
        train += pulse

    def run(**how: Any) -> tuple[Any, float]:
        started = time.process_time()
        result = quantal.run(
            "receptors/ampa_jonas_1993", train, until=1e4, sample=0.5, record=["open"], **how
        )
        return result, time.process_time() - started

    tight: dict[str, Any] = {"engine": "stiff", "relative": 1e-12, "absolute": 1e-15}
    ours = [run(engine="event") for _ in range(ROUNDS)]
    theirs = [run(**tight) for _ in range(ROUNDS)]
    exact = theirs[0][0]["open"]
    off = float(np.abs(ours[0][0]["open"] - exact).max() / exact.max())
    return Row(
        "events, one AMPA receptor, 10 s at 10 Hz", min(t for _, t in ours) * 1e3, "ms",
        "own stiff engine at 1e-12", min(t for _, t in theirs) * 1e3, off, goal="error <= 1e-9",
        note="the stiff engine moves by as much where the transmitter is a state of its own",
    )  # fmt: skip


def rows() -> list[Row]:
    """Vesicles that are counted, release by short-term plasticity, and a single receptor."""
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    found: list[Row] = []
    for name, text in (("0 to 3 vesicles", VESICLES), ("Tsodyks-Markram", PLASTIC)):
        model = quantal.load(text)
        stepped: dict[str, Any] = {"engine": "population", "threads": 1}
        off, their_error = error(model), error(model, **stepped)
        kept.forget()
        _, first = summed(model, SIZE, UNTIL)
        ours, theirs = np.inf, np.inf
        for _ in range(ROUNDS):
            ours = min(ours, summed(model, SIZE, UNTIL)[1])
            theirs = min(theirs, summed(model, *STEPPED, **stepped)[1])
        per_second = 1e9 / UNTIL
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        found.append(Row(
            f"events, 1e5 synapses, 1 s, {name}", ours, "s", error=off, memory=peak,
            goal="<= 1.5 s" if text == VESICLES else "",
            note=f"the first call, which makes the tables, {first:.2f} s; {load}",
        ))  # fmt: skip
        found.append(Row(
            f"events, a synapse for a second, {name}", ours / SIZE * per_second, "us", PEER,
            theirs / STEPPED[0] / STEPPED[1] * 1e9, off, their_error, goal="<= 24 us",
            note=f"a hundredth of Brian2's best, 61 ns a step, on another machine; {load}",
        ))  # fmt: skip
    return [*found, single()]


if __name__ == "__main__":
    for row in rows():
        print(row.as_dict())
