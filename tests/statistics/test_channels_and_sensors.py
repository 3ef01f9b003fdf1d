"""Library schemes by chance: multinomial occupancies, first passage, drives that vary."""

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import solve_ivp
from tests.statistics.fit import check_counts, check_law, check_mean
from tests.statistics.models import AMPA, SENSOR, at, counts, loaded

import quantal
from quantal.protocols import pulse
from quantal.protocols.protocol import Protocol
from quantal.protocols.text import parse_action

GLUTAMATE = pulse("glu", "1 mM", duration="1 ms")
TIMES = np.array([0.5, 1.5, 4.0, 10.0])


def following(text, word="drive"):
    return Protocol((parse_action(word, text),))


CALCIUM = following("Ca = 0.05 [uM] + 20 [uM]*exp(-((time - 2 [ms])/0.3 [ms])^2)")


def smooth(model, protocol, until, sample, names):
    return quantal.run(
        loaded(model), protocol, until=until, sample=sample, record=names, engine="stiff",
        relative=1e-9,
    )  # fmt: skip


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("state", ["O", "C5"])
def test_eighty_receptors_are_binomial_with_the_equations_probability(time, state):
    trajectory = counts(AMPA, 1500, protocol=GLUTAMATE, until=10, sample=TIMES, record=["O", "C5"])
    exact = smooth(AMPA, GLUTAMATE, 10, TIMES, ["O", "C5"])
    p = exact[state][int(np.searchsorted(TIMES, time))]
    check_counts(at(trajectory, state, time, 80), stats.binom.pmf(np.arange(81), 80, p))


def test_two_states_of_a_receptor_have_the_multinomials_covariance():
    trajectory = counts(AMPA, 3000, protocol=GLUTAMATE, until=10, sample=TIMES, record=["O", "C3"])
    exact = smooth(AMPA, GLUTAMATE, 10, TIMES, ["O", "C3"])
    p, q = exact["O"][1], exact["C3"][1]
    products = (at(trajectory, "O", 1.5, 80) - 80 * p) * (at(trajectory, "C3", 1.5, 80) - 80 * q)
    check_mean(products, -80 * p * q, products.var())


def test_fusion_under_a_calcium_pulse_has_the_sensors_first_passage_law():
    trajectory = counts(
        SENSOR, 100, protocol=CALCIUM + following("n = 30 [vesicles]", "set"), until=8,
        sample="8 ms", record=["fusion", "fused"],
    )  # fmt: skip
    grid = np.linspace(0.0, 8.0, 4001)
    exact = smooth(SENSOR, CALCIUM, 8, grid, ["fused"])["fused"]
    times = np.concatenate(trajectory.firings["fusion"])
    check_law(times, lambda t: np.interp(t, grid, exact) / exact[-1])
    fused = at(trajectory, "fused", 8.0, 30)
    assert (fused == [len(each) for each in trajectory.firings["fusion"]]).all()
    check_counts(fused, stats.binom.pmf(np.arange(31), 30, exact[-1]))


def test_a_stage_of_the_sensor_is_binomial_at_the_height_of_the_pulse():
    trajectory = counts(
        SENSOR, 1500, protocol=CALCIUM + following("n = 30 [vesicles]", "set"), until=4,
        sample=np.array([1.8, 2.0, 2.4]), record=["V2", "V0"],
    )  # fmt: skip
    exact = smooth(SENSOR, CALCIUM, 4, trajectory.time, ["V2", "V0"])
    for name in ("V2", "V0"):
        for place, time in enumerate(trajectory.time):
            p = exact[name][place]
            check_counts(at(trajectory, name, time, 30), stats.binom.pmf(np.arange(31), 30, p))


DRIVEN = """mechanism driven "Events at a rate that follows a drive"
input u [/ms] inside
species X = 0 [molecules] inside
reaction arrives = nothing -> X rate u
"""

WAVES = [
    "u = 30 [/ms]*exp(-((time - 5 [ms])/0.1 [ms])^2)",
    "u = 1 [/ms] + 1 [/ms]*tanh((time - 3 [ms])/0.01 [ms])",
    "u = 4 [/ms]*exp(-time/0.5 [ms])",
    "u = 2 [/ms]*abs(time - 5 [ms])/1 [ms]",
]


@pytest.mark.parametrize("wave", WAVES)
def test_a_driven_poisson_process_has_the_drives_integral_as_its_law(wave):
    from quantal.compiler.bind import bind
    from quantal.experiments.loading import prepare

    protocol = following(wave)
    trajectory = counts(DRIVEN, 400, protocol=protocol, until=10, sample="10 ms",
                        record=["arrives", "X"])  # fmt: skip
    # A fine-step reference of the drive itself, not of its bounds.
    drive = bind(prepare(loaded(DRIVEN)), Protocol(protocol.actions, 10.0)).stimulus.drives[0]
    grid = np.linspace(0.0, 10.0, 200_001)
    rate = drive.at(grid)
    area = np.concatenate([[0.0], np.cumsum(0.5 * (rate[1:] + rate[:-1]) * np.diff(grid))])
    check_counts(at(trajectory, "X", 10.0), stats.poisson.pmf(np.arange(200), area[-1]))
    times = np.concatenate(trajectory.firings["arrives"])
    check_law(times, lambda t: np.interp(t, grid, area) / area[-1])


PULSES = following("u = 8 [/ms] decaying 0.7 [ms] at 1 [ms] every 2 [ms] count 4", "pulse")


def test_decaying_pulses_that_overlap_keep_their_law():
    trajectory = counts(DRIVEN, 2000, protocol=PULSES, until=9, sample=np.array([2.0, 4.0, 9.0]))
    for time in (2.0, 4.0, 9.0):
        begun = np.array([1.0, 3.0, 5.0, 7.0])
        begun = begun[begun < time]
        mean = (8 * 0.7 * (1.0 - np.exp(-(time - begun) / 0.7))).sum()
        check_counts(at(trajectory, "X", time), stats.poisson.pmf(np.arange(100), mean))


SATURATING = """mechanism saturating "A carrier whose affinity follows a drive"
input K [molecules] inside
species X = 12 [molecules] inside
reaction taken = X -> nothing rate 3 [/ms]*X/(K + X)
"""


def test_a_law_in_which_drive_and_count_do_not_separate_is_thinned_one_by_one():
    protocol = following("K = 1 [molecules] + 40 [molecules]*exp(-((time - 2 [ms])/0.5 [ms])^2)")
    trajectory = counts(SATURATING, 4000, protocol=protocol, until=5,
                        sample=np.array([1.0, 2.5, 5.0]))  # fmt: skip
    assert trajectory.statistics["rejected"] > 0

    def generator(t, p):
        n = np.arange(13)
        leave = 3.0 * n / (1.0 + 40.0 * np.exp(-(((t - 2.0) / 0.5) ** 2)) + n)
        change = -leave * p
        change[:-1] += leave[1:] * p[1:]
        return change

    start = np.zeros(13)
    start[12] = 1.0
    solved = solve_ivp(generator, (0, 5), start, t_eval=trajectory.time, rtol=1e-10, atol=1e-12,
                       max_step=0.05)  # fmt: skip
    for place, time in enumerate(trajectory.time):
        exact = np.clip(solved.y[:, place], 0.0, None)
        check_counts(at(trajectory, "X", time), exact / exact.sum())
