"""Mistakes put in on purpose: each must be caught by a check that a right engine passes."""

import numpy as np
import pytest
from scipy import stats
from tests.statistics.fit import Misfit, check_counts, check_law, check_mean, check_variance
from tests.statistics.models import (
    AMPA,
    BIRTH_DEATH,
    DIMER,
    IMMIGRATION,
    SENSOR,
    at,
    counts,
)
from tests.statistics.test_channels_and_sensors import (
    CALCIUM,
    DRIVEN,
    GLUTAMATE,
    SATURATING,
    WAVES,
    following,
    smooth,
)
from tests.statistics.test_linear_laws import birth_death_moments, dimer_law

from quantal.engines.stochastic import actions, cells, chunk, trials
from quantal.errors import RunError
from quantal.kernels import cache
from quantal.kernels.stochastic import choice, network, parts, philox
from quantal.kernels.stochastic.lanes import attend, board, loop


@pytest.fixture(autouse=True)
def own_code(tmp_path, monkeypatch):
    """Faulty code must never be found again by anything else."""
    monkeypatch.setenv("QUANTAL_CACHE", str(tmp_path))
    cache.forget()
    yield
    cache.forget()


# -- the checks, each of which must pass without a fault ---------------------------------------


def immigration():
    trajectory = counts(IMMIGRATION, 1000, until=10, sample=np.array([10.0]))
    mean = 10.0 * (1.0 - np.exp(-1.0))
    check_counts(at(trajectory, "X", 10.0), stats.poisson.pmf(np.arange(300), mean))


def dimers():
    few = DIMER.replace("P = 30", "P = 4")
    trajectory = counts(few, 2000, until=10, sample=np.array([5.0]))
    check_counts(at(trajectory, "D", 5.0), dimer_law(5.0, molecules=4))


def births():
    simulated = at(counts(BIRTH_DEATH, 1000, until=10, sample=np.array([10.0])), "X", 10.0)
    mean, variance, kurtosis = birth_death_moments(10.0)
    check_mean(simulated, mean, variance)
    check_variance(simulated, variance, kurtosis)


def channels():
    sample = np.array([1.0, 4.0])
    trajectory = counts(AMPA, 500, protocol=GLUTAMATE, until=4, sample=sample, record=["O"])
    exact = smooth(AMPA, GLUTAMATE, 4, sample, ["O"])["O"]
    for place, time in enumerate(sample):
        law = stats.binom.pmf(np.arange(81), 80, exact[place])
        check_counts(at(trajectory, "O", time, 80), law)


def first_passage():
    protocol = CALCIUM + following("n = 30 [vesicles]", "set")
    trajectory = counts(SENSOR, 60, protocol=protocol, until=8, sample="8 ms",
                        record=["fusion", "fused"])  # fmt: skip
    grid = np.linspace(0.0, 8.0, 4001)
    exact = smooth(SENSOR, CALCIUM, 8, grid, ["fused"])["fused"]
    check_law(np.concatenate(trajectory.firings["fusion"]),
              lambda t: np.interp(t, grid, exact) / exact[-1])  # fmt: skip
    check_counts(at(trajectory, "fused", 8.0, 30), stats.binom.pmf(np.arange(31), 30, exact[-1]))


def pulse_of_arrivals():
    trajectory = counts(DRIVEN, 400, protocol=following(WAVES[0]), until=10, sample="10 ms")
    mean = 30 * 0.1 * np.sqrt(np.pi)
    check_counts(at(trajectory, "X", 10.0), stats.poisson.pmf(np.arange(300), mean))


BOTTOM = """mechanism bottom "A pump that takes at a constant rate"
species X = 3 [molecules] inside
reaction taken = X -> nothing rate 1 [/ms]
"""


def bottom():
    trajectory = counts(BOTTOM, 300, until=20, sample="1 ms")
    assert trajectory["X"].min() == 0.0


def saturating():
    protocol = following("K = 1 [molecules] + 40 [molecules]*exp(-((time - 2 [ms])/0.5 [ms])^2)")
    counts(SATURATING, 400, protocol=protocol, until=5, sample=np.array([5.0]))


QUANTA = """mechanism quanta "Release at every spike"
event spike
species docked = 10 [vesicles] inside
species fused = 0 [vesicles] inside
on spike
  docked -> fused times binomial(docked, 0.3)
"""


def quanta():
    trajectory = counts(QUANTA, 1000, protocol=following("spike every 1 ms count 2", "train"),
                        until=3, sample=np.array([0.5, 2.0]))  # fmt: skip
    first, both = at(trajectory, "fused", 0.5), at(trajectory, "fused", 2.0)
    check_counts(first, stats.binom.pmf(np.arange(11), 10, 0.3))
    check_counts(both, stats.binom.pmf(np.arange(11), 10, 1 - 0.7**2))
    # Given the first, the second draws anew from what is left.
    product = (first - 3.0) * (both - first - 2.1)
    check_mean(product, -0.3 * 2.1, product.var())


CHECKS = [immigration, dimers, births, channels, first_passage, pulse_of_arrivals, bottom,
          saturating, quanta]  # fmt: skip


