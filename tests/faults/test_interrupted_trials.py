"""Trials that are interrupted or killed: quick, honest, and nothing whole is lost."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from quantal.trajectory import Trajectory

SOURCE = Path(__file__).parents[2] / "src"
TEXT = """mechanism slow "Vesicles fuse one by one, and a sensor that is busy all the time"
parameter n = 3000 [sites]
scheme sensor = free bound count n
  free <-> bound : 20 [/ms], 20 [/ms]
scheme site = full used count 50
  fusion = full -> used : 0.002 [/ms]
"""
BUSY = "from quantal.__main__ import main; main()"


def command(folder, *more, trials=12):
    text = folder / "slow.syn"
    if not text.exists():
        text.write_text(TEXT)
    arguments = ["run", text, "--engine", "ssa", "--trials", trials, "--seed", "3", "--until",
                 "30 ms", "--sample", "10 ms", "--resume", folder / "kept", *more]  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-c", BUSY, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(SOURCE)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def finished(process, code):
    said, errors = process.communicate(timeout=60)
    assert process.returncode == code, errors
    return said, errors


def wait_for(folder, pieces, process):
    end = time.monotonic() + 60.0
    while len(list((folder / "kept").glob("*.npz"))) < pieces:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    finished(command(folder, "--save", folder / "x.zarr"), 0)
    return Trajectory.load(folder / "x.zarr")


def resumed(folder):
    said, _ = finished(command(folder, "--save", folder / "x.zarr"), 0)
    assert "kept from before" in said
    return Trajectory.load(folder / "x.zarr")


def same(one, other):
    assert np.array_equal(one["bound"], other["bound"])
    assert all(map(np.array_equal, one.firings["fusion"], other.firings["fusion"]))


def test_an_interrupt_is_followed_at_once_and_what_was_whole_is_said_and_kept(tmp_path, whole):
    process = command(tmp_path, "--workers", 1)
    wait_for(tmp_path, 2, process)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    said, errors = finished(process, 130)
    took = time.monotonic() - began
    assert "The run was stopped after" in said
    assert "of 12 trials" in said
    assert "the same run goes on from there" in said
    assert "of 12 trials whole; these are now measured (interrupt again to leave" in errors
    assert "Traceback" not in errors
    # Half a second, and as much again for a machine that others use.
    assert took < 1.0
    same(resumed(tmp_path), whole)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system cannot kill")
def test_a_run_that_is_killed_loses_nothing_that_was_whole(tmp_path, whole):
    for pieces in (1, 3):
        process = command(tmp_path, "--workers", 1)
        wait_for(tmp_path, pieces, process)
        process.kill()
        process.communicate()
    same(resumed(tmp_path), whole)


def test_another_seed_is_refused_on_the_command_line(tmp_path):
    finished(command(tmp_path, trials=2), 0)
    _, errors = finished(command(tmp_path, "--seed", "4", trials=2), 2)
    assert "seed: 3 there, 4 here" in errors
