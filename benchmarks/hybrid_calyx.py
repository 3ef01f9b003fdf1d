"""The complete calyx of Held by chance: one second at 100 Hz, trial after trial.

Processor time for each further trial and simulated second, from runs of two sizes, so that what is
done once for all trials is told apart; the deterministic run of the same synapse in turns with it,
as a yardstick that every machine has.
"""

from __future__ import annotations

import os
import time

from row import Row

import quantal
from quantal.protocols import train

TRIALS = int(os.environ.get("CALYX_TRIALS", "64"))
END = float(os.environ.get("CALYX_MS", "1000"))
ROUNDS = 2
GOAL = 6.0
"""ms of processor time for each trial and second: a thousand trials in 3 s on two cores."""


def rows() -> list[Row]:
    """The hybrid engine on one core and on two, beside the stiff engine."""
    model = quantal.load("synapses/calyx_of_held")
    count = int(END // 10)
    protocol = train("stimulus", every="10 ms", count=count)
    _hybrid(model, protocol, 2, 1)
    few, many, clocks, stiff = [], [], [], []
    made: dict = {}
    for _ in range(ROUNDS):
        seconds, _, _ = _hybrid(model, protocol, TRIALS, 1)
        few.append(seconds)
        seconds, wall, run = _hybrid(model, protocol, 3 * TRIALS, 1)
        many.append(seconds)
        made = run.made_by | run.statistics
        _, wall_both, _ = _hybrid(model, protocol, 3 * TRIALS, 2)
        clocks.append(wall / wall_both)
        began = time.process_time()
        quantal.run(model, protocol, until=END, sample="0.1 ms", record=["synaptic_current"])
        stiff.append(time.process_time() - began)
    each = (min(many) - min(few)) / (2 * TRIALS)
    once = max(min(few) - TRIALS * each, 0.0)
    one = each * 1e3 / (END * 1e-3)
    projected = (once + 1000 * each / 2) / (END * 1e-3)
    note = (
        f"what one more trial costs, from {TRIALS} and {3 * TRIALS} trials of {END:g} ms; "
        f"{once:.1f} s once; projected for 1000 trials of 1 s on two cores: {projected:.0f} s; "
        f"two cores {max(clocks):.2f}x by the clock; "
        f"{made['events'] / made['trials'] / END:.1f} single events/ms; {made['continuous']}"
    )
    return [
        Row(
            "hybrid calyx, 100 Hz", one, "ms/trial-second", "stiff, one run",
            min(stiff) * 1e3 / (END * 1e-3), error=made.get("step_error"),
            goal=f"<= {GOAL:g} ms (1000 trials in 3 s on two cores)", note=note,
        )
    ]  # fmt: skip


def _hybrid(model, protocol, trials, workers):
    began, clock = time.process_time(), time.perf_counter()
    run = quantal.run(
        model, protocol, until=END, sample="0.1 ms", record=["synaptic_current"],
        engine="hybrid", trials=trials, seed=1, workers=workers,
    )  # fmt: skip
    return time.process_time() - began, time.perf_counter() - clock, run


if __name__ == "__main__":
    for row in rows():
        print(row.as_dict())
