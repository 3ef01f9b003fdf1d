"""The complete calyx of Held by chance: one second at 100 Hz, trial after trial.

Seconds of processor time for each simulated second and trial, in the whole call; the deterministic
run of the same synapse in turns with it, as a yardstick that every machine has. Two cores beside
one are told by processor time, too, which neighbours on a shared machine do not change.
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
    own, both, walls, stiff = [], [], [], []
    made: dict = {}
    for _ in range(ROUNDS):
        seconds, wall, run = _hybrid(model, protocol, TRIALS, 1)
        own.append(seconds)
        walls.append(wall)
        made = run.made_by | run.statistics
        seconds, wall_both, _ = _hybrid(model, protocol, 2 * TRIALS, 2)
        both.append((seconds / 2, wall_both))
        began = time.process_time()
        quantal.run(model, protocol, until=END, sample="0.1 ms", record=["synaptic_current"])
        stiff.append(time.process_time() - began)
    scale = 1e3 / TRIALS / (END * 1e-3)
    one, two = min(own) * scale, min(seconds for seconds, _ in both) * scale
    speedup = 2.0 * min(walls) / min(wall for _, wall in both)
    projected = 1000 * two * 1e-3 / 2
    note = (
        f"{TRIALS} trials of {END:g} ms; projected for 1000 trials of 1 s, whose processor time "
        f"two cores share evenly: {projected:.1f} s; on two cores {speedup:.2f}x by the clock, "
        f"{one / two * 2:.2f}x by processor time; "
        f"{made['events'] / TRIALS / END:.1f} single events/ms; {made['continuous']}"
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
