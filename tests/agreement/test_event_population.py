"""Sums over populations by propagators, beside the sum of single runs at 1e-12."""

import numpy as np
import pytest

import quantal
from quantal import protocols
from quantal.engines.propagators import following, scheme
from quantal.errors import UsageError
from quantal.experiments.loading import prepare

HEAD = """synapse s "Transmitter of each spike on two kinds of receptor"
source Jonas, Major & Sakmann 1993 J Physiol 472:615
event spike
input V [mV] = -60 [mV]
place a
place b
place m between a and b
use ampa = receptors/ampa_jonas_1993 at m
use nmda = receptors/nmda_destexhe_1996 at m
connect ampa.V = V
connect nmda.V = V
"""
ONE = """parameter vesicles = 1
state glu [mM] = 0 [mM]
  glu' = -glu/{tau} [ms]
on spike
  glu += vesicles*1.5 [mM]
connect ampa.glu = glu
connect nmda.glu = glu
"""
THREE = """parameter vesicles = 1
use cleft = cleft/saftenku_2005 at m
connect spike -> cleft.fusion
connect ampa.glu = cleft.total
connect nmda.glu = cleft.total
"""
TWO = """state fast [mM] = 0 [mM]
  fast' = -fast/0.04 [ms]
state slow [mM] = 0 [mM]
  slow' = -slow/0.2 [ms]
let total [mM] = fast + slow
on spike
  fast += 2 [mM]
  slow += 0.2 [mM]
connect ampa.glu = total
connect nmda.glu = total
"""
PLASTIC = """use stp = plasticity/{name}
connect spike -> stp.spike
state glu [mM] = 0 [mM]
  glu' = -glu/0.1 [ms]
on spike after 0.2 [ms]
  glu += stp.released*3 [mM]
connect ampa.glu = glu
connect nmda.glu = glu
"""
SENSOR = """parameter entry = 30 [uM]
state Ca = 0.05 [uM]
  Ca' = (0.05 [uM] - Ca)/0.3 [ms]
scheme sensor = S{0..5} E
  for i in 0 .. 4
    S{i} <-> S{i+1} : (5 - i)*0.09 [/uM/ms]*Ca, (i + 1)*9.5 [/ms]*0.25^i
  S5 -> E : 6 [/ms]
  E -> S0 : 0.2 [/s]
state before = 0
state glu [mM] = 0 [mM]
  glu' = -glu/0.1 [ms]
on spike
  before = E
  Ca += entry
on spike after 1 [ms]
  glu += (E - before)*3 [mM]
connect ampa.glu = glu
connect nmda.glu = glu
"""
RECORD = ["ampa.open", "ampa.C0", "nmda.i"]
CLAMP = protocols.hold("V", "-60 mV")


def trains(size, until, rate=0.02, seed=3):
    """Poisson times of each, one with none and one with two of a moment."""
    rng = np.random.default_rng(seed)
    made = [np.sort(rng.uniform(0.0, until, rng.poisson(rate * until))) for _ in range(size)]
    return [np.zeros(0), np.array([20.0, 20.3]), *made][:size]


def spiking(times):
    """A protocol with these spikes, none of which need be."""
    return protocols.recorded(times, "spike") if len(times) else protocols.Protocol()


def parameter_text(model, name, value):
    """A value in the parameter's own unit."""
    slots = {slot.name: slot.unit.text for slot in prepare(model).parameters}
    return f"{float(value)!r} {slots[name]}"


def both(text, spikes, until, sample, parameters=None, common=CLAMP, **more):
    """The sum by events, and the sum of single runs by the stiff engine.

    `spikes` are trains, or for how many synapses to draw them.
    """
    spikes = trains(spikes, until) if isinstance(spikes, int) else spikes
    model, size = quantal.load(HEAD + text), len(spikes)
    simulated = quantal.run_population(
        model, common, size=size, spikes={"spike": spikes}, until=until, sample=sample,
        record=RECORD, keep="sum", engine="event", parameters=parameters, **more,
    )  # fmt: skip
    exact = dict.fromkeys(RECORD, 0.0)
    for number, train in enumerate(spikes):
        protocol = spiking(train) + common
        for name, values in (parameters or {}).items():
            protocol += protocols.parameter(name, parameter_text(model, name, values[number]))
        run = quantal.run(
            model, protocol, until=until, sample=simulated.time, record=RECORD,
            relative=1e-12, absolute=1e-15, engine="stiff",
        )  # fmt: skip
        for name in RECORD:
            exact[name] = exact[name] + run[name]
    return simulated, exact


def worst(simulated, exact):
    return max(np.abs(simulated[n] - exact[n]).max() / np.abs(exact[n]).max() for n in RECORD)


