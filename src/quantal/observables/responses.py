"""Responses to the stimuli of a train, as a target writes them.

`response(epsc, stimulus, 2)` is the amplitude after the second `stimulus`;
`train_error(epsc, stimulus, 0.56, 0.39, 0.13)` is how far the responses to the second, third
and last stimulus, each over the first, are from these shares.
"""

from __future__ import annotations

import numpy as np

from quantal.errors import UsageError, did_you_mean
from quantal.observables.trains import amplitudes, normalised, root_mean_square
from quantal.trajectory import Trajectory

OF_TRAINS = ("response", "train_error")
"""Measured quantities of a trace and the event it responds to."""


def of_train(
    function: str, values: np.ndarray, event: str, numbers: list[float], trajectory: Trajectory
) -> float:
    """One amplitude in internal units, or the root mean square of a row of shares.

    Amplitudes are peaks from the value at the stimulus, until the next stimulus.

    Raises:
        UsageError: no such event, or fewer stimuli than are asked for.
    """
    if event not in trajectory.events:
        near = did_you_mean(event, trajectory.events)
        raise UsageError(f"no event is called `{event}`{near}")
    times = [time for time in trajectory.events[event] if time < trajectory.time[-1]]
    wanted = int(numbers[0]) if function == "response" else len(numbers) + 1
    if not 1 <= wanted <= len(times):
        raise UsageError(f"`{function}` asks for {wanted} stimuli; there were {len(times)}")
    heights = amplitudes(trajectory.time, values, times)
    if function == "response":
        return float(heights[wanted - 1])
    shares = normalised(heights)
    compared = np.append(shares[1 : len(numbers)], shares[-1])
    return root_mean_square(compared, np.array(numbers))
