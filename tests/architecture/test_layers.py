"""Who may import whom: the contracts of .importlinter, run as a test."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_import_contracts_hold():
    linter = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", linter, "--no-cache"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin", "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "0 broken" in done.stdout


def test_every_folder_stands_in_the_layers():
    """A new folder must be given its place, or the contracts would not see it."""
    contracts = (ROOT / ".importlinter").read_text()
    folders = {p.parent.name for p in (ROOT / "src/quantal").glob("*/__init__.py")}
    missing = sorted(name for name in folders if f"    quantal.{name}" not in contracts)
    assert not missing, f"say in .importlinter where these stand: {missing}"
