"""What several verbs ask for, each option described once, in the words of the field."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from quantal.protocols.protocol import Protocol

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
    list[str] | None,
    typer.Option(
        "--pulse",
        metavar="TEXT",
        help="`glu = 1 mM for 1 ms at 50 ms`, or `glu = 1.1 mM decaying 1.2 ms`. Repeatable.",
    ),
]

Steps = Annotated[
    list[str] | None,
    typer.Option("--step", metavar="TEXT", help="A port or parameter changes: `V = 0 mV at 5 ms`."),
]

Holds = Annotated[
    list[str] | None,
    typer.Option("--hold", metavar="TEXT", help="Clamp for the whole run: `V = -70 mV`."),
]

Drives = Annotated[
    list[str] | None,
    typer.Option(
        "--drive", metavar="TEXT", help="Follow `time`: `glu = 1 [mM]*exp(-time/1 [ms])`."
    ),
]

Trains = Annotated[
    list[str] | None,
    typer.Option(
        "--train", metavar="TEXT", help="`stimulus every 10 ms count 10 at 5 ms`. Repeatable."
    ),
]

Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="TEXT", help='A parameter: `n="80 channels"`. Repeatable.'),
]

Uses = Annotated[
    list[str] | None,
    typer.Option(
        "--use",
        metavar="TEXT",
        help="Exchange a part of a synapse: `ampa=receptors/ampa_jonas_1993`. Repeatable.",
    ),
]

Rest = Annotated[
    str | None, typer.Option("--rest", metavar="TIME", help="Run this long before t = 0: `1 s`.")
]

Until = Annotated[
    str | None, typer.Option("--until", metavar="TIME", help="Where the run ends: `100 ms`.")
]

Sample = Annotated[
    str | None,
    typer.Option(
        "--sample", metavar="TIME", help="Spacing of the points; else the engine's own steps."
    ),
]

Record = Annotated[
    list[str] | None,
    typer.Option(
        "--record", metavar="NAME", help="What to keep, by name or role. Repeatable, or `a,b,c`."
    ),
]

Engine = Annotated[str, typer.Option("--engine", help="The engine that runs it, or `auto`.")]

Trials = Annotated[
    int | None,
    typer.Option("--trials", min=1, metavar="N", help="Run N times, each with its own chance."),
]

Seed = Annotated[
    int, typer.Option("--seed", min=0, metavar="N", help="Where the random numbers start.")
]

Workers = Annotated[
    int | None,
    typer.Option("--workers", min=1, metavar="N", help="Threads for trials; else one per core."),
]

Resume = Annotated[
    Path | None,
    typer.Option(
        "--resume",
        metavar="FOLDER",
        help="Keep finished trials there, and go on from those there already.",
    ),
]

Discrete = Annotated[
    list[str] | None,
    typer.Option(
        "--discrete", metavar="NAME",
        help="A scheme or species that runs by chance count one by one. Repeatable.",
    ),
]  # fmt: skip

Continuous = Annotated[
    list[str] | None,
    typer.Option("--continuous", metavar="NAME", help="One that they do not. Repeatable."),
]

Vary = Annotated[
    list[str] | None,
    typer.Option(
        "--vary", metavar="P ~ LAW",
        help="How a parameter varies by chance: `q ~ gamma(cv = 0.3) per firing`. Repeatable.",
    ),
]  # fmt: skip

Leap = Annotated[
    float,
    typer.Option(
        "--leap", min=1e-6, max=0.5, metavar="X",
        help="Share by which a step of `leap` or `langevin` may change a rate.",
    ),
]  # fmt: skip

RelativeTolerance = Annotated[
    float,
    typer.Option("--rtol", min=1e-13, max=1e-1, help="Relative error tolerated in each step."),
]


def protocol_of(
    *,
    pulse: list[str] | None = None,
    step: list[str] | None = None,
    hold: list[str] | None = None,
    drive: list[str] | None = None,
    train: list[str] | None = None,
    set_: list[str] | None = None,
    rest: str | None = None,
) -> Protocol:
    """The protocol that these options describe together.

    Raises:
        UsageError: texts that are no protocol lines, or unknown units; all of them at once.
    """
    from functools import partial

    from quantal.errors import all_at_once
    from quantal.experiments.run import milliseconds
    from quantal.protocols.protocol import Protocol
    from quantal.protocols.text import parse_action

    written = {
        "hold": hold, "set": set_, "pulse": pulse, "step": step, "drive": drive, "train": train,
    }  # fmt: skip
    actions = all_at_once(
        partial(parse_action, word, text) for word, texts in written.items() for text in texts or ()
    )
    return Protocol(tuple(actions), rest=milliseconds(rest) if rest else 0.0)


def distributions(texts: list[str] | None) -> dict[str, str]:
    """Distributions of parameters, by name.

    Raises:
        UsageError: a text that is not `NAME ~ LAW`.
    """
    from quantal.errors import UsageError

    found = {}
    for text in texts or ():
        name, tilde, law = (part.strip() for part in text.partition("~"))
        if not (name and tilde and law):
            raise UsageError(f"`{text}` varies nothing; write `q ~ gamma(cv = 0.3) per firing`")
        found[name] = law
    return found


def exchanged(uses: list[str] | None) -> dict[str, str]:
    """The mechanisms to exchange, by the name of their use.

    Raises:
        UsageError: a text that is not `NAME=MECHANISM`.
    """
    from quantal.errors import UsageError

    found = {}
    for text in uses or ():
        name, equals, mechanism = (part.strip() for part in text.partition("="))
        if not (name and equals and mechanism):
            raise UsageError(f"`{text}` exchanges nothing; write `ampa=receptors/ampa_jonas_1993`")
        found[name] = mechanism
    return found


def listed(names: list[str] | None) -> list[str] | None:
    """Names given one by one or with commas between, in order; None where none is given."""
    every = [part.strip() for name in names or () for part in name.split(",")]
    return list(dict.fromkeys(name for name in every if name)) or None
