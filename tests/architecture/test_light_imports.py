"""The help must answer at once, so it may load none of the heavy libraries."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("matplotlib", "xarray", "zarr", "scipy", "llvmlite", "lark", "pandas", "numpy", "rich")

PROBE = """
import sys
try:
    {statement}
except SystemExit:
    pass
print("LOADED", *sorted({heavy!r} & set(sys.modules)))
"""


def loaded_by(statement: str, heavy: tuple[str, ...]) -> list[str]:
    code = PROBE.format(statement=statement, heavy=set(heavy))
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.rsplit("LOADED", 1)[1].split()


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["validate", "--help"]])
def test_help_loads_nothing_heavy(arguments):
    statement = f"sys.argv = ['quantal', *{arguments!r}]; from quantal.cli.main import main; main()"
    assert loaded_by(statement, HEAVY) == []


def test_import_quantal_loads_nothing_heavy():
    assert loaded_by("import quantal", tuple(name for name in HEAVY if name != "numpy")) == []
