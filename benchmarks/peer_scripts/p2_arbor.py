"""P2 in Arbor: FOLDER MODEL SIZE UNTIL, METHOD sparse at 0.025 ms, one thread."""

import json
import subprocess
import sys
import time
from pathlib import Path

import arbor as a
from arbor import units as u

folder, model, size, until = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
mod = Path(folder, "mod")
mod.mkdir()
(mod / "popsyn.mod").write_text(Path(model).read_text())
compiler = Path(sys.executable).with_name("arbor-build-catalogue")
done = subprocess.run([str(compiler), "pop", "mod"], cwd=folder, capture_output=True, text=True)
if done.returncode:
    sys.exit(f"arbor-build-catalogue: {(done.stderr or done.stdout).strip().splitlines()[-1]}")


class Population(a.recipe):
    """Cells of up to 1,000 synapses; the first synapse of the last cell is the probe."""

    def __init__(self, synapses, poisson):
        a.recipe.__init__(self)
        self.synapses, self.poisson = synapses, poisson
        self.each = min(1000, synapses)
        self.properties = a.neuron_cable_properties()
        self.properties.catalogue.extend(a.load_catalogue(f"{folder}/pop-catalogue.so"), "")

    def num_cells(self):
        return self.synapses // self.each

    def cell_kind(self, _):
        return a.cell_kind.cable

    def global_properties(self, _):
        return self.properties

    def cell_description(self, _):
        tree = a.segment_tree()
        tree.append(a.mnpos, a.mpoint(-28, 0, 0, 28), a.mpoint(28, 0, 0, 28), tag=1)
        decor = a.decor().set_property(
            Vm=-65 * u.mV, cm=0.01 * u.F / u.m2, rL=100 * u.Ohm * u.cm, tempK=300 * u.Kelvin
        )
        decor.paint("(all)", a.density("pas/e=-65", {"g": 1e-4}))
        for number in range(self.each):
            decor.place("(location 0 0.5)", a.synapse("popsyn"), f"s{number}")
        return a.cable_cell(tree, decor, discretization=a.cv_policy_single())

    def event_generators(self, cell):
        if not self.poisson:
            times = [5.1 * u.ms, 25.1 * u.ms, 45.1 * u.ms]
            return [a.event_generator("s0", 30.0, a.explicit_schedule(times))]
        return [
            a.event_generator(
                f"s{number}", 30.0,
                a.poisson_schedule(freq=10 * u.Hz, seed=cell * self.each + number),
            )
            for number in range(self.each)
        ]  # fmt: skip

    def probes(self, _):
        return [] if self.poisson else [a.cable_probe_point_state_cell("popsyn", "E", "e")]


def run(recipe, end):
    simulation = a.simulation(recipe, context=a.context(threads=1))
    handle = None
    if not recipe.poisson:
        handle = simulation.sample((0, "e"), a.explicit_schedule([(end - 0.025) * u.ms]))
    started = time.process_time()
    simulation.run(end * u.ms, 0.025 * u.ms)
    seconds = time.process_time() - started
    released = None if handle is None else float(simulation.samples(handle)[0][0][-1, 1])
    return {"seconds": seconds, "released": released}


probed = run(Population(1, False), 60.0)["released"]
print(json.dumps({"version": a.__version__}), flush=True)
for _ in sys.stdin:
    print(json.dumps(run(Population(size, True), until) | {"released": probed}), flush=True)
