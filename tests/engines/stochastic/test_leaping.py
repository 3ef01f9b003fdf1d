"""Steps of many events: never below zero, the same for all workers, refused where wrong."""

import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from tests.statistics.models import AMPA, SENSOR, loaded
from tests.statistics.test_channels_and_sensors import CALCIUM, GLUTAMATE, following

import quantal
from quantal import engines
from quantal.compiler.bind import bind
from quantal.engines.base import Settings
from quantal.engines.stochastic import leaping
from quantal.errors import RunError, UsageError
from quantal.experiments.loading import prepare
from quantal.protocols.protocol import Protocol

ENGINES = ["leap", "langevin"]
SAMPLE = np.array([0.5, 1.0, 2.0, 4.0])

SHARED = """mechanism shared "A pool that is emptied from three sides"
species A = 3000 [molecules] inside
species B = 0 [molecules] inside
species C = 5 [molecules] inside
event knock
reaction one = A -> B : 2 [/ms]
reaction two = A + C -> 2 C : 0.01 [/ms]
reaction pairs = 2 A -> B + C : 1e-3 [/ms]
reaction back = C -> A : 0.5 [/ms]
on knock
  B -> A times binomial(B, 0.5)
"""


def outcome(engine, text=AMPA, protocol=GLUTAMATE, until=4.0, **more):
    program = prepare(loaded(text))
    stimulus = bind(program, Protocol(protocol.actions, until), ()).stimulus
    settings = Settings(sample=SAMPLE, **{"trials": 24, "seed": 5, **more})
    return engines.get(engine).run(program, stimulus, settings)


MANY = GLUTAMATE + following("n = 3000 [channels]", "set")


@pytest.mark.parametrize("engine", ENGINES)
def test_neither_workers_nor_chunks_change_a_bit(engine):
    first = outcome(engine, protocol=MANY)["O"]
    assert first.std(axis=0).min() > 0.0
    for workers, chunk in ((1, 1), (2, 5), (3, 24)):
        again = outcome(engine, protocol=MANY, workers=workers, chunk=chunk)["O"]
        assert (again == first).all()
    assert (outcome(engine, protocol=MANY, trials=3)["O"] == first[:3]).all()
    assert (outcome(engine, protocol=MANY, seed=6)["O"] != first).any(axis=1).all()


def test_times_of_events_do_not_depend_on_how_often_they_are_taken_away(monkeypatch):
    protocol = CALCIUM + following("n = 1500 [vesicles]", "set")
    names = ("fusion", "fused")
    wide = outcome("leap", SENSOR, protocol, 6.0, record=names, trials=4)
    monkeypatch.setattr(leaping, "FIRINGS_PER_CALL", 1500)
    narrow = outcome("leap", SENSOR, protocol, 6.0, record=names, trials=4, chunk=1)
    for one, other in zip(wide.firings["fusion"], narrow.firings["fusion"], strict=True):
        assert len(one) > 20
        assert (one == other).all()
        assert (np.diff(one) >= 0.0).all()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("error", [0.5, 0.03])
def test_no_count_is_ever_negative_and_what_is_conserved_stays_so(engine, error):
    knocks = following("knock every 1 ms count 3", "train")
    run = quantal.run(
        loaded(SHARED), knocks, until=6, sample=np.linspace(0.0, 6.0, 61), engine=engine,
        trials=40, seed=2, leap=error,
    )  # fmt: skip
    a, b, c = (run[name] for name in "ABC")
    assert run.statistics["steps"] > 0
    assert min(a.min(), b.min(), c.min()) >= 0.0
    if engine == "leap":
        for values in (a, b, c):
            assert (values == np.rint(values)).all()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_closed_scheme_keeps_its_members(engine):
    run = outcome(engine, protocol=MANY)
    total = sum(run[name] for name in ("C0", "C1", "C2", "C3", "C4", "C5", "O"))
    assert total == pytest.approx(np.ones_like(total), abs=1e-12)


