"""Mistakes put into parameters that vary: each is caught by a check that a right engine passes."""

import numpy as np
import pytest
from tests.statistics import test_vesicles as vesicles
from tests.statistics.fit import Misfit
from tests.statistics.test_planted_faults import own_code as own_code
from tests.statistics.test_planted_faults import wrapped

from quantal.engines.stochastic.varied import applied, firings, handlers, trials
from quantal.errors import RunError


def contents():
    vesicles.test_contents_of_vesicles_have_the_quantal_variance("ssa")


def sites():
    vesicles.test_sites_that_differ_vary_less_from_trial_to_trial()


def between_trials():
    vesicles.test_a_probability_that_differs_from_trial_to_trial_gives_a_beta_binomial()


def at_one_moment():
    vesicles.test_vesicles_that_fuse_at_one_moment_have_contents_of_their_own()


def same_content(monkeypatch):
    """All vesicles hold the mean."""
    monkeypatch.setattr(applied, "classes", lambda slot, value, count: np.full(count, value))


def undivided_rate(monkeypatch):
    """Each class goes at the whole rate."""
    wrapped(monkeypatch, firings, "divide", lambda divide: lambda a, b: a)


def sites_alike(monkeypatch):
    """All members draw the number of the first."""
    wrapped(monkeypatch, applied, "generator", lambda generator: lambda seed, number, stream, index:
            generator(seed, 0, stream, index))  # fmt: skip


def binomial_sites(monkeypatch):
    """Members differ, but every one of them goes by the mean."""

    def make(filled):
        def mean(program, stimulus, seed):
            found = filled(program, stimulus, seed)
            for i, slot in enumerate(program.parameters):
                if slot.name.startswith("p["):
                    found.parameters[i] = 0.3
            return found

        return mean

    wrapped(monkeypatch, applied, "filled", make)


def trials_alike(monkeypatch):
    """Trials draw their parameters, but all the same events."""
    monkeypatch.setattr(trials, "_seed", lambda seed, trial: seed)


def one_draw_for_all(monkeypatch):
    """Vesicles that fuse at one moment share one content."""
    wrapped(monkeypatch, handlers, "quantiles", lambda quantiles: lambda slot, value, p:
            np.full(len(p), quantiles(slot, value, p)[0]))  # fmt: skip


FAULTS = [
    (same_content, contents), (undivided_rate, contents), (sites_alike, sites),
    (binomial_sites, sites), (trials_alike, between_trials), (one_draw_for_all, at_one_moment),
]  # fmt: skip


@pytest.mark.parametrize(("plant", "check"), FAULTS, ids=lambda each: each.__name__)
def test_a_planted_fault_is_caught(plant, check, monkeypatch):
    plant(monkeypatch)
    with pytest.raises((Misfit, AssertionError, RunError)):
        check()
