"""`quantal measure`: numbers from a trajectory that was kept."""

from __future__ import annotations

from typing import Annotated

import typer

from quantal.cli.options import Json, TrajectoryStore


def command(
    trajectory: TrajectoryStore,
    quantities: Annotated[
        list[str],
        typer.Argument(metavar="QUANTITY…", help="`peak(open)`, `decay(epsc, since = 10 ms)`, …"),
    ],
    as_json: Json = False,
) -> None:
    """Measure quantities in a saved trajectory."""
    from quantal.cli.printing import print_json, print_table, shown_unit
    from quantal.experiments.measure import measure_with_unit
    from quantal.trajectory import Trajectory

    run = Trajectory.load(trajectory)
    rows = [(text, *measure_with_unit(run, text)) for text in quantities]
    if as_json:
        print_json([{"quantity": q, "value": v, "unit": u} for q, v, u in rows])
    else:
        print_table(("quantity", "value", "unit"), [(q, v, shown_unit(u)) for q, v, u in rows])
