"""A run that was stopped goes on from the trials that were whole, and gives the same bits."""

import errno
import os
import time
from dataclasses import replace

import numpy as np
import pytest
from tests.engines.test_hybrid import SYNAPSE as FEW_VESICLES
from tests.statistics.models import AMPA, loaded
from tests.statistics.test_channels_and_sensors import GLUTAMATE
from tests.statistics.test_planted_faults import QUANTA, following

import quantal
from quantal.compiler.bind import bind
from quantal.engines.base import Settings
from quantal.engines.hybrid import ENGINE as HYBRID
from quantal.engines.stochastic import keeping, side_by_side, spread
from quantal.engines.stochastic.chunk import Chunk, Outcome, Stopped
from quantal.engines.stochastic.packing import pack, unpack
from quantal.engines.stochastic.side_by_side import SideBySide
from quantal.errors import UsageError
from quantal.experiments.loading import prepare
from quantal.protocols.protocol import Protocol

CASES = {
    "ssa": (QUANTA, following("spike every 1 ms count 3", "train"), "ssa"),
    "ssa of a receptor": (AMPA, GLUTAMATE, "ssa"),
    "hybrid": (FEW_VESICLES, None, "hybrid"),
}


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    """Trials are kept piece by piece; all of these would be one."""
    monkeypatch.setattr(SideBySide, "largest", 3)


def run(case, trials=24, **more):
    text, protocol, engine = CASES[case]
    return quantal.run(
        loaded(text), protocol, until=4.0, sample=np.linspace(0.0, 4.0, 9), engine=engine,
        **{"trials": trials, "seed": 5, **more},
    )  # fmt: skip


@pytest.fixture
def stopped(monkeypatch):
    """A run that Ctrl-C stops when its first trials are whole; later ones never end."""

    def stopped_run(case, first, trials=24, **more):
        right = Chunk.run

        def gated(self):
            if self._trials.start < first:
                return right(self)
            while self._plan.goes_on():
                time.sleep(0.001)
            raise Stopped

        def progress(share):
            if share * trials >= first - 0.5:
                raise KeyboardInterrupt

        with monkeypatch.context() as gate:
            gate.setattr(Chunk, "run", gated)
            return run(case, trials, progress=progress, **more)

    return stopped_run


def same(one, other):
    names = [name for name in one.names() if name in other.units]
    assert np.array_equal(one.trials, other.trials)
    for name in names:
        assert np.array_equal(one[name], other[name], equal_nan=True), name
    assert one.firings.keys() == other.firings.keys()
    for name, trials in one.firings.items():
        assert len(trials) == len(other.firings[name])
        assert all(map(np.array_equal, trials, other.firings[name])), name


@pytest.mark.parametrize("case", CASES)
def test_a_run_that_was_stopped_goes_on_to_the_same_bits(case, stopped, tmp_path):
    part = stopped(case, 6, resume=tmp_path / "kept", workers=1)
    kept = len(part.trials)
    assert 6 <= kept < 24
    assert f"stopped after {kept} of 24 trials" in part.status
    assert f"kept in {tmp_path / 'kept'}: the same run goes on from there" in part.status
    whole = run(case, resume=tmp_path / "kept", workers=2)
    assert f"in 24 trials, {kept} of which were kept from before" in whole.status
    same(whole, run(case))


@pytest.mark.parametrize("case", ["ssa", "hybrid"])
def test_a_run_cut_into_seven_pieces_is_the_whole_run(case, stopped, tmp_path):
    for piece in range(1, 7):
        part = stopped(case, 3 * piece, resume=tmp_path, workers=1 + piece % 2)
        assert 3 * piece <= len(part.trials) < 24
    same(run(case, resume=tmp_path), run(case, workers=1))


def test_what_is_there_is_not_run_again(tmp_path):
    run("ssa", resume=tmp_path)
    dates = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    again = run("ssa", resume=tmp_path)
    assert "24 of which were kept from before" in again.status
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == dates
    # Taken from the folder, not made anew: a changed count there is seen.
    first = min(tmp_path.glob("*.npz"))
    outcome = unpack(first.read_bytes(), Outcome)
    outcome.counts[0, 0, 0] += 1.0
    first.write_bytes(pack(outcome))
    assert not np.array_equal(run("ssa", resume=tmp_path)["docked"], again["docked"])


def test_more_trials_continue_a_run_and_fewer_are_its_first(tmp_path):
    run("hybrid", trials=5, resume=tmp_path)
    same(run("hybrid", trials=9, resume=tmp_path), run("hybrid", trials=9))
    same(run("hybrid", trials=4, resume=tmp_path), run("hybrid", trials=4))


def test_other_chunks_fill_the_gaps(tmp_path):
    run("ssa", resume=tmp_path, workers=3)
    for number, path in enumerate(sorted(tmp_path.glob("*.npz"))):
        if number % 3:
            path.unlink()
    same(run("ssa", resume=tmp_path, workers=1), run("ssa"))


@pytest.mark.parametrize(
    ("what", "more"),
    [
        ("seed: 5 there, 6 here", {"seed": 6}),
        ("tolerances: 1e-06", {"relative": 1e-5}),
        ("recorded names: all there, docked here", {"record": ["docked"]}),
        ("sampling", {"sample": "1 ms"}),
        ("protocol", {"until": 3.0}),
    ],
)
def test_trials_of_another_run_are_refused_with_the_reason(what, more, tmp_path):
    run("ssa", resume=tmp_path)
    text, protocol, engine = CASES["ssa"]
    asked = {"until": 4.0, "sample": np.linspace(0.0, 4.0, 9), "seed": 5, "resume": tmp_path}
    with pytest.raises(UsageError, match=what) as refused:
        quantal.run(loaded(text), protocol, engine=engine, trials=24, **(asked | more))
    assert "trials kept there are of another run" in str(refused.value)
    same(run("ssa", resume=tmp_path), run("ssa"))


