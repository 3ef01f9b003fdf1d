"""Trials side by side are the trials one after another, bit for bit."""

import threading

import numpy as np
import pytest
from tests.statistics.models import AMPA, BIRTH_DEATH, DIMER, IMMIGRATION, SENSOR, loaded
from tests.statistics.test_channels_and_sensors import CALCIUM, GLUTAMATE, following

from quantal.compiler.bind import bind
from quantal.engines.base import Settings
from quantal.engines.stochastic import chunk
from quantal.engines.stochastic.trials import make_plan
from quantal.experiments.loading import prepare
from quantal.kernels.stochastic.lanes.weights import fits
from quantal.kernels.stochastic.network import write_network
from quantal.kernels.stochastic.parts import Parts
from quantal.protocols.protocol import Protocol

NOTHING = Protocol(())
QUANTA = """mechanism quanta "Drawn release, and an event that changes four counts at once"
event spike
species docked = 10 [vesicles] inside
species fused = 0 [vesicles] inside
species glu = 0 [molecules] inside
species used = 0 [molecules] inside
parameter quantum = 30 [molecules]
on spike
  docked -> fused times binomial(docked, 0.3)
reaction slow = docked -> fused + quantum glu + 2 used : 0.1 [/ms]
reaction clear = glu -> nothing : 1 [/ms]
"""
CASES = {
    "birth and death": (BIRTH_DEATH, NOTHING, 5.0, ["born"]),
    "immigration": (IMMIGRATION, NOTHING, 10.0, []),
    "pairs": (DIMER, NOTHING, 5.0, []),
    "receptor": (AMPA, GLUTAMATE, 4.0, []),
    "sensor": (SENSOR, CALCIUM + following("n = 30 [vesicles]", "set"), 6.0, ["fusion"]),
    "quanta": (QUANTA, following("spike every 1 ms count 3", "train"), 5.0, ["slow"]),
}


def plan(case):
    text, protocol, until, watched = CASES[case]
    program = prepare(loaded(text))
    stimulus = bind(program, Protocol(protocol.actions, until), ()).stimulus
    settings = Settings(sample=np.linspace(0.0, until, 21), seed=5, trials=50,
                        record=tuple(watched))  # fmt: skip
    return make_plan(program, stimulus, settings, threading.Event())[0]


def run(made, trials, monkeypatch, enough):
    monkeypatch.setattr(chunk, "ENOUGH_TRIALS", enough)
    return chunk.Chunk(made, trials).run()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("trials", [range(45), range(3, 8)])
def test_the_lanes_give_the_bits_of_the_single_loop(case, trials, monkeypatch):
    made = plan(case)
    assert made.kernel.layout.lanes
    # Few draws and little room for firings, so that the loop is left and entered again.
    monkeypatch.setattr(chunk, "DRAWS_PER_CALL", 999)
    monkeypatch.setattr(chunk, "FIRINGS_PER_CALL", 17)
    single, abreast = (run(made, trials, monkeypatch, enough) for enough in (10**9, 1))
    assert np.array_equal(abreast.counts, single.counts)
    assert abreast.counts.std() > 0.0
    assert (abreast.events, abreast.rejected) == (single.events, single.rejected)
    for row, times in single.firings.items():
        assert sum(len(each) for each in times) > 0
        for a, b in zip(times, abreast.firings[row], strict=True):
            assert np.array_equal(a, b)


LAW = """mechanism law "A rate that rounds differently in a fused multiply-add"
species X = 5 [molecules] inside
reaction grows = nothing -> X rate 1 [/ms] + 0.1 [/ms/molecules]*X
reaction dies = X -> nothing : 1 [/ms]
"""


def test_rates_that_might_round_differently_run_one_after_another():
    assert not fits(Parts(write_network(prepare(loaded(LAW)))))
