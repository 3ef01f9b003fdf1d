"""Published numbers beside what the model gives, one line each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quantal.experiments.validate import Row
from quantal.figures.figure import Axis, Figure, Panel, Series, readable


def targets_figure(rows: Sequence[Row], title: str = "") -> Figure:
    """Simulated minus published for each row, in units of its tolerance.

    Within one tolerance a target is held. Rows farther away than three are drawn at three;
    those that gave nothing are in the table alone.
    """
    kept = [row for row in rows if row.simulated is not None and row.tolerance]
    at = np.arange(len(kept), 0, -1, dtype=float)
    off = np.array([_off(row) for row in kept])
    passed = np.array([row.passed for row in kept], dtype=bool)
    band = (Series(np.array([-1.0, 1.0]), np.array([y, y]), "grey", "", "band") for y in at)
    dots = (
        Series(off[passed], at[passed], "blue", "held", "points"),
        Series(off[~passed], at[~passed], "vermilion", "missed", "points"),
    )
    panel = Panel(
        Axis("(simulated − published) / tolerance", "", -_FARTHEST - 0.2, _FARTHEST + 0.2),
        Axis("", "", 0.5, len(kept) + 0.5, tuple(at), tuple(row.target for row in kept)),
        (*band, *(series for series in dots if series.x.size)),
        marks=(0.0,), height=max(2.0, 0.32 * len(kept)),
    )  # fmt: skip
    return Figure(title, (panel,), table=_table(rows))


_FARTHEST = 3.0


def _off(row: Row) -> float:
    assert row.simulated is not None
    assert row.expected is not None
    assert row.tolerance
    return float(np.clip((row.simulated - row.expected) / row.tolerance, -_FARTHEST, _FARTHEST))


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