def test_a_step_that_would_take_too_much_is_refused_and_halved():
    drained = """mechanism drained "Forty are left of many, all taken at once"
species A = 12 [molecules] inside
species B = 1e6 [molecules] inside
reaction taken = A + B -> nothing : 1e-9 [/ms]
reaction many = B -> nothing rate 1e5 [/ms]
reaction hidden = 3 A -> A rate 1 [/ms]
"""
    run = quantal.run(loaded(drained), until=8, sample="0.5 ms", engine="leap", trials=200, seed=1,
                      leap=0.5)  # fmt: skip
    assert run["A"].min() >= 0.0
    assert (run["B"] >= 0.0).all()


def test_events_act_between_steps():
    run = quantal.run(
        loaded(SHARED), following("knock every 1 ms count 1 at 2 ms", "train"), until=3,
        engine="leap", sample=np.array([1.9999, 2.0]), trials=30, seed=2,
    )  # fmt: skip
    moved = run["B"][:, 0] - run["B"][:, 1]
    assert moved.mean() == pytest.approx(0.5 * run["B"][:, 0].mean(), rel=0.02)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_one_way_rate_that_turns_negative_names_its_line(engine):
    text = """mechanism x "x"
species X = 5e6 [molecules] inside
species Y = 0 [molecules] inside
reaction born = nothing -> Y rate 100 [/ms]
reaction bad = X -> nothing rate (3000 [molecules] - Y)*1 [/ms]
"""
    with pytest.raises(RunError, match="<text>:5: the one-way rate is negative"):
        quantal.run(loaded(text), until=50, engine=engine, trials=1)


def test_langevin_takes_concentrations_that_are_no_whole_numbers():
    text = """mechanism x "x"
place here volume = 0.0033 [fL]
species X = 1 [mM] in here
reaction dies = X -> nothing : 1 [/ms]
"""
    run = quantal.run(loaded(text), until=1, engine="langevin", trials=2, sample="0.5 ms")
    assert run["X"][:, 0] == pytest.approx([1.0, 1.0])
    with pytest.raises(RunError, match="counts whole ones"):
        quantal.run(loaded(text), until=1, engine="leap", trials=2)


def test_langevin_refuses_few_and_says_where_few_were_left():
    with pytest.raises(UsageError) as caught:
        outcome("langevin")
    assert (
        "too few are the members of `receptor` (80): the noise of 80 is skewed by 1/sqrt(80)"
        in (str(caught.value))
    )
    run = outcome("langevin", protocol=MANY)
    assert "Fewer than 100 molecules were left of `C" in run.status


@pytest.mark.parametrize("error", [0.0, 0.6])
def test_an_error_that_is_no_share(error):
    with pytest.raises(UsageError, match="the error of a leap is a share above 0"):
        outcome("leap", leap=error)


def test_too_many_steps_are_refused_with_the_estimate():
    with pytest.raises(UsageError, match=r"steps are expected .* allow a larger `leap`"):
        outcome("leap", protocol=MANY, trials=1_000, max_events=1e4)


def test_a_run_stops_soon_after_it_is_told_to():
    busy = """mechanism busy "A long run"
species X = 1000 [molecules] inside
reaction born = nothing -> X rate 1000 [/ms]
reaction dies = X -> nothing : 1 [/ms]
"""
    program = prepare(loaded(busy))
    stimulus = bind(program, Protocol((), 1e6), ()).stimulus
    engine = engines.get("leap")
    plan_stop = threading.Event()
    method = leaping.method_of(leaping.Steps(0.03), "leap", "", "")
    from quantal.engines.stochastic.chunk import Stopped
    from quantal.engines.stochastic.trials import make_plan

    plan, _ = make_plan(program, stimulus, Settings(trials=1), plan_stop, method)
    caught = []

    def work():
        try:
            method.chunk(plan, range(1)).run()
        except Stopped:
            caught.append(time.perf_counter())

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.1)
    told = time.perf_counter()
    plan_stop.set()
    thread.join(5.0)
    assert caught
    assert caught[0] - told < 0.5
    assert replace(engine, longest=1.0).longest == 1.0
