"""How the cost of a population grows: with synapses, with states, and with the spike rate.

Nanoseconds of one core for each synapse and step of 0.025 ms, in double precision; the whole
call, the compilation not. The synapse is that of P2; states are counted on a calcium
sensor of as many sites.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from p2_population import KINDS, RATE, SYNAPSE, peak_memory, seconds, trains
from row import Row

import quantal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SYNAPSES = (1_000, 10_000, 100_000, 1_000_000)
WORK = {1_000: 400.0, 10_000: 50.0, 100_000: 10.0, 1_000_000: 10.0}
"""ms for which so many synapses are run."""
STATES = (5, 10, 20, 40, 80, 160)
SPIKE_RATES = (0.0, 1.0, 10.0, 30.0, 100.0, 300.0)
"""Hz, in each synapse."""
DT, SIZE, UNTIL = 0.025, 10_000, 25.0
ROUNDS = 3


def rows() -> list[Row]:
    """One row for each point of the three curves."""
    model = quantal.load(SYNAPSE)
    found = []
    for size in SYNAPSES:
        ns = cost(model, size, WORK[size], trains(size, WORK[size]), 1 if size >= 1e6 else ROUNDS)
        found.append(Row(f"cost, {size:.0e} synapses", ns, "ns/step", memory=peak_memory() / 1e6))
    for rate in SPIKE_RATES:
        ns = cost(model, SIZE, UNTIL, trains(SIZE, UNTIL, rate * RATE / 10.0))
        found.append(Row(f"cost, {rate:g} Hz", ns, "ns/step"))
    for states in STATES:
        size = SIZE * 20 // states // 4
        made = quantal.load(sensor(states))
        ns = cost(made, size, UNTIL, trains(size, UNTIL))
        found.append(Row(f"cost, {states} states", ns, "ns/step"))
    return found


def cost(model: Any, size: int, until: float, spikes: Any, rounds: int = ROUNDS) -> float:
    """ns for each synapse and step: the least of some rounds."""
    more = dict(KINDS["f64"], threads=1)
    seconds(model, trains(64, 1.0), 64, 1.0, **more)
    best = min(seconds(model, spikes, size, until, **more) for _ in range(rounds))
    return best / (size * until / DT) * 1e9


def sensor(states: int) -> str:
    """Calcium and a chain of binding sites, as many states in all."""
    last = states - 3
    return f"""mechanism sensor "A calcium sensor with {last} sites"
event spike
state Ca = 0.05 [uM]
  Ca' = (0.05 [uM] - Ca)/0.3 [ms]
scheme sensor = S{{0..{last}}} E
  for i in 0 .. {last - 1}
    S{{i}} <-> S{{i+1}} : 0.09 [/uM/ms]*Ca, 2 [/ms]
  S{last} -> E : 6 [/ms]
  E -> S0 : 0.01 [/ms]
on spike
  Ca += 30 [uM]
"""


def figure(measured: Iterable[Mapping[str, Any]]) -> Figure:
    """The three curves from rows of the table."""
    from matplotlib.figure import Figure

    made = Figure(figsize=(9.6, 3.2), layout="constrained")
    panels = made.subplots(1, 3, sharey=True)
    curves = {"synapses": [], "states": [], "Hz": []}
    for row in measured:
        if match := re.fullmatch(r"cost, (\S+) (synapses|states|Hz)", row["problem"]):
            curves[match[2]].append((float(match[1]), row["ours"]))
    labels = {"synapses": "synapses", "states": "states", "Hz": "spikes of each synapse (Hz)"}
    for panel, (name, points) in zip(panels, curves.items(), strict=True):
        x, y = np.array(sorted(points)).T
        panel.plot(x, y, "o-", color="#1f5a8a", markersize=4)
        panel.set_xlabel(labels[name])
        panel.grid(alpha=0.3)
        panel.spines[["top", "right"]].set_visible(False)
        if name == "Hz":
            panel.set_xscale("symlog", linthresh=1.0)
            panel.set_xticks([0, 1, 10, 100], ["0", "1", "10", "100"])
        else:
            panel.set_xscale("log")
        if name == "states":
            panel.plot(x, y[0] * x / x[0], ":", color="0.5", label="in proportion")
            panel.set_xticks(STATES, [str(each) for each in STATES])
            panel.minorticks_off()
            panel.legend(frameon=False)
    panels[0].set_yscale("log")
    panels[0].set_ylabel("ns per synapse and step")
    panels[0].set_title("21 states, 10 Hz", fontsize=10)
    panels[1].set_title("one scheme, 10 Hz", fontsize=10)
    panels[2].set_title("21 states", fontsize=10)
    return made
