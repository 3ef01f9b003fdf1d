"""P2 in NEURON: FOLDER MODEL SIZE UNTIL, KINETIC with METHOD sparse at 0.025 ms."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

folder, model, size, until = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
Path(folder, "popsyn.mod").write_text(Path(model).read_text())
os.chdir(folder)
compiler = Path(sys.executable).with_name("nrnivmodl")
done = subprocess.run([str(compiler), "."], capture_output=True, text=True, check=False)
if done.returncode:
    sys.exit(f"nrnivmodl: {(done.stderr or done.stdout).strip().splitlines()[-1]}")

import neuron  # noqa: E402  (it loads the compiled mechanism of this folder)
from neuron import h  # noqa: E402

context = h.ParallelContext()
h.dt = 0.025
keep = []


def synapse(place):
    made = h.PopSyn(place)
    keep.append(made)
    return made


sections = [h.Section(name=f"s{number}") for number in range(max(1, size // 1000) + 1)]
for section in sections:
    section.L = section.diam = 56.4
    section.insert("pas")
probe = synapse(sections[-1](0.5))
direct = h.NetCon(None, probe)
direct.weight[0] = 30
for number in range(size):
    made = synapse(sections[number % (len(sections) - 1)](0.5))
    source = h.NetStim()
    source.interval, source.number, source.start, source.noise = 100, 1e9, 0, 1
    source.noiseFromRandom123(number, 0, 1)
    link = h.NetCon(source, made)
    link.weight[0], link.delay = 30, 0.1
    keep += [source, link]
handler = h.FInitializeHandler(lambda: [direct.event(t) for t in (5.1, 25.1, 45.1)])
context.set_maxstep(10)
print(json.dumps({"version": neuron.__version__}), flush=True)
for measured, _ in enumerate(sys.stdin):
    # The first run is long enough for the three spikes, the later ones for their time.
    end = until if measured else max(until, 60.0)
    h.finitialize(-65)
    started = time.process_time()
    context.psolve(end)
    seconds = (time.process_time() - started) * until / end
    released = None if measured else float(probe.E)
    print(json.dumps({"seconds": seconds, "released": released}), flush=True)
