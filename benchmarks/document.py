"""Write the measured tables and figures of docs/performance.md from results/bench.json.

Between `<!-- bench: NAME -->` and `<!-- end -->` the page gets the rows of that benchmark;
what was not measured stays as it is. Run `make bench` first.
Usage: python benchmarks/document.py
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs"
PAGE = DOCS / "performance.md"
SECTION = re.compile(r"(<!-- bench: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
COLUMNS = ("problem", "ours", "peer", "ratio", "error", "memory")


def main() -> int:
    """Rewrite the page and the figure."""
    sys.path[:0] = [str(HERE), str(HERE.parent / "src")]
    import run
    import scaling

    measured = json.loads(run.RESULTS.read_text())
    by_name: dict[str, list[dict[str, Any]]] = {}
    for row in measured:
        by_name.setdefault(row["benchmark"], []).append(row)
    text = PAGE.read_text()
    known = {match[2] for match in SECTION.finditer(text)}
    for name in by_name.keys() - known:
        print(f"{PAGE.name} has no place for `{name}`", file=sys.stderr)
    text = SECTION.sub(
        lambda m: m[1] + table(by_name[m[2]], run.cells) + m[3] if m[2] in by_name else m[0], text
    )
    machines = sorted({row["machine"] for row in measured})
    text = re.sub(r"(?<=<!-- machine -->\n).*(?=\n)", "; ".join(machines) + ".", text, count=1)
    PAGE.write_text(text)
    if "scaling" in by_name:
        scaling.figure(by_name["scaling"]).savefig(DOCS / "population_cost.png", dpi=150)
    return 0


def table(rows: list[dict[str, Any]], cells: Any) -> str:
    """The rows in Markdown, without columns in which nothing stands."""
    written = [dict(zip(COLUMNS, cells(row), strict=False)) for row in rows]
    for line, row in zip(written, rows, strict=True):
        line["goal"], line["remark"] = row["goal"], row["note"]
        if row["peer"] is None and row["against"] and not row["note"]:
            line["peer"] = row["against"]
    columns = [c for c in (*COLUMNS, "goal", "remark") if any(line[c] for line in written)]
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += [
        "| " + " | ".join(str(line[c]).replace("|", "\\|") for c in columns) + " |"
        for line in written
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
