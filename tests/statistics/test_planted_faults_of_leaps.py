"""Mistakes put into steps of many events: each is caught by a check that a right one passes."""

import re

import numpy as np
import pytest
from scipy import stats
from tests.statistics.fit import Misfit, check_counts, check_mean, check_variance
from tests.statistics.models import DIMER, at
from tests.statistics.test_channels_and_sensors import DRIVEN, following
from tests.statistics.test_leaps import ARRIVALS, DECAY, arrived, leaps
from tests.statistics.test_linear_laws import dimer_law
from tests.statistics.test_planted_faults import wrapped

from quantal.engines.stochastic import leaping
from quantal.errors import RunError
from quantal.kernels import cache
from quantal.kernels.leap import draws, loop, step
from quantal.kernels.stochastic import network


@pytest.fixture(autouse=True)
def fresh_code(tmp_path, monkeypatch):
    """What a fault makes must not be kept."""
    monkeypatch.setenv("QUANTAL_CACHE", str(tmp_path))
    cache.forget()
    yield
    cache.forget()


# -- the checks --------------------------------------------------------------------------------


def numbers():
    many, few = arrived(24.0, trials=2000)
    check_counts(many, stats.poisson.pmf(np.arange(90), 24.0))
    check_counts(few, stats.poisson.pmf(np.arange(40), 6))


def crowd():
    simulated = leaps(DECAY, 1500, until=60, sample=np.array([60.0]))["X"][:, 0]
    mean = 1000.0 * (1.0 - np.exp(-6.0))
    check_mean(simulated, mean, mean)
    check_variance(simulated, mean, 3.0 + 1.0 / mean)


def transient():
    """Few, long steps: a rule of the first order is off."""
    run = leaps(DECAY, 4000, until=10, sample=np.array([10.0]), leap=0.05)
    mean = 1000.0 * (1.0 - np.exp(-1.0))
    check_mean(run["X"][:, 0], mean, mean)


def pairs():
    few = DIMER.replace("P = 30", "P = 4")
    run = leaps(few, 2000, until=10, sample=np.array([5.0]))
    check_counts(at(run, "D", 5.0), dimer_law(5.0, molecules=4))


def wave():
    protocol = following("u = 3000 [/ms]*exp(-((time - 5 [ms])/0.1 [ms])^2)")
    run = leaps(DRIVEN, 400, protocol=protocol, until=10, sample=np.array([10.0]), leap=0.01)
    mean = 300.0 * np.sqrt(np.pi)
    check_mean(run["X"][:, 0], mean, mean)


def never_negative():
    run = leaps(DRAINED, 300, until=3, sample="0.25 ms", leap=0.5)
    assert run["X"].min() >= 0.0
    mean = 60.0 * np.exp(-run.time)
    for place in (4, 8, 12):
        check_mean(run["X"][:, place], mean[place], mean[place] * (1.0 - np.exp(-run.time[place])))


DRAINED = """mechanism drained "All go, beside many that come"
species X = 60 [molecules] inside
species Y = 1e6 [molecules] inside
reaction dies = X -> nothing : 1 [/ms]
reaction comes = nothing -> Y rate 1e5 [/ms]
"""


def independent_trials():
    run = leaps(ARRIVALS, 400, "langevin", until=1, sample=np.array([1.0]), seed=3)
    assert len(np.unique(run["X"])) == 400
    check_variance(run["X"][:, 0], 30.0)


CHECKS = [numbers, crowd, transient, pairs, wave, never_negative, independent_trials]


@pytest.mark.parametrize("check", CHECKS)
def test_every_check_passes_without_a_fault(check):
    check()


# -- the faults --------------------------------------------------------------------------------


def pairs_as_squares(monkeypatch):
    """P + P counted as P^2."""
    monkeypatch.setattr(network._Maker, "_law", lambda self, name, orders: self._equations.node(
        network.Name(name)))  # fmt: skip


def shared_stream(monkeypatch):
    """All chunks draw the numbers of the first."""

    def make(lay):
        def shared(self):
            lay(self)
            self._context.set_count("first_trial", 0)

        return shared

    wrapped(monkeypatch, leaping.LeapChunk, "_lay_arrays", make)


def slow_waiting(monkeypatch):
    """Waiting times scaled by 1.2, from which small Poisson numbers are counted."""
    wrapped(monkeypatch, draws, "waiting", lambda waiting: lambda f: f.real_op(
        "fmul", waiting(f), "0x3FF3333333333333"))  # fmt: skip


def too_narrow(monkeypatch):
    """A Poisson number by rejection that never rejects."""
    wrapped(monkeypatch, draws, "_log_factorial", lambda write: lambda: write().replace(
        "@log_factorial", "@unused")
        + "define internal double @log_factorial(double %k) {\n"
        "entry:\n ret double 0xFFF0000000000000\n}\n")  # fmt: skip


def no_correction(monkeypatch):
    """The second half of a step at the middle's rates alone: a rule of the first order."""
    twice = r"call double @llvm.fmuladd.f64\(double (%v\d+), double 0x4000000000000000, [^)]*\)"
    wrapped(monkeypatch, step, "many", lambda many: lambda channels, tables: re.sub(
        twice, r"fadd double \1, 0.0", many(channels, tables)))  # fmt: skip


def wide_cells(monkeypatch):
    """A step goes over edges of a stimulus."""
    monkeypatch.setattr(leaping, "FLOOR", 0.5)


def nothing_refused(monkeypatch):
    """A step stands, whatever it leaves; no channel is alone."""
    monkeypatch.setattr(loop, "HANDFUL", 0.0)
    monkeypatch.setattr(leaping, "FEW", 0.0)
    wrapped(monkeypatch, step, "lowest", lambda write: lambda states: write(states).replace(
        "ret double", "ret double 0.0 ;"))  # fmt: skip


FAULTS = [
    (pairs_as_squares, pairs), (shared_stream, independent_trials), (slow_waiting, numbers),
    (too_narrow, numbers), (no_correction, transient), (wide_cells, wave),
    (nothing_refused, never_negative),
]  # fmt: skip


@pytest.mark.parametrize(("plant", "check"), FAULTS, ids=lambda each: each.__name__)
def test_a_planted_fault_is_caught(plant, check, monkeypatch):
    plant(monkeypatch)
    with pytest.raises((Misfit, AssertionError, RunError)):
        check()
