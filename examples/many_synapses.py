"""Two thousand synapses on one compartment, and one of them beside its equations.

Spikes come at 5 Hz and at 40 Hz for 100 ms in between; depression by Tsodyks & Markram sets
what each releases. The sum goes from spike to spike by exact propagators; a single receptor,
where pulses overlap as well, is compared with its differential equations at 1e-12.
Usage: python examples/many_synapses.py [FILE.png]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import quantal
from quantal import protocols
from quantal.figures.figure import CYCLE, Axis, Figure, Panel, Series
from quantal.figures.render import render

SYNAPSES = """synapse depressing "Depression, transmitter, AMPA and NMDA receptors"
source Tsodyks, Pawelzik & Markram 1998 Neural Comput 10:821
source Jonas, Major & Sakmann 1993 J Physiol 472:615
event spike
input V [mV] = -60 [mV]
place cleft
place dendrite
place density between cleft and dendrite
use stp = plasticity/tsodyks_markram_1998
connect spike -> stp.spike
state glu [mM] = 0 [mM]
  glu' = -glu/0.1 [ms]
on spike after 0.1 [ms]
  glu += stp.released*3 [mM]
use ampa = receptors/ampa_jonas_1993 at density
use nmda = receptors/nmda_destexhe_1996 at density
connect ampa.V = V
connect nmda.V = V
connect ampa.glu = glu
connect nmda.glu = glu
"""
SIZE, UNTIL, BURST = 2000, 400.0, (100.0, 200.0)
ONE = np.array([5.0, 11.0, 12.5, 13.1, 25.0])


def main(picture: Path) -> None:
    """Run, print and draw."""
    model = quantal.load(SYNAPSES)
    clamp = protocols.hold("V", "-60 mV")
    many = quantal.run_population(
        model, clamp, size=SIZE, spikes={"spike": spikes()}, until=UNTIL, sample=0.5,
        record=["ampa.i", "nmda.i"], keep="sum",
    )  # fmt: skip
    print(many.made_by["choice"])
    print(many.status)
    protocol, record = protocols.recorded(ONE, "spike") + clamp, ["ampa.open"]
    one, full = (
        quantal.run(model, protocol, until=40.0, sample=step, record=record, **how)
        for step, how in (
            (0.02, {"engine": "event"}),
            (0.4, {"engine": "stiff", "relative": 1e-12, "absolute": 1e-15}),
        )
    )
    off = np.abs(one["ampa.open"][::20] - full["ampa.open"]).max()
    print(f"One synapse: {off:.1e} at most from its equations.")
    render(draw(many, one, full), picture)
    print(f"The figure is in {picture}.")


def spikes() -> list[np.ndarray]:
    """Poisson times (ms) of each synapse."""
    rng = np.random.default_rng(1)
    trains = []
    for _ in range(SIZE):
        slow = rng.uniform(0.0, UNTIL, rng.poisson(0.005 * UNTIL))
        fast = rng.uniform(*BURST, rng.poisson(0.035 * (BURST[1] - BURST[0])))
        trains.append(np.sort(np.concatenate([slow, fast])))
    return trains


def draw(many: quantal.Trajectory, one: quantal.Trajectory, full: quantal.Trajectory) -> Figure:
    """The currents of all, and the open receptors of one."""
    time = Axis("time", "ms")
    currents = tuple(
        Series(many.time, many[f"{name}.i"] / 1e3, color, name.upper())
        for name, color in (("ampa", CYCLE[0]), ("nmda", CYCLE[1]))
    )
    opened = (
        Series(one.time, one["ampa.open"], "black", "propagators"),
        Series(full.time, full["ampa.open"], CYCLE[1], "equations at 1e-12", "points"),
    )
    sums = Panel(
        time, Axis("summed current", "nA"), currents,
        title=f"{SIZE} synapses: 5 Hz, and 40 Hz from 100 to 200 ms",
    )  # fmt: skip
    single = Panel(
        time, Axis("open AMPA receptors", "1"), opened, title="one synapse, pulses that overlap"
    )
    return Figure("From spike to spike", column=(sums, single), abreast=2)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "many_synapses.png"))
