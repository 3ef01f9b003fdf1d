"""The complete calyx of Held: every stage, from rest to clearance."""

import math
from functools import cache

import numpy as np
import pytest

from quantal import protocols
from quantal.experiments.loading import load, prepare
from quantal.experiments.run import run_program
from quantal.experiments.trains import compare_trains
from quantal.library.catalogue import catalogue
from quantal.observables import half_width, peak, time_of_peak, window

NAME = "synapses/calyx_of_held"
TEXT = next(entry.path for entry in catalogue() if entry.name == NAME).read_text(encoding="utf-8")


@cache
def program(*words):
    """The synapse, or one in which each `old, new` pair of words is exchanged."""
    text = TEXT
    for old, new in zip(words[::2], words[1::2], strict=True):
        assert text.count(old) == text.count(f"= {old} ") + text.count(f"`{old}`")
        text = text.replace(old, new)
    return prepare(load(text if words else NAME))


def run(*names, words=(), count=1, every="10 ms", until=12.0, rest=200.0, more=None, **kwargs):
    protocol = protocols.Protocol(rest=rest, until=until)
    if count:
        protocol += protocols.train("stimulus", every=every, count=count)
    if more is not None:
        protocol += more
    return run_program(program(*words), protocol, record=names, **kwargs)


def after(result, name, since=0.0, until=None):
    return window(result.time, result[name], since, until)


CLAMPED = protocols.hold("soma_V", "-70 mV")


@cache
def one_response():
    return run(
        "terminal_V", "calcium_current", "domain_calcium", "residual_calcium", "release",
        "glutamate", "glial_uptake", "ampa_open", "nmda_open", "soma_V", "hillock_V",
    )  # fmt: skip


def test_at_rest_nothing_drifts_and_release_is_spontaneous():
    names = ["terminal_V", "residual_calcium", "release", "docked", "quantal_content", "soma_V",
             "hillock_V", "glu_t", "gln_t", "glu_g", "gln_g"]  # fmt: skip
    result = run(*names, count=0, until=100.0, rest=500.0)
    for name in names:
        _, values = after(result, name)
        assert np.ptp(values) <= 2e-4 * abs(values[0]), name
    per_second = 1000.0 * result["release"][-1]
    assert 0.3 < per_second < 10.0


def test_each_stage_follows_the_one_before():
    """Onset of the signal from the terminal to the hillock; the hillock leads the soma."""
    result = one_response()
    order = ["terminal_V", "calcium_current", "domain_calcium", "release", "ampa_open",
             "hillock_V"]  # fmt: skip
    peaks = [time_of_peak(*after(result, name)) for name in order[:5]]
    assert peaks == sorted(peaks)
    hillock, soma = (time_of_peak(*after(result, name)) for name in ("hillock_V", "soma_V"))
    assert hillock < soma
    assert peak(*after(result, "hillock_V")) > 20.0


def test_the_domain_collapses_within_half_a_millisecond_of_closing():
    result = one_response()
    time, current = after(result, "calcium_current")
    closed = time[np.nonzero(np.abs(current) > 0.02 * np.abs(current).max())[0][-1]]
    time, domain = after(result, "domain_calcium")
    assert np.interp(closed + 0.5, time, domain) < 0.1 * domain.max()
    assert half_width(time, domain) < 0.5


def test_residual_calcium_outlasts_the_domain_by_far():
    result = run("residual_calcium", until=400.0)
    time, values = after(result, "residual_calcium")
    left = values - values[0]
    tail = time > 20.0
    slope = np.polyfit(time[tail & (time < 250.0)], np.log(left[tail & (time < 250.0)]), 1)[0]
    assert 60.0 < -1.0 / slope < 160.0
    assert 0.3 < left.max() < 0.7


def test_the_glutamate_transient_is_that_of_one_vesicle_whatever_the_number():
    """Near and far stay apart: fewer zones release, the transient of each is the same."""
    full = one_response()
    few = run("glutamate", more=protocols.parameter("toxin", 0.8) + CLAMPED)
    tall, low = (peak(*after(result, "glutamate")) for result in (full, few))
    assert 0.7 < tall < 1.6
    assert low == pytest.approx(tall, rel=0.12)


