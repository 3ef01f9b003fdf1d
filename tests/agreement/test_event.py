"""The event-driven engine beside the stiff engine at 1e-12, and beside scipy."""

import numpy as np
import pytest
from tests.oracle import integrate

import quantal
from quantal import protocols
from quantal.compiler.bind import bind
from quantal.engines.base import Settings
from quantal.engines.event import ENGINE
from quantal.experiments.loading import load, prepare
from quantal.units import parse_unit

TIGHT = {"engine": "stiff", "relative": 1e-12, "absolute": 1e-15}
AMPA = "receptors/ampa_jonas_1993"
MILLIMOLAR = parse_unit("mM").scale
SYNAPSE = """synapse s "Calcium sensor, transmitter and receptor, driven by spikes"
source Schneggenburger & Neher 2000 Nature 406:889
event spike
state Ca = 0.05 [uM]
  Ca' = (0.05 [uM] - Ca)/0.3 [ms]
scheme sensor = S{0..5} E
  for i in 0 .. 4
    S{i} <-> S{i+1} : (5 - i)*0.09 [/uM/ms]*Ca, (i + 1)*9.5 [/ms]*0.25^i
  S5 -> E : 6 [/ms]
  E -> S0 : 0.2 [/s]
state G = 0 [mM]
  G' = 72 [mM/ms]*S5 - G/0.1 [ms]
scheme nmda = N0 N1 N2 NO
  N0 <-> N1 : 5 [/mM/ms]*G, 0.0129 [/ms]
  N1 <-> N2 : 5 [/mM/ms]*G, 0.0129 [/ms]
  N2 <-> NO : 0.0465 [/ms], 0.0738 [/ms]
state V = -70 [mV]
  V' = (-70 [mV] - V)/20 [ms] - 0.1 [/ms]*NO*V
on spike
  Ca += 30 [uM]
"""


def poisson(rate, until, seed=1):
    """Times (ms) of a Poisson train; `rate` in Hz."""
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.exponential(1e3 / rate, int(2 * rate * until / 1e3) + 20))
    return times[times < until]


def worst(model, protocol, names, **more):
    """The largest difference over the range, of any name."""
    simulated = quantal.run(model, protocol, record=names, engine="event", **more)
    exact = quantal.run(model, protocol, record=names, **TIGHT, **more)
    assert simulated.events == exact.events
    return max(
        np.abs(simulated[name] - exact[name]).max() / np.abs(exact[name]).max() for name in names
    )


def train(times, height="1.5 mM", tau="0.1 ms"):
    """Transmitter that jumps at each time and decays; what overlaps adds up."""
    first, *others = [protocols.decaying("glu", height, tau, f"{float(t)!r} ms") for t in times]
    return sum(others, first)


def test_ten_seconds_of_a_poisson_train():
    """Spikes as near as 1.2 ms, a window of 3.5 ms; rounding is all that is left."""
    times = poisson(10.0, 1e4)
    assert np.diff(times).min() < 3.0
    error = worst(AMPA, train(times), ["open", "C0", "C5"], until=1e4, sample=0.5)
    assert error <= 1e-9, error


@pytest.mark.parametrize(
    ("model", "protocol", "names"),
    [
        (AMPA, protocols.pulse("glu", "1 mM", duration="1 ms", rate="40 Hz", count=5, at="1 ms"),
         ["open", "C4"]),
        (AMPA, train([1.0, 1.4, 2.1, 30.0, 60.0, 61.0]), ["open", "C3"]),
        ("receptors/ampa_postlethwaite_2007", train([1.0, 20.0, 40.0], "1 mM", "0.3 ms"), ["open"]),
        ("receptors/nmda_destexhe_1996",
         train([2.0, 50.0]) + protocols.hold("V", "-40 mV"), ["i", "open"]),
        ("receptors/nmda_destexhe_1996", protocols.hold("V", "-40 mV") + protocols.waveform(
            "glu", [0.0, 1.0, 3.0, 10.0], np.array([0.0, 1.0, 0.2, 0.0]) * MILLIMOLAR), ["open"]),
        ("receptors/conductance_alpha",
         protocols.train("spike", rate="100 Hz", count=5, start=1), ["s"]),
        ("cleft/saftenku_2005", protocols.train("fusion", rate="100 Hz", count=5, start=1),
         ["total"]),
    ],
)  # fmt: skip
def test_pulses_of_every_kind(model, protocol, names):
    assert worst(model, protocol, names, until=80.0, sample=0.1) <= 1e-11


@pytest.mark.parametrize(
    ("model", "names"),
    [
        ("tsodyks_markram_1998", ["x", "released"]),
        ("tsodyks_markram_1998_facilitating", ["u", "x", "released"]),
        ("dittman_2000", ["D", "CaD", "p"]),
        ("hennig_2008", ["pool", "inactive", "epsc"]),
    ],
)
def test_short_term_plasticity_from_spike_to_spike(model, names):
    spikes = protocols.recorded(poisson(20.0, 1500.0), "spike")
    assert worst(f"plasticity/{model}", spikes, names, until=1500.0, sample=7.0) <= 1e-12


def test_a_whole_synapse_from_calcium_to_a_passive_membrane():
    """Nothing is stereotyped here: each spike finds another sensor."""
    spikes = protocols.recorded([5.0, 6.5, 40.0], "spike")
    assert worst(SYNAPSE, spikes, ["E", "G", "NO", "V"], until=80.0, sample=0.25) <= 1e-9


def test_beside_scipy_with_a_clamp_and_changed_parameters():
    program = prepare(load("receptors/nmda_destexhe_1996"))
    times = np.linspace(0.0, 60.0, 121)
    protocol = (
        protocols.pulse("glu", "1 mM", duration="1 ms", at="1 ms")
        + protocols.hold("V", "-40 mV") + protocols.parameter("koff", "0.02 /ms")
        + protocols.Protocol(until=60.0)
    )  # fmt: skip
    stimulus = bind(program, protocol).stimulus
    exact = integrate(program, stimulus, times, 1e-12)
    run = ENGINE.run(program, stimulus, Settings(sample=times))
    simulated = np.stack([run.internal(state.name) for state in program.states], axis=1)
    assert np.abs(simulated - exact).max() <= 1e-10


def test_without_sample_times_peaks_and_decays_are_measured():
    pulse = protocols.pulse("glu", "1 mM", duration="1 ms")
    runs = [
        quantal.run(AMPA, pulse, until=20.0, record=["open"], engine=engine)
        for engine in ("event", "stiff")
    ]
    for what in ("peak(open)", "rise(open)", "decay(open)", "area(open)"):
        simulated, exact = (quantal.measure(run, what) for run in runs)
        assert simulated == pytest.approx(exact, rel=3e-4), what


def test_one_shape_is_worked_out_once_and_its_error_is_told():
    times = np.arange(10.0, 500.0, 20.0)
    run = quantal.run(AMPA, train(times), until=500.0, sample=1.0, engine="event")
    assert run.statistics["pulses"] == len(times)
    assert run.statistics["propagators"] == 1
    assert run.statistics["solved_alone"] == 1  # the first, before it was seen to come again
    assert 0.0 < run.statistics["reduction_error"] <= 1e-13
    assert "24 of 25 pulses by 1 kept propagators, whose error is" in run.status
