"""How the cost of a population grows: with synapses, with states, and with the spike rate.

Nanoseconds of one core for each synapse and step of 0.025 ms, in double precision; the whole
call, the compilation not. The synapse is that of P2; it gets states by further receptors,
which is how synapses grow, or they are one chain of calcium-binding steps, the hardest case:
each state then waits for a division that waits for the one before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from p2_population import KINDS, RATE, SYNAPSE, peak_memory, seconds, trains
from row import Row

import quantal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SYNAPSES = (1_000, 10_000, 100_000, 1_000_000)
WORK = {1_000: 400.0, 10_000: 50.0, 100_000: 10.0, 1_000_000: 10.0}
"""ms for which so many synapses are run."""
STATES = (21, 42, 84, 168)
CHAIN = (5, 10, 20, 40, 80)
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
        size = SIZE * 21 // states // 64 * 64
        ns = cost(quantal.load(receptors(states)), size, UNTIL, trains(size, UNTIL))
        found.append(Row(f"cost, {states} states", ns, "ns/step"))
    for states in CHAIN:
        size = SIZE * 5 // states // 64 * 64
        ns = cost(quantal.load(sensor(states)), size, UNTIL, trains(size, UNTIL))
        found.append(Row(f"cost, {states} states in a chain", ns, "ns/step"))
    return found


def cost(model: Any, size: int, until: float, spikes: Any, rounds: int = ROUNDS) -> float:
    """ns for each synapse and step: the least of some rounds."""
    more = dict(KINDS["f64"], threads=1)
    seconds(model, trains(64, 1.0), 64, 1.0, **more)
    best = min(seconds(model, spikes, size, until, **more) for _ in range(rounds))
    return best / (size * until / DT) * 1e9


def receptors(states: int) -> str:
    """The synapse with as many more schemes like its AMPA receptor as give so many states."""
    first, second = SYNAPSE.index("scheme ampa"), SYNAPSE.index("scheme nmda")
    scheme, more = SYNAPSE[first:second], ""
    for number in range((states - 21) // 7):
        copy = scheme.replace("ampa", f"more{number}")
        more += re.sub(r"\b(C\d|O)\b", lambda m, n=number: f"{m[1]}x{n}", copy)
    return SYNAPSE[:second] + more + SYNAPSE[second:]


def sensor(states: int) -> str:
    """Calcium and a chain of binding sites, as many states in all."""
    last = states - 3
    return f"""mechanism sensor "A calcium sensor with {last} sites"
event spike
state Ca = 0.5 [uM]
  Ca' = (0.5 [uM] - Ca)/0.3 [ms]
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

    curves: dict[str, list[tuple[float, float]]] = {}
    for row in measured:
        if match := re.fullmatch(r"cost, (\S+) (.+)", row["problem"]):
            curves.setdefault(match[2], []).append((float(match[1]), row["ours"]))
    made = Figure(figsize=(9.6, 3.2), layout="constrained")
    synapses, states, spikes = made.subplots(1, 3)
    _draw(synapses, curves["synapses"], "synapses", "21 states, 10 Hz")
    synapses.set_xscale("log")
    synapses.set_ylabel("ns per synapse and step")
    _draw(states, curves["states"], "states", "10 Hz", "synapse, more receptors")
    _draw(states, curves["states in a chain"], "states", "10 Hz", "one chain of binding steps")
    ticks = sorted({*STATES, *CHAIN} - {20, 40, 80})
    states.set(xscale="log", yscale="log")
    states.set_xticks(ticks, [str(tick) for tick in ticks])
    states.minorticks_off()
    states.set_yticks([3, 10, 30, 100], ["3", "10", "30", "100"])
    for panel, name in ((synapses, "synapses"), (spikes, "Hz")):
        panel.set_ylim(0.0, 1.1 * max(y for _, y in curves[name]))
    states.legend(frameon=False, fontsize=8)
    _draw(spikes, curves["Hz"], "spikes of each synapse (Hz)", "21 states")
    return made


def _draw(panel: Any, points: list[tuple[float, float]], x: str, title: str, label: str = ""
          ) -> None:  # fmt: skip
    xs, ys = zip(*sorted(points), strict=True)
    panel.plot(xs, ys, "o-", markersize=4, label=label or None)
    panel.set_xlabel(x)
    panel.set_title(title, fontsize=10)
    panel.grid(alpha=0.3)
    panel.spines[["top", "right"]].set_visible(False)
