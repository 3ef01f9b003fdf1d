"""Vesicles and sites as individuals: contents, sizes, probabilities; minis and late release."""

import numpy as np
import pytest
from scipy import stats
from tests.statistics.fit import (
    check_counts,
    check_law,
    check_mean,
    check_variance,
    judge,
)
from tests.statistics.models import SENSOR, at, loaded
from tests.statistics.test_channels_and_sensors import following, smooth

import quantal
from quantal.observables import failure_rate

SITES = """mechanism sites "Ten sites, each of which releases at a spike or not"
parameter n = 10 [sites]
parameter p = 0.3
parameter q = 2000 [molecules]
event spike
species fused = 0 [vesicles] inside
scheme site = ready empty count n
on spike
  ready -> empty + fused times binomial(n*ready, p)
"""
SPIKE = following("spike every 1 ms count 1 at 1 ms", "train")


def released(vary=None, trials=4000, seed=1, text=SITES):
    run = quantal.run(
        loaded(text), SPIKE, until=2, sample=np.array([2.0]), engine="ssa", trials=trials,
        seed=seed, vary=vary,
    )  # fmt: skip
    return run, at(run, "fused", 2.0)


def test_equal_sites_release_binomially_with_failures_and_several_at_once():
    _, counts = released()
    check_counts(counts, stats.binom.pmf(np.arange(11), 10, 0.3))
    check_variance(counts, 2.1, 3.0 + (1.0 - 6.0 * 0.21) / 2.1)
    failed = failure_rate(counts, 0.5)
    assert failed == (counts == 0).mean()
    judge(2 * stats.norm.sf(abs(failed - 0.7**10) / np.sqrt(0.7**10 * (1 - 0.7**10) / 4000)),
          "failures")  # fmt: skip


def of_unequal(probabilities):
    """Numbers of successes of independent trials that differ, by convolution."""
    law = np.ones(1)
    for p in probabilities:
        law = np.convolve(law, [1.0 - p, p])
    return law


def test_sites_that_differ_vary_less_from_trial_to_trial():
    """Var = sum of p(1 - p) = N mean(p) (1 - mean(p)) - N var(p)."""
    run, counts = released({"p": "beta(cv = 0.8) per copy"})
    p = np.array(run.made_by["copies"]["p"])
    assert len(p) == 10
    assert p.std() > 0.1
    check_counts(counts, of_unequal(p))
    check_mean(counts, p.sum(), (p * (1 - p)).sum())
    check_variance(counts, (p * (1 - p)).sum())
    # What was seen is likelier with these sites than with equal ones, by far.
    equal = stats.binom.pmf(np.arange(11), 10, p.mean())
    assert np.log(of_unequal(p) / equal)[counts.astype(int)].sum() > 3.0


def test_sites_keep_their_probabilities_in_all_trials_and_differ_between_seeds():
    few, _ = released({"p": "beta(cv = 0.8) per copy"}, trials=2)
    many, _ = released({"p": "beta(cv = 0.8) per copy"}, trials=5)
    other, _ = released({"p": "beta(cv = 0.8) per copy"}, trials=2, seed=2)
    assert few.made_by["copies"] == many.made_by["copies"]
    assert few.made_by["copies"]["p"] != other.made_by["copies"]["p"]


def test_a_probability_that_differs_from_trial_to_trial_gives_a_beta_binomial():
    run, counts = released({"p": "beta(cv = 0.5) per trial"}, trials=300)
    total = 0.7 / (0.3 * 0.25) - 1.0
    check_counts(counts, stats.betabinom.pmf(np.arange(11), 10, 0.3 * total, 0.7 * total))
    drawn = np.array(run.made_by["drawn per trial"]["p"])
    check_law(drawn, stats.beta(0.3 * total, 0.7 * total).cdf)
    # Each trial's number is drawn with its own probability.
    check_mean(counts - 10 * drawn, 0.0, 10 * float((drawn * (1 - drawn)).mean()))


