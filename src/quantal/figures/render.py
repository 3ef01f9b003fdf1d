"""A Figure drawn by matplotlib, without a display and without global state."""

from __future__ import annotations

import os
import tempfile
import textwrap
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantal.errors import UsageError, unwritable
from quantal.figures.axes import draw_panel
from quantal.figures.figure import Figure, Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas
    from matplotlib.gridspec import SubplotSpec

WIDTH, DPI = 12.0, 150
"""Inches and pixels per inch: 1800 pixels wide."""

_PANEL_HEIGHT, _HEADER, _FOOTER, _ROW = 0.82, 0.75, 0.75, 0.24
_LINE = 14
"""Characters in a line of a label beside a panel."""

_FORMATS = (".png", ".svg", ".pdf")
_STYLE: Any = {
    "font.size": 9.0,
    "font.family": "sans-serif",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "axes.labelsize": 9.0,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "svg.hashsalt": "quantal",
}


def render(figure: Figure, path: str | Path) -> Path:
    """Draw a figure into a file; it appears under its name only once it is whole.

    Raises:
        UsageError: the file's ending is not .png, .svg or .pdf, or it cannot be written.
    """
    target = Path(path)
    if target.suffix.lower() not in _FORMATS:
        raise UsageError(f"{target}: a picture ends in {', '.join(_FORMATS)}")
    canvas = draw_on_canvas(figure)
    try:
        return _write(canvas, target)
    except OSError as error:
        raise UsageError(unwritable(target, error)) from error


def _write(canvas: Canvas, target: Path) -> Path:
    """A picture, made beside its place and moved there whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(suffix=target.suffix.lower(), dir=target.parent)
    os.close(handle)
    try:
        canvas.savefig(part, dpi=DPI, metadata=_metadata(target.suffix.lower()))
        os.chmod(part, 0o644)
        os.replace(part, target)
    finally:
        Path(part).unlink(missing_ok=True)
    return target


def draw_on_canvas(figure: Figure) -> Canvas:
    """The matplotlib figure, for those who want to add to it."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas

    stack = sum(panel.height for panel in figure.stack)
    column = sum(max(p.height for p in row) for row in _rows(figure))
    table = (len(figure.table) + 1) * _ROW if figure.table else 0.0
    body = max(stack, column, 2.0) * _PANEL_HEIGHT
    with matplotlib.rc_context(_STYLE):
        canvas = Canvas(figsize=(WIDTH, _HEADER + body + table + _FOOTER), layout="constrained")
        FigureCanvasAgg(canvas)
        _spacing(canvas)
        if figure.title:
            canvas.suptitle(figure.title, x=0.008, ha="left", fontsize=12, fontweight="bold")
        if figure.caption:
            canvas.supxlabel(figure.caption, x=0.01, ha="left", fontsize=8, color="#444444")
        heights = [body, table] if table else [body]
        rows = canvas.add_gridspec(len(heights), 1, height_ratios=heights)
        _draw_body(canvas, rows[0], figure)
        if table:
            _draw_table(canvas, rows[1], figure.table)
    return canvas


def _spacing(canvas: Canvas) -> None:
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    engine = canvas.get_layout_engine()
    assert isinstance(engine, ConstrainedLayoutEngine)
    engine.set(w_pad=0.06, h_pad=0.03, hspace=0.0, wspace=0.02)


def _draw_body(canvas: Canvas, place: SubplotSpec, figure: Figure) -> None:
    both = bool(figure.stack and figure.column)
    widths = [2.6 / (1.0 + 1.2 * (figure.abreast > 1)), 1.0]
    columns = place.subgridspec(1, 2 if both else 1, width_ratios=widths if both else [1.0])
    if figure.stack:
        _draw_stack(canvas, columns[0], figure.stack)
    if figure.column:
        _draw_column(canvas, columns[1 if both else 0], figure)


