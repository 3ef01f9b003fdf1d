"""A figure as plain data: what is drawn, in which units, and what is written beside it.

A Figure is built from trajectories and rows of numbers without any plotting library; the
same description can be checked in a test, drawn by `quantal.figures.render`, or drawn by
something else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PALETTE = {
    "black": "#222222", "blue": "#0072B2", "vermilion": "#D55E00", "green": "#009E73",
    "purple": "#AA4499", "orange": "#C98500", "sky": "#2F8DC4", "grey": "#888888",
}  # fmt: skip
"""Colours that stay apart for colour-blind readers (after Okabe & Ito 2008; those that are
too light for text on white are darker here)."""

CYCLE = ("blue", "vermilion", "green", "purple", "orange", "black", "sky")


@dataclass(frozen=True, eq=False)
class Series:
    """One line or set of points: `x` (n,), `y` (n,), in the panel's units.

    `look` is `line`, `dashed`, `faint`, `trace` (thin), `points`, `joined` (points and line),
    `band` (a wide pale line), `area` (filled down to the first value), `bars` (a histogram: `x`
    (n + 1,) are its edges), `ticks` (a raster) or `ribbon` (filled as far as `error` on either
    side). `error` (n,) draws bars of error elsewhere. A `label` puts the series into the legend.
    """

    x: np.ndarray
    y: np.ndarray
    colour: str = "blue"
    label: str = ""
    look: str = "line"
    error: np.ndarray | None = None


@dataclass(frozen=True, slots=True)
class Axis:
    """A quantity, its unit, and where the axis begins and ends (None: by the data)."""

    quantity: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    ticks: tuple[float, ...] | None = None
    tick_labels: tuple[str, ...] | None = None

    @property
    def text(self) -> str:
        """`quantity (unit)`, or the quantity alone where it is a pure number."""
        return f"{self.quantity} ({self.unit})" if self.unit not in ("", "1") else self.quantity


@dataclass(frozen=True, eq=False)
class Panel:
    """One pair of axes.

    `notes` stand beside the panel, on its right; `dots` are (x, y, colour) of points
    worth seeing; `guide` is the x at which this stage of a cascade begins.
    """

    x: Axis
    y: Axis
    series: tuple[Series, ...]
    title: str = ""
    notes: tuple[tuple[str, str], ...] = ()
    dots: tuple[tuple[float, float, str], ...] = ()
    marks: tuple[float, ...] = ()
    guide: float | None = None
    height: float = 1.0
    x_log: bool = False
    corner: str = ""


@dataclass(frozen=True, eq=False)
class Figure:
    """A stack of panels that share their x axis, and a column of others beside it.

    `table` has its header first. `caption` says what the reader must know. Of the column's
    panels so many stand `abreast`.
    """

    title: str
    stack: tuple[Panel, ...] = ()
    column: tuple[Panel, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()
    caption: str = ""
    column_title: str = ""
    abreast: int = 1


def readable(value: float, digits: int = 3) -> str:
    """A number for a label: three significant digits, no needless exponent."""
    if not np.isfinite(value):
        return "-"
    if value == 0.0:
        return "0"
    if 1e-3 <= abs(value) < 1e5:
        decimals = max(0, digits - 1 - int(np.floor(np.log10(abs(value)))))
        return f"{value:.{decimals}f}".replace("-", "\N{MINUS SIGN}")
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    power = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{mantissa}\N{MULTIPLICATION SIGN}10{power}".replace("-", "\N{MINUS SIGN}")
