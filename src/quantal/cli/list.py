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
    transmitter: Annotated[
        str | None, typer.Option("--transmitter", help="Only one transmitter: `GABA`, `glutamate`…")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the mechanisms of the library by the process they describe."""
    from quantal.cli.printing import print_json
    from quantal.library.catalogue import catalogue

    entries = list(catalogue())
    if stage is not None:
        stage = _one_of("stage", stage, {entry.stage for entry in entries})
        entries = [entry for entry in entries if entry.stage == stage]
    if transmitter is not None:
        transmitter = _transmitter(transmitter)
        entries = [entry for entry in entries if transmitter in entry.transmitters]
    if as_json:
        print_json([_row(entry) for entry in entries])
    else:
        _print_tree(entries)


def _one_of(what: str, name: str, known: set[str]) -> str:
    """The known name that is meant, whatever its case.

    Raises:
        UsageError: there is none.
    """
    from quantal.errors import UsageError, did_you_mean

    for candidate in known:
        if candidate.lower() == name.lower():
            return candidate
    raise UsageError(
        f"the library has no {what} `{name}`{did_you_mean(name, known)}; "
        f"it has {', '.join(sorted(known, key=str.lower))}"
    )


def _transmitter(name: str) -> str:
    """A transmitter by its name, or by the one that ports have (`glu`)."""
    from quantal.library.catalogue import TRANSMITTERS

    for transmitter, ports in TRANSMITTERS.items():
        if name in ports:
            return transmitter
    return _one_of("transmitter", name, set(TRANSMITTERS))


def _row(entry: Entry) -> dict[str, object]:
    return {
        "name": entry.name,
        "kind": entry.kind,
        "stage": entry.stage,
        "title": entry.title,
        "source": entry.source,
        "transmitters": list(entry.transmitters),
    }


def _print_tree(entries: list[Entry]) -> None:
    width = max((len(entry.name.rpartition("/")[2]) for entry in entries), default=0)
    for stage, grouped in groupby(entries, key=lambda entry: entry.stage):
        members = list(grouped)
        print(f"{stage} ({len(members)})")
        for entry in members:
            print(f"  {entry.name.rpartition('/')[2]:{width}}  {entry.title}")
    stages = len({entry.stage for entry in entries})
    where = f" in {stages} stages" if stages > 1 else ""
    print(f"\n{len(entries)} mechanism{'s' * (len(entries) != 1)}{where}.", end=" ")
    print("`quantal show NAME` shows one.")
