"""A population of synapses (21 states: sensor, pool, cleft, AMPA, NMDA), dt 0.025 ms, f64.

Each synapse has its own 10 Hz Poisson train; a spike adds 30 uM of calcium, which decays in
0.3 ms; the voltage is fixed. Nanoseconds per synapse and step of the whole call, inputs and
output included, the compilation not: of the processor on one thread, of the clock on two.
The error is that of the released fraction E against the stiff engine at 1e-10: the larger of
that after three spikes, on and off the grid, and of that of the mean over Poisson trains.
A peer's is that after the three spikes.
"""

from __future__ import annotations

import itertools
import os
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

if __name__ == "__main__":
    here = Path(__file__).parent
    sys.path[:0] = [str(here), str(here.parent / "src")]

import p2_peers
from row import Row

import quantal
from quantal import protocols

SYNAPSE = """synapse p2 "Calcium sensor, pool, cleft, AMPA and NMDA receptors, driven by spikes"
source Jonas, Major & Sakmann 1993 J Physiol 472:615
source Schneggenburger & Neher 2000 Nature 406:889
source Destexhe, Mainen & Sejnowski 1998 in Methods in Neuronal Modeling, 2nd edition
event spike
parameter entry = 30 [uM]
parameter rest = 0.05 [uM]
parameter kon = 0.09 [/uM/ms]
parameter koff = 9.5 [/ms]
parameter b = 0.25

state Ca = rest
  Ca' = (rest - Ca)/0.3 [ms]
scheme sensor = S{0..5} E
  for i in 0 .. 4
    S{i} <-> S{i+1} : (5 - i)*kon*Ca, (i + 1)*koff*b^i
  S5 -> E : 6 [/ms]
  E -> S0 : 0.0002 [/ms]
state G = 0 [mM]
  G' = 8*1.5 [mM]*6 [/ms]*S5 - G/0.1 [ms]
scheme ampa = C0 C1 C2 O C3 C4 C5
  C0 <-> C1 : 4.59 [/mM/ms]*G, 4.26 [/ms]
  C1 <-> C2 : 28.4 [/mM/ms]*G, 3.26 [/ms]
  C2 <-> O : 4.24 [/ms], 0.9 [/ms]
  C1 <-> C3 : 2.89 [/ms], 0.0392 [/ms]
  C2 <-> C4 : 0.172 [/ms], 0.000727 [/ms]
  O <-> C5 : 0.0177 [/ms], 0.004 [/ms]
  C3 <-> C4 : 1.27 [/mM/ms]*G, 0.0457 [/ms]
  C4 <-> C5 : 0.0168 [/ms], 0.1904 [/ms]
scheme nmda = N0 N1 N2 NO ND
  N0 <-> N1 : 5 [/mM/ms]*G, 0.0129 [/ms]
  N1 <-> N2 : 5 [/mM/ms]*G, 0.0129 [/ms]
  N2 <-> NO : 0.0465 [/ms], 0.0738 [/ms]
  N2 <-> ND : 0.0084 [/ms], 0.0068 [/ms]
on spike
  Ca += entry
"""
DT, RATE = 0.025, 0.01
SIZES = {1_000: 500.0, 10_000: 100.0, 100_000: 25.0, 1_000_000: 10.0}
"""Synapses, and for how many ms."""
ROUNDS = 3
TRAINS = ([5.1, 25.1, 45.1], [5.107, 25.1133, 45.0999])
BURST = ([5.0, 5.01],)
"""Two spikes of one moment, the hardest that a Poisson train gives: said in the note."""
POISSON = 24


def trains(size: int, until: float, rate: float = RATE) -> tuple[np.ndarray, np.ndarray]:
    """Poisson times of all synapses (`rate` per ms), and where each one's begin."""
    rng = np.random.default_rng(size)
    counts = rng.poisson(rate * until, size)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    owner = np.repeat(np.arange(size), counts)
    times = rng.uniform(0.0, until, int(offsets[-1]))
    return times[np.lexsort((times, owner))], offsets


def poisson(size: int, until: float) -> list[np.ndarray]:
    """The same as one array for each synapse, none without a spike."""
    times, offsets = trains(size, until)
    each = [times[a:b] for a, b in itertools.pairwise(offsets)]
    return [train for train in each if len(train)]


def seconds(model: Any, spikes: Any, size: int, until: float, **more: Any) -> float:
    """One run, output at the end: of the processor on one thread, of the clock on several."""
    clock = time.process_time if more.get("threads") == 1 else time.perf_counter
    started = clock()
    quantal.run_population(
        model, size=size, spikes={"spike": spikes}, until=until, dt=DT, record=["E"], **more
    )
    return clock() - started


