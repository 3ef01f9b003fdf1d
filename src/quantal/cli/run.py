"""`quantal run`: a mechanism, a protocol, and what came of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quantal.cli.main import INTERRUPTED
from quantal.cli.options import (
    Continuous,
    Discrete,
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
    Vary,
    Workers,
    distributions,
    exchanged,
    listed,
    protocol_of,
)

if TYPE_CHECKING:
    from quantal.experiments.releases import Usual
    from quantal.model.model import Model
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
    discrete: Discrete = None,
    continuous: Continuous = None,
    vary: Vary = None,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="X.zarr", help="Keep the trajectory.")
    ] = None,
    draw: Annotated[
        Path | None, typer.Option("--draw", metavar="X.png", help="Draw what was recorded.")
    ] = None,
    figure: Annotated[
        Path | None,
        typer.Option("--figure", metavar="X.png", help="Draw what many trials show together."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run a mechanism or a synapse under a protocol.

    With `--trials` and without a protocol, a synapse has spontaneous release and a short
    train under voltage clamp; what the trials show is printed and drawn.
    """
    import quantal
    from quantal.cli.progress import progress_bar

    protocol = protocol_of(
        pulse=pulse, step=step, hold=hold, drive=drive, train=train, set_=set_, rest=rest
    )
    names = listed(record)
    model = quantal.load(name, use=exchanged(use))
    asked = any((pulse, step, hold, drive, train, rest, until))
    usual = None if asked or trials is None else _usual(model)
    if usual is not None:
        protocol = usual.protocol + protocol
        names, sample = names or usual.record, sample or f"{usual.sample} ms"
        figure = figure or Path(f"{model.name}_trials.png")
        if not as_json:
            print(f"Protocol: {usual.text}")
    with progress_bar(name, quiet=as_json) as progress:
        trajectory = quantal.run(
            model, protocol, until=until, sample=sample, record=names, engine=engine,
            relative=rtol, trials=trials, seed=seed, workers=workers, resume=resume,
            leap=leap, discrete=listed(discrete) or (), continuous=listed(continuous) or (),
            vary=distributions(vary), progress=progress,
        )  # fmt: skip
    shown = names or worth_showing(trajectory)
    if save:
        trajectory.save(save, names)
    if trials is not None and trajectory.trials is not None and len(trajectory.trials) < trials:
        # Whoever presses Ctrl-C wants the prompt back, not a figure of some of the trials.
        print(trajectory.status, file=sys.stderr if as_json else sys.stdout)
        raise typer.Exit(INTERRUPTED)
    if draw:
        quantal.draw(trajectory.mean(), shown, path=draw)
    _tell(trajectory, shown, listed(record), figure, as_json)


def _tell(
    trajectory: Trajectory, shown: list[str], asked: list[str] | None, figure: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    from quantal.cli.measured import analysis_of, draw_measured, measured_data, print_measured
    from quantal.cli.printing import print_json

    found = analysis_of(trajectory, shown)
    if figure:
        draw_measured(trajectory, found, shown, figure)
    if as_json and trajectory.trials is not None:
        # All names of all trials would be gigabytes: only what was asked for.
        series = as_data(trajectory, asked) if asked else {}
        print_json(series | measured_data(trajectory, found, figure))
    elif as_json:
        print_json(as_data(trajectory, asked or trajectory.names()))
    else:
        _print_summary(trajectory.mean(), shown)
        if trajectory.trials is not None:
            print_measured(trajectory, found)
        if figure:
            print(f"drawn in {figure}")


def _usual(model: Model) -> Usual | None:
    from quantal.experiments.loading import prepare
    from quantal.experiments.releases import usual_trials

    return usual_trials(prepare(model))


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