FIRING = """mechanism firing "Vesicles that fuse one by one"
parameter n = 40 [vesicles]
parameter q = 2000 [molecules] ~ gamma(cv = 0.3) per firing
scheme vesicle = docked gone count n
  fusion = docked -> gone + q glu : 0.5 [/ms]
species glu = 0 [molecules] inside
"""


@pytest.mark.parametrize("engine", ["ssa", "hybrid", "leap"])
def test_contents_of_vesicles_have_the_quantal_variance(engine):
    text = FIRING if engine != "hybrid" else FIRING + "continuous glu\n"
    run = quantal.run(loaded(text), until=3, sample=np.array([3.0]), engine=engine, trials=60,
                      seed=1)  # fmt: skip
    fused = np.array([len(times) for times in run.firings["fusion"]])
    content = run["glu"][:, -1]
    check_counts(fused, stats.binom.pmf(np.arange(41), 40, 1 - np.exp(-1.5)))
    standard = (content - 2000.0 * fused) / (600.0 * np.sqrt(fused))
    check_mean(standard, 0.0, 1.0)
    check_variance(standard, 1.0, 3.3)


TOGETHER = """mechanism together "Vesicles of two transmitters that fuse at a spike"
parameter n = 10 [sites]
parameter q = 2000 [molecules]
parameter fullness = 1 ~ gamma(cv = 0.3) per firing
let content = q*fullness
event spike
species fused = 0 [vesicles] inside
species glu = 0 [molecules] inside
species gaba = 0 [molecules] inside
scheme site = ready empty count n
on spike
  ready -> empty + fused + content glu + (0.5*content) gaba times binomial(n*ready, 0.6)
"""


def test_vesicles_that_fuse_at_one_moment_have_contents_of_their_own():
    run = quantal.run(loaded(TOGETHER), SPIKE, until=2, sample=np.array([2.0]), engine="ssa",
                      trials=1500, seed=1)  # fmt: skip
    fused, glu, gaba = (run[name][:, -1] for name in ("fused", "glu", "gaba"))
    check_counts(fused, stats.binom.pmf(np.arange(11), 10, 0.6))
    some = fused > 0
    standard = (glu - 2000.0 * fused)[some] / (600.0 * np.sqrt(fused[some]))
    check_mean(standard, 0.0, 1.0)
    check_variance(standard, 1.0, 3.3)
    # Both transmitters of a vesicle are of one fullness; each sum is rounded once.
    assert np.abs(gaba - 0.5 * glu).max() <= 0.75


MINI = FIRING.replace("n = 40", "n = 1")


def test_single_contents_have_the_laws_shape():
    run = quantal.run(loaded(MINI), until=40, sample=np.array([40.0]), engine="ssa", trials=3000,
                      seed=1)  # fmt: skip
    content = run["glu"][:, -1]
    assert content.min() > 0.0
    check_mean(content, 2000.0, 600.0**2)
    check_variance(content, 600.0**2, 3.0 + 6.0 * 0.09)
    edges = stats.gamma(1 / 0.09, scale=180.0).ppf(np.linspace(0.0, 1.0, 9)[1:-1])
    check_counts(np.searchsorted(edges, content), np.full(8, 0.125))


SIZED = """mechanism sized "Content follows the volume inside a vesicle's membrane"
parameter n = 50 [vesicles]
parameter diameter = 42 [nm] ~ normal(cv = 0.08) per firing
parameter filling = 100 [mM]
place cleft volume = 0.01 [fL]
let content = filling*pi/6*(diameter - 12 [nm])^3
let other = 0.5*content
scheme vesicle = docked gone count n
  docked -> gone + content glu + other gaba : 1 [/ms]
species glu = 0 [mM] in cleft
species gaba = 0 [mM] in cleft
continuous glu gaba
"""