def _draw_stack(canvas: Canvas, place: SubplotSpec, panels: Sequence[Panel]) -> None:
    rows = place.subgridspec(len(panels), 1, height_ratios=[p.height for p in panels], hspace=0.08)
    axes: list[Axes] = []
    for number, panel in enumerate(panels):
        last = number == len(panels) - 1
        drawn = canvas.add_subplot(rows[number], sharex=axes[0] if axes else None)
        draw_panel(drawn, panel)
        drawn.set_ylabel(_side_label(panel), rotation=0, ha="right", va="center", labelpad=6)
        if not last:
            drawn.spines["bottom"].set_visible(False)
            drawn.tick_params(bottom=False, labelbottom=False)
            drawn.set_xlabel("")
        axes.append(drawn)
    _draw_guides(canvas, axes, panels)
    canvas.align_ylabels(axes)


def _side_label(panel: Panel) -> str:
    """A quantity and its unit in lines that are short enough to stand left of a panel."""
    quantity = textwrap.fill(panel.y.quantity, _LINE, break_long_words=False)
    unit = panel.y.unit
    if unit in ("", "1"):
        return quantity
    return f"{quantity}\n({unit})" if quantity else unit


def _draw_guides(canvas: Canvas, axes: Sequence[Axes], panels: Sequence[Panel]) -> None:
    """A thin line through the onsets of the stages, from the top of the stack to its bottom."""
    from matplotlib.patches import ConnectionPatch

    marked = [(a, p.guide) for a, p in zip(axes, panels, strict=True) if p.guide is not None]
    look: dict[str, Any] = {"color": "#999999", "linewidth": 0.8, "zorder": 0.5}
    for drawn, moment in marked:
        drawn.axvline(moment, **look)
    for (above, earlier), (below, later) in pairwise(marked):
        canvas.add_artist(
            ConnectionPatch(
                (earlier, 0.0), (later, 1.0), coordsA=above.get_xaxis_transform(),
                coordsB=below.get_xaxis_transform(), **look,
            )
        )  # fmt: skip


def _draw_column(canvas: Canvas, place: SubplotSpec, figure: Figure) -> None:
    rows = _rows(figure)
    grid = place.subgridspec(
        len(rows), figure.abreast, height_ratios=[max(p.height for p in row) for row in rows],
        hspace=0.12,
    )  # fmt: skip
    for number, panel in enumerate(figure.column):
        drawn = canvas.add_subplot(grid[divmod(number, figure.abreast)])
        draw_panel(drawn, panel)
        drawn.set_ylabel(panel.y.text)
        if number == 0 and figure.column_title:
            drawn.set_title(figure.column_title, loc="left", fontsize=10, fontweight="bold")


def _rows(figure: Figure) -> list[tuple[Panel, ...]]:
    """The panels of the column as they stand beside one another."""
    panels, abreast = figure.column, figure.abreast
    return [panels[first : first + abreast] for first in range(0, len(panels), abreast)]


def _draw_table(canvas: Canvas, place: SubplotSpec, rows: Sequence[Sequence[str]]) -> None:
    from matplotlib.transforms import Bbox

    drawn = canvas.add_subplot(place)
    drawn.set_axis_off()
    longest = [max(len(row[i]) for row in rows) + 4 for i in range(len(rows[0]))]
    table = drawn.table(
        cellText=[list(row) for row in rows[1:]], colLabels=list(rows[0]), cellLoc="center",
        colWidths=[length / sum(longest) for length in longest],
        bbox=Bbox.unit(), edges="horizontal",
    )  # fmt: skip
    table.auto_set_font_size(False)
    table.set_fontsize(8.5)
    for cell in table.get_celld().values():
        cell.set_linewidth(0.4)
        cell.set_edgecolor("#aaaaaa")


def _metadata(suffix: str) -> dict[str, Any]:
    # Without dates, the same numbers give the same file.
    return {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(suffix, {})
