"""`quantal compare`: a synapse beside a recording of one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quantal.cli.options import Json, Mechanism


def command(
    name: Mechanism,
    recording: Annotated[Path, typer.Argument(metavar="RECORDING.abf")],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE.png", help="Draw both on one axis.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Drive a synapse at a recording's stimulus times and compare the currents."""
    import quantal
    from quantal.cli.printing import print_json
    from quantal.cli.progress import progress_bar

    with progress_bar(name, quiet=as_json):
        comparison = quantal.compare(name, recording)
    if out is not None:
        from quantal.figures.recording import draw_comparison

        draw_comparison(comparison, out)
    if as_json:
        print_json(comparison.as_dict())
    else:
        _print(comparison)


def _print(comparison: object) -> None:
    raise NotImplementedError
