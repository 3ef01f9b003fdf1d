"""Few molecules by chance, the rest continuous: against closed forms, exact laws, the equations."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from tests.statistics.fit import check_counts, check_law, check_mean
from tests.statistics.models import loaded
from tests.statistics.test_channels_and_sensors import following

import quantal
from quantal.compiler.bind import bind
from quantal.engines.base import Settings
from quantal.engines.hybrid import ENGINE
from quantal.engines.stochastic import side_by_side
from quantal.errors import UsageError
from quantal.experiments.loading import prepare
from quantal.protocols.protocol import Protocol

SYNAPSE = """mechanism few_vesicles "Vesicles that fuse, their transmitter, a cell that sums it"
parameter n = 20 [vesicles]
parameter q = 3000 [molecules]
parameter tau = 0.5 [ms]
parameter fall = 2 [ms]
place cleft volume = 0.01 [fL]
place cell
membrane V = -70 [mV] capacitance 10 [pF] in cell
event spike out
state calcium = 8 [uM]
  calcium' = -calcium/fall
scheme site = ready fused empty count n
  fusion = ready -> fused + q glu : 0.06 [/uM/ms]*calcium
  fused -> empty : 1 [/ms]
species glu = 0 [mM] in cleft
reaction clear = glu -> nothing : 1/tau
species gone = 0 [molecules] inside
reaction tally = nothing -> gone rate fusion
current leak = 1 [nS]*(V + 70 [mV])
current synaptic = 2 [nS]*glu/(1 [mM] + glu)*V
on V crosses -55.3 [mV] up
  emit spike
"""
END = 6.0
GRID = np.linspace(0.0, END, 121)


def run(engine=ENGINE, text=SYNAPSE, trials=40, protocol=None, **more):
    program = prepare(loaded(text))
    actions = protocol.actions if protocol else ()
    stimulus = bind(program, Protocol(actions, END), ()).stimulus
    settings = Settings(sample=GRID, **{"trials": trials, "seed": 3, "relative": 1e-8, **more})
    return engine.run(program, stimulus, settings)


def probability(time):
    """That a site has fused: a rate that falls as calcium does."""
    return 1.0 - np.exp(-0.06 * 8.0 * 2.0 * (1.0 - np.exp(-np.asarray(time) / 2.0)))


def test_fusions_are_binomial_and_their_times_have_the_sites_law():
    many = run(trials=150)
    numbers = [len(times) for times in many.firings["fusion"]]
    check_counts(numbers, stats.binom.pmf(np.arange(21), 20, probability(END)))
    check_law(np.concatenate(many.firings["fusion"]),
              lambda t: probability(t) / probability(END))  # fmt: skip


def summed(times, grid):
    """Glutamate (mM) after each fusion's quantum has decayed for so long."""
    quantum = 3000 / (0.01 * 602214.076)
    since = grid[:, None] - times[None, :]
    return quantum * np.where(since >= 0.0, np.exp(-np.maximum(since, 0.0) / 0.5), 0.0).sum(axis=1)


@pytest.fixture
def alone(monkeypatch):
    """Every trial's continuous part by itself, as where common steps are not possible."""
    monkeypatch.setattr(side_by_side, "obstacles", lambda shared: ["it was asked for"])


def in_steps(longest):
    """Common steps of a given length."""
    return replace(ENGINE, longest=longest, tolerance=np.inf)


def away(many, trial, distance):
    """Samples that lie at some distance from every fusion."""
    return np.abs(GRID[:, None] - many.firings["fusion"][trial][None, :]).min(axis=1) > distance


def check_sums(many):
    for trial in range(5):
        exact = summed(many.firings["fusion"][trial], GRID)
        apart = away(many, trial, 2e-3)
        assert many["glu"][trial][apart] == pytest.approx(exact[apart], rel=3e-3, abs=1e-6)


def test_transmitter_is_the_sum_of_the_quanta_that_were_released():
    check_sums(run(in_steps(0.001), trials=5))


@pytest.mark.usefixtures("alone")
def test_transmitter_of_single_trials_is_the_sum_of_the_quanta():
    check_sums(run(replace(ENGINE, resolution=0.001), trials=5))


def errors(engines, distance):
    """Mean errors of glutamate at samples away from fusions, as shares of its mean."""
    worst = []
    for engine in engines:
        many = run(engine, trials=20)
        exact = np.stack([summed(times, GRID) for times in many.firings["fusion"]])
        apart = np.stack([away(many, trial, distance) for trial in range(20)])
        worst.append(np.abs(many["glu"] - exact)[apart].mean() / exact.mean())
    return worst


def order(steps, worst):
    return np.polyfit(np.log(steps), np.log(worst), 1)[0]


def test_common_steps_and_the_handing_over_are_of_second_order():
    steps = np.array([0.04, 0.02, 0.01])
    worst = errors([in_steps(step) for step in steps], 0.06)
    assert order(steps, worst) == pytest.approx(2.0, abs=0.2)
    assert worst[1] < 1e-3


@pytest.mark.usefixtures("alone")
def test_bins_for_single_trials_are_of_first_order():
    bins = np.array([0.08, 0.04, 0.02])
    worst = errors([replace(ENGINE, resolution=each) for each in bins], -1.0)
    assert order(bins, worst) == pytest.approx(1.0, abs=0.2)
    assert worst[-1] < 0.02