@pytest.mark.parametrize("sample", [1.0, 0.05])
def test_any_number_of_vesicles_and_times_within_pulses(sample):
    size = 12
    vesicles = {"vesicles": np.arange(size) % 4}
    simulated, exact = both(ONE.format(tau=0.1), size, 150.0, sample, vesicles)
    assert worst(simulated, exact) <= 1e-9
    assert 0.0 < simulated.statistics["reduction_error"] <= 1e-9


@pytest.mark.parametrize(
    ("spikes", "common"),
    [
        ([[], []], CLAMP),
        ([[0.0], [0.0, 10.0], [20.0]], CLAMP),
        ([[5.0, 5.0], [5.0, 5.0, 5.0000001]], CLAMP),
        ([[5.0], [7.5]], CLAMP + protocols.Protocol(rest=10.0)),
        ([[5.0], []], CLAMP + protocols.train("spike", rate="200 Hz", count=3, start=1.0)),
    ],
    ids=["none", "at the start, a sample and the end", "of one moment", "after rest", "of all"],
)
def test_spikes_wherever_they_fall(spikes, common):
    simulated, exact = both(ONE.format(tau=0.1), spikes, 20.0, 0.5, common=common)
    for name in RECORD:
        assert np.abs(simulated[name] - exact[name]).max() <= 1e-10


def test_synapses_of_different_sizes():
    """Their numbers of receptors weigh their currents, and nothing else."""
    rng = np.random.default_rng(7)
    sizes = {"nmda.n": rng.integers(5, 40, 6), "nmda.g": rng.uniform(40.0, 60.0, 6)}
    simulated, exact = both(ONE.format(tau=0.1), 6, 100.0, 1.0, sizes)
    assert worst(simulated, exact) <= 1e-9


def test_slow_transmitter_whose_pulses_overlap():
    """A window of 33 ms at 20 Hz: what is left of one pulse makes the next one higher."""
    simulated, exact = both(ONE.format(tau=1.2), 6, 200.0, 1.0)
    assert worst(simulated, exact) <= 1e-9
    assert simulated.statistics["in_full"] == 0


def test_overlapping_pulses_of_three_exponentials_take_the_full_scheme():
    """Two pulses of one shape overlap to another shape: those alone are solved in full."""
    simulated, exact = both(THREE, 4, 200.0, 1.0)
    assert worst(simulated, exact) <= 1e-9
    assert 0 < simulated.statistics["in_full"] < simulated.statistics["pulses"]


def test_the_full_scheme_of_many_at_once(monkeypatch):
    """Where many pulses have shapes of their own they are solved side by side."""
    monkeypatch.setattr(scheme, "FEW", 0)
    monkeypatch.setattr(following, "FEW", 0)
    simulated, exact = both(TWO, 3, 60.0, 0.5)
    assert worst(simulated, exact) <= 1e-9
    assert simulated.statistics["in_full"] > 0


def test_many_heights_by_a_series_in_the_height(monkeypatch):
    monkeypatch.setattr(following, "FEW_PULSES", 0)
    rng = np.random.default_rng(5)
    vesicles = {"vesicles": rng.uniform(0.2, 2.0, 30)}
    simulated, exact = both(ONE.format(tau=0.1), 30, 100.0, 0.5, vesicles)
    assert worst(simulated, exact) <= 1e-9
    assert simulated.statistics["propagators"] > 20


@pytest.mark.parametrize(
    "name",
    ["tsodyks_markram_1998", "tsodyks_markram_1998_facilitating", "dittman_2000", "hennig_2008"],
)
def test_short_term_plasticity_drives_each_spike(name):
    simulated, exact = both(PLASTIC.format(name=name), 4, 150.0, 1.0)
    assert worst(simulated, exact) <= 1e-9


def test_the_calcium_sensor_decides_what_each_spike_releases():
    simulated, exact = both(SENSOR, 4, 120.0, 1.0)
    assert worst(simulated, exact) <= 1e-9


def test_modes_that_turn_are_carried_too():
    """A cycle that breaks detailed balance has complex rates."""
    text = """synapse s "A cycle"
source none
event spike
state glu [mM] = 0 [mM]
  glu' = -glu/0.2 [ms]
on spike
  glu += 1 [mM]
scheme r = A B C
  A -> B : 1 [/ms] + 2 [/mM/ms]*glu
  B -> C : 1 [/ms]
  C -> A : 1 [/ms]
"""
    spikes = trains(5, 60.0)
    common = {"until": 60.0, "sample": 0.5, "record": ["A"]}
    run = quantal.run_population(
        text, size=5, spikes={"spike": spikes}, keep="mean", engine="event", **common
    )
    exact = np.mean([
        quantal.run(text, spiking(each), relative=1e-12, absolute=1e-15,
                    engine="stiff", **common)["A"]
        for each in spikes
    ], axis=0)  # fmt: skip
    assert np.abs(run["A"] - exact).max() <= 1e-10