def test_the_current_is_in_proportion_to_the_vesicles_released():
    def response(cut):
        more = CLAMPED + protocols.parameter("toxin", cut)
        result = run("epsc", "release", until=9.0, more=more)
        time, rate = after(result, "release")
        return peak(*after(result, "epsc")), np.trapezoid(rate, time)

    current, quanta = response(0.0)
    for cut in (0.5, 0.9):
        less, fewer = response(cut)
        assert fewer == pytest.approx((1.0 - cut) * quanta, rel=0.01)
        assert less / fewer == pytest.approx(current / quanta, rel=0.25)
    assert 20.0 < -current / quanta < 60.0


def test_a_toxin_that_cuts_all_silences_the_synapse_and_leaves_the_terminal():
    result = run("terminal_V", "calcium_current", "release", "epsc",
                 more=CLAMPED + protocols.parameter("toxin", 1.0))  # fmt: skip
    assert np.all(result["release"] == 0.0)
    assert np.abs(result["epsc"]).max() < 1e-9
    intact = one_response()
    assert peak(*after(result, "calcium_current")) == pytest.approx(
        peak(*after(intact, "calcium_current")), rel=1e-3
    )


def test_a_graded_depolarisation_releases_without_a_spike():
    rates = []
    for level in (-78, -60, -50, -45, -40, -35):
        more = protocols.hold("terminal.V", f"{level} mV") + CLAMPED
        result = run("release", count=0, until=20.0, rest=50.0, more=more)
        rates.append(result["release"][-1])
        assert result.events.get("terminal.spike", []) == []
    steps = np.diff(np.log(rates))
    assert np.all(steps > 0.0)
    assert rates[-1] > 1000.0 * rates[0]


def test_a_waveform_clamp_releases_as_the_spike_itself_does():
    free = run("terminal_V", "release", more=CLAMPED)
    time, volts = after(free, "terminal_V")
    keep = np.concatenate([[True], np.diff(time) > 1e-9])
    more = protocols.waveform("terminal.V", time[keep], volts[keep]) + CLAMPED
    clamped = run("release", count=0, until=8.0, rest=50.0, more=more)
    areas = [np.trapezoid(*after(result, "release", until=8.0)[::-1]) for result in (free, clamped)]
    assert areas[1] == pytest.approx(areas[0], rel=0.01)


@pytest.mark.parametrize(
    "words",
    [
        ("vesicles/sites_lou_2005", "vesicles/sites_schneggenburger_2000"),
        ("receptors/ampa_raman_1992", "receptors/ampa_jonas_1993"),
    ],
)
def test_one_word_exchanges_a_sensor_or_a_receptor(words):
    result = run("epsc", "release", words=words, more=CLAMPED)
    published = run("epsc", "release", more=CLAMPED)
    assert peak(*after(result, "epsc")) < -1000.0
    # Nothing is calibrated again, and the trains still hold.
    text = TEXT.replace(*words)
    assert max(one.error for one in compare_trains(load(text))) <= 0.10
    different = abs(peak(*after(result, "epsc")) / peak(*after(published, "epsc")) - 1.0)
    assert different > 0.01


def test_all_or_none_at_the_hillock():
    heights = []
    for cut in np.arange(0.86, 0.98, 0.01):
        result = run("hillock_V", more=protocols.parameter("toxin", cut))
        heights.append(peak(*after(result, "hillock_V")))
    spikes = [height for height in heights if height > 0.0]
    quiet = [height for height in heights if height <= 0.0]
    assert len(spikes) >= 2
    assert len(quiet) >= 2
    assert min(spikes) > 25.0
    assert max(quiet) < -40.0


def test_the_cell_follows_a_100_hz_train_spike_by_spike():
    result = run("soma_V", count=100, until=1000.0)
    for event in ("terminal.spike", "hillock.spike", "soma.spike"):
        assert len([time for time in result.events[event] if time >= 0.0]) == 100, event


def test_subthreshold_potentials_summate():
    """The second potential starts on the first, so it loses less than the current does."""
    few = protocols.parameter("toxin", 0.99)

    def ratio(name, more):
        result = run(name, count=2, every="4 ms", until=12.0, more=more)
        rest = after(result, name)[1][0]
        first, second = (
            np.abs(after(result, name, start, start + 4.0)[1] - rest).max() for start in (0.0, 4.0)
        )
        return second / first

    assert ratio("soma_V", few) > 1.3 * ratio("epsc", few + CLAMPED)


