"""When the stages of a synapse start and peak."""

import math

import numpy as np
import pytest

from quantal.errors import UsageError
from quantal.observables import Stage, stage_rows
from quantal.trajectory import Trajectory
from quantal.units import parse_unit

TIME = np.linspace(0.0, 50.0, 10001)


@pytest.fixture
def run():
    def ramp(start, length):
        return np.clip((TIME - start) / length, 0.0, 1.0)

    quantities = {
        "ica": ("pA", -1200.0 * ramp(20.5, 0.5) * np.exp(-np.clip(TIME - 21.0, 0.0, None))),
        "open": ("1", 0.3 * ramp(22.0, 100.0)),
        "silent": ("mV", np.full_like(TIME, -70.0)),
    }
    return Trajectory(
        TIME,
        {name: parse_unit(unit) for name, (unit, _) in quantities.items()},
        lambda names: {name: quantities[name][1] for name in names},
    )


def test_times_count_from_the_stimulus_and_values_are_in_the_unit_asked_for(run):
    (row,) = stage_rows(run, [Stage("calcium current", ("ica",), unit="nA")], 20.0, 10.0)
    assert row.onset == pytest.approx(0.5, abs=1e-6)
    assert row.time_of_peak == pytest.approx(1.0)
    assert (row.peak, row.unit) == (pytest.approx(-1.2), "nA")
    assert not row.rising


def test_what_has_not_peaked_yet_is_rising(run):
    (row,) = stage_rows(run, [Stage("receptors", ("open",), ("NMDA",))], 20.0, 10.0)
    assert row.rising
    assert row.word == "NMDA"
    assert row.peak == pytest.approx(0.3 * 0.08)


def test_a_silent_stage_has_no_onset(run):
    (row,) = stage_rows(run, [Stage("soma", ("silent",))], 20.0)
    assert math.isnan(row.onset)
    assert row.peak == -70.0


def test_an_unknown_name_is_said(run):
    with pytest.raises(UsageError, match="did you mean `open`"):
        stage_rows(run, [Stage("receptors", ("opne",))])


def test_a_clamped_stage_is_read_from_the_clamped_run(run):
    other = Trajectory(
        TIME, {"ica": parse_unit("pA")}, lambda names: {n: -2.0 * run[n] for n in names}
    )
    stage = Stage("EPSC", ("ica",), clamped=True)
    (free,) = stage_rows(run, [stage], 20.0)
    (clamped,) = stage_rows(run, [stage], 20.0, clamped=other)
    assert clamped.peak == pytest.approx(-2.0 * free.peak)
