"""`quantal validate`: every published target beside what the model gives."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quantal.cli.options import Json

if TYPE_CHECKING:
    from quantal.experiments.validate import Row


def command(
    what: Annotated[
        str | None,
        typer.Argument(metavar="[NAME|FILE|FOLDER]", help="Without it: the whole library."),
    ] = None,
    as_json: Json = False,
    draw: Annotated[
        Path | None,
        typer.Option("--draw", metavar="X.png", help="Draw how far each target is from held."),
    ] = None,
) -> None:
    """Run the published targets of a mechanism, a file, a folder, or the library."""
    import quantal
    from quantal.cli.printing import print_json
    from quantal.cli.progress import progress_bar
    from quantal.experiments.validate import require_all_passed

    with progress_bar("targets", quiet=as_json) as bar:
        advance = None if bar is None else (lambda done, total, _: bar(done / max(total, 1)))
        rows = quantal.validate(what, advance)
    if as_json:
        print_json([row.as_dict() for row in rows])
    else:
        _print_rows(rows)
    if draw is not None:
        from quantal.figures.render import render
        from quantal.figures.targets import targets_figure

        render(targets_figure(rows, what or "the library"), draw)
    require_all_passed(rows)


def _print_rows(rows: list[Row]) -> None:
    from quantal.cli.printing import print_table, shortened, shown_unit

    columns = ("mechanism", "target", "expected", "tolerance", "simulated", "unit", "passed")
    print_table(
        columns,
        [
            (
                row.mechanism, shortened(row.target), row.expected, row.tolerance, row.simulated,
                shown_unit(row.unit), row.passed,
            )
            for row in rows
        ],
    )  # fmt: skip
    print(f"\n{tally(rows)}.")


def tally(rows: list[Row]) -> str:
    """How many mechanisms and targets there were, reproduced and missed."""
    mechanisms = len({row.mechanism for row in rows})
    missed = sum(not row.passed for row in rows)
    return (
        f"{mechanisms} mechanism{'s' * (mechanisms != 1)}, {len(rows)} targets: "
        f"{len(rows) - missed} reproduced, {missed} missed"
    )
