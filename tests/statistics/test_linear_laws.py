"""Birth, death, immigration, dimerisation: means, variances and whole distributions."""

import numpy as np
import pytest
from scipy import stats
from scipy.linalg import expm
from tests.statistics.fit import check_counts, check_mean, check_variance, mean_p
from tests.statistics.models import BIRTH_DEATH, DIMER, IMMIGRATION, at, counts

SAMPLE = np.array([0.0, 1.0, 10.0, 50.0])


def birth_death_moments(t, x0=100, birth=0.1, death=0.11):
    """Mean, variance and kurtosis of the linear birth-death process (its cumulants)."""
    g = np.exp((birth - death) * t)
    mean = x0 * g
    variance = x0 * (birth + death) / (birth - death) * g * (g - 1.0)
    # Of one founder: geometric with a modified zero; a and b of Bailey (1964), section 8.6.
    a = death * (g - 1.0) / (birth * g - death)
    b = birth * (g - 1.0) / (birth * g - death)
    n = np.arange(0, 4000)
    p = np.where(n == 0, a, (1 - a) * (1 - b) * b ** np.maximum(n - 1, 0))
    m = (n * p).sum()
    c2, c4 = ((n - m) ** 2 * p).sum(), ((n - m) ** 4 * p).sum()
    kurtosis = 3.0 + (c4 - 3.0 * c2**2) / (x0 * c2**2)
    assert np.isclose(x0 * m, mean)
    assert np.isclose(x0 * c2, variance)
    return mean, variance, kurtosis


@pytest.mark.parametrize("time", [1.0, 10.0, 50.0])
def test_birth_and_death_have_the_exact_mean_and_variance(time):
    simulated = at(counts(BIRTH_DEATH, 2000, until=50, sample=SAMPLE), "X", time)
    mean, variance, kurtosis = birth_death_moments(time)
    check_mean(simulated, mean, variance)
    check_variance(simulated, variance, kurtosis)


@pytest.mark.parametrize("time", [1.0, 10.0, 50.0])
def test_immigration_and_death_give_a_poisson_number(time):
    simulated = at(counts(IMMIGRATION, 3000, until=50, sample=SAMPLE), "X", time)
    mean = 10.0 * (1.0 - np.exp(-0.1 * time))
    check_counts(simulated, stats.poisson.pmf(np.arange(60), mean))


def dimer_law(time, molecules=30, on=0.01, off=0.1):
    """The master equation of P + P <-> D, solved: probabilities of D = 0, 1, 2, ...

    The language's mass action is on * P (P - 1), without a division by two.
    """
    size = molecules // 2 + 1
    generator = np.zeros((size, size))
    for d in range(size):
        p = molecules - 2 * d
        if d + 1 < size:
            generator[d + 1, d] += on * p * (p - 1)
            generator[d, d] -= on * p * (p - 1)
        if d > 0:
            generator[d - 1, d] += off * d
            generator[d, d] -= off * d
    return expm(generator * time)[:, 0]


@pytest.mark.parametrize("time", [1.0, 10.0, 50.0])
def test_dimerisation_follows_the_master_equation(time):
    trajectory = counts(DIMER, 3000, until=50, sample=SAMPLE)
    check_counts(at(trajectory, "D", time), dimer_law(time))
    total = at(trajectory, "P", time) + 2 * at(trajectory, "D", time)
    assert (total == 30).all()


def test_probabilities_are_uniform_over_a_hundred_other_seeds():
    mean, variance, _ = birth_death_moments(10.0)
    found = []
    for seed in range(1000, 1100):
        trajectory = counts(BIRTH_DEATH, 100, seed=seed, until=10, sample=np.array([10.0]))
        found.append(mean_p(at(trajectory, "X", 10.0), mean, variance))
    assert stats.kstest(found, "uniform").pvalue > 1e-3


def test_where_the_system_is_not_linear_the_mean_is_not_the_equations():
    """A check that can tell: P(P - 1) against P^2 differs by more than chance explains."""
    from tests.statistics.models import loaded

    import quantal

    pair = DIMER.replace("P = 30", "P = 4")
    simulated = at(counts(pair, 4000, until=10, sample=np.array([10.0])), "D", 10.0)
    law = dimer_law(10.0, molecules=4)
    exact = float(law @ np.arange(len(law)))
    variance = float(law @ (np.arange(len(law)) - exact) ** 2)
    check_mean(simulated, exact, variance)
    smooth = quantal.run(loaded(pair), until=10, sample=np.array([10.0]), record=["D"])
    assert mean_p(simulated, smooth["D"][-1], variance) < 1e-6
