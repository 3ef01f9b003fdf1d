"""One panel of a figure on matplotlib's axes: lines, points, notes, limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantal.figures.figure import PALETTE, Panel, Series

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_panel(drawn: Axes, panel: Panel) -> None:
    """Draw a panel's series, dots, marks and notes, and set its limits."""
    for series in panel.series:
        _draw_series(drawn, series)
    for x, y, colour in panel.dots:
        drawn.plot([x], [y], "o", color=PALETTE[colour], markersize=4.5, zorder=5, clip_on=False)
    for moment in panel.marks:
        drawn.axvline(moment, color="#cccccc", linewidth=0.8, zorder=0)
    if panel.x_log:
        drawn.set_xscale("log")
    _limits(drawn, panel)
    drawn.set_xlabel(panel.x.text)
    for number, (text, colour) in enumerate(panel.notes):
        middle = 0.5 + 0.5 * (len(panel.notes) - 1) * 0.42 - 0.42 * number
        drawn.annotate(
            text, (1.0, middle), (6, 0), xycoords="axes fraction", textcoords="offset points",
            ha="left", va="center", color=PALETTE[colour], fontsize=8.5,
        )  # fmt: skip
    if panel.corner:
        drawn.annotate(
            panel.corner, (1.0, 1.0), (-4, -4), xycoords="axes fraction",
            textcoords="offset points", ha="right", va="top", fontsize=8.5, color="#444444",
        )  # fmt: skip
    if panel.title:
        drawn.set_title(panel.title, loc="left", fontsize=9.5, pad=3)


def _draw_series(drawn: Axes, series: Series) -> None:
    colour = PALETTE[series.colour]
    looks: dict[str, dict[str, Any]] = {
        "line": {"linewidth": 1.5},
        "dashed": {"linewidth": 1.3, "linestyle": "--"},
        "faint": {"linewidth": 0.5, "alpha": 0.35},
        "trace": {"linewidth": 0.6},
        "points": {"linestyle": "", "marker": "o", "markersize": 4},
        "joined": {"linewidth": 1.3, "marker": "s", "markersize": 3.5, "markerfacecolor": "white"},
        "band": {"linewidth": 7.0, "alpha": 0.3, "solid_capstyle": "butt"},
        "area": {"linewidth": 1.5},
        "ticks": {"linestyle": "", "marker": "|", "markersize": 2.2, "markeredgewidth": 0.6},
    }
    if series.look in ("bars", "ribbon"):
        _draw_surface(drawn, series, colour)
        return
    options = {"color": colour, "solid_capstyle": "round", **looks[series.look]}
    if series.error is not None:
        drawn.errorbar(series.x, series.y, series.error, elinewidth=0.8, capsize=2, **options)
    else:
        drawn.plot(series.x, series.y, **options)
    if series.look == "area":
        drawn.fill_between(series.x, series.y, series.y[0], color=colour, alpha=0.15, linewidth=0)
    if series.label:
        drawn.plot([], [], label=series.label, **options)


def _draw_surface(drawn: Axes, series: Series, colour: str) -> None:
    """A histogram, or a band around a line."""
    label = series.label or None
    if series.look == "bars":
        drawn.stairs(series.y, series.x, fill=True, color=colour, alpha=0.45, linewidth=0,
                     label=label)  # fmt: skip
    elif series.error is not None:
        low, high = series.y - series.error, series.y + series.error
        drawn.fill_between(series.x, low, high, color=colour, alpha=0.2, linewidth=0, label=label)


def _limits(drawn: Axes, panel: Panel) -> None:
    drawn.margins(x=0.0, y=0.12)
    if panel.x.low is not None or panel.x.high is not None:
        drawn.set_xlim(panel.x.low, panel.x.high)
    if panel.y.low is not None or panel.y.high is not None:
        drawn.set_ylim(panel.y.low, panel.y.high)
    drawn.locator_params(axis="y", nbins=3 if panel.height < 2.0 else 5)
    if panel.y.ticks is not None:
        drawn.set_yticks(list(panel.y.ticks), panel.y.tick_labels)
    if panel.x.ticks is not None:
        drawn.set_xticks(list(panel.x.ticks), panel.x.tick_labels)
    if any(series.label for series in panel.series):
        drawn.legend(
            loc="best", frameon=False, fontsize=8, handlelength=1.4, borderaxespad=0.2,
            labelspacing=0.25,
        )  # fmt: skip
