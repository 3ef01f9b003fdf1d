"""The checks of this folder with many other keys: how often does a right engine fail?

`python tests/statistics/proof.py 100` runs every check with 100 other keys, one after another
(some hours), and tells how many probabilities lay below each level and how many should.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from scipy import stats

ROOT = Path(__file__).parents[2]
CHECKED = (
    "test_channels_and_sensors.py",
    "test_leaps.py",
    "test_linear_laws.py",
    "test_vesicles.py",
)
LEVELS = (0.05, 0.01, 1e-3, 1e-4)


def probabilities(key: int) -> tuple[list[float], bool]:
    """All probabilities of one key, and whether every test passed."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "probabilities"
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
             *(f"tests/statistics/{name}" for name in CHECKED)],
            cwd=ROOT, capture_output=True, text=True, check=False,
            env={**os.environ, "QUANTAL_PROOF_KEY": str(key), "QUANTAL_PROOF_FILE": str(file)},
        )  # fmt: skip
        if done.returncode:
            print(done.stdout[-3000:])
        return [float(line) for line in file.read_text().split()], done.returncode == 0


def main(keys: int, first: int = 1) -> int:
    """Print a table; 1 if more keys failed than the budget makes likely."""
    found: list[float] = []
    failed = 0
    for key in range(first, first + keys):
        values, passed = probabilities(key)
        found += values
        failed += not passed
        print(f"key {key}: {len(values)} checks, lowest p = {min(values):.2g}", flush=True)
    everything = np.array(found)
    for level in LEVELS:
        low = int((everything < level).sum())
        print(f"p < {level:g}: {low} of {len(everything)}, expected {level * len(everything):.1f}")
    print(f"{failed} of {keys} keys failed; the budget is one in a hundred")
    return int(stats.binom.sf(failed - 1, keys, 0.01) < 1e-3)


if __name__ == "__main__":
    sys.exit(main(*(int(word) for word in sys.argv[1:] or ["100"])))