def test_another_model_parameter_or_engine_is_refused(tmp_path):
    run("hybrid", trials=2, resume=tmp_path)
    other = loaded(FEW_VESICLES.replace("0.06", "0.07"))
    again = {"until": 4.0, "sample": np.linspace(0.0, 4.0, 9), "trials": 2, "seed": 5}
    with pytest.raises(UsageError, match="model: few_vesicles"):
        quantal.run(other, engine="hybrid", resume=tmp_path, **again)
    with pytest.raises(UsageError, match="parameters"):
        quantal.run(loaded(FEW_VESICLES), following("n = 21 [vesicles]", "set"),
                    engine="hybrid", resume=tmp_path, **again)  # fmt: skip
    finer = replace(quantal.engines.hybrid.ENGINE, resolution=0.005)
    assert repr(finer) != repr(quantal.engines.hybrid.ENGINE)


def test_trials_of_other_code_are_refused(tmp_path, monkeypatch):
    run("ssa", trials=2, resume=tmp_path)
    monkeypatch.setattr(keeping, "_code", lambda: "0123456789abcdef")
    with pytest.raises(UsageError, match=r"code: .* there, 0123456789abcdef here"):
        run("ssa", trials=2, resume=tmp_path)


def test_a_damaged_file_is_run_again(tmp_path):
    run("ssa", resume=tmp_path)
    first, second, third, *_ = sorted(tmp_path.glob("*.npz"))
    first.write_bytes(first.read_bytes()[:-40])
    second.write_bytes(b"")
    third.write_bytes(third.read_bytes().replace(b"tree", b"trxe"))
    whole = run("ssa", resume=tmp_path)
    same(whole, run("ssa"))
    assert "in 24 trials" in whole.status


def test_a_full_disk_is_told_and_costs_nothing_that_was_kept(tmp_path, monkeypatch):
    right, written = os.fsync, []

    def full(handle):
        written.append(handle)
        if len(written) > 8:
            raise OSError(errno.ENOSPC, "No space left on device")
        right(handle)

    monkeypatch.setattr(keeping.os, "fsync", full)
    with pytest.raises(UsageError, match=r"cannot be written .No space left"):
        run("ssa", resume=tmp_path / "kept")
    monkeypatch.undo()
    kept = sorted(path.name for path in (tmp_path / "kept").iterdir())
    assert kept[-1] == "run.json"
    assert all(not name.startswith(".part") for name in kept)
    assert len(kept) > 1
    same(run("ssa", resume=tmp_path / "kept"), run("ssa"))


def test_folders_that_are_something_else_are_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds no trials; choose another name"):
        run("ssa", resume=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_only_trials_can_be_kept(tmp_path):
    with pytest.raises(UsageError, match="only trials can be kept"):
        run("ssa", trials=None, resume=tmp_path)


def test_results_are_packed_to_the_last_bit():
    outcome = Outcome(
        range(3, 5), np.random.default_rng(0).normal(size=(2, 3, 4)), {7: 0.1, 9: 1 / 3},
        {4: [np.array([0.1, np.pi]), np.zeros(0)], 5: [np.zeros(0), np.zeros(0)]}, 12, 3,
    )  # fmt: skip
    back = unpack(pack(outcome), Outcome)
    assert back.trials == range(3, 5)
    assert back.counts.tobytes() == outcome.counts.tobytes()
    assert back.sizes == outcome.sizes
    assert (back.events, back.rejected) == (12, 3)
    for row, trials in outcome.firings.items():
        assert all(map(np.array_equal, trials, back.firings[row]))
        assert len(back.firings[row]) == 2


def test_what_is_no_plain_data_cannot_be_packed():
    outcome = Outcome(range(1), np.zeros((1, 1, 1)), {0: object()})
    with pytest.raises(TypeError, match="object cannot be kept"):
        pack(outcome)


@pytest.mark.parametrize("case", ["ssa", "hybrid"])
def test_ctrl_c_before_the_first_trial_is_whole_is_an_interrupt(case, stopped, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(spread, "wait", interrupted)
    # The common steps of `hybrid` are decided with trials of their own, which must end.
    monkeypatch.setattr(side_by_side, "obstacles", lambda shared: ["it was asked for"])
    with pytest.raises(KeyboardInterrupt):
        stopped(case, 0)


def test_trials_that_share_their_steps_go_on_to_the_same_bits(tmp_path):
    text = FEW_VESICLES[: FEW_VESICLES.index("on V crosses")].replace("event spike out\n", "")
    program = prepare(loaded(text))
    stimulus = bind(program, Protocol(until=4.0), ()).stimulus
    settings = Settings(sample=np.linspace(0.0, 4.0, 9), trials=24, seed=5, chunk=8, workers=1)

    def progress(share):
        raise KeyboardInterrupt

    part = HYBRID.run(program, stimulus, replace(settings, keep=tmp_path, progress=progress))
    assert 0 < len(part.trials) < 24
    again = replace(settings, keep=tmp_path, workers=2, chunk=5)
    whole = HYBRID.run(program, stimulus, again)
    assert "side by side" in whole.made_by["continuous"]
    assert f"{len(part.trials)} of which were kept from before" in whole.status
    same(whole, HYBRID.run(program, stimulus, settings))
