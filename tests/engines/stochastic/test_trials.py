"""Trials depend on seed and number alone; they can be stopped, saved and averaged."""

import threading
import time

import numpy as np
import pytest
from scipy import stats
from tests.statistics.fit import check_counts
from tests.statistics.models import AMPA, BIRTH_DEATH, SENSOR, counts, loaded
from tests.statistics.test_channels_and_sensors import CALCIUM, GLUTAMATE
from tests.statistics.test_planted_faults import QUANTA, following

import quantal
from quantal.compiler.bind import bind
from quantal.engines.base import Settings
from quantal.engines.ssa import ENGINE
from quantal.engines.stochastic.chunk import Chunk, Stopped
from quantal.engines.stochastic.trials import make_plan
from quantal.experiments.loading import prepare
from quantal.protocols.protocol import Protocol

CASES = {
    "receptor": (AMPA, GLUTAMATE, 4.0),
    "sensor": (SENSOR, CALCIUM, 5.0),
    "quanta": (QUANTA, following("spike every 1 ms count 3", "train"), 5.0),
}


def run(case, **more):
    text, protocol, until = CASES[case]
    program = prepare(loaded(text))
    stimulus = bind(program, Protocol(protocol.actions, until), ()).stimulus
    settings = Settings(sample=np.linspace(0.0, until, 21), **{"trials": 50, "seed": 7, **more})
    return ENGINE.run(program, stimulus, settings)


def counts_of(trajectory):
    names = [name for name in trajectory.names() if name in ("O", "C5", "V1", "fused", "docked")]
    assert names
    return np.stack([trajectory[name] for name in names])


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("more", [{"workers": 1}, {"workers": 3}, {"chunk": 1}, {"chunk": 7}])
def test_neither_workers_nor_chunks_change_a_bit(case, more):
    one, other = run(case, chunk=50, workers=1), run(case, **more)
    assert np.array_equal(counts_of(one), counts_of(other))
    for name, times in one.firings.items():
        for a, b in zip(times, other.firings[name], strict=True):
            assert np.array_equal(a, b)


@pytest.mark.parametrize("case", CASES)
def test_fewer_trials_are_the_first_of_many(case):
    assert np.array_equal(counts_of(run(case, trials=9)), counts_of(run(case))[:, :9])


@pytest.mark.parametrize("case", CASES)
def test_another_seed_gives_other_trials(case):
    one, other = counts_of(run(case, trials=50)), counts_of(run(case, trials=50, seed=8))
    assert not np.array_equal(one, other)
    # A name and time at which trials differ; independent ones hardly correlate.
    spread = one.std(axis=1) * other.std(axis=1)
    name, place = np.unravel_index(np.argmax(spread), spread.shape)
    assert abs(np.corrcoef(one[name, :, place], other[name, :, place])[0, 1]) < 0.6


def test_a_run_without_trials_is_the_first_trial_without_that_dimension():
    alone, many = run("receptor", trials=None), run("receptor")
    assert alone.trials is None
    assert np.array_equal(alone["O"], many["O"][0])


def test_a_trial_and_the_mean_are_trajectories():
    many = run("receptor")
    assert np.array_equal(many.trial(3)["O"], many["O"][3])
    assert np.allclose(many.mean()["O"], many["O"].mean(axis=0))
    assert quantal.measure(many.mean(), "peak(open)") > 0.4
    with pytest.raises(quantal.errors.UsageError, match="there is no trial 50"):
        many.trial(50)


def test_xarray_has_trials_and_times_and_a_store_brings_them_back(tmp_path):
    many = run("sensor")
    data = many.to_xarray(["V1", "fused"])
    assert data["V1"].dims == ("trial", "time")
    assert data["V1"].shape == (50, 21)
    assert data["fused"].attrs["units"] == "1"
    back = quantal.Trajectory.load(many.save(tmp_path / "x.zarr", ["V1", "fused"]))
    assert np.array_equal(back["V1"], many["V1"])
    assert np.array_equal(back.trials, np.arange(50))
    assert all(
        np.array_equal(a, b)
        for a, b in zip(back.firings["fusion"], many.firings["fusion"], strict=True)
    )


def test_ctrl_c_keeps_whole_trials_and_says_so():
    def stop(share):
        raise KeyboardInterrupt

    # So many pieces that the first is done long before the last.
    part = run("receptor", trials=3000, chunk=5, workers=1, progress=stop)
    kept = len(part.trials)
    assert 5 <= kept < 3000
    assert f"stopped after {kept} of 3000 trials" in part.status
    assert np.array_equal(part["O"][:50], run("receptor", trials=3000)["O"][part.trials[:50]])


def test_a_long_chunk_is_left_within_half_a_second():
    program = prepare(loaded(BIRTH_DEATH.replace("X = 100", "X = 1000000")))
    stimulus = bind(program, Protocol(until=1000.0), ()).stimulus

    stop = threading.Event()
    plan, _ = make_plan(program, stimulus, Settings(), stop)
    timer = threading.Timer(0.2, stop.set)
    began = time.perf_counter()
    timer.start()
    with pytest.raises(Stopped):
        Chunk(plan, range(1)).run()
    # Half a second after the stop; the rest is for a machine that others use.
    assert time.perf_counter() - began < 0.2 + 0.5 + 1.0


def test_every_event_of_a_watched_reaction_is_in_the_counts():
    many = run("sensor")
    assert np.array_equal(
        [len(times) for times in many.firings["fusion"]], np.rint(many["fused"][:, -1])
    )
    assert all((np.diff(times) >= 0).all() for times in many.firings["fusion"])


def test_auto_for_trials_says_what_it_chose():
    many = quantal.run(loaded(AMPA), GLUTAMATE, until=1, sample="1 ms", trials=2)
    assert "The engine `ssa` was chosen" in many.made_by["choice"]
    one = quantal.run(loaded(AMPA), GLUTAMATE, until=1, sample="1 ms")
    assert "The engine `stiff` was chosen" in one.made_by["choice"]


def test_a_receptor_none_of_which_exist_stays_so():
    none = counts(AMPA, 3, protocol=GLUTAMATE + following("n = 0 [channels]", "set"), until=2,
                  sample="1 ms", record=["O"])  # fmt: skip
    assert (none["O"] == 0.0).all()


def test_equilibrium_starts_are_drawn():
    text = """mechanism rest "A channel at rest"
parameter n = 40 [channels]
scheme c = A B count n start equilibrium
  A <-> B : 1 [/ms], 3 [/ms]
"""
    many = counts(text, 1500, until=2, sample=np.array([0.0, 2.0]))
    for place in (0, 1):
        check_counts(many["B"][:, place] * 40, stats.binom.pmf(np.arange(41), 40, 0.25))
