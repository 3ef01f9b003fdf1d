"""`quantal compare`: a synapse beside a recording of one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quantal.cli.options import Holds, Json, Mechanism, Sets, Uses, exchanged, protocol_of

if TYPE_CHECKING:
    from quantal.interop.compare import Comparison
    from quantal.model.model import Model

HOLDING = "-70 mV"


def command(
    name: Mechanism,
    recording: Annotated[
        Path, typer.Argument(metavar="RECORDING.abf", help="Evoked currents with their artefacts.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", metavar="FILE.png", help="The picture; else named after the recording."
        ),
    ] = None,
    hold: Holds = None,
    set_: Sets = None,
    use: Uses = None,
    as_json: Json = False,
) -> None:
    """Drive a synapse at the stimulus times of a recording and compare the currents.

    Without `--hold` the membrane behind the role `soma_V` is clamped at -70 mV.
    """
    from quantal.cli.printing import print_json
    from quantal.cli.progress import progress_bar
    from quantal.experiments.loading import load
    from quantal.figures.recording import draw_comparison
    from quantal.interop.compare import compare

    synapse = load(name, use=exchanged(use))
    protocol = protocol_of(hold=hold or usual_clamp(synapse), set_=set_)
    with progress_bar(name, quiet=as_json) as progress:
        comparison = compare(synapse, recording, protocol=protocol, progress=progress)
    if as_json:
        if out is not None:
            draw_comparison(comparison, out)
        print_json(comparison.as_dict())
        return
    picture = draw_comparison(comparison, out or Path(f"{recording.stem}.png"))
    _print(comparison)
    print(f"drawn in {picture}")


def usual_clamp(synapse: Model) -> list[str]:
    """The voltage clamp of a recorded postsynaptic current, for a synapse with a soma."""
    from quantal.experiments.loading import prepare
    from quantal.experiments.trains import CLAMPED

    membrane = prepare(synapse).roles.get(CLAMPED)
    return [] if membrane is None else [f"{membrane} = {HOLDING}"]


def _print(comparison: Comparison) -> None:
    from quantal.cli.printing import print_table

    columns, *rows = comparison.table()
    print_table(columns, rows)
    print(f"\n{comparison.remark}")
