"""A protocol becomes numbers in slots, or one clear sentence."""

from __future__ import annotations

import numpy as np
import pytest

from quantal.compiler.bind import bind
from quantal.errors import UsageError
from quantal.experiments.loading import load, prepare
from quantal.expression import Number
from quantal.program import Program
from quantal.protocols.protocol import (
    Action,
    Drive,
    Hold,
    Protocol,
    Pulse,
    Set,
    Step,
    Times,
    Train,
)
from quantal.protocols.text import parse_drive
from quantal.protocols.text import parse_quantity as q

RECEPTOR = """mechanism receptor "r"
event spike
input glu [mM] outside
input Mg [mM] = 1 [mM] outside
membrane V inside
parameter k = 5 [/mM/ms] between 1 and 20
parameter n = 20 [channels]
species dye = 1 [uM]
scheme r = C O count n
  C + glu <-> O : k, 2 [/ms]
current i = 1 [nS]*O*V
on spike
  dye += 1 [uM]
role open = O
"""


@pytest.fixture(scope="module")
def program() -> Program:
    return prepare(load(RECEPTOR))


def slot(program: Program, name: str) -> int:
    return [item.name for item in program.drives].index(name)


def test_pulses_and_holds_fill_their_drives(program: Program) -> None:
    actions = (
        Pulse("glu", q("1 mM"), duration=q("1 ms"), at=q("5 ms"), every=q("10 ms"), count=2),
        Hold("V", q("-70 mV")),
    )
    stimulus = bind(program, Protocol(actions, until=20.0)).stimulus
    glu = stimulus.drives[slot(program, "glu")]
    np.testing.assert_allclose(
        glu.at(np.array([4.9, 5.0, 5.9, 6.0, 15.5, 16.0])) / q("1 mM").value, [0, 1, 1, 0, 1, 0]
    )
    assert stimulus.drives[slot(program, "V")].at(3.0) == -70.0
    assert stimulus.drives[slot(program, "Mg")].at(3.0) == q("1 mM").value
    assert stimulus.stops == (5.0, 6.0, 15.0, 16.0)


def test_order_of_hold_and_pulse_does_not_matter(program: Program) -> None:
    pulse = Pulse("glu", q("1 mM"), duration=q("1 ms"))
    held = Hold("glu", q("0.1 mM"))
    for actions in ((pulse, held), (held, pulse)):
        stimulus = bind(program, Protocol(actions, until=2.0), ["open"]).stimulus
        glu = stimulus.drives[slot(program, "glu")].at(np.array([0.5, 1.5]))
        np.testing.assert_allclose(glu / q("1 mM").value, [1.0, 0.1])


def test_an_input_nothing_needs_may_stay_open(program: Program) -> None:
    protocol = Protocol((Hold("glu", q("1 mM")),), until=1.0)
    bound = bind(program, protocol, ["open"])
    assert bound.unknown == {"V", "i"}


def test_a_needed_input_that_nothing_drives_is_asked_for(program: Program) -> None:
    with pytest.raises(UsageError, match=r"nothing drives `glu` \[mM\] of `receptor`"):
        bind(program, Protocol(until=1.0))
    held = Protocol((Hold("glu", q("1 mM")),), until=1.0)
    with pytest.raises(UsageError, match=r"nothing drives `V` \[mV\]"):
        bind(program, held, ["i"])


def test_parameters_are_set_and_stepped(program: Program) -> None:
    actions = (
        Hold("glu", q("1 mM")),
        Set("k", q("7 /mM/ms")),
        Step("k", q("9 /mM/ms"), at=q("3 ms")),
    )
    stimulus = bind(program, Protocol(actions, until=5.0), ["open"]).stimulus
    index = [item.name for item in program.parameters].index("k")
    assert stimulus.parameters[index] == pytest.approx(q("7 /mM/ms").value)
    assert stimulus.changes == ((3.0, index, pytest.approx(q("9 /mM/ms").value)),)


