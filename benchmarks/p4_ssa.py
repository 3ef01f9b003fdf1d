"""P4, exact stochastic simulation: eight vesicles, their glutamate, 20 AMPA and 20 NMDA receptors.

Constant calcium, because the peer takes no other; then the same with calcium pulses, which
are exact here too. Events per second of processor time on one core, in turns with the peer.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from row import Row

import quantal
from quantal.protocols.protocol import Protocol
from quantal.protocols.text import parse_action

TRIALS = 1000
ROUNDS = 5

# Fusion adds 150 copies of 0.01 mM, the quantum of 1.5 mM.
TEXT = """mechanism p4 "Eight vesicles, their glutamate, AMPA and NMDA receptors"
input Ca [uM] = 10 [uM] inside
parameter s = 0.01 [mM]
species G = 0 [molecules] inside
scheme vesicle = S{0..5} E count 8
  for i in 0 .. 4
    S{i} + Ca <-> S{i+1} : (5 - i)*0.09 [/uM/ms], (i + 1)*9.5 [/ms]*0.25^i
  fusion = S5 -> E + 150 G : 6 [/ms]
  E -> S0 : 0.0002 [/ms]
reaction clear = G -> nothing : 10 [/ms]
scheme ampa = C0 C1 C2 O C3 C4 C5 count 20
  C0 + G -> C1 + G : 4.59 [/mM/ms]*s
  C1 -> C0 : 4.26 [/ms]
  C1 + G -> C2 + G : 28.4 [/mM/ms]*s
  C2 -> C1 : 3.26 [/ms]
  C2 <-> O : 4.24 [/ms], 0.9 [/ms]
  C1 <-> C3 : 2.89 [/ms], 0.0392 [/ms]
  C3 + G -> C4 + G : 1.27 [/mM/ms]*s
  C4 -> C3 : 0.0457 [/ms]
  C2 <-> C4 : 0.172 [/ms], 0.000727 [/ms]
  C4 <-> C5 : 0.0168 [/ms], 0.1904 [/ms]
  O <-> C5 : 0.0177 [/ms], 0.004 [/ms]
scheme nmda = N0 N1 N2 NO ND count 20
  N0 + G -> N1 + G : 5 [/mM/ms]*s
  N1 -> N0 : 0.0129 [/ms]
  N1 + G -> N2 + G : 5 [/mM/ms]*s
  N2 -> N1 : 0.0129 [/ms]
  N2 <-> NO : 0.0465 [/ms], 0.0738 [/ms]
  N2 <-> ND : 0.0084 [/ms], 0.0068 [/ms]
"""

PULSES = "Ca = 20 [uM] decaying 1 [ms] at 1 [ms] every 2 [ms] count 24"


def rows() -> list[Row]:
    """Constant calcium beside libroadrunner, and calcium pulses."""
    model = quantal.load(TEXT)
    peer = _roadrunner()
    pulses = Protocol((parse_action("pulse", PULSES),))
    ours, theirs, pulsed, mean, peer_mean = [], [], [], 0.0, 0.0
    _ours(model, None, 2)
    _ours(model, pulses, 2)
    for _ in range(ROUNDS):
        seconds, events, mean = _ours(model, None, TRIALS)
        ours.append(seconds / events)
        if peer is not None:
            seconds, peer_mean = peer()
            # The same law, so the same number of events on average.
            theirs.append(seconds / events)
        seconds, events, _ = _ours(model, pulses, TRIALS)
        pulsed.append(seconds / events)
    said = f"open AMPA channels, mean {mean:.3f}" + (f" and {peer_mean:.3f}" if peer else "")
    return [
        Row(
            "P4 exact SSA, constant calcium", float(np.median(ours)) * 1e9, "ns/event",
            "libroadrunner", float(np.median(theirs)) * 1e9 if theirs else None, goal=">= 25x",
            note=f"{1e-6 / np.median(ours):.1f} million events/s; {said}",
        ),
        Row(
            "P4 exact SSA, calcium pulses", float(np.median(pulsed)) * 1e9, "ns/event",
            note=f"{1e-6 / np.median(pulsed):.1f} million events/s; no peer does it exactly",
        ),
    ]  # fmt: skip


def _ours(model, protocol, trials) -> tuple[float, float, float]:
    began = time.process_time()
    run = quantal.run(
        model, protocol, until=50, sample="1 ms", engine="ssa", trials=trials, seed=1, workers=1,
        record=["E", "O", "NO"],
    )  # fmt: skip
    return time.process_time() - began, run.statistics["events"], float(run["O"].mean() * 20)


def _roadrunner() -> Callable[[], tuple[float, float]] | None:
    """The peer's run of TRIALS trials: (seconds, mean number of open AMPA channels)."""
    try:
        import antimony
        import roadrunner
    except ImportError:
        return None
    antimony.clearPreviousLoads()
    antimony.loadAntimonyString(_antimony())
    simulator = roadrunner.RoadRunner(antimony.getSBMLString(antimony.getModuleNames()[-1]))
    simulator.setIntegrator("gillespie")
    simulator.integrator.variable_step_size = False
    simulator.integrator.seed = 3
    simulator.timeCourseSelections = ["E", "O", "NO"]

    def run() -> tuple[float, float]:
        began = time.process_time()
        total = 0.0
        for _ in range(TRIALS):
            simulator.reset()
            total += float(np.array(simulator.simulate(0, 50, 51))[:, 1].mean())
        return time.process_time() - began, total / TRIALS

    return run


def _antimony() -> str:
    """The same network in the peer's language, from the Program itself."""
    from quantal.experiments.loading import prepare
    from quantal.kernels.stochastic.network import write_network

    program = prepare(quantal.load(TEXT))
    network = write_network(program)
    lines = ["model p4", "compartment c; c = 1;"]
    start = {"S0": 8, "C0": 20, "N0": 20}
    for state in program.states:
        lines.append(f"substanceOnly species {state.name} in c; {state.name} = "
                     f"{start.get(state.name, 0)}")  # fmt: skip
    for block in network.blocks:
        for channel in block.channels:
            row = program.reactions[channel.row]
            left, right = (row.products, row.reactants) if channel.backward else (
                row.reactants, row.products)  # fmt: skip
            constant = _constant(program, row.backward if channel.backward else row.forward, left)
            law = "*".join([repr(constant), *(program.states[i].name for i, _ in left)])
            lines.append(f"{_side(program, left)} -> {_side(program, right)}; {law}")
    return "\n".join([*lines, "end"])


def _side(program, terms) -> str:
    return " + ".join(f"{k} {program.states[i].name}" if k > 1 else program.states[i].name
                      for i, k in terms)  # fmt: skip


def _constant(program, name, left) -> float:
    """The rate constant: the law with one of each reactant."""
    from quantal.expression import evaluate

    known = {slot.name: slot.value for slot in program.parameters}
    known |= {drive.name: drive.default for drive in program.drives}
    known |= {program.states[i].name: 1.0 for i, _ in left}
    law = next(item.expression for item in program.definitions if item.name == name)
    return float(evaluate(law, known))
