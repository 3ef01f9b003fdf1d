"""Hidden members that move together over intervals: exits against exact laws, and by themselves."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from tests.statistics.fit import Misfit, check_counts, check_law, check_mean, judge
from tests.statistics.models import loaded
from tests.statistics.test_channels_and_sensors import following

import quantal
from quantal.engines.stochastic import hidden as finding
from quantal.engines.stochastic import members, propagators, side_by_side
from quantal.experiments.loading import prepare
from quantal.kernels import cache
from quantal.kernels.members import loop
from quantal.kernels.stochastic.network import write_network

FLICKER = """mechanism flicker "Sites with a fast sensor that fuse and are filled again"
parameter n = 300 [sites]
parameter refill = 0.3 [/ms]
input calcium [uM] = 1 [uM] inside
scheme site = S0 S1 S2 empty count n
  S0 + calcium <-> S1 : 20 [/uM/ms], 40 [/ms]
  S1 + calcium <-> S2 : 10 [/uM/ms], 80 [/ms]
  early = S1 -> empty : 0.05 [/ms]
  fusion = S2 -> empty : 2 [/ms]
  docking = empty -> S0 : refill
species gone = 0 [molecules] inside
reaction tally = nothing -> gone rate fusion
state summed = 0 [/ms]
  summed' = (fusion - summed)/0.5 [ms]
