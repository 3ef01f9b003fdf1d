"""Run every benchmark of this folder, print one table, write results/bench.json.

Each other module here that has a function `rows() -> list[Row]` is a benchmark. It runs in a
process of its own, so that none sees another's memory. Numbers of one table come from one
run on one machine; times never fail a build. What does not fit into ten minutes is left out
and named.

Usage: python benchmarks/run.py [NAME ...]
With names, rows of other benchmarks stay in the file as they are. Peers are taken from this
environment, or from those in the folder `QUANTAL_PEERS`.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE.parent / "results" / "bench.json"
ROWS_OF = "--rows-of"
"""Asks for one benchmark's rows as JSON: what each process is told."""
LIMIT = 570.0
"""Seconds for all benchmarks together."""
COLUMNS = ("problem", "ours", "peer", "ratio", "error", "memory", "machine")


def main(chosen: list[str]) -> int:
    """Run the chosen benchmarks, or all of them."""
    sys.path[:0] = [str(HERE), str(HERE.parent / "src")]
    if chosen[:1] == [ROWS_OF]:
        rows = importlib.import_module(chosen[1]).rows()
        print(json.dumps([row.as_dict() | {"benchmark": chosen[1]} for row in rows]))
        return 0
    measured: list[dict[str, Any]] = []
    failed: list[str] = []
    until = time.monotonic() + LIMIT
    for name in chosen or benchmarks():
        print(f"{name} ...", file=sys.stderr, flush=True)
        try:
            measured += rows_of(name, until - time.monotonic())
        except RuntimeError as error:
            # One benchmark that fails must not hide the others.
            failed.append(f"{name}: {error}")
    show(measured)
    for line in failed:
        print(f"FAILED {line}", file=sys.stderr)
    write(RESULTS, [*(kept(chosen) if chosen else []), *measured])
    return 1 if failed else 0


def benchmarks() -> list[str]:
    """The modules that have rows."""
    return sorted(
        path.stem for path in HERE.glob("*.py")
        if path != Path(__file__) and "\ndef rows()" in path.read_text()
    )  # fmt: skip


def rows_of(name: str, limit: float) -> list[dict[str, Any]]:
    """One benchmark's rows, from a process of its own.

    Raises:
        RuntimeError: it failed, or took longer than `limit` seconds.
    """
    if limit <= 0.0:
        raise RuntimeError("left out: the ten minutes are over")
    try:
        done = subprocess.run(
            [sys.executable, __file__, ROWS_OF, name],
            capture_output=True, text=True, check=False, timeout=limit,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise RuntimeError("stopped: the ten minutes are over") from None
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise RuntimeError(last[0])
    rows: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return rows


def show(measured: list[dict[str, Any]]) -> None:
    """Print the table, and below it what is to be said of single rows."""
    from quantal.cli.printing import print_table

    print_table(COLUMNS, [cells(row) for row in measured])
    for row in measured:
        if row["note"] or row["goal"]:
            goal = f"goal {row['goal']}" if row["goal"] else ""
            against = row["against"] if row["peer"] is None else ""
            said = "; ".join(part for part in (against, goal, row["note"]) if part)
            print(f"{row['problem']}: {said}")


def cells(row: dict[str, Any]) -> list[Any]:
    """A row as the table shows it."""
    unit = row["unit"]
    peer = "" if row["peer"] is None else f"{row['peer']:.4g} {unit} ({row['against']})"
    errors = [f"{x:.1e}" for x in (row["error"], row["peer_error"]) if x is not None]
    return [
        row["problem"], f"{row['ours']:.4g} {unit}", peer,
        "" if row["ratio"] is None else f"{row['ratio']:.3g}x",
        " (peer ".join(errors) + ")" * (len(errors) > 1),
        "" if row["memory"] is None else f"{row['memory']:.0f} MB", row["machine"],
    ]  # fmt: skip


def kept(chosen: list[str]) -> list[dict[str, Any]]:
    """Rows of earlier runs of benchmarks that are not run now."""
    rows = json.loads(RESULTS.read_text()) if RESULTS.exists() else []
    return [row for row in rows if row["benchmark"] not in chosen]


def write(path: Path, measured: list[dict[str, Any]]) -> None:
    """Write the rows as JSON, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(measured, indent=1) + "\n")
    os.replace(part, path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
