"""Expressions of measured quantities on a trajectory."""

import math

import numpy as np
import pytest

from quantal.errors import UsageError
from quantal.expression import Apply, Name, Number
from quantal.model.target import MEASURED
from quantal.observables.measured import (
    OF_A_TRACE,
    OF_OCCURRENCES,
    OF_SEVERAL_RUNS,
    value_of,
)
from quantal.observables.responses import OF_TRAINS
from quantal.trajectory import Trajectory
from quantal.units import parse_unit


def since(time):
    return Apply("since", (Number(time),))


def until(time):
    return Apply("until", (Number(time),))


@pytest.fixture
def trajectory():
    time = np.linspace(0.0, 20.0, 4001)
    second = np.where(time >= 10.0, 0.5 * np.exp(-(time - 10.0) / 2.0), 0.0)
    quantities = {
        "open": np.where(time < 10.0, np.exp(-time / 2.0) * time / 2.0 * math.e, second),
        "V": -65.0 + 10.0 * np.sin(2.0 * np.pi * time / 5.0),
        "E": np.full_like(time, -60.0),
    }
    units = {"open": parse_unit("1"), "V": parse_unit("mV"), "E": parse_unit("mV")}
    return Trajectory(
        time, units, lambda names: {n: quantities[n] for n in names}, events={"spike": [1.0, 12.0]}
    )


def test_every_measured_quantity_of_the_language_is_known():
    assert set(MEASURED) <= {*OF_A_TRACE, *OF_OCCURRENCES, *OF_TRAINS, *OF_SEVERAL_RUNS, "at"}


def test_a_ratio_of_windowed_peaks(trajectory):
    ratio = Apply(
        "/",
        (
            Apply("peak", (Name("open"), since(10.0))),
            Apply("peak", (Name("open"), until(9.0))),
        ),
    )
    # From its own start at 10 ms the second response only falls, to zero: its peak is its end.
    assert value_of(ratio, trajectory) == pytest.approx(0.5 * math.exp(-5.0), rel=1e-4)


def test_an_argument_may_be_an_expression_over_names(trajectory):
    drive = Apply("-", (Name("V"), Name("E")))
    assert value_of(Apply("highest", (drive,)), trajectory) == pytest.approx(5.0, rel=1e-5)
    current = Apply("*", (Number(2.0), drive))
    assert value_of(Apply("lowest", (current,)), trajectory) == pytest.approx(-30.0, rel=1e-5)


def test_conditions_are_one_or_zero(trajectory):
    above = Apply(">", (Apply("highest", (Name("V"),)), Number(-55.1)))
    assert value_of(above, trajectory) == 1.0
    assert value_of(Apply("not", (above,)), trajectory) == 0.0


def test_events_and_conditions_are_counted(trajectory):
    assert value_of(Apply("count", (Name("spike"),)), trajectory) == 2.0
    assert value_of(Apply("count", (Name("spike"), since(5.0))), trajectory) == 1.0
    above = Apply(">", (Name("V"), Number(-60.0)))
    assert value_of(Apply("count", (above,)), trajectory) == 4.0
    first = value_of(Apply("time_of_first", (above,)), trajectory)
    assert first == pytest.approx(5.0 / 12.0, abs=1e-4)
    below = Apply("<", (Name("V"), Number(-70.0)))
    first = value_of(Apply("time_of_first", (below,)), trajectory)
    assert first == pytest.approx(5.0 * 7.0 / 12.0, abs=1e-4)


def test_an_event_that_does_not_happen_has_no_time(trajectory):
    late = Apply("time_of_first", (Name("spike"), since(13.0)))
    assert math.isnan(value_of(late, trajectory))


def test_at_and_constants(trajectory):
    assert value_of(Apply("at", (Name("open"), Number(2.0))), trajectory) == pytest.approx(1.0)
    assert value_of(Name("E"), trajectory) == -60.0
    assert value_of(Apply("neg", (Name("E"),)), trajectory) == 60.0


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        (Apply("peak", (Name("opne"),)), "nothing is called `opne`; did you mean `open`"),
        (Name("V"), "`V` changes during the run"),
        (Apply("ec50", (Apply("peak", (Name("open"),)),)), "needs several runs"),
        (Apply("at", (Name("open"),)), "`at` takes a quantity and a time"),
        (Apply("count", (Name("spke"),)), "no event is called `spke`; did you mean `spike`"),
        (Apply("peak", (Apply("peak", (Name("V"),)),)), "`peak` is a number"),
        (Apply("at", (Name("open"), Number(99.0))), "nothing at 99 ms"),
    ],
)
def test_what_cannot_be_measured_is_said(trajectory, tree, message):
    with pytest.raises(UsageError, match=message):
        value_of(tree, trajectory)


def test_division_by_zero_is_not_a_warning(trajectory):
    nothing = Apply("/", (Number(1.0), Apply("final", (Apply("-", (Name("E"), Name("E"))),))))
    assert math.isinf(value_of(nothing, trajectory))


def test_nernst_potentials_can_be_measured():
    time = np.linspace(0.0, 1.0, 3)
    mM = parse_unit("mM")
    values = {
        "Ca_in": np.full(3, mM.to_internal(1e-4)),
        "Ca_out": np.full(3, mM.to_internal(2.0)),
        "temperature": np.full(3, 300.0),
    }
    units = {"Ca_in": mM, "Ca_out": mM, "temperature": parse_unit("K")}
    run = Trajectory(time, units, lambda names: {n: values[n] for n in names})
    exact = 8.314462618 * 300.0 / (2.0 * 96485.33212) * math.log(2.0 / 1e-4) * 1e3
    reversal = Apply("nernst", (Number(2.0), Name("Ca_in"), Name("Ca_out")))
    assert value_of(Apply("final", (reversal,)), run) == pytest.approx(exact, rel=1e-9)