"""
PULSE = following("calcium = 0.2 [uM] + 3 [uM]*exp(-((time - 2 [ms])/0.4 [ms])^2)")
EMPTIED = FLICKER.replace("refill = 0.3", "refill = 0")
END, GRID = 4.0, np.linspace(0.0, 4.0, 2001)
NAMES = ["summed", "gone"]
WAYS = ("early", "fusion")


def run(text=EMPTIED, trials=64, protocol=PULSE, seed=2, **more):
    return quantal.run(
        loaded(text), protocol, until=END, sample="0.1 ms", record=NAMES, engine="hybrid",
        trials=trials, seed=seed, **more,
    )  # fmt: skip


def smooth(text):
    return quantal.run(
        loaded(text), PULSE, until=END, sample=GRID, engine="stiff", relative=1e-10,
        record=["empty", "gone"],
    )  # fmt: skip


def left_by(many, ways):
    """How many in each trial left by any of some ways."""
    return sum(np.array([len(t) for t in many.firings[way]]) for way in ways)


def exits():
    """Who has left, and when, where nobody comes back."""
    many, exact = run(), smooth(EMPTIED)
    assert "were moved together" in many.made_by["continuous"]
    left = left_by(many, WAYS)
    check_counts(left, stats.binom.pmf(np.arange(301), 300, exact["empty"][-1]))
    times = np.concatenate([t for way in WAYS for t in many.firings[way]])
    check_law(times, lambda t: np.interp(t, GRID, exact["empty"]) / exact["empty"][-1])
    early = np.array([len(t) for t in many.firings["early"]])
    share = 1.0 - exact["gone"][-1] / (300 * exact["empty"][-1])
    check_mean(early, 300 * exact["empty"][-1] * share, early.var())


def refilled():
    """Where sites are filled again, the mean is that of the linear equations."""
    many, exact = run(FLICKER, trials=128), smooth(FLICKER)
    fused = many["gone"][:, -1]
    check_mean(fused, exact["gone"][-1], fused.var())


def test_exits_have_the_numbers_and_times_of_independent_members():
    exits()


def test_members_that_come_back_leave_again():
    refilled()


def test_the_same_law_as_event_by_event(monkeypatch):
    many = run(FLICKER, trials=128)
    monkeypatch.setattr(members, "WORTH", np.inf)
    single = run(FLICKER, trials=128, seed=3)
    assert "were moved together" not in single.made_by["continuous"]
    assert many.statistics["events"] < 0.05 * single.statistics["events"]
    for name in ("early", "fusion", "docking"):
        pair = [[len(t) for t in each.firings[name]] for each in (many, single)]
        judge(stats.ks_2samp(*pair).pvalue, f"numbers of {name}")
    spread = [np.var([len(t) for t in each.firings["fusion"]]) for each in (many, single)]
    judge(2.0 * min(stats.f.sf(max(spread) / min(spread), 127, 127), 0.5), "variances")


def test_trials_do_not_depend_on_how_they_are_put_together(monkeypatch):
    many = run(trials=11)
    monkeypatch.setattr(side_by_side.SideBySide, "largest", 3)
    other = run(trials=11, workers=2)
    for name in ("early", "fusion"):
        assert all(map(np.array_equal, many.firings[name], other.firings[name]))
    assert np.array_equal(many["summed"], other["summed"])


def found(text, visible=(), watched=("fusion", "early")):
    program = prepare(loaded(text))
    names = [program.reactions[n].name for n in range(len(program.reactions))]
    clear = replace(program, reactions=tuple(r for r in program.reactions if r.name != "tally"))
    network = write_network(clear)
    seen = {n for n, state in enumerate(program.states) if state.name in visible}
    result = finding.hidden(network, seen, lambda key: names[key[0]] in watched)
    return [[program.states[i].name for i in group] for group in result.groups]


def test_what_is_seen_or_acts_elsewhere_is_not_hidden():
    assert found(FLICKER) == [["S0", "S1", "S2"]]
    assert found(FLICKER, visible=["S1"]) == []
    # A rate that follows how many are in a state.
    assert found(FLICKER.replace("empty -> S0 : refill", "empty -> S0 : refill*S1")) == []
    # Members that are not independent.
    assert found(FLICKER.replace("S1 -> empty : 0.05 [/ms]", "S1 -> empty : 0.05 [/ms]*S2")) == []
    # A single event that is asked for happens by itself, and is an exit.
    assert found(FLICKER, watched=("fusion", "early", "docking")) == [["S0", "S1", "S2"]]


@pytest.mark.parametrize("p", [0.003, 0.02, 0.2, 0.5, 0.93])
def test_members_are_dealt_out_binomially(p):
    """Sites that leave at a steady rate: all that have left by a time."""
    rate = float(-np.log(1.0 - p) / END)
    text = EMPTIED.replace("early = S1 -> empty : 0.05", f"early = S1 -> empty : {rate!r}")
    text = text.replace("fusion = S2 -> empty : 2", f"fusion = S2 -> empty : {rate!r}")
    text = text.replace("  docking", f"  rest = S0 -> empty : {rate!r} [/ms]\n  docking")
    many = run(text, trials=128, seed=5)
    left = left_by(many, (*WAYS, "rest"))
    check_counts(left, stats.binom.pmf(np.arange(301), 300, p))


# -- planted faults ----------------------------------------------------------------------------


@pytest.fixture
def own_code(tmp_path, monkeypatch):
    monkeypatch.setenv("QUANTAL_CACHE", str(tmp_path))
    cache.forget()
    yield
    cache.forget()


def at_the_end(monkeypatch):
    """Exits in the last quarters of intervals."""
    made = propagators._dealt

    def late(*arguments):
        moved, left = made(*arguments)
        all_late = np.zeros_like(left)
        all_late[..., -1] = left.sum(axis=-1)
        return moved, all_late

    monkeypatch.setattr(propagators, "_dealt", late)


def too_few(monkeypatch):
    """Chances of exits are short of a tenth."""
    made = propagators._dealt
    monkeypatch.setattr(propagators, "_dealt", lambda *a: (made(*a)[0], 0.9 * made(*a)[1]))


def rates_of_the_start(monkeypatch):
    """Rates do not follow the drive."""
    made = propagators._Rates.__init__

    def still(self, program, stimulus, sizes, edges):
        made(self, program, stimulus, sizes, edges)
        self._drives = np.repeat(self._drives[:1], len(self._drives), axis=0)

    monkeypatch.setattr(propagators._Rates, "__init__", still)


def not_given_back(monkeypatch):
    """An exit takes its member twice."""
    monkeypatch.setattr(loop, "_out", lambda f, s, odds, left: None)


FAULTS = [at_the_end, too_few, rates_of_the_start, not_given_back]


@pytest.mark.usefixtures("own_code")
@pytest.mark.parametrize("plant", FAULTS, ids=lambda each: each.__name__)
def test_a_planted_fault_is_caught(plant, monkeypatch):
    plant(monkeypatch)
    with pytest.raises((Misfit, AssertionError)):
        exits()
