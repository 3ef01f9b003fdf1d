"""`quantal validate`: every published target beside what the model gives."""

from __future__ import annotations

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
) -> None:
    """Run the published targets of a mechanism, a file, a folder, or the library."""
    import quantal
    from quantal.cli.printing import print_json
    from quantal.cli.progress import progress_bar
    from quantal.errors import TargetMissed

    with progress_bar("targets", quiet=as_json) as bar:
        advance = None if bar is None else (lambda done, total, _: bar(done / max(total, 1)))
        rows = quantal.validate(what, advance)
    if as_json:
        print_json([row.as_dict() for row in rows])
    else:
        _print_rows(rows)
    if not all(row.passed for row in rows):
        raise typer.Exit(TargetMissed.exit_code)


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
    failed = [row for row in rows if row.problem]
    if failed:
        print("\nWithout a value:")
    for row in failed:
        print(f"  {row.mechanism}: {shortened(row.target)}: {row.problem}")
    print(f"\n{tally(rows)}.")


def tally(rows: list[Row]) -> str:
    """How many mechanisms and targets there were, reproduced and missed."""
    mechanisms = len({row.mechanism for row in rows})
    missed = sum(not row.passed for row in rows)
    return (
        f"{mechanisms} mechanism{'s' * (mechanisms != 1)}, {len(rows)} targets: "
        f"{len(rows) - missed} reproduced, {missed} missed"
    )
