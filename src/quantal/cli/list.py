"""`quantal list`: what the library holds."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from quantal.cli.options import Json

if TYPE_CHECKING:
    from quantal.library.catalogue import Entry


def command(
    stage: Annotated[
        str | None, typer.Option("--stage", help="Only one process: `receptors`, `release`, …")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the mechanisms of the library by the process they describe."""
    from quantal.cli.printing import print_json
    from quantal.errors import UsageError, did_you_mean
    from quantal.library.catalogue import catalogue

    entries = list(catalogue())
    if stage is not None:
        stages = {entry.stage for entry in entries}
        if stage not in stages:
            raise UsageError(
                f"the library has no stage `{stage}`{did_you_mean(stage, stages)}; "
                f"it has {', '.join(sorted(stages))}"
            )
        entries = [entry for entry in entries if entry.stage == stage]
    if as_json:
        print_json([_row(entry) for entry in entries])
    else:
        _print_tree(entries)


def _row(entry: Entry) -> dict[str, str]:
    return {
        "name": entry.name,
        "kind": entry.kind,
        "stage": entry.stage,
        "title": entry.title,
        "source": entry.source,
    }


def _print_tree(entries: list[Entry]) -> None:
    width = max((len(entry.name.rpartition("/")[2]) for entry in entries), default=0)
    for stage, members in groupby(entries, key=lambda entry: entry.stage):
        print(stage)
        for entry in members:
            print(f"  {entry.name.rpartition('/')[2]:{width}}  {entry.title}")
    print(f"\n{len(entries)} mechanisms. `quantal show NAME` shows one.")
