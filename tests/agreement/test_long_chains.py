"""Schemes of many steps that depend on one concentration: nothing overflows on the way."""

import numpy as np
import pytest

import quantal

RING = """mechanism ring "Binding steps around a ring, each at the same rate"
source a test
state Ca = 30 [uM]
  Ca' = -Ca/1000 [ms]
scheme ring = S{{0..{last}}}
  for i in 0 .. {before}
    S{{i}} -> S{{i+1}} : 1 [/uM/ms]*Ca
  S{last} -> S0 : 1 [/uM/ms]*Ca
"""


@pytest.mark.parametrize("method", ["midpoint", "damped"])
@pytest.mark.parametrize(("precision", "drift"), [("double", 1e-12), ("single", 1e-5)])
def test_a_ring_that_starts_even_stays_even(precision, drift, method):
    """80 steps: the 80th power of the concentration is beyond either precision."""
    count = 80
    model = quantal.load(RING.format(last=count - 1, before=count - 2))
    states = [f"S{number}" for number in range(count)]
    simulated = quantal.run_population(
        model, size=2, until="1 ms", dt="0.025 ms", record=states, precision=precision,
        method=method, initial={name: [1.0 / count] * 2 for name in states},
    )  # fmt: skip
    for name in states:
        assert simulated[name][:, -1] == pytest.approx(1.0 / count, rel=drift)


def test_a_ring_turns_as_the_poisson_distribution_says():
    """From S0 on, so many steps have been taken as a Poisson count of their mean says."""
    model = quantal.load(RING.format(last=79, before=78))
    states = [f"S{number}" for number in range(12)]
    simulated = quantal.run_population(
        model, size=1, until="0.2 ms", dt="0.001 ms", record=states,
        initial={"Ca": [30.0]} | {f"S{i}": [float(i == 0)] for i in range(80)},
    )  # fmt: skip
    mean = 30.0 * 1000.0 * (1.0 - np.exp(-0.2 / 1000.0))
    exact = np.cumprod([np.exp(-mean), *(mean / k for k in range(1, 12))])
    found = np.array([simulated[name][0, -1] for name in states])
    assert found == pytest.approx(exact, abs=2e-4)
