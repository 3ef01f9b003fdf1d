"""Steps of many events: their random numbers, laws of whole runs, and the way to the exact one."""

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import solve_ivp
from tests.statistics.fit import check_counts, check_law, check_mean, check_variance, mean_p
from tests.statistics.models import AMPA, SENSOR, at, loaded
from tests.statistics.test_channels_and_sensors import (
    CALCIUM,
    DRIVEN,
    GLUTAMATE,
    WAVES,
    following,
    smooth,
)

import quantal

ARRIVALS = """mechanism arrivals "Two kinds arrive"
parameter many = 30 [/ms]
parameter few = 6 [/ms]
species X = 1e6 [molecules] inside
species Y = 1e6 [molecules] inside
reaction a = nothing -> X rate many
reaction b = nothing -> Y rate few
"""


def leaps(text, trials, engine="leap", seed=1, protocol=None, **more):
    return quantal.run(
        loaded(text), protocol, engine=engine, trials=trials, seed=seed, **more
    )  # fmt: skip


def arrived(rate, few=6, trials=3000, engine="leap"):
    text = ARRIVALS.replace("many = 30", f"many = {rate}").replace("few = 6", f"few = {few}")
    run = leaps(text, trials, engine, until=1, sample=np.array([1.0]))
    assert run.statistics["steps"] == trials, "each trial is one step"
    return at(run, "X", 1.0) - 1e6, at(run, "Y", 1.0) - 1e6


@pytest.mark.parametrize("rate", [20.5, 24.0, 60.0, 1000.0])
def test_numbers_of_events_in_a_step_are_poisson(rate):
    many, few = arrived(rate)
    top = int(rate + 12 * np.sqrt(rate))
    check_counts(many, stats.poisson.pmf(np.arange(top), rate), "by rejection")
    check_counts(few, stats.poisson.pmf(np.arange(40), 6), "by waiting times")


@pytest.mark.parametrize("rate", [1e6, 1e9, 1e11])
def test_large_numbers_of_events_have_a_poisson_mean_variance_and_shape(rate):
    many, _ = arrived(rate)
    check_mean(many, rate, rate)
    check_variance(many, rate)
    check_law(many, stats.norm(rate, np.sqrt(rate)).cdf)


def test_langevin_numbers_of_events_are_normal():
    for numbers, mean in zip(arrived(1e4, 30, engine="langevin"), (1e4, 30.0), strict=True):
        check_law(numbers, stats.norm(mean, np.sqrt(mean)).cdf)


DECAY = """mechanism crowd "Many arrive and die"
parameter arrival = 100 [/ms]
parameter death = 0.1 [/ms]
species X = 0 [molecules] inside
reaction arrives = nothing -> X rate arrival
reaction dies = X -> nothing : death
"""
SAMPLE = np.array([2.0, 10.0, 60.0])


@pytest.mark.parametrize("engine", ["leap", "langevin"])
@pytest.mark.parametrize("time", SAMPLE)
def test_many_that_arrive_and_die_have_a_poissons_mean_and_variance(engine, time):
    run = leaps(DECAY, 3000, engine, until=60, sample=SAMPLE)
    mean = 1000.0 * (1.0 - np.exp(-0.1 * time))
    simulated = run["X"][:, int(np.searchsorted(SAMPLE, time))]
    check_mean(simulated, mean, mean)
    check_variance(simulated, mean, 3.0 + 1.0 / mean)
    if engine == "leap":
        check_counts(simulated, stats.poisson.pmf(np.arange(1400), mean))


PAIRS = """mechanism pairs "Many dimers"
species P = 3000 [molecules] inside
species D = 0 [molecules] inside
reaction pair = P + P <-> D : 1e-4 [/ms], 0.1 [/ms]
"""
TIMES = np.array([1.0, 10.0])


