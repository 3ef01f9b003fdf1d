"""A population of synapses (21 states: sensor, pool, cleft, AMPA, NMDA), dt 0.025 ms, f64.

Each synapse has its own 10 Hz Poisson train; a spike adds 30 uM of calcium, which decays in
0.3 ms; the voltage is fixed. Nanoseconds per synapse and step of the whole call, inputs and
output included, the compilation not. The error is that of the released fraction E against
the stiff engine at 1e-10: the larger of that after three spikes, on and off the grid, and of
that of the mean over Poisson trains.
"""

from __future__ import annotations

import itertools
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

if __name__ == "__main__":
    here = Path(__file__).parent
    sys.path[:0] = [str(here), str(here.parent / "src")]

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


def trains(size: int, until: float) -> tuple[np.ndarray, np.ndarray]:
    """Poisson times of all synapses, and where each one's begin."""
    rng = np.random.default_rng(size)
    counts = rng.poisson(RATE * until, size)
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
    """One run, output at the end."""
    started = time.perf_counter()
    quantal.run_population(
        model, size=size, spikes={"spike": spikes}, until=until, dt=DT, record=["E"], **more
    )
    return time.perf_counter() - started


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


def rows() -> list[Row]:
    """By size, precision, method and threads."""
    model = quantal.load(SYNAPSE)
    kinds = {
        "f64": {"precision": "double", "method": "midpoint"},
        "f32": {"precision": "single", "method": "midpoint"},
        "f64, damped": {"precision": "double", "method": "damped"},
    }
    off, said = {}, {}
    for name, kind in kinds.items():
        single, _ = error(model, TRAINS, 60.0, **kind)
        burst, _ = error(model, BURST, 10.0, **kind)
        _, mean = error(model, poisson(POISSON, 300.0), 300.0, **kind)
        off[name] = max(single, mean)
        said[name] = f"mean of {POISSON} trains {mean:.1e}, burst {burst:.1e}"
    found: list[Row] = []
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    for kind in kinds.values():
        seconds(model, trains(512, 1.0), 512, 1.0, **kind)
    for size, until in SIZES.items():
        spikes = trains(size, until)
        steps = size * until / DT
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        runs = {"f64": dict(kinds["f64"], threads=1), "two": dict(kinds["f64"], threads=2)}
        if size == 10_000:
            runs |= {name: dict(kind, threads=1) for name, kind in kinds.items()}
        best = dict.fromkeys(runs, np.inf)
        for _ in range(ROUNDS if size < 1_000_000 else 1):
            for name, more in runs.items():
                best[name] = min(best[name], seconds(model, spikes, size, until, **more))
        ns = {name: value / steps * 1e9 for name, value in best.items()}
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        theirs, note = (None, "") if size != 10_000 else brian2(size, until)
        for name in kinds:
            if name in ns:
                found.append(Row(
                    f"P2, {size:.0e} synapses, {name}", ns[name], "ns/step", "Brian2 C++ rk4",
                    theirs if name == "f64" else None, off[name], None, peak / 1e3, "<= 6 ns",
                    "; ".join(part for part in (note * (name == "f64"), said[name], load) if part),
                ))  # fmt: skip
        found.append(Row(
            f"P2, {size:.0e} synapses, 2 threads", ns["two"], "ns/step", "1 thread", ns["f64"],
            goal=">= 1.8x", note=load,
        ))  # fmt: skip
        if size == 1_000_000:
            inputs = (spikes[0].nbytes + spikes[1].nbytes) / size
            found.append(Row(
                "P2, memory of a synapse", (peak - before) * 1024 / size, "bytes",
                goal="<= 200", note=f"beside its input, {inputs:.0f} bytes of spike times",
            ))  # fmt: skip
    return found


BRIAN2 = '''
import sys, time, brian2 as b
b.set_device("cpp_standalone", directory=sys.argv[1], build_on_run=False)
size, until = int(sys.argv[2]), float(sys.argv[3])
b.defaultclock.dt = {dt}*b.ms
sources = b.PoissonGroup(size, 10*b.Hz)
cells = b.NeuronGroup(size, """{equations}""", method="rk4")
cells.Ca, cells.S0, cells.C0, cells.N0 = 0.05, 1, 1, 1
spikes = b.Synapses(sources, cells, on_pre="Ca_post += 30")
spikes.connect(j="i")
network = b.Network(sources, cells, spikes)
network.run(until*b.ms)
b.device.build(run=False, compile=True, directory=sys.argv[1])
started = time.perf_counter()
b.device.run(sys.argv[1], with_output=False, run_args=[])
print(b.device._last_run_time)
'''


def brian2(size: int, until: float) -> tuple[float | None, str]:
    """The same in Brian2's compiled mode, ns per synapse and step, if it is installed."""
    if find_spec("brian2") is None:
        return None, "Brian2 is not installed"
    script = BRIAN2.format(dt=DT, equations=brian2_equations())
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", script, folder, str(size), str(until)],
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
    if done.returncode:
        return None, f"Brian2 failed: {done.stderr.strip().splitlines()[-1:]}"
    return float(done.stdout.split()[-1]) / (size * until / DT) * 1e9, ""


def brian2_equations() -> str:
    """The scheme's reactions as equations of Brian2; times in ms, G in mM, Ca in uM."""
    reactions = [
        (f"S{i}", f"S{i + 1}", f"{(5 - i) * 0.09}*Ca", f"{(i + 1) * 9.5 * 0.25**i}")
        for i in range(5)
    ]
    reactions += [("S5", "E", "6", "0"), ("E", "S0", "0.0002", "0")]
    reactions += [
        ("C0", "C1", "4.59*G", "4.26"), ("C1", "C2", "28.4*G", "3.26"), ("C2", "O", "4.24", "0.9"),
        ("C1", "C3", "2.89", "0.0392"), ("C2", "C4", "0.172", "0.000727"),
        ("O", "C5", "0.0177", "0.004"), ("C3", "C4", "1.27*G", "0.0457"),
        ("C4", "C5", "0.0168", "0.1904"), ("N0", "N1", "5*G", "0.0129"),
        ("N1", "N2", "5*G", "0.0129"), ("N2", "NO", "0.0465", "0.0738"),
        ("N2", "ND", "0.0084", "0.0068"),
    ]  # fmt: skip
    lines = ["dCa/dt = (0.05 - Ca)/0.3/ms : 1", "dG/dt = (72*S5 - G/0.1)/ms : 1"]
    changes: dict[str, list[str]] = {}
    for number, (left, right, forward, backward) in enumerate(reactions):
        back = f" - {backward}*{right}" if backward != "0" else ""
        lines.append(f"r{number} = {forward}*{left}{back} : 1")
        changes.setdefault(left, []).append(f"-r{number}")
        changes.setdefault(right, []).append(f"+r{number}")
    lines += [f"d{name}/dt = ({' '.join(terms)})/ms : 1" for name, terms in changes.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    for row in rows():
        print(row.as_dict())