def test_the_step_is_halved_until_it_no_longer_matters():
    rough, fine = (run(replace(ENGINE, tolerance=each), trials=2) for each in (3e-2, 1e-3))
    assert rough.statistics["resolution"] > fine.statistics["resolution"]
    assert "no recorded state by more than" in fine.made_by["continuous"]
    assert fine.statistics["step_error"] < 1e-3 < rough.statistics["step_error"]


def test_both_ways_give_the_same_trials(monkeypatch):
    together = run(in_steps(0.002), trials=12, relative=1e-9)
    monkeypatch.setattr(side_by_side, "obstacles", lambda shared: ["it was asked for"])
    alone = run(replace(ENGINE, resolution=0.002), trials=12, relative=1e-9)
    assert "was solved for each trial by itself" in alone.made_by["continuous"]
    for name in ("fusion", "spike"):
        for a, b in zip(together.firings[name], alone.firings[name], strict=True):
            assert a == pytest.approx(b, abs=1e-9 if name == "fusion" else 5e-3)
    span = np.ptp(alone["V"])
    assert np.abs(together["V"] - alone["V"]).max() < 2e-3 * span
    assert np.array_equal(together["ready"], alone["ready"])


def test_every_fusion_is_counted_once_by_what_is_continuous():
    many = run()
    numbers = np.array([len(times) for times in many.firings["fusion"]])
    assert many["gone"][:, -1] == pytest.approx(numbers, rel=1e-6)
    assert np.rint(many["ready"][:, -1] * 20) == pytest.approx(20 - numbers)


def test_where_it_is_linear_the_mean_is_that_of_the_equations():
    many = run(trials=200)
    smooth = quantal.run(loaded(SYNAPSE), until=END, sample=GRID, record=["glu"], relative=1e-9)
    for time in (1.0, 3.0):
        place = int(np.searchsorted(GRID, time))
        simulated = many["glu"][:, place]
        check_mean(simulated, smooth["glu"][place], simulated.var())


def test_postsynaptic_spikes_differ_between_trials():
    many = run(trials=60)
    numbers = np.array([len(times) for times in many.firings["spike"]])
    assert 0 < np.mean(numbers > 0) < 1
    for trial in range(60):
        # A sample beyond the threshold needs a spike; a spike may lie between samples.
        assert numbers[trial] > 0 or many["V"][trial].max() <= -55.3


def test_workers_and_seeds():
    one, other = run(workers=1, trials=6), run(workers=3, trials=6)
    assert np.array_equal(one["V"], other["V"])
    assert np.array_equal(run(trials=3)["glu"], one["glu"][:3])
    assert not np.array_equal(run(trials=6, seed=4)["glu"], one["glu"])


def test_what_is_counted_is_said():
    many = quantal.run(loaded(SYNAPSE), until=1, sample="0.5 ms", trials=2)
    assert "The engine `hybrid` was chosen" in many.made_by["choice"]
    assert "`ssa` cannot: `V` is a membrane, which is continuous" in many.made_by["choice"]
    assert many.made_by["split"].startswith("Counted one by one: `site`. ")


def test_a_scheme_that_feeds_on_what_it_makes_stays_continuous():
    text = SYNAPSE.replace(
        "species gone", "scheme brake = off on count 30\n  off + glu <-> on : 1 [/mM/ms], 1 [/ms]\n"
        "species gone",
    ).replace("*calcium\n", "*calcium*(1 - on)\n")  # fmt: skip
    with pytest.raises(UsageError, match="nothing can be counted one by one"):
        quantal.run(loaded(text), until=1, engine="hybrid", trials=1)


def test_a_model_without_schemes_is_refused():
    with pytest.raises(UsageError, match="nothing can be counted one by one: it has no schemes"):
        quantal.run(quantal.load("channels/hodgkin_huxley_1952"), until=1, engine="hybrid")


def test_a_held_input_of_the_counted_part_is_followed():
    held = following("fall = 1e9 [ms]", "set")
    many = run(trials=100, protocol=held)
    exact = 1.0 - np.exp(-0.48 * END)
    check_counts([len(t) for t in many.firings["fusion"]],
                 stats.binom.pmf(np.arange(21), 20, exact))  # fmt: skip


def test_the_calyx_by_chance_is_the_calyx_of_the_equations_on_average():
    calyx = quantal.load("synapses/calyx_of_held")
    stimulus = following("stimulus every 10 ms count 1", "train")
    wanted = ["synaptic_current", "sites.docked"]
    sample = np.array([0.0, 5.0])
    many = quantal.run(calyx, stimulus, until=5, sample=sample, record=wanted, engine="hybrid",
                       trials=24, seed=5)  # fmt: skip
    smooth = quantal.run(calyx, stimulus, until=5, sample=sample, record=wanted)
    lost = many["sites.docked"][:, 0] - many["sites.docked"][:, -1]
    check_mean(lost, float(-np.diff(smooth["sites.docked"])[0]), lost.var())
    # Release sites are independent: the variance is that of binomials, below the mean.
    assert 0.2 < lost.var() / lost.mean() < 1.4


def test_too_many_counted_events_are_refused_before_anything_is_run():
    with pytest.raises(
        UsageError, match=r"single events are expected of what is counted \(`ready`"
    ):
        run(trials=2000, max_events=1000)
    few = run(trials=2)
    assert few.statistics["expected_events"] > 2 * 5
    assert few.statistics["expected_bytes"] == 8 * 2 * len(GRID) * 7
