"""Run every benchmark of this folder, print one table, write results/bench.json.

Each other module here with a function `rows() -> list[Row]` is a benchmark. It runs in a
process of its own, so that none sees another's memory. Numbers of one table come from one
run on one machine; times never fail a build.
Usage: python benchmarks/run.py [NAME ...]
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
NOT_BENCHMARKS = {"run", "row"}
ROWS_OF = "--rows-of"
"""Asks for one benchmark's rows as JSON: what each process is told."""

COLUMNS = {
    "problem": "problem", "ours": "ours", "unit": "unit", "goal": "goal", "peer": "peer",
    "theirs": "theirs", "ratio": "ratio", "error": "error", "peer_error": "peer's error",
    "memory": "MB", "note": "note",
}  # fmt: skip


def main(chosen: list[str]) -> int:
    """Run the chosen benchmarks, or all of them."""
    sys.path[:0] = [str(HERE), str(HERE.parent / "src")]
    from row import machine

    if chosen[:1] == [ROWS_OF]:
        print(json.dumps([row.as_dict() for row in importlib.import_module(chosen[1]).rows()]))
        return 0
    names = chosen or sorted(p.stem for p in HERE.glob("*.py") if p.stem not in NOT_BENCHMARKS)
    measured: list[dict] = []
    failed: list[str] = []
    for name in names:
        print(f"{name} ...", file=sys.stderr, flush=True)
        done = subprocess.run(
            [sys.executable, __file__, ROWS_OF, name], capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            measured += json.loads(done.stdout.splitlines()[-1])
        else:
            # One benchmark that fails must not hide the others.
            last = done.stderr.strip().splitlines()[-1:] or ["no message"]
            failed.append(f"{name}: {last[0]}")
    described = machine()
    show(measured)
    print("\n" + ", ".join(f"{key} {value}" for key, value in described.items()))
    for line in failed:
        print(f"FAILED {line}", file=sys.stderr)
    write(HERE / "results" / "bench.json", described, measured, failed)
    return 1 if failed else 0


def show(measured: list[dict]) -> None:
    """Print the table, without the columns in which nothing stands."""
    from quantal.cli.printing import print_table

    used = [c for c in COLUMNS if any(row[c] not in (None, "") for row in measured)]
    print_table([COLUMNS[column] for column in used], [[row[c] for c in used] for row in measured])


def write(path: Path, described: dict, measured: list[dict], failed: list[str]) -> None:
    """Write the table as JSON, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": described,
        "rows": measured,
        "failed": failed,
    }
    part = path.with_suffix(".part")
    part.write_text(json.dumps(data, indent=1) + "\n")
    part.replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