@pytest.mark.parametrize("check", CHECKS)
def test_every_check_passes_without_a_fault(check):
    check()


def one_after_another(monkeypatch):
    """Trials do not run side by side, which changes no bit."""
    monkeypatch.setattr(chunk, "ENOUGH_TRIALS", 10**9)


# -- the faults --------------------------------------------------------------------------------


def wrapped(monkeypatch, home, name, make):
    monkeypatch.setattr(home, name, make(getattr(home, name)))


def slow_waiting(monkeypatch):
    """Waiting times scaled by 1.2."""

    def make(minus_log):
        def scaled(f, value):
            return f.real_op("fmul", minus_log(f, value), philox._reals(1.2), philox._REAL)

        return scaled

    wrapped(monkeypatch, philox, "_minus_log", make)


def pairs_as_squares(monkeypatch):
    """X + X counted as X^2."""
    monkeypatch.setattr(network._Maker, "_law", lambda self, name, orders: self._equations.node(
        network.Name(name)))  # fmt: skip


def off_by_one(monkeypatch):
    """A reaction does what its neighbour should."""

    def make(directions):
        def shifted(self, number, row):
            found = directions(self, number, row)
            rows = self._program.reactions
            other = directions(self, number, rows[(number + 1) % len(rows)])
            return [
                (network.Channel(c.row, c.backward, c.weight, other[0][0].changes, c.law), node)
                for c, node in found
            ]

        return shifted

    wrapped(monkeypatch, network._Maker, "directions", make)


def shared_stream(monkeypatch):
    """Every chunk draws the numbers of the first."""

    def make(lay):
        def shared(self):
            lay(self)
            self._context.set_count("first_trial", 0)

        return shared

    wrapped(monkeypatch, chunk.Chunk, "_lay_arrays", make)


def reused_numbers(monkeypatch):
    """The counter of the random stream stands still, so each buffer is the first again."""
    wrapped(monkeypatch, philox, "keep", lambda keep: lambda f, name, value, kind="double":
            None if name == "draw" else keep(f, name, value, kind))  # fmt: skip
    monkeypatch.setattr(loop, "_move_on", lambda f, draws, place, active: None)


def one_key_for_all_draws(monkeypatch):
    """Draws of events do not depend on their number."""
    wrapped(monkeypatch, actions, "generator",
            lambda generator: lambda seed, trial, stream, number=0:
            generator(seed, trial, stream, 0))  # fmt: skip


def no_floor(monkeypatch):
    """An event may take more than there is."""
    monkeypatch.setattr(network._Maker, "_guarded", lambda self, node, changes, orders: node)


def stale_rates(monkeypatch):
    """One of the propensities that an event changes is forgotten."""
    one_after_another(monkeypatch)
    wrapped(monkeypatch, parts.Parts, "affected",
            lambda affected: lambda self, states: affected(self, states)[:-1])  # fmt: skip


def lost_effects(monkeypatch):
    """Side by side, an event adds nothing to what it makes."""
    wrapped(monkeypatch, board, "amount_of", lambda amount_of: lambda f, parts, change:
            "0.0" if parts.graph.value[change] > 0.0 else amount_of(f, parts, change))  # fmt: skip


def sampled_bounds(monkeypatch):
    """Bounds taken from the ends of a piece alone, and low by a tenth."""
    wrapped(monkeypatch, cells, "bounds", lambda bounds: lambda *a: tuple(
        0.9 * each for each in bounds(*a)))  # fmt: skip


def nothing_rejected(monkeypatch):
    """A driven reaction goes at its bound, whatever the drive is at that moment."""
    for home in (choice, attend):
        monkeypatch.setattr(
            home, "true_factor", lambda f, parts, block, ceiling, then, leave_if: ceiling
        )
    monkeypatch.setattr(cells, "SHARE", 0.5)


def one_cell(monkeypatch):
    """The bound of the first cell is kept for the whole run."""

    def make(cut):
        def first_only(*arguments):
            found = cut(*arguments)
            return cells.Cells(
                found.edges,
                np.tile(found.low[:1], (len(found.low), 1)),
                np.tile(found.high[:1], (len(found.high), 1)),
            )

        return first_only

    wrapped(monkeypatch, trials, "cut", make)


FAULTS = [
    (slow_waiting, immigration), (slow_waiting, channels), (pairs_as_squares, dimers),
    (off_by_one, channels), (off_by_one, first_passage), (shared_stream, immigration),
    (shared_stream, births), (reused_numbers, births), (one_key_for_all_draws, quanta),
    (no_floor, bottom), (stale_rates, immigration), (stale_rates, channels),
    (sampled_bounds, pulse_of_arrivals), (sampled_bounds, first_passage),
    (nothing_rejected, first_passage), (nothing_rejected, pulse_of_arrivals),
    (one_cell, pulse_of_arrivals), (lost_effects, channels), (lost_effects, immigration),
]  # fmt: skip


@pytest.mark.parametrize(("plant", "check"), FAULTS, ids=lambda each: each.__name__)
def test_a_planted_fault_is_caught(plant, check, monkeypatch):
    plant(monkeypatch)
    with pytest.raises((Misfit, AssertionError, RunError)):
        check()
