"""A synapse of known depression, driven by artefacts found in sweeps."""

import numpy as np
import pytest

import quantal
from quantal.errors import UsageError
from quantal.experiments.loading import load
from quantal.interop.compare import compare
from quantal.interop.recording import Recording

DEPRESSING = """mechanism depressing "each response is 0.6 of the one before"
event stimulus
parameter tau = 2 [ms]
state x = 1
state epsc [pA] = 0 [pA]
  epsc' = -epsc/tau
on stimulus after 1 [ms]
  epsc += -500 [pA]*x
  x *= 0.6
"""

TIME = np.arange(0.0, 200.0, 0.05)
STIMULI = (50.0, 80.0, 110.0)


@pytest.fixture
def recording():
    sweeps = []
    for seed in range(4):
        trace = np.random.default_rng(seed).normal(0.0, 3.0, TIME.size)
        for number, start in enumerate(STIMULI):
            s = np.clip(TIME - start - 3.0, 0.0, None)
            trace -= 200.0 * 0.6**number * (np.exp(-s / 3.0) - np.exp(-s / 0.4)) / 0.6356
            u = TIME - start
            trace += np.where((u >= 0.0) & (u < 0.4), 900.0 * np.sin(2.0 * np.pi * u / 0.4), 0.0)
        sweeps.append(trace)
    return Recording(TIME, np.stack(sweeps), "pA", "made.abf")


def test_the_synapse_is_driven_at_the_recorded_times(recording):
    comparison = compare(load(DEPRESSING), recording)
    assert comparison.recorded.stimuli == pytest.approx(STIMULI, abs=0.15)
    assert comparison.simulated_ratio == pytest.approx([1.0, 0.6, 0.36], rel=1e-3)
    assert comparison.recorded_ratio == pytest.approx([1.0, 0.6, 0.36], abs=0.05)
    assert comparison.simulated[0] == pytest.approx(-500.0, rel=1e-3)


def test_an_event_or_a_current_that_is_not_there_is_named(recording):
    model = load(DEPRESSING)
    with pytest.raises(UsageError, match="no event `stimulsu`; did you mean `stimulus`"):
        compare(model, recording, event="stimulsu")
    with pytest.raises(UsageError, match="no current `espc`; did you mean `epsc`"):
        compare(model, recording, current="espc")
    other = load(DEPRESSING.replace("epsc", "y"))
    with pytest.raises(UsageError, match="say which current"):
        compare(other, recording)


CELL = """mechanism clamped "a current that the membrane's potential drives"
event stimulus
parameter tau = 2 [ms]
state g [nS] = 0 [nS]
  g' = -g/tau
membrane V = -60 [mV] capacitance 20 [pF]
current epsc = g*(V - 0 [mV])
current leak = 5 [nS]*(V + 60 [mV])
role soma_V = V
on stimulus after 1 [ms]
  g += 10 [nS]
"""


def test_the_postsynaptic_cell_is_voltage_clamped(recording):
    comparison = compare(load(CELL), recording)
    assert comparison.simulated[0] == pytest.approx(-700.0, rel=1e-3)
    held = quantal.protocols.voltage_clamp("-40 mV", "V")
    comparison = compare(load(CELL), recording, protocol=held)
    assert comparison.simulated[0] == pytest.approx(-400.0, rel=1e-3)
