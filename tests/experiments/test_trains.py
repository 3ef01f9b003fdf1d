"""Trains of a synapse beside measured ones."""

import numpy as np
import pytest

from quantal.errors import UsageError
from quantal.experiments.trains import compare_trains, measured_trains


def test_the_measured_trains_of_the_calyx_are_the_published_ones():
    trains = measured_trains()
    assert [train.rate for train in trains] == [10.0, 20.0, 50.0, 100.0]
    for train in trains:
        assert train.numbers.tolist() == [1, 2, 3, 4, 5, 6, int(train.rate)]
        assert train.amplitudes[0] == 1.0
    assert [train.amplitudes[-1] for train in trains] == [0.383, 0.311, 0.21, 0.128]


def test_the_calyx_follows_the_measured_trains_with_one_parameter_set():
    compared = compare_trains("synapses/calyx_of_held")
    assert {one.rate: one.error <= 0.10 for one in compared} == dict.fromkeys(
        (10.0, 20.0, 50.0, 100.0), True
    )
    for one in compared:
        exact = np.sqrt(np.mean((one.simulated[1:] - one.measured[1:]) ** 2))
        assert one.error == pytest.approx(exact)
        assert one.every.size == one.numbers[-1]
        assert one.unit == "pA"
        assert one.first < -1000.0


def test_progress_runs_from_zero_to_one():
    seen = []
    compare_trains("synapses/calyx_of_held", measured_trains()[:2], progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rate,number,height\n10,1,1\n", "first line must be `rate_Hz,stimulus,amplitude`"),
        ("rate_Hz,stimulus,amplitude\n10,one,1\n", "not a table of three numbers"),
        ("rate_Hz,stimulus,amplitude\n10,2,1\n", "must count its stimuli from 1 up"),
        ("rate_Hz,stimulus,amplitude\n", "holds no amplitudes"),
        ("", "first line must be"),
    ],
)
def test_a_table_that_is_none_is_refused_with_its_reason(tmp_path, text, message):
    path = tmp_path / "trains.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        measured_trains(path)


def test_a_mechanism_without_stimulus_or_current_is_refused():
    with pytest.raises(UsageError, match="`epsc` and `soma_V` and `stimulus`"):
        compare_trains("receptors/ampa_jonas_1993")