def dimer_moments(molecules=3000, on=1e-4, off=0.1):
    """Mean and variance of D at TIMES, from the master equation."""
    d = np.arange(molecules // 2 + 1.0)
    p = molecules - 2.0 * d
    up, down = on * p * (p - 1.0), off * d

    def change(t, y):
        g = -(up + down) * y
        g[1:] += up[:-1] * y[:-1]
        g[:-1] += down[1:] * y[1:]
        return g

    start = np.zeros(len(d))
    start[0] = 1.0
    solved = solve_ivp(change, (0.0, TIMES[-1]), start, "LSODA", TIMES, rtol=1e-8, atol=1e-12,
                       lband=1, uband=1).y.T  # fmt: skip
    means = [float(d @ y) for y in solved]
    return [(m, float((d - m) ** 2 @ y)) for m, y in zip(means, solved, strict=True)]


@pytest.fixture(scope="module")
def exact_dimers():
    return dimer_moments()


@pytest.mark.parametrize("engine", ["leap", "langevin"])
def test_many_dimers_have_the_master_equations_mean_and_variance(engine, exact_dimers):
    run = leaps(PAIRS, 2000, engine, until=10, sample=TIMES)
    for place, (mean, variance) in enumerate(exact_dimers):
        check_mean(run["D"][:, place], mean, variance)
        check_variance(run["D"][:, place], variance)


def test_as_its_error_shrinks_a_leap_becomes_exact(exact_dimers):
    """Coarse steps are visibly off, finer ones less, and the finest are single events."""
    mean, variance = exact_dimers[0]
    off, steps = [], []
    for error in (0.5, 0.1, 0.003):
        run = leaps(PAIRS, 1500, until=1, sample=TIMES[:1], leap=error)
        off.append(abs(run["D"].mean() - mean))
        steps.append(run.statistics["steps"])
    assert mean_p(leaps(PAIRS, 1500, until=1, sample=TIMES[:1], leap=0.5)["D"], mean,
                  variance) < 1e-9  # fmt: skip
    assert off[0] > 2.0 * max(off[1:])
    assert steps[2] == 0.0
    check_mean(run["D"][:, 0], mean, variance)
    check_variance(run["D"][:, 0], variance)


@pytest.mark.parametrize("engine", ["leap", "langevin"])
def test_many_receptors_are_binomial_with_the_equations_probability(engine):
    sample = np.array([0.5, 1.5, 4.0])
    protocol = GLUTAMATE + following("n = 2000 [channels]", "set")
    run = leaps(AMPA, 300, engine, protocol=protocol, until=4, sample=sample, record=["O"])
    exact = smooth(AMPA, GLUTAMATE, 4, sample, ["O"])["O"]
    for place, p in enumerate(exact):
        opened = run["O"][:, place] * 2000
        check_mean(opened, 2000 * p, 2000 * p * (1 - p))
        check_variance(opened, 2000 * p * (1 - p))


def test_fusions_in_a_leap_have_the_sensors_first_passage_law():
    protocol = CALCIUM + following("n = 2000 [vesicles]", "set")
    run = leaps(SENSOR, 20, protocol=protocol, until=8, sample="8 ms", record=["fusion", "fused"])
    assert run.statistics["steps"] > 0
    grid = np.linspace(0.0, 8.0, 4001)
    exact = smooth(SENSOR, CALCIUM, 8, grid, ["fused"])["fused"]
    check_law(np.concatenate(run.firings["fusion"]),
              lambda t: np.interp(t, grid, exact) / exact[-1])  # fmt: skip
    fused = np.rint(run["fused"][:, -1] * 2000)
    assert (fused == [len(each) for each in run.firings["fusion"]]).all()
    check_mean(fused, 2000 * exact[-1], 2000 * exact[-1] * (1 - exact[-1]))


@pytest.mark.parametrize("wave", WAVES)
def test_leaps_over_a_drive_keep_its_integral(wave):
    from quantal.compiler.bind import bind
    from quantal.experiments.loading import prepare
    from quantal.protocols.protocol import Protocol

    many = wave.replace("u = ", "u = 100*(") + ")"
    protocol = following(many)
    run = leaps(DRIVEN, 800, protocol=protocol, until=10, sample=np.array([10.0]), leap=0.01)
    drive = bind(prepare(loaded(DRIVEN)), Protocol(protocol.actions, 10.0)).stimulus.drives[0]
    grid = np.linspace(0.0, 10.0, 200_001)
    mean = np.trapezoid(drive.at(grid), grid)
    assert run.statistics["steps"] > 800
    check_mean(at(run, "X", 10.0), mean, mean)
    check_variance(at(run, "X", 10.0), mean)
