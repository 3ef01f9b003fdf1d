"""Each example runs as it is, and leaves what it promises."""

import os
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
