"""Measured quantities written as text."""

import numpy as np
import pytest

from quantal.errors import UsageError
from quantal.experiments.measure import measure, measure_with_unit, with_brackets
from quantal.trajectory import Trajectory
from quantal.units import parse_unit


@pytest.fixture
def run():
    time = np.linspace(0.0, 20.0, 2001)
    uM = parse_unit("uM")
    values = {
        "open": np.exp(-time / 2.0),
        "i": -30.0 * time / 20.0,
        "Ca": uM.to_internal(5.0 * time / 20.0),
    }
    units = {"open": parse_unit("1"), "i": parse_unit("pA"), "Ca": uM}
    return Trajectory(
        time, units, lambda names: {n: values[n] for n in names}, events={"spike": [3.0]}
    )


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("final(Ca)", 5.0, "uM"),
        ("at(i, 10 ms)", -15.0, "pA"),
        ("at(i, 0.01 s)", -15.0, "pA"),
        ("at(i, 10 [ms])/2", -7.5, "pA"),
        ("-final(i)", 30.0, "pA"),
        ("peak(i, since = 5 ms, until = 10 ms)", -15.0, "pA"),
        ("area(i)", -300.0, "pA ms"),
        ("time_of_peak(i)", 20.0, "ms"),
        ("time_of_first(spike)", 3.0, "ms"),
        ("time_of_first(i < -15 pA)", 10.0, "ms"),
        ("count(spike)", 1.0, "1"),
        ("final(Ca)/at(Ca, 10 ms)", 2.0, "1"),
        ("final(i*Ca/Ca)", -30.0, "pA"),
    ],
)
def test_values_come_in_the_unit_of_what_is_measured(run, text, value, unit):
    simulated, shown = measure_with_unit(run, text)
    assert simulated == pytest.approx(value, rel=1e-3)
    assert shown == unit


def test_a_unit_may_be_asked_for(run):
    assert measure(run, "final(Ca)", unit="nM") == pytest.approx(5000.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("peak(opne)", "nothing is called `opne`; did you mean `open`"),
        ("peek(open)", "peek"),
        ("peak(open", "cannot be read"),
        ("peak(open))", "cannot be read"),
        ("", "cannot be read"),
        ("peak(open) = 3", "cannot be read"),
        ("peak(open) + peak(i)", "cannot be added"),
        ("at(i, 10 mV)", "mV"),
        ("-" * 300 + "peak(open)", "256"),
        ("(" * 10_000 + "peak(open)" + ")" * 10_000, "at most 1000 characters"),
        ("peak(open, since = 1 mV)", r"`since` comes to \[mV\]; expected \[ms\]"),
        ("__import__('os')", "cannot be read"),
    ],
)
def test_what_makes_no_sense_is_said(run, text, message):
    with pytest.raises(UsageError, match=message):
        measure(run, text)


def test_a_unit_that_does_not_fit_is_refused(run):
    with pytest.raises(UsageError, match=r"is in \[mM\], not in \[mV\]"):
        measure(run, "final(Ca)", unit="mV")


def test_only_units_get_brackets():
    assert with_brackets("2 * x + 3 ms/y") == "2 * x + 3 [ms]/y"
    assert with_brackets("at(x, 5 [ms])") == "at(x, 5 [ms])"
    assert with_brackets("at(x2, 1e-3 mM/ms)") == "at(x2, 1e-3 [mM/ms])"


def test_a_rest_is_not_measured_unless_asked_for():
    """From -10 to 0 ms y falls to 1; it jumps to 3 at 0 and stays."""
    time = np.array([-10.0, 0.0, 0.0, 5.0, 10.0])
    y = np.array([2.0, 1.0, 3.0, 3.0, 3.0])
    kept = Trajectory(
        time, {"y": parse_unit("1")}, lambda names: dict.fromkeys(names, y), {"e": [-5.0, 5.0]}
    )
    simulated = {
        text: measure(kept, text)
        for text in ("initial(y)", "area(y)", "mean(y)", "count(e)", "count(e, since = -10 ms)",
                     "initial(y, since = -10 ms)", "area(y, since = -10 ms)")
    }  # fmt: skip
    exact = {
        "initial(y)": 1.0, "area(y)": 20.0, "mean(y)": 3.0, "count(e)": 1.0,
        "count(e, since = -10 ms)": 2.0, "initial(y, since = -10 ms)": 2.0,
        "area(y, since = -10 ms)": 5.0,
    }  # fmt: skip
    assert simulated == pytest.approx(exact)