def test_balanced_inhibition_cancels_excitation_exactly():
    more = protocols.parameter("balance", 1.0)
    result = run("soma_V", "ipsc", "epsc", count=3, until=40.0, rest=2000.0, more=more)
    assert np.ptp(after(result, "soma_V")[1]) < 0.01
    assert after(result, "ipsc")[1].max() > 1000.0
    assert -after(result, "epsc")[1].min() > 1000.0


def test_vesicles_are_conserved_and_no_transmitter_stays_over_1000_stimuli():
    names = ["vesicles", "residual_calcium", "glutamate_outside", "ampa.D", "release", "terminal_V"]
    result = run(*names, count=1000, until=11_000.0, more=CLAMPED, sample=1.0)
    vesicles = result["vesicles"]
    assert np.ptp(vesicles) / vesicles[0] < 1e-12
    before = {name: np.interp(990.0 - 0.01, *after(result, name)) for name in names}
    last = {name: np.interp(9_990.0 - 0.01, *after(result, name)) for name in names}
    for name in ("residual_calcium", "glutamate_outside", "ampa.D"):
        assert last[name] <= 1.02 * before[name], name
    assert last["terminal_V"] == pytest.approx(before["terminal_V"], abs=0.05)
    end, rest = result["glutamate_outside"][-1], np.interp(-1.0, result.time, result["release"])
    assert end < 1e-3 * before["glutamate_outside"]
    assert result["residual_calcium"][-1] < 0.06
    assert rest > 0.0


def content(more, minutes):
    result = run("quantal_content", "epsc", until=9.0, rest=minutes * 60_000.0, more=more + CLAMPED)
    return after(result, "quantal_content")[1][0], peak(*after(result, "epsc"))


def content_without_synthesis(minutes):
    """Cytosol (480 fL at 10 mM) and the 91,929 vesicles that exchange with it, independently."""
    volume, vesicles = 480.0 * 6.02214076e5, 91_929.0

    def rhs(_, y):
        c, q = y
        flow = (6000.0 * 1.2 * c / (2.0 + c) - q) / 15.0
        return [-c / 600.0 - vesicles * flow / volume, flow]

    solve_ivp = pytest.importorskip("scipy.integrate").solve_ivp
    solution = solve_ivp(rhs, (0.0, 60.0 * minutes), [10.0, 6000.0], rtol=1e-9, atol=1e-9)
    return solution.y[1, -1] / 6000.0


def test_quantal_content_falls_when_synthesis_or_packing_is_blocked():
    nothing = protocols.Protocol()
    normal, current = content(nothing, 20)
    assert normal == pytest.approx(1.0, abs=0.002)
    no_synthesis, weak = content(protocols.parameter("supply.glutaminase_activity", 0.0), 20)
    assert no_synthesis == pytest.approx(content_without_synthesis(20.0), rel=0.02)
    assert abs(weak) < 0.8 * abs(current)
    no_packing, weaker = content(protocols.hold("packing.driving_force", 0.0), 0.5)
    assert no_packing == pytest.approx(math.exp(-2.0), rel=0.02)
    assert abs(weaker) < abs(weak)


def test_transmitter_depends_on_glutamine_from_glia():
    blocked, _ = content(protocols.parameter("supply.export_activity", 0.0), 60)
    assert blocked < 0.6


def test_external_calcium_drives_release_with_a_power_near_three():
    def released(calcium):
        result = run("release", until=9.0, more=protocols.parameter("Ca_out", calcium) + CLAMPED)
        return np.trapezoid(*after(result, "release")[::-1])

    slope = math.log(released("1.2 mM") / released("1 mM")) / math.log(1.2)
    assert 2.5 < slope < 5.0


def test_a_run_of_the_whole_synapse_does_not_depend_on_the_tolerance():
    fine, usual = (
        peak(*after(run("epsc", count=5, until=60.0, more=CLAMPED, relative=tolerance), "epsc", 40))
        for tolerance in (1e-8, 1e-6)
    )
    assert usual == pytest.approx(fine, rel=1e-3)