def test_species_are_clamped_once_held(program: Program) -> None:
    base = (Hold("glu", q("1 mM")),)
    with pytest.raises(UsageError, match=r"changes by itself.*hold it first"):
        bind(program, Protocol((*base, Step("dye", q("2 uM"))), until=5.0), ["open"])
    actions = (*base, Hold("dye", q("1 uM")), Step("dye", q("2 uM"), at=q("1 ms")))
    clamps = bind(program, Protocol(actions, until=5.0), ["open"]).stimulus.clamps
    index = [state.name for state in program.states].index("dye")
    np.testing.assert_allclose(clamps[index].at(np.array([0.5, 1.5])) / q("1 uM").value, [1, 2])


def test_a_drive_follows_its_expression(program: Program) -> None:
    from quantal.model.reader import read_text

    text = RECEPTOR + (
        "target peak(open) = 1 +- 1 %\n"
        "  drive glu = 2 [mM]*exp(-time/0.05 [ms]) + 0.2 [mM]*exp(-time/2 [ms])\n  until 20 [ms]\n"
    )
    protocol = read_text(text).targets[0].protocol
    assert isinstance(protocol.actions[0], Drive)
    glu = bind(program, protocol, ["open"]).stimulus.drives[slot(program, "glu")]
    t = np.linspace(0, 20, 3001)
    exact = 2 * np.exp(-t / 0.05) + 0.2 * np.exp(-t / 2)
    assert np.abs(glu.at(t) / q("1 mM").value - exact).max() < 1e-8


def test_events_come_in_time_order(program: Program) -> None:
    actions = (
        Hold("glu", q("1 mM")),
        Train("spike", q("10 ms"), 3, at=q("5 ms")),
        Times("spike", (1.0, 12.0)),
    )
    stimulus = bind(program, Protocol(actions, until=40.0), ["open"]).stimulus
    assert [time for time, _ in stimulus.events] == [1.0, 5.0, 12.0, 15.0, 25.0]


