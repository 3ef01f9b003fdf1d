"""The calyx of Held driven at 100 Hz from rest: every stage in a table, a file and a picture.

Prints when each stage of the synapse starts and peaks after the first action potential, and
the EPSC trains at 10, 20, 50 and 100 Hz beside those measured by Hennig et al. (2008).
Writes the trajectory of the 100 Hz train and a figure of one action potential.

Usage: python examples/calyx_of_held.py [FOLDER]
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import quantal
from quantal.cli.printing import print_table, shown_unit
from quantal.cli.progress import progress_bar
from quantal.experiments.trains import TrainComparison, compare_trains
from quantal.figures.cascade import TrainFit, cascade
from quantal.figures.render import render
from quantal.observables import role_stages, stage_rows

Progress = Callable[[float], None] | None

SYNAPSE = "synapses/calyx_of_held"
STIMULI = 20
REST = 200.0
"""ms before the first stimulus, in which the synapse settles."""


def main(folder: Path) -> None:
    """Run everything and say where it is."""
    synapse = quantal.load(SYNAPSE)
    with progress_bar("100 Hz from rest") as progress:
        firing = train_at_100_hz(progress)
        clamped = train_at_100_hz(progress, hold="-70 mV")
    print_stages(firing, clamped)

    with progress_bar("trains beside measured ones") as progress:
        trains = compare_trains(synapse, progress=progress)
    print_trains(trains)
    print("\nWhat was calibrated, and to what:")
    for note in synapse.notes:
        if note.startswith(("Calibrated", "Chosen")):
            print(f"- {note}")

    store = firing.save(folder / "calyx_of_held.zarr", stage_names(firing))
    picture = draw(firing, clamped, trains, folder / "calyx_of_held.png")
    print(f"\n{firing.status}")
    print(f"The trajectory is in {store}, the figure in {picture}.")


def train_at_100_hz(progress: Progress, hold: str | None = None) -> quantal.Trajectory:
    """The synapse at 100 Hz after a rest; with `hold`, its soma in voltage clamp."""
    protocol = quantal.protocols.train("stimulus", rate="100 Hz", count=STIMULI)
    protocol += quantal.protocols.Protocol(rest=REST)
    if hold:
        protocol += quantal.protocols.hold("soma_V", hold)
    return quantal.run(SYNAPSE, protocol, until=10.0 * STIMULI + 20.0, progress=progress)


def stage_names(run: quantal.Trajectory) -> list[str]:
    """The synapse's own roles, in the order of the signal."""
    return [role for role in run.roles if "." not in role]


def print_stages(firing: quantal.Trajectory, clamped: quantal.Trajectory) -> None:
    """Each stage after the first stimulus; currents of the cell are read in voltage clamp."""
    rows = stage_rows(firing, role_stages(firing), clamped=clamped)
    print_table(
        ("stage", "at rest", "starts (ms)", "peaks (ms)", "peak", "unit", "half-width (ms)"),
        [
            (row.stage, row.rest, row.onset, None if row.rising else row.time_of_peak, row.peak,
             shown_unit(row.unit), row.half_width)
            for row in rows
        ],
        title="One action potential, from rest (epsc: soma at -70 mV; -: not within 10 ms)",
    )  # fmt: skip


def print_trains(trains: tuple[TrainComparison, ...]) -> None:
    """Amplitudes as shares of the first, simulated and measured, and their difference."""
    print()
    numbers = [f"{number}." for number in trains[0].numbers[:-1]]
    rows = []
    for one in trains:
        rate = f"{one.rate:g} Hz"
        rows.append((rate, "measured", *shares(one.measured), ""))
        rows.append(("", "simulated", *shares(one.simulated), f"{one.error:.3f}"))
    print_table(
        ("rate", "", *numbers, "last", "RMS"),
        rows,
        title="EPSC amplitudes in a train of 1 s, as shares of the first",
    )


def shares(amplitudes: Iterable[float]) -> list[str]:
    """Amplitudes with three digits."""
    return [f"{value:.3f}" for value in amplitudes]


def draw(
    firing: quantal.Trajectory,
    clamped: quantal.Trajectory,
    trains: tuple[TrainComparison, ...],
    path: Path,
) -> Path:
    """One action potential through every stage, and the trains beside it."""
    fits = [TrainFit(f"{t.rate:g} Hz", t.simulated, t.measured, t.error, t.numbers) for t in trains]
    figure = cascade(
        firing, clamped=clamped, trains=fits,
        title="One action potential through the calyx of Held",
    )  # fmt: skip
    return render(figure, path)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("results"))
