"""From process start to a result: what a user waits for at the command line.

Every figure is the median of fresh processes, cold and cached ones alternating, so that a
busy machine slows both. Memory is the child's peak resident set.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from row import Row

SOURCE = str(Path(__file__).parent.parent / "src")
ROUNDS = 3
SYNAPSE = "synapses/calyx_of_held"
ONE_SPIKE = [
    "run", SYNAPSE, "--train", "stimulus every 10 ms count 1 at 1 ms", "--until", "20 ms",
    "--record", "epsc,release,hillock_V", "--sample", "0.1 ms", "--json",
]  # fmt: skip
TEN_SPIKES = [
    "run", SYNAPSE, "--train", "stimulus every 10 ms count 10 at 1 ms", "--until", "110 ms",
    "--record", "epsc,release,hillock_V", "--sample", "0.1 ms", "--json",
]  # fmt: skip
RECEPTOR = [
    "run", "receptors/ampa_jonas_1993", "--pulse", "glu = 1 mM for 1 ms", "--until", "100 ms",
    "--sample", "0.01 ms", "--record", "open", "--json",
]  # fmt: skip


def rows() -> list[Row]:
    """Help, imports, one receptor, and the complete synapse cold and cached."""
    found = [
        _light("quantal --help", ["-m", "quantal", "--help"], "0.3 s"),
        _light("import quantal", ["-c", "import quantal"], ""),
        _light("bare Python", ["-c", "pass"], ""),
    ]
    found += _cold_and_cached("one receptor, 100 ms", RECEPTOR, ("", ""))
    found += _cold_and_cached("complete synapse, one spike", ONE_SPIKE, ("1.2 s", "0.7 s"))
    found += _cold_and_cached("complete synapse, 100 Hz for 0.1 s", TEN_SPIKES, ("1.2 s", "0.7 s"))
    return found


def _light(problem: str, arguments: list[str], goal: str) -> Row:
    with tempfile.TemporaryDirectory() as cache:
        taken = [_process(arguments, cache) for _ in range(2 * ROUNDS)]
    return _row(problem, taken, goal)


def _cold_and_cached(problem: str, verb: list[str], goals: tuple[str, str]) -> list[Row]:
    arguments = ["-m", "quantal", *verb]
    cold, cached = [], []
    with tempfile.TemporaryDirectory() as kept:
        _process(arguments, kept)
        for _ in range(ROUNDS):
            with tempfile.TemporaryDirectory() as empty:
                cold.append(_process(arguments, empty))
            cached.append(_process(arguments, kept))
    return [
        _row(f"{problem}, cold", cold, goals[0]),
        _row(f"{problem}, cached kernel", cached, goals[1]),
    ]


def _row(problem: str, taken: list[Usage], goal: str) -> Row:
    seconds, processor, memory = (statistics.median(column) for column in zip(*taken, strict=True))
    note = f"{processor:.2f} s of processor"
    return Row(problem, seconds, "s", memory=memory, goal=goal, note=note)


class Usage(NamedTuple):
    """What one process took: wall seconds, processor seconds, and peak memory in MB."""

    seconds: float
    processor: float
    memory: float


def _process(arguments: list[str], cache: str) -> Usage:
    """One fresh Python from its start to its end."""
    environment = os.environ | {"PYTHONPATH": SOURCE, "QUANTAL_CACHE": cache}
    began = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, *arguments],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert child.stderr is not None
    said = child.stderr.read().decode()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {child.returncode}: {said[-500:]}")
    # Linux counts kilobytes, macOS bytes.
    memory = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    return Usage(seconds, usage.ru_utime + usage.ru_stime, memory)