@pytest.mark.parametrize(
    ("action", "says"),
    [
        (Hold("glue", q("1 mM")), "no input, membrane or species `glue`; did you mean `glu`"),
        (Hold("glu", q("1 ms")), r"`glu` is in \[mM\]; `1 \[?ms\]?` is not"),
        (Set("kk", q("1 /ms")), "no parameter `kk`; did you mean `k`"),
        (
            Set("k", q("50 /mM/ms")),
            r"`k` = 50 \[/mM/ms\] is not possible; expected between 1 and 20",
        ),
        (Set("n", q("-3 channels")), r"`n` = -3 \[channels\] is not possible; expected at least 0"),
        (Step("n", q("-3 channels")), "expected at least 0"),
        (Train("spikes", q("10 ms"), 2), "no event `spikes`; did you mean `spike`"),
        (Train("spike", Number(0.0), 2), "must be longer than zero"),
        (Train("spike", q("1 ms"), 10**9), "is not between 1 and 10,000,000"),
        (Times("spike", (-5.0,)), "lies before the run starts"),
        (Pulse("glu", q("1 mM"), duration=Number(0.0)), "must be longer than zero"),
    ],
)
def test_what_does_not_fit_is_said(program: Program, action: object, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        bind(program, Protocol((action,), until=5.0), ["open"])  # type: ignore[arg-type]


@pytest.mark.parametrize("until", [None, 0.0, -1.0, float("nan")])
def test_a_run_needs_an_end(program: Program, until: float | None) -> None:
    with pytest.raises(UsageError, match="run"):
        bind(program, Protocol((Hold("glu", q("1 mM")),), until=until), ["open"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("glu = 1 [mV]*exp(-time/1 [ms])", "`glu` is in [mM]; `1 [mV]*exp(-time/1 [ms])` comes"),
        ("glu = exp(-time/1 [ms])", "comes to [1]"),
        ("glu = 1 [mM]*(time - 5)", "cannot be subtracted; write `5 [ms]`?"),
        ("glu = 1 [mM]*exp(time)", "`exp` needs pure numbers, but `time` is [ms]"),
        ("glu = 2 [ms]/(time - 5 [ms])*1 [mM]", "has no finite value at 5 ms"),
        ("glu = k*1 [mM]", "`glu` is in [mM]"),
    ],
)
def test_a_drive_has_the_dimension_of_what_it_drives(
    program: Program, text: str, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        bind(program, Protocol((parse_drive(text), Hold("V", q("0 mV"))), until=10.0))
    assert message in str(caught.value)


def test_a_drive_may_use_constants_and_parameters(program: Program) -> None:
    drive = parse_drive("glu = 1 [ms]*k*1 [mM2]*pi")
    stimulus = bind(program, Protocol((drive, Hold("V", q("0 mV"))), until=10.0)).stimulus
    expected = 5 * np.pi * q("1 mM").value
    np.testing.assert_allclose(stimulus.drives[slot(program, "glu")].at(3.0), expected)


@pytest.mark.parametrize(
    "action",
    [
        Hold("glu", q("-1 mM")),
        Hold("dye", q("-1 uM")),
        Pulse("glu", q("-1 mM"), duration=q("1 ms"), at=q("2 ms")),
        Pulse("glu", q("-1 mM"), decay=q("1 ms"), at=q("2 ms")),
        Step("glu", q("-1 mM"), at=q("2 ms")),
        parse_drive("glu = 1 [mM]*(2 [ms] - time)/1 [ms]"),
    ],
)
def test_a_concentration_below_zero_is_refused(program: Program, action: Action) -> None:
    with pytest.raises(UsageError, match="expected a concentration of zero or more"):
        bind(program, Protocol((action, Hold("V", q("0 mV"))), until=10.0), ["dye"])


def test_a_rest_below_zero_is_named(program: Program) -> None:
    with pytest.raises(UsageError, match="rest at least 0 ms before its start; got -3 ms"):
        bind(program, Protocol(until=1.0, rest=-3.0), [])


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (Hold("k", q("5 /mM/ms")), "`k` is a parameter (`set` it); expected an input, membrane"),
        (Set("glu", q("5 mM")), "`glu` is an input (`hold` it); expected a parameter"),
        (Hold("i", q("5 pA")), "`i` is a computed quantity; expected an input"),
        (Set("temperature", q("-300 degC")), "expected at least -273.15"),
    ],
)
def test_what_a_name_is_instead_is_said(program: Program, action: Action, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        bind(program, Protocol((action,), until=10.0), [])
    assert message in str(caught.value)


@pytest.mark.parametrize("second", [Hold("V", q("0 mV")), parse_drive("V = 1 [mV]*time/1 [ms]")])
def test_two_clamps_of_one_name_are_refused(program: Program, second: Action) -> None:
    """The one that came last would win in silence."""
    with pytest.raises(UsageError, match="`V` is held, driven or given samples twice"):
        bind(program, Protocol((Hold("V", q("-70 mV")), second), until=10.0), [])


def test_a_drive_that_no_pieces_can_follow_is_refused(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quantal.compiler.waveforms.MAX_PIECES", 2003)
    steep = parse_drive("V = 1 [mV]*tanh((time - 5.003 [ms])/0.00001 [ms])")
    with pytest.raises(UsageError, match="changes too fast near"):
        bind(program, Protocol((steep,), until=10.0), [])


def test_all_problems_of_a_protocol_come_at_once(program: Program) -> None:
    actions = (
        Pulse("glue", q("1 mM"), duration=q("1 ms")),
        Hold("V", q("1 ms")),
        Set("kk", q("1")),
    )
    with pytest.raises(UsageError) as refused:
        bind(program, Protocol(actions, until=5.0), ["open"])
    said = str(refused.value).splitlines()
    assert len(said) == 3
    for part in ("`glue`; did you mean `glu`", "`V` is in [mV]", "`kk`; did you mean `k`"):
        assert any(part in line for line in said), part