def test_transmitter_itself_and_the_end_alone():
    model, spikes = quantal.load(HEAD + ONE.format(tau=0.5)), trains(5, 50.0)
    run = quantal.run_population(
        model, CLAMP, size=5, spikes={"spike": spikes}, until=50.0, record=["glu", "ampa.open"],
        keep="sum",
    )  # fmt: skip
    left = sum(1.5 * np.exp(-(50.0 - t) / 0.5) for train in spikes for t in train)
    assert run["glu"][-1] == pytest.approx(left, rel=1e-9)
    assert run.made_by["engine"] == "event"


def test_auto_says_in_one_sentence_why():
    common = {"size": 2, "spikes": {"spike": [[5.0], []]}, "until": 10.0, "keep": "sum"}
    model = quantal.load(HEAD + ONE.format(tau=0.1))
    run = quantal.run_population(model, CLAMP, record=["ampa.open"], **common)
    assert run.made_by["choice"] == (
        "The engine `event` was chosen: what is summed is linear between spikes, so exact "
        "propagators carry it from spike to spike."
    )
    kampa = quantal.load(
        (HEAD + ONE.format(tau=0.1)).replace("nmda_destexhe_1996", "nmda_kampa_2004")
    )
    run = quantal.run_population(kampa, CLAMP, record=["nmda.open"], sample=5.0, **common)
    assert run.made_by["choice"] == (
        "The engine `population` was chosen, with fixed steps (`event` cannot: "
        "the transitions of `nmda.receptor` depend on the voltage `V`)."
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"keep": "all"},
         "it gives sums and means, not each instance: say `keep='sum'` or `keep='mean'`"),
        ({"parameters": {"ampa.E": np.array([0.0, 5.0])}, "record": ["ampa.i"]},
         "`ampa.E` of each instance is more than a factor of `ampa.i`"),
        ({"parameters": {"nmda.kon": np.ones(2)}},
         "`nmda.kon` differs between instances and is a rate of `nmda.C0`"),
        ({"sample": np.array([1.0, 2.0, 4.0])}, "the times of the output are not evenly spaced"),
        ({"initial": {"ampa.C0": np.ones(2)}}, "instances start with values of their own"),
    ],
)  # fmt: skip
def test_what_cannot_be_summed_is_refused_with_the_reason(change, reason):
    model = quantal.load(HEAD + ONE.format(tau=0.1))
    asked = {"size": 2, "until": 10.0, "keep": "sum", "record": ["nmda.open"], "sample": 1.0}
    with pytest.raises(UsageError) as caught:
        quantal.run_population(model, CLAMP, engine="event", **(asked | change))
    assert str(caught.value) == f"engine `event` cannot run `s` as a population: {reason}"


def test_instances_that_cannot_run_are_left_out_and_named():
    model = quantal.load(HEAD + ONE.format(tau=0.1))
    asked = {"until": 20.0, "sample": 1.0, "record": ["ampa.open"], "keep": "sum"}
    run = quantal.run_population(
        model, CLAMP, size=3, spikes={"spike": [[5.0], [9.0, 3.0], [7.0]]}, failures="keep", **asked
    )
    assert [str(failure) for failure in run.failures] == [
        "instance 1: the times of `spike` are not in order: 3 ms comes after 9 ms"
    ]
    alone = quantal.run_population(model, CLAMP, size=2, spikes={"spike": [[5.0], [7.0]]}, **asked)
    assert np.array_equal(run["ampa.open"], alone["ampa.open"])


def test_fixed_steps_give_the_same_sum():
    model, spikes = quantal.load(HEAD + ONE.format(tau=0.1)), trains(8, 60.0)
    sums = [
        quantal.run_population(
            model, CLAMP, size=8, spikes={"spike": spikes}, until=60.0, sample=1.0, keep="sum",
            record=["ampa.open"], engine=engine, dt=0.005,
        )["ampa.open"]
        for engine in ("event", "population")
    ]  # fmt: skip
    assert np.abs(sums[1] / sums[0].max() - sums[0] / sums[0].max()).max() <= 2e-4


def test_equal_rates_in_series_have_no_modes_to_sum():
    """An alpha function of conductance."""
    with pytest.raises(UsageError) as caught:
        quantal.run_population(
            "receptors/conductance_alpha", protocols.hold("V", "-60 mV"), size=2, until=10.0,
            sample=1.0, record=["s"], keep="sum", engine="event",
        )  # fmt: skip
    assert "equal rates in series have no modes to sum (`drive`)" in str(caught.value)
