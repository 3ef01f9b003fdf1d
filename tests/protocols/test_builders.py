"""Protocols put together in field terms."""

import numpy as np
import pytest

from quantal import protocols
from quantal.errors import UsageError
from quantal.expression import Number
from quantal.protocols.protocol import Hold, Pulse, Step, Times, Train
from quantal.protocols.sweep import at_value, runs_of
from quantal.units import CONCENTRATION, TIME, VOLTAGE, parse_unit

MM = parse_unit("mM")


def test_a_train_by_its_rate():
    (action,) = protocols.train("spike", rate="100 Hz", count=5, start="20 ms").actions
    assert isinstance(action, Train)
    assert (action.event, action.count) == ("spike", 5)
    assert action.every.value == pytest.approx(10.0)
    assert action.every.dimension == TIME
    assert action.at.value == 20.0


def test_a_rate_may_be_a_plain_number_of_hertz_or_an_interval():
    (by_number,) = protocols.train("spike", rate=50, count=2).actions
    (by_interval,) = protocols.train("spike", every="20 ms", count=2).actions
    assert by_number.every.value == pytest.approx(by_interval.every.value)


def test_a_pair():
    (action,) = protocols.paired_pulse("spike", "7 ms").actions
    assert (action.count, action.every.value) == (2, 7.0)


def test_a_pulse_and_a_decaying_one():
    (action,) = protocols.pulse("glu", "1 mM", duration="1 ms", at=50).actions
    assert isinstance(action, Pulse)
    assert action.value.value == pytest.approx(MM.scale)
    assert action.value.dimension == CONCENTRATION
    assert (action.duration.value, action.decay, action.at.value) == (1.0, None, 50.0)
    (action,) = protocols.decaying("glu", "1.1 mM", "1.2 ms", every="10 ms", count=3).actions
    assert (action.duration, action.decay.value, action.count) == (None, 1.2, 3)


def test_an_application_ends_when_it_says():
    (action,) = protocols.application("drug", "1 uM", at="5 ms", until="12 ms").actions
    assert (action.at.value, action.duration.value) == (5.0, 7.0)
    (action,) = protocols.application("drug", "1 uM", at="5 ms").actions
    assert isinstance(action, Step)


def test_a_voltage_step_holds_and_steps():
    held, step = protocols.voltage_step("-80 mV", 0, at="10 ms", duration="2 ms").actions
    assert isinstance(held, Hold)
    assert held.value.value == -80.0
    assert (step.value.value, step.value.dimension, step.duration.value) == (0.0, VOLTAGE, 2.0)


def test_protocols_add_up():
    both = protocols.train("spike", "100 Hz", 5) + protocols.voltage_clamp("-70 mV")
    assert [type(action) for action in both.actions] == [Train, Hold]
    assert both.until is None


def test_recorded_times_stay_as_they_are():
    (action,) = protocols.recorded([10.0, 30.0, 30.0], event="spike").actions
    assert action == Times("spike", (10.0, 30.0, 30.0))


def test_a_waveform_keeps_its_samples():
    times = np.linspace(0.0, 1.0, 5)
    (action,) = protocols.waveform("V", times, -70.0 + times).actions
    assert np.array_equal(action.times, times)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: protocols.train("spike", count=2), "either rate"),
        (lambda: protocols.train("spike", "100 Hz", 2, every="1 ms"), "either rate"),
        (lambda: protocols.train("spike", "10 ms", 2), "not a rate"),
        (lambda: protocols.train("spike", "-10 Hz", 2), "not a rate"),
        (lambda: protocols.train("spike", "10 Hz", 0), "one stimulus or more"),
        (lambda: protocols.pulse("glu", "1 mM", "1 mV"), "not a time"),
        (lambda: protocols.voltage_clamp("1 mM"), "not a potential"),
        (lambda: protocols.pulse("glu", "1 mMM", "1 ms"), "mMM"),
        (lambda: protocols.recorded([]), "one time or more"),
        (lambda: protocols.recorded([np.nan]), "finite"),
        (lambda: protocols.recorded([30.0, 10.0], "ap"), "`ap` are not in order: 10 ms comes"),
        (lambda: protocols.recorded("stimulus", [0.0, 10.0]), "times first"),
        (lambda: protocols.recorded(5.0), "one time or more.*5.0 is not that"),
        (lambda: protocols.recorded(["a"]), "one time or more"),
        (lambda: protocols.waveform("V", np.zeros(3), np.zeros(3)), "times that rise"),
        (lambda: protocols.waveform("V", np.zeros(3), np.zeros(2)), "as many values"),
    ],
)
def test_what_does_not_fit_is_said(build, message):
    with pytest.raises(UsageError, match=message):
        build()


def test_a_sweep_replaces_the_height_of_a_pulse():
    protocol = protocols.pulse("glu", "1 mM", "1 ms")
    (action,) = at_value(protocol, "glu", Number(7.0, CONCENTRATION)).actions
    assert action.value.value == 7.0
    assert action.duration.value == 1.0


def test_a_sweep_of_something_not_mentioned_holds_or_sets_it():
    empty = protocols.Protocol(until=1.0)
    (action,) = at_value(empty, "V", Number(-70.0, VOLTAGE)).actions
    assert isinstance(action, Hold)
    (action,) = at_value(empty, "g", Number(2.0), parameters=["g"]).actions
    assert not isinstance(action, Hold)
    assert runs_of(empty) == [empty]
