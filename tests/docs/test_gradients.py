"""The example beside the page on gradients runs, and says what the page says."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_ampa_current_and_its_rates(tmp_path):
    picture = tmp_path / "ampa.png"
    done = subprocess.run(
        [sys.executable, "-W", "error", ROOT / "examples" / "ampa_sensitivities.py", picture],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shares = {
        line.split()[0]: [float(word) for word in line.split()[1:]]
        for line in done.stdout.splitlines()
        if len(line.split()) == 4 and line.split()[1][0] in "+-"
    }
    assert len(shares) == 16
    peak, decay, charge = shares["k2_off"]
    assert max(peak, decay, charge) < 0.0, "faster unbinding: smaller and shorter"
    assert abs(shares["k2"][1]) < 0.01 < abs(shares["k2"][0]), "binding acts at the beginning"
    assert picture.read_bytes().startswith(b"\x89PNG")
