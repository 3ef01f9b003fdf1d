"""The table of single events, on a synapse whose every number is known."""

import numpy as np
import pytest
from tests.statistics.models import counts
from tests.statistics.test_channels_and_sensors import following

from quantal.experiments.chance import single_events

SYNAPSE = """mechanism two_pulses "Vesicles fuse one by one after a spike"
event spike
parameter n = 400 [sites]
species hot = 0 [molecules] inside
scheme site = full used count n
  fusion = full -> used : 0.5 [/ms]*hot
reaction cool = hot -> nothing rate 0 [/ms]
current epsc = -n*used*1 [pA]
role epsc = epsc
on spike
  hot = 1 [molecules]
"""


@pytest.fixture(scope="module")
def many():
    return counts(
        SYNAPSE, 300, protocol=following("spike every 1 ms count 2", "train"), until=2,
        sample=np.linspace(0, 2, 41),
    )  # fmt: skip


def test_single_events_are_counted_and_timed(many):
    ((name, mean, spread, after, delay),) = single_events(many)
    assert name == "fusion"
    assert mean == pytest.approx(400 * (1 - np.exp(-1.0)), rel=0.01)
    assert spread == pytest.approx(np.sqrt(400 * np.exp(-1) * (1 - np.exp(-1))), rel=0.15)
    assert after == pytest.approx(400 * (1 - np.exp(-0.5)), rel=0.01)
    # The first of 400, each at 0.5 /ms: exponential with 200 /ms, whose median is log 2/200.
    assert delay == pytest.approx(np.log(2.0) / 200.0, rel=0.2)


def test_one_run_has_no_table(many):
    assert single_events(many.trial(0)) == []
