"""Run every benchmark of this folder, print one table, write results/bench.json.

Each other module here with a function `rows() -> list[Row]` is a benchmark. Numbers of one
table come from one run on one machine; times never fail a build.
Usage: python benchmarks/run.py [NAME ...]
"""

from __future__ import annotations

import importlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
NOT_BENCHMARKS = {"run", "row"}


def main(chosen: list[str]) -> int:
    """Run the chosen benchmarks, or all of them."""
    sys.path[:0] = [str(HERE), str(HERE.parent / "src")]
    from row import Row, machine

    from quantal.cli.printing import print_table

    names = chosen or sorted(p.stem for p in HERE.glob("*.py") if p.stem not in NOT_BENCHMARKS)
    measured: list[Row] = []
    failed: list[str] = []
    for name in names:
        print(f"{name} ...", file=sys.stderr, flush=True)
        try:
            measured += importlib.import_module(name).rows()
        except Exception as error:
            # One benchmark that fails must not hide the others.
            failed.append(f"{name}: {type(error).__name__}: {error}")
    described = machine()
    print_table(*filled(measured))
    print("\n" + ", ".join(f"{key} {value}" for key, value in described.items()))
    for line in failed:
        print(f"FAILED {line}", file=sys.stderr)
    write(HERE / "results" / "bench.json", described, measured, failed)
    return 1 if failed else 0


def filled(measured: list) -> tuple[list[str], list[list]]:
    """Headings and rows of the table, without the columns in which nothing stands."""
    columns = {
        "problem": "problem", "ours": "ours", "unit": "unit", "goal": "goal", "peer": "peer",
        "theirs": "theirs", "ratio": "ratio", "error": "error", "peer_error": "peer's error",
        "memory": "MB", "note": "note",
    }  # fmt: skip
    used = [c for c in columns if any(getattr(r, c) not in (None, "") for r in measured)]
    rows = [[getattr(row, column) for column in used] for row in measured]
    return [columns[column] for column in used], rows


def write(path: Path, described: dict, measured: list, failed: list[str]) -> None:
    """Write the table as JSON, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": described,
        "rows": [row.as_dict() for row in measured],
        "failed": failed,
    }
    part = path.with_suffix(".part")
    part.write_text(json.dumps(data, indent=1) + "\n")
    part.replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
