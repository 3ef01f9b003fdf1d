"""Protocol lines as typed on the command line."""

import pytest

from quantal.errors import UsageError
from quantal.expression import evaluate
from quantal.protocols.protocol import Hold, Set, Step, Train
from quantal.protocols.text import (
    parse_action,
    parse_drive,
    parse_hold,
    parse_pulse,
    parse_quantity,
    parse_set,
    parse_step,
    parse_train,
)
from quantal.units import CONCENTRATION, VOLTAGE, parse_unit


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("1 mM", "mM", 1.0),
        ("-70 mV", "mV", -70.0),
        ("5 /mM/ms", "/mM/ms", 5.0),
        ("22 degC", "degC", 22.0),
        ("0.5", "1", 0.5),
        (" 1e-3 M ", "M", 1e-3),
        ("3 [pA ms]", "pA ms", 3.0),
        ("30uA/cm2", "uA/cm2", 30.0),
    ],
)
def test_quantities(text, unit, value):
    quantity = parse_quantity(text)
    assert quantity.dimension == parse_unit(unit).dimension
    assert parse_unit(unit).from_internal(quantity.value) == pytest.approx(value)


def test_a_rectangular_pulse():
    pulse = parse_pulse("glu = 1 mM for 1 ms at 50 ms")
    assert (pulse.name, pulse.value.dimension) == ("glu", CONCENTRATION)
    assert (pulse.duration.value, pulse.decay, pulse.at.value) == (1.0, None, 50.0)
    assert (pulse.every, pulse.count) == (None, 1)


def test_a_decaying_pulse_that_repeats():
    pulse = parse_pulse("cleft.glu=1.1 mM decaying 1.2 ms every 10 ms count 5")
    assert (pulse.name, pulse.duration, pulse.decay.value) == ("cleft.glu", None, 1.2)
    assert (pulse.every.value, pulse.count, pulse.at.value) == (10.0, 5, 0.0)


def test_the_other_lines():
    hold = parse_hold("V = -70 mV")
    assert isinstance(hold, Hold)
    assert (hold.value.value, hold.value.dimension) == (-70.0, VOLTAGE)
    assert isinstance(parse_set("kon = 5 /mM/ms"), Set)
    step = parse_step("V = 0 mV at 5 ms")
    assert isinstance(step, Step)
    assert (step.value.value, step.at.value) == (0.0, 5.0)
    train = parse_train("stimulus every 10 ms count 10 at 5 ms")
    assert isinstance(train, Train)
    assert (train.event, train.every.value, train.count, train.at.value) == ("stimulus", 10, 10, 5)


def test_a_drive_keeps_the_usual_order_of_operations():
    drive = parse_drive("V = -2^2*3 + 10 [mV]/2 [mV] - -(1 - 4)^2^1")
    assert evaluate(drive.expression, {}) == pytest.approx(-12 + 5 + 9)
    timed = parse_drive("glu = exp(-time/2 [ms])")
    assert evaluate(timed.expression, {"time": 2.0}) == pytest.approx(0.36787944)


REFUSED = [
    (
        "pulse",
        "glu = 1 mM fro 1 ms",
        "`glu = 1 mM fro 1 ms` is not a pulse: unknown unit `fro`; did you mean `for`?; write "
        "`NAME = VALUE for TIME, or decaying TIME [every TIME count N] [at TIME]`, "
        "for example `glu = 1 mM for 1 ms at 50 ms`",
    ),
    (
        "hold",
        "V = -70 mv",
        "`V = -70 mv` is not a hold: unknown unit `mv`; did you mean `mV`?; "
        "write `NAME = VALUE`, for example `V = -70 mV`",
    ),
    (
        "step",
        "V = 0 mV at 5 mV",
        "`V = 0 mV at 5 mV` is not a step: `5 mV` is not a time such as `1 ms`; "
        "write `NAME = VALUE [at TIME]`, for example `V = 0 mV at 5 ms`",
    ),
    (
        "train",
        "stimulus every 10 ms count 2.5",
        "`stimulus every 10 ms count 2.5` is not a train: the count `2.5` is not a whole number "
        "of 1 or more; write `EVENT every TIME count N [at TIME]`, for example "
        "`stimulus every 10 ms count 10 at 5 ms`",
    ),
    (
        "drive",
        "V = sine(time)",
        "`V = sine(time)` is not a drive: `sine` is no function of the language; write "
        "`NAME = EXPRESSION of time`, for example `glu = 1 [mM]*exp(-time/2 [ms])`",
    ),
    (
        "puls",
        "V",
        "`puls` is no protocol line; expected pulse, hold, set, step, train, drive; "
        "did you mean `pulse`?",
    ),
]


@pytest.mark.parametrize(("word", "text", "message"), REFUSED)
def test_what_is_refused_is_quoted_with_the_form_and_an_example(word, text, message):
    with pytest.raises(UsageError) as caught:
        parse_action(word, text)
    assert str(caught.value) == message


GARBAGE = [
    "", "=", "x", "x =", "= 5 mV", "V == 5 mV", "V = mV", "V = 5 mV for",
    "V = 5 mV for 1 ms for 1 ms",
    "V = 5 mV for 1 ms decaying 1 ms", "V = 5 mV for -1 ms", "V = 1 mM every 1 ms", "V = nan mV",
    "V = 1e999 mM for x", "\0", "V = 5 mV at", "__import__('os').system('x')", "V = " + "(" * 5000,
    "V = " + "-" * 5000 + "1", "V = " + "1+" * 5000 + "1", "V = " + "2^" * 5000 + "1", "é = 1 mM",
    "V = 5 [mV", "V = exp(1, 2)", "V = exp(", "V = 5 mV mV2 ]",
]  # fmt: skip


@pytest.mark.parametrize("text", GARBAGE, ids=range(len(GARBAGE)))
@pytest.mark.parametrize("word", ["pulse", "hold", "step", "train", "set", "drive"])
def test_garbage_is_refused_and_nothing_else(word, text):
    try:
        parse_action(word, text)
    except UsageError:
        return
    assert word in ("hold", "set", "drive")
