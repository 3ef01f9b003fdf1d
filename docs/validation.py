"""Write docs/validation.md: every published target of the library beside the simulation.

Usage: python docs/validation.py [FILE.md]; exit code 4 if a target is missed.
"""

from __future__ import annotations

import sys
from pathlib import Path

from quantal import validate
from quantal.cli.printing import shortened, shown_unit
from quantal.cli.validate import tally
from quantal.errors import TargetMissed
from quantal.experiments.validate import Row

PAGE = Path(__file__).parent / "validation.md"
HEAD = """# Targets held

Every mechanism of the library states numbers that it must reproduce: published ones, closed forms
or independent solutions of its equations, as its text says. This page is
what `make validate` found: {tally}. A tolerance is the
mechanism file's own.
"""


def page(rows: list[Row]) -> str:
    """The whole page."""
    mechanisms = list(dict.fromkeys(row.mechanism for row in rows))
    parts = [HEAD.format(tally=tally(rows))]
    for name in mechanisms:
        own = [row for row in rows if row.mechanism == name]
        parts += [f"## {name}", "", own[0].source.split(", Fig")[0], "", table(own)]
    return "\n".join(parts)


def table(rows: list[Row]) -> str:
    """The rows of one mechanism as a Markdown table."""
    lines = [
        "| target | expected | tolerance | simulated | unit | |",
        "|---|---:|---:|---:|---|---|",
    ]
    for row in rows:
        simulated = row.problem if row.simulated is None else number(row.simulated)
        lines.append(
            f"| `{shortened(row.target, 110)}` | {number(row.expected)} "
            f"| ± {number(row.tolerance)} | {simulated} | {shown_unit(row.unit)} "
            f"| {'✓' if row.passed else '**missed**'} |"
        )
    return "\n".join(lines) + "\n"


def number(value: float | None) -> str:
    """A number with four digits."""
    return "" if value is None else f"{value:.4g}"


def main(path: Path) -> int:
    """Run every target, write the page, say what came out."""
    rows = validate()
    path.write_text(page(rows), encoding="utf-8")
    missed = [row for row in rows if not row.passed]
    for row in missed:
        print(f"missed: {row.mechanism}: {row.target}: {row.problem or number(row.simulated)}")
    print(f"{tally(rows)}; written to {path}")
    return TargetMissed.exit_code if missed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else PAGE))
