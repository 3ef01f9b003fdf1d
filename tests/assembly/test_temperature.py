"""At which temperature an assembly runs, and what scales with it."""

import numpy as np
import pytest
from tests.assembly.texts import flat

from quantal.constants import ZERO_CELSIUS
from quantal.errors import ModelError
from quantal.experiments.run import run
from quantal.protocols.protocol import Protocol

DECAY = """mechanism decay
temperature {measured} [degC]
parameter k = 0.1 [/ms]
state x = 1
  x' = -k*x
q10 3 for k
"""


def decay(measured: float) -> str:
    return DECAY.format(measured=measured)


def test_an_assembly_runs_at_the_one_temperature_of_what_it_uses() -> None:
    model = flat("synapse x\nuse a = decay\nuse b = decay\n", decay=decay(24))
    assert model.temperature is not None
    assert model.temperature.value == pytest.approx(24 + ZERO_CELSIUS)


def test_two_temperatures_must_be_settled() -> None:
    text = "synapse x\nuse a = cold\nuse b = warm\n"
    parts = {"cold": decay(22), "warm": decay(35)}
    with pytest.raises(ModelError) as caught:
        flat(text, **parts)
    assert str(caught.value) == (
        "x.syn:1: what is used here was measured at 22 and 35 [degC]: say at which it runs, "
        "`temperature 35 [degC]`"
    )
    assert flat(text + "temperature 35 [degC]\n", **parts).temperature is not None


@pytest.mark.parametrize("setting", ["", " with k = 0.1 [/ms]", " with k = slow"])
def test_a_rate_scales_from_its_own_temperature(setting: str) -> None:
    """At 34 degC a rate measured at 24 degC with a q10 of 3 is three times as fast."""
    text = "synapse x\ntemperature 34 [degC]\nparameter slow = 0.1 [/ms]\n"
    model = flat(text + f"use a = decay{setting}\n", decay=decay(24))
    simulated = run(model, Protocol(until=5.0))
    exact = np.exp(-0.3 * simulated.time)
    np.testing.assert_allclose(simulated["a.x"], exact, rtol=1e-5)
