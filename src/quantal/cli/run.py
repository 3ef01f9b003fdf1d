"""`quantal run`: a mechanism, a protocol, and what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quantal.cli.main import INTERRUPTED
from quantal.cli.options import (
    Drives,
    Engine,
    Holds,
    Json,
    Leap,
    Mechanism,
    Pulses,
    Record,
    RelativeTolerance,
    Rest,
    Resume,
    Sample,
    Seed,
    Sets,
    Steps,
    Trains,
    Trials,
    Until,
    Uses,
    Workers,
    exchanged,
    listed,
    protocol_of,
)

if TYPE_CHECKING:
    from quantal.trajectory import Trajectory

MOST_ROWS = 24
"""Without `--record` and without roles, a table shows this many names at most."""


def command(
    name: Mechanism,
    pulse: Pulses = None,
    step: Steps = None,
    hold: Holds = None,
    drive: Drives = None,
    train: Trains = None,
    set_: Sets = None,
    use: Uses = None,
    rest: Rest = None,
    until: Until = None,
    sample: Sample = None,
    record: Record = None,
    engine: Engine = "auto",
    rtol: RelativeTolerance = 1e-6,
    trials: Trials = None,
    seed: Seed = 0,
    workers: Workers = None,
    resume: Resume = None,
    leap: Leap = 0.03,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="X.zarr", help="Keep the trajectory.")
    ] = None,
    draw: Annotated[
        Path | None, typer.Option("--draw", metavar="X.png", help="Draw what was recorded.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Run a mechanism or a synapse under a protocol."""
    import quantal
    from quantal.cli.printing import print_json
    from quantal.cli.progress import progress_bar

    protocol = protocol_of(
        pulse=pulse, step=step, hold=hold, drive=drive, train=train, set_=set_, rest=rest
    )
    names = listed(record)
    model = quantal.load(name, use=exchanged(use))
    with progress_bar(name, quiet=as_json) as progress:
        trajectory = quantal.run(
            model, protocol, until=until, sample=sample, record=names, engine=engine,
            relative=rtol, trials=trials, seed=seed, workers=workers, resume=resume,
            leap=leap, progress=progress,
        )  # fmt: skip
    shown = names or worth_showing(trajectory)
    if save:
        trajectory.save(save, names)
    if draw:
        quantal.draw(trajectory.mean(), shown, path=draw)
    if as_json:
        print_json(as_data(trajectory, names or trajectory.names()))
    else:
        _print_summary(trajectory.mean(), shown)
        if trajectory.trials is not None:
            _print_chance(trajectory, shown)
    if trials is not None and trajectory.trials is not None and len(trajectory.trials) < trials:
        raise typer.Exit(INTERRUPTED)


def _print_chance(trajectory: Trajectory, names: list[str]) -> None:
    from quantal.cli.printing import print_table
    from quantal.experiments.chance import responses, single_events

    rows = responses(trajectory, names)
    if rows:
        print_table(("over all trials", "value", "unit"), rows)
    events = single_events(trajectory)
    if events:
        heads = ("single events", "in a trial", "sd", "after first stimulus", "delay (ms)")
        print_table(heads, events)
    if "split" in trajectory.made_by:
        print(trajectory.made_by["split"])
    print(trajectory.status)


def as_data(trajectory: Trajectory, names: list[str]) -> dict[str, dict[str, object]]:
    """Time and the named values with their units, as plain data."""
    trajectory.hold(names)
    series: dict[str, dict[str, object]] = {"time": {"unit": "ms", "values": trajectory.time}}
    return series | {
        name: {"unit": trajectory.units[name].text, "values": trajectory[name]} for name in names
    }


def worth_showing(trajectory: Trajectory) -> list[str]:
    """The roles, which are what a mechanism is for; without any, its first names.

    A synapse's own roles stand for those of its parts, which have dotted names.
    """
    roles = [role for role in trajectory.roles if role in trajectory]
    own = [role for role in roles if "." not in role]
    return own or roles or trajectory.names()[:MOST_ROWS]


def _print_summary(trajectory: Trajectory, names: list[str]) -> None:
    from quantal.cli.printing import print_table, shown_unit
    from quantal.observables import final, peak, time_of_peak

    trajectory.hold(names)
    rows = []
    for name in names:
        time, values = trajectory.time, trajectory[name]
        unit = shown_unit(trajectory.units[name].text)
        rows.append(
            (name, peak(time, values), time_of_peak(time, values), final(time, values), unit)
        )
    print_table(("recorded", "peak", "at (ms)", "final", "unit"), rows)
    for note in trajectory.made_by.get("notes", ()):
        print(f"Note: {note}")
    print(trajectory.status)