def error(model: Any, times: Sequence[Any], until: float, precision: str, method: str) -> Any:
    """The relative errors of the released fraction at the end of trains, and of their mean."""
    simulated = quantal.run_population(
        model, size=len(times), spikes={"spike": times}, until=until, dt=DT,
        record=["E"], precision=precision, method=method,
    )["E"][:, -1]  # fmt: skip
    exact = [
        quantal.run(
            model, protocols.recorded(train, "spike"), until=until, sample=[until],
            record=["E"], relative=1e-10, absolute=1e-13,
        )["E"][-1]
        for train in times
    ]  # fmt: skip
    each = np.abs(simulated / np.array(exact) - 1.0)
    return float(each.max()), float(abs(simulated.mean() / np.mean(exact) - 1.0))


KINDS: dict[str, dict[str, Any]] = {
    "f64": {"precision": "double", "method": "midpoint"},
    "f32": {"precision": "single", "method": "midpoint"},
    "f64, damped": {"precision": "double", "method": "damped"},
}


def rows() -> list[Row]:
    """Beside the peers; by size, precision, method and threads; memory."""
    model = quantal.load(SYNAPSE)
    off, said = {}, {}
    for name, kind in KINDS.items():
        single, _ = error(model, TRAINS, 60.0, **kind)
        burst, _ = error(model, BURST, 10.0, **kind)
        _, mean = error(model, poisson(POISSON, 300.0), 300.0, **kind)
        off[name] = max(single, mean)
        said[name] = f"mean of {POISSON} trains {mean:.1e}, burst {burst:.1e}"
    for kind in KINDS.values():
        seconds(model, trains(512, 1.0), 512, 1.0, **kind)
    return [*beside_peers(model, off["f64"]), *by_size(model, off, said)]


def beside_peers(model: Any, off: float) -> list[Row]:
    """Ours and each peer in turn, on one core; the ratio is the median of the rounds'."""
    size, until = 10_000, SIZES[10_000]
    spikes, ours = trains(size, until), []
    exact = quantal.run(
        model, protocols.recorded(TRAINS[0], "spike"), until=60.0, sample=[60.0],
        record=["E"], relative=1e-10, absolute=1e-13,
    )["E"][-1]  # fmt: skip
    with p2_peers.ready() as found:
        for _ in range(ROUNDS):
            taken = seconds(model, spikes, size, until, threads=1, **KINDS["f64"])
            ours.append(taken / (size * until / DT) * 1e9)
            for each in found:
                each.measure()
    rows = []
    for each, goal in zip(found, (">= 10x", ">= 30x", ">= 100x"), strict=True):
        theirs, peer_error, note = None, None, each.note
        if each.nanoseconds:
            ratio = float(np.median(np.array(each.nanoseconds) / np.array(ours)))
            theirs = float(np.median(ours)) * ratio
        if each.released is not None:
            peer_error = abs(each.released / exact - 1.0)
        rows.append(Row(
            "P2, 1e+04 synapses, one core", float(np.median(ours)), "ns/step", each.label,
            theirs, off, peer_error, goal=goal, note=note,
        ))  # fmt: skip
    return rows


def by_size(model: Any, off: dict[str, float], said: dict[str, str]) -> list[Row]:
    """Time and memory of populations of many sizes."""
    found: list[Row] = []
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    for size, until in SIZES.items():
        spikes = trains(size, until)
        steps = size * until / DT
        before = peak_memory()
        runs = {"f64": dict(KINDS["f64"], threads=1), "wall": dict(KINDS["f64"], threads=1)}
        runs["two"] = dict(KINDS["f64"], threads=2)
        if size == 10_000:
            runs |= {name: dict(kind, threads=1) for name, kind in KINDS.items()}
        best = dict.fromkeys(runs, np.inf)
        for _ in range(ROUNDS if size < 1_000_000 else 1):
            for name, more in runs.items():
                if name != "wall":
                    started = time.perf_counter()
                    best[name] = min(best[name], seconds(model, spikes, size, until, **more))
                    if name == "f64":
                        best["wall"] = min(best["wall"], time.perf_counter() - started)
        ns = {name: value / steps * 1e9 for name, value in best.items()}
        peak = peak_memory()
        for name in KINDS:
            if name in ns:
                found.append(Row(
                    f"P2, {size:.0e} synapses, {name}", ns[name], "ns/step", error=off[name],
                    memory=peak / 1e6, goal="<= 6 ns", note=said[name],
                ))  # fmt: skip
        found.append(Row(
            f"P2, {size:.0e} synapses, 2 threads", ns["two"], "ns/step", "1 thread", ns["wall"],
            goal=">= 1.8x", note=load,
        ))  # fmt: skip
        if size == 1_000_000:
            inputs = (spikes[0].nbytes + spikes[1].nbytes) / size
            found.append(Row(
                "P2, memory of a synapse", (peak - before) / size, "bytes",
                memory=peak / 1e6, goal="<= 200",
                note=f"beside its input, {inputs:.0f} bytes of spike times",
            ))  # fmt: skip
    return found


def peak_memory() -> float:
    """The process's largest resident set so far, bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak) * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    for row in rows():
        print(row.as_dict())
