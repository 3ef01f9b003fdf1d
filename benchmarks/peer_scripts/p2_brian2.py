"""P2 in Brian2's compiled mode: FOLDER EQUATIONS SIZE UNTIL, rk4 at 0.025 ms.

The last cell is driven at 5.1, 25.1 and 45.1 ms, the others by Poisson trains.
"""

import json
import sys
from pathlib import Path

import brian2 as b

folder, equations, size, until = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
b.set_device("cpp_standalone", directory=folder, build_on_run=False)
b.defaultclock.dt = 0.025 * b.ms
sources = b.PoissonGroup(size, 10 * b.Hz)
known = b.SpikeGeneratorGroup(1, [0, 0, 0], [5.1, 25.1, 45.1] * b.ms)
cells = b.NeuronGroup(size + 1, Path(equations).read_text(), method="rk4")
cells.Ca, cells.S0, cells.C0, cells.N0 = 0.05, 1, 1, 1
spikes = b.Synapses(sources, cells, on_pre="Ca_post += 30")
spikes.connect(j="i")
probe = b.Synapses(known, cells, on_pre="Ca_post += 30")
probe.connect(i=0, j=size)
network = b.Network(sources, known, cells, spikes, probe)
network.run(until * b.ms)
b.device.build(run=False, compile=True, directory=folder)
print(json.dumps({"version": b.__version__}), flush=True)
for _ in sys.stdin:
    b.device.run(folder, with_output=False, run_args=[])
    released = float(cells.E[:][size])
    print(json.dumps({"seconds": b.device._last_run_time, "released": released}), flush=True)
