"""How a verb speaks: tables for people, JSON for programs, sentences for both."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Sequence
from typing import Any


def print_json(data: Any) -> None:
    """Print plain data as JSON. What has no value (nan, infinity) is `null`."""
    print(json.dumps(_plain(data), allow_nan=False, ensure_ascii=False))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str = "") -> None:
    """Print rows under headings; numbers stand to the right with four digits."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    cells = [list(row) for row in rows]
    numeric = [
        all(row[i] is None or isinstance(row[i], int | float) for row in cells)
        for i in range(len(columns))
    ]
    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
    for column, right in zip(columns, numeric, strict=True):
        table.add_column(
            column, justify="right" if right else "left", no_wrap=right, overflow="fold"
        )
    for row in cells:
        table.add_row(*(Text(words(cell)) for cell in row))
    # A pipe has no width: nothing is folded, so that lines stay lines.
    console = Console() if sys.stdout.isatty() else Console(width=10_000)
    with console.capture() as captured:
        console.print(table)
    print("\n".join(line.rstrip() for line in captured.get().splitlines()))


def words(value: Any) -> str:
    """A value as a table shows it."""
    if isinstance(value, bool):
        return "yes" if value else "NO"
    if isinstance(value, float):
        return "-" if math.isnan(value) else f"{value:.4g}"
    return "-" if value is None else str(value)


def shortened(text: str, most: int = 72) -> str:
    """A text that would make a table unreadable, cut at its end."""
    return text if len(text) <= most else text[: most - 2].rstrip() + " …"


def shown_unit(unit: str) -> str:
    """A unit as a table shows it: pure numbers have none."""
    return "" if unit == "1" else unit


def _plain(data: Any) -> Any:
    if isinstance(data, float):
        return data if math.isfinite(data) else None
    if isinstance(data, dict):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_plain(value) for value in data]
    if hasattr(data, "tolist"):
        return _plain_array(data)
    return data


def _plain_array(data: Any) -> Any:
    """A numpy array or scalar; looked at as a whole, because there may be a million values."""
    import numpy as np

    whole = data.dtype.kind != "f" or bool(np.isfinite(data).all())
    return data.tolist() if whole else _plain(data.tolist())
