"""What only a process of its own can show: interrupts, pipes, the entry points."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT / "src")}
LONG = [
    "run", "receptors/ampa_jonas_1993",
    "--pulse", "glu = 1 mM for 1 ms every 10 ms count 200000", "--until", "2000 s",
    "--record", "open",
]  # fmt: skip


def start(arguments: list[str], folder: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "quantal", *arguments],
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("wait", [0.3, 0.8, 3.0])
def test_an_interrupt_ends_it_at_once_and_leaves_nothing(tmp_path, wait):
    child = start([*LONG, "--save", "kept.zarr", "--draw", "drawn.png"], tmp_path)
    time.sleep(wait)
    assert child.poll() is None, child.communicate()
    child.send_signal(signal.SIGINT)
    began = time.monotonic()
    _, said = child.communicate(timeout=30)
    # The aim is half a second; a shared machine gets three times that.
    assert time.monotonic() - began < 1.5
    assert child.returncode == 130, said
    assert said.splitlines() == ["quantal: interrupted; nothing half-written was left behind"]
    assert list(tmp_path.iterdir()) == []


def test_a_closed_pipe_is_no_failure(tmp_path):
    with start(["list", "--json"], tmp_path) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        said = child.stderr.read()
        child.wait(timeout=30)
    assert "Traceback" not in said
    assert "Error" not in said


def test_version_and_help(tmp_path):
    out, _ = start(["--version"], tmp_path).communicate(timeout=30)
    assert out.strip()
    out, _ = start(["--help"], tmp_path).communicate(timeout=30)
    for verb in ("list", "show", "check", "run", "measure", "draw", "validate", "cite"):
        assert f"  {verb} " in out


def test_an_unknown_verb_is_usage(tmp_path):
    child = start(["rnu"], tmp_path)
    _, said = child.communicate(timeout=30)
    assert child.returncode == 2
    assert "rnu" in said
    assert "Traceback" not in said
