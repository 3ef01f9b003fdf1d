"""What several verbs ask for, each option described once, in the words of the field."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print the numbers as JSON, for programs.")]

Mechanism = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="A library name (`receptors/ampa_jonas_1993`) or a .syn file."
    ),
]

TrajectoryStore = Annotated[
    Path, typer.Argument(metavar="TRAJECTORY.zarr", help="What `quantal run --save` wrote.")
]

Picture = Annotated[
    Path, typer.Option("-o", "--out", metavar="FILE.png", help="The picture: .png, .svg or .pdf.")
]

Pulses = Annotated[
    list[str],
    typer.Option(
        "--pulse",
        metavar="TEXT",
        help="`glu = 1 mM for 1 ms at 50 ms`, or `glu = 1.1 mM decaying 1.2 ms`. Repeatable.",
    ),
]

Steps = Annotated[
    list[str],
    typer.Option("--step", metavar="TEXT", help="A port or parameter changes: `V = 0 mV at 5 ms`."),
]

Holds = Annotated[
    list[str],
    typer.Option("--hold", metavar="TEXT", help="Clamp for the whole run: `V = -70 mV`."),
]

Trains = Annotated[
    list[str],
    typer.Option(
        "--train", metavar="TEXT", help="`stimulus every 10 ms count 10 at 5 ms`. Repeatable."
    ),
]

Settings = Annotated[
    list[str],
    typer.Option("--set", metavar="TEXT", help='A parameter: `n="80 channels"`. Repeatable.'),
]

Rest = Annotated[
    str, typer.Option("--rest", metavar="TIME", help="Run this long before t = 0: `1 s`.")
]

Until = Annotated[str, typer.Option("--until", metavar="TIME", help="Where it ends: `100 ms`.")]

Sample = Annotated[
    str,
    typer.Option(
        "--sample", metavar="TIME", help="Spacing of the printed points; else every step taken."
    ),
]

Record = Annotated[
    list[str],
    typer.Option(
        "--record", metavar="NAME", help="What to keep, by name or role. Repeatable, or a,b,c."
    ),
]

EngineName = Annotated[str, typer.Option("--engine", help="Which engine runs it.")]

RelativeTolerance = Annotated[
    float,
    typer.Option("--rtol", min=1e-13, max=1e-1, help="Relative error tolerated per step."),
]
