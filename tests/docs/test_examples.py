"""Each example runs as it is, and leaves what it promises."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from quantal.trajectory import Trajectory

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def calyx(tmp_path_factory):
    folder = tmp_path_factory.mktemp("calyx") / "results"
    done = subprocess.run(
        [sys.executable, "-W", "error", ROOT / "examples" / "calyx_of_held.py", folder],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, folder


def test_the_calyx_prints_every_stage_and_four_trains(calyx):
    said, _ = calyx
    for stage in ("terminal V", "calcium current", "domain calcium", "residual calcium", "release",
                  "docked", "quantal content", "glutamate", "ampa open", "nmda open", "epsc",
                  "soma V", "hillock V"):  # fmt: skip
        assert any(line.startswith(f"{stage} ") for line in said.splitlines()), stage
    errors = [float(line.split()[-1]) for line in said.splitlines() if " simulated " in line]
    assert len(errors) == 4
    assert max(errors) <= 0.10
    assert "Calibrated" in said


def test_the_calyx_leaves_a_trajectory_and_a_picture(calyx):
    _, folder = calyx
    assert sorted(path.name for path in folder.iterdir()) == [
        "calyx_of_held.png",
        "calyx_of_held.zarr",
    ]
    assert (folder / "calyx_of_held.png").read_bytes().startswith(b"\x89PNG")
    kept = Trajectory.load(folder / "calyx_of_held.zarr")
    assert kept.time[-1] == 220.0
    assert {"terminal_V", "epsc", "hillock_V"} <= set(kept.names())


RECORDING = ROOT.parent / "shared" / "data" / "recordings" / "evoked_epsc_trains_50hz.abf"


def failures_and_minis(*arguments):
    done = subprocess.run(
        [sys.executable, "-W", "error", ROOT / "examples" / "failures_and_minis.py", *arguments],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_failures_and_minis_are_simulated_measured_and_drawn(tmp_path):
    recording = [RECORDING] if RECORDING.is_file() else []
    said = failures_and_minis(tmp_path, *recording)
    assert (tmp_path / "failures_and_minis.png").read_bytes().startswith(b"\x89PNG")
    lines = said.splitlines()
    simulated = next(line for line in lines if line.startswith("Simulated"))
    failed = [float(share) for share in re.findall(r"(\d+)%", simulated)]
    assert len(failed) == 5
    assert 30.0 < failed[0] < 85.0
    # 780 boutons of 6 vesicles at 2.45e-4 /s each, found with few misses.
    assert 0.7 < float(simulated.split()[-2]) < 1.6
    if recording:
        recorded = next(line for line in lines if line.startswith("Recorded"))
        assert "failures 0%, 0%, 30%, 20%, 20%" in recorded
