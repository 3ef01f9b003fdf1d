"""`quantal draw`: a picture of a trajectory that was kept."""

from __future__ import annotations

from typing import Annotated

import typer

from quantal.cli.options import Picture, TrajectoryStore


def command(
    trajectory: TrajectoryStore,
    out: Picture,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME…", help="What to draw; else its roles.")
    ] = None,
) -> None:
    """Draw a saved trajectory."""
    import quantal
    from quantal.cli.options import listed
    from quantal.cli.run import worth_showing

    run = quantal.Trajectory.load(trajectory)
    quantal.draw(run, listed(names) or worth_showing(run), path=out)
    print(out)
