"""How an AMPA current depends on each rate of its receptor, in one run and one picture.

The scheme of Jonas, Major & Sakmann (1993) with its sixteen rates as parameters, driven by
1 mM glutamate for 1 ms. Prints by how many per cent the peak, the decay and the charge change
for one per cent of each rate, and draws the change of the current at every moment.

Usage: python examples/ampa_sensitivities.py [FILE.png]
"""

from __future__ import annotations

import sys
from pathlib import Path

import quantal
from quantal.cli.printing import print_table
from quantal.figures.figure import CYCLE, Axis, Figure, Panel, Series
from quantal.figures.render import render

RECEPTOR = """
mechanism ampa "AMPA receptor of the mossy fibre synapse onto CA3, its rates as parameters"
source Jonas, Major & Sakmann 1993 J Physiol 472:615
note Rate constants from memory of the paper's scheme; check against the paper.
temperature 22 [degC]
input glu [mM] outside
membrane V inside
parameter n = 80 [channels]
parameter g = 8 [pS]
parameter k1 = 4.59 [/mM/ms]
parameter k1_off = 4.26 [/ms]
parameter k2 = 28.4 [/mM/ms]
parameter k2_off = 3.26 [/ms]
parameter alpha = 4.24 [/ms]
parameter beta = 0.9 [/ms]
parameter a1 = 2.89 [/ms]
parameter b1 = 0.0392 [/ms]
parameter k3 = 1.27 [/mM/ms]
parameter k3_off = 0.0457 [/ms]
parameter a2 = 0.172 [/ms]
parameter b2 = 0.000727 [/ms]
parameter a4 = 0.0168 [/ms]
parameter b4 = 0.1904 [/ms]
parameter a3 = 0.0177 [/ms]
parameter b3 = 0.004 [/ms]
scheme receptor = C0 C1 C2 O C3 C4 C5 count n
  C0 + glu <-> C1 : k1, k1_off
  C1 + glu <-> C2 : k2, k2_off
  C2 <-> O        : alpha, beta
  C1 <-> C3       : a1, b1
  C3 + glu <-> C4 : k3, k3_off
  C2 <-> C4       : a2, b2
  C4 <-> C5       : a4, b4
  O <-> C5        : a3, b3
current i = n*g*O*V
role open = O
"""
GROUPS = {
    "binding": ("k1", "k1_off", "k2", "k2_off"),
    "gating": ("alpha", "beta"),
    "desensitization": ("a1", "a2", "a3"),
}
"""Rates by what they do; the others hardly change this current."""
RATES = (
    "k1", "k1_off", "k2", "k2_off", "alpha", "beta", "a1", "b1", "a2", "b2", "a3", "b3", "k3",
    "k3_off", "a4", "b4",
)  # fmt: skip
MEASURED = ("peak(i)", "decay(i)", "area(i)")


def main(picture: Path) -> None:
    """Differentiate, print and draw."""
    receptor = quantal.load(RECEPTOR)
    pulse = quantal.protocols.pulse("glu", "1 mM", duration="1 ms", at="1 ms")
    pulse += quantal.protocols.hold("V", "-70 mV")
    found = quantal.gradient(receptor, list(MEASURED), RATES, pulse, until="15 ms")
    rows = [
        [rate, *(f"{found.relative(rate, number):+.4f}" for number in range(len(MEASURED)))]
        for rate in RATES
    ]
    print_table(["% for 1 % of", *MEASURED], rows)
    render(draw(found.trajectory, dict(zip(RATES, found.parameter_values, strict=True))), picture)
    print(f"\n{found.trajectory.status} The figure is in {picture}.")


def draw(run: quantal.Trajectory, values: dict[str, float]) -> Figure:
    """The current, and below it what doubling each rate would change, to first order."""
    time = Axis("time", "ms")
    panels = [Panel(time, Axis("current", "pA"), (Series(run.time, run["i"], "black"),))]
    for group, rates in GROUPS.items():
        series = tuple(
            Series(run.time, run.sensitivity("i", rate) * values[rate], CYCLE[place], rate)
            for place, rate in enumerate(rates)
        )
        panels.append(Panel(time, Axis("k di/dk", "pA"), series, title=group, height=1.9))
    return Figure("An AMPA current and its rates", tuple(panels))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "ampa_sensitivities.png"))