def test_content_follows_the_volume_and_two_transmitters_follow_each_other():
    run = quantal.run(loaded(SIZED), until=8, sample=np.array([8.0]), engine="hybrid", trials=30,
                      seed=2)  # fmt: skip
    gone = np.rint(50.0 * run["gone"][:, -1])
    molecules = run["glu"][:, -1] * 0.01 * 602214.076
    # E (d - w)^3 and its variance for a normal diameter, from its moments.
    mean, sd = 30.0, 0.08 * 42.0
    third = mean**3 + 3 * mean * sd**2
    sixth = mean**6 + 15 * mean**4 * sd**2 + 45 * mean**2 * sd**4 + 15 * sd**6
    unit = 100.0 * np.pi / 6.0 * 1e-9 * 602214.076
    expected, variance = unit * third, unit**2 * (sixth - third**2)
    check_mean((molecules - expected * gone) / np.sqrt(gone), 0.0, variance)
    assert expected > 1.03 * unit * mean**3
    assert run["gaba"] == pytest.approx(0.5 * run["glu"], rel=1e-5)


RESTING = """mechanism resting "Sensors of calcium at rest, and vesicles that are replaced"
parameter n = 60 [vesicles]
input Ca [uM] inside
scheme vesicle = V{0..5} count n start equilibrium
  for i in 0 .. 4
    V{i} + Ca <-> V{i+1} : (5 - i)*0.09 [/uM/ms], (i + 1)*9.5 [/ms]*0.25^i
  fusion = V5 -> V0 : 6 [/ms]
"""


def test_minis_out_of_the_sensor_are_a_poisson_process():
    run = quantal.run(
        loaded(RESTING), following("Ca = 1.6 [uM]", "hold"), until=2000, sample=np.array([2000.0]),
        engine="ssa", trials=40, seed=1, record=["fusion"],
    )  # fmt: skip
    trains = run.firings["fusion"]
    counts = np.array([len(times) for times in trains])
    exact = smooth(RESTING, following("Ca = 1.6 [uM]", "hold"), 100, np.array([100.0]), ["V5"])
    rate = 60 * 6.0 * exact["V5"][-1]
    assert 200 < counts.sum() < 8000
    check_counts(counts, stats.poisson.pmf(np.arange(1000), rate * 2000.0))
    # Given their number, the times of a Poisson process lie evenly: no interval is cut off.
    check_law(np.concatenate(trains), stats.uniform(0.0, 2000.0).cdf)
    gaps = np.concatenate([np.diff(times) for times in trains])
    first = np.array([times[0] for times in trains if len(times)])
    check_law(first, stats.truncexpon(rate * 2000.0, scale=1.0 / rate).cdf)
    # The squared cv of n exponential intervals is 1 with a standard error of 2/sqrt(n).
    cv = gaps.std(ddof=1) / gaps.mean()
    assert cv == pytest.approx(1.0, abs=5.0 / np.sqrt(len(gaps)) + 2.0 / counts.mean())


RESIDUAL = following(
    "Ca = 0.05 [uM] + 20 [uM]*exp(-((time - 2 [ms])/0.3 [ms])^2)"
    " + 4 [uM]*exp(-abs(time - 2 [ms])/12 [ms])"
)


def test_residual_calcium_releases_late_vesicles_at_the_sensors_rate():
    run = quantal.run(
        loaded(SENSOR), RESIDUAL + following("n = 60 [vesicles]", "set"), until=40,
        sample=np.array([6.0, 40.0]), engine="ssa", trials=150, seed=1, record=["fused", "fusion"],
    )  # fmt: skip
    grid = np.linspace(0.0, 40.0, 8001)
    exact = smooth(SENSOR, RESIDUAL, 40, grid, ["fused"])["fused"]
    early, whole = np.interp(6.0, grid, exact), exact[-1]
    times = np.concatenate(run.firings["fusion"])
    late = times[times > 6.0]
    assert len(late) > 60
    check_law(late, lambda t: (np.interp(t, grid, exact) - early) / (whole - early))
    number = (run["fused"][:, 1] - run["fused"][:, 0]) * 60
    check_counts(number, stats.binom.pmf(np.arange(61), 60, whole - early))
