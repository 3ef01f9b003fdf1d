"""Published numbers beside what the model gives, one line each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quantal.experiments.validate import Row
from quantal.figures.figure import Axis, Figure, Panel, Series, readable


def targets_figure(rows: Sequence[Row], title: str = "") -> Figure:
    """Simulated over expected for each row, with the tolerance as a bar around one.

    Rows whose expected value is zero, or that gave nothing, are in the table alone.
    """
    kept = [row for row in rows if row.expected and row.simulated is not None]
    at = np.arange(len(kept), 0, -1, dtype=float)
    ratio = np.array([row.simulated / row.expected for row in kept])  # type: ignore[operator]
    allowed = np.array([abs((row.tolerance or 0.0) / (row.expected or 1.0)) for row in kept])
    passed = np.array([row.passed for row in kept], dtype=bool)
    reach = 1.5 * float(max(np.max(allowed, initial=0.0), np.max(np.abs(ratio - 1.0), initial=0.0)))
    bars = tuple(
        Series(np.array([1.0 - a, 1.0 + a]), np.array([y, y]), "grey", "", "band")
        for a, y in zip(allowed, at, strict=True)
    )
    dots = (
        Series(ratio[passed], at[passed], "blue", "within its tolerance", "points"),
        Series(ratio[~passed], at[~passed], "vermilion", "missed", "points"),
    )
    panel = Panel(
        Axis("simulated / published", "", 1.0 - reach, 1.0 + reach),
        Axis("", "", 0.5, len(kept) + 0.5, tuple(at), tuple(row.target for row in kept)),
        (*bars, *(series for series in dots if series.x.size)),
        marks=(1.0,), height=max(2.0, 0.32 * len(kept)),
    )  # fmt: skip
    return Figure(title, (panel,), table=_table(rows))


def _table(rows: Sequence[Row]) -> tuple[tuple[str, ...], ...]:
    header = ("target", "published", "simulated", "unit", "held")
    body = (
        (
            row.target,
            "" if row.expected is None else
            f"{readable(row.expected, 4)} ± {readable(row.tolerance or 0.0, 2)}",
            row.problem if row.simulated is None else readable(row.simulated, 4),
            row.unit if row.unit != "1" else "",
            "yes" if row.passed else "no",
        )
        for row in rows
    )  # fmt: skip
    return (header, *body)
