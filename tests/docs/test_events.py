"""The example beside the page on events runs, and says what the page says."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_many_synapses_and_one_beside_its_equations(tmp_path):
    picture = tmp_path / "many.png"
    done = subprocess.run(
        [sys.executable, "-W", "error", ROOT / "examples" / "many_synapses.py", picture],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("The engine `event` was chosen: ")
    found = re.search(r"One synapse: (\S+) at most from its equations", done.stdout)
    assert found
    assert float(found[1]) <= 1e-9
    assert picture.read_bytes().startswith(b"\x89PNG")
