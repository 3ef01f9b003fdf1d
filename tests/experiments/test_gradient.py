"""Derivatives of measured numbers and losses, from text to numbers with units."""

import numpy as np
import pytest

import quantal
from quantal.errors import UsageError
from quantal.units import parse_unit, quotient

RECEPTOR = """
mechanism two_steps "a receptor of two steps, with its rates as parameters"
source made for a test
input glu [mM] outside
membrane V inside
parameter k_on = 10 [/mM/ms]
parameter k_off = 3 [/ms]
parameter alpha = 4 [/ms]
parameter beta = 1.5 [/ms]
parameter g = 8 [pS]
parameter n = 80 [channels]
scheme receptor = C B O
  C + glu <-> B : k_on, k_off
  B <-> O : alpha, beta
current i = n*g*O*(V - 0 [mV])
role open = O
"""
RATES = ["k_on", "k_off", "alpha", "beta"]
SAMPLES = np.arange(0.0, 12.0, 0.02)


def protocol(glu="1 mM", v="-70 mV"):
    return quantal.protocols.pulse("glu", glu, duration="1 ms", at="0.5 ms") + (
        quantal.protocols.hold("V", v)
    )


@pytest.fixture(scope="module")
def receptor():
    return quantal.load(RECEPTOR)


def measured(model, done, what):
    result = quantal.run(model, done, until="12 ms", sample=SAMPLES, relative=1e-11, absolute=1e-13)
    return np.array([quantal.measure(result, each) for each in what])


def differences(run, size):
    near, far = run(size) - run(-size), run(2.0 * size) - run(-2.0 * size)
    return (8.0 * near - far) / (12.0 * size)


WHAT = ["peak(open)", "decay(open)", "rise(open)", "area(i)", "peak(i)/area(i)", "final(O)"]


@pytest.mark.parametrize("name", ["k_on", "beta", "n"])
def test_measured_numbers_to_parameters(receptor, name):
    found = quantal.gradient(
        receptor, WHAT, [name], protocol(), until="12 ms", sample=SAMPLES, relative=1e-9
    )
    slot = {"k_on": (10.0, "/mM/ms"), "beta": (1.5, "/ms"), "n": (80.0, "channels")}[name]

    def run(step):
        value = f"{slot[0] + step} {slot[1]}"
        return measured(receptor, protocol() + quantal.protocols.parameter(name, value), WHAT)

    exact = differences(run, 1e-3 * slot[0])
    size = np.maximum(np.abs(exact), 1e-3 * np.abs(found.values) / slot[0])
    np.testing.assert_array_less(np.abs(found[name] - exact), 1e-6 * size + 1e-300)


def test_measured_numbers_to_values_of_the_protocol(receptor):
    found = quantal.gradient(
        receptor, WHAT[:5], ["pulse(glu)", "hold(V)"], protocol(), until="12 ms", sample=SAMPLES,
        relative=1e-9,
    )  # fmt: skip
    by_glu = differences(lambda s: measured(receptor, protocol(f"{1 + s} mM"), WHAT[:5]), 1e-3)
    by_v = differences(lambda s: measured(receptor, protocol(v=f"{s - 70} mV"), WHAT[:5]), 0.05)
    np.testing.assert_allclose(found["pulse(glu)"], by_glu, rtol=2e-6)
    np.testing.assert_allclose(found["hold(V)"], by_v, rtol=1e-6, atol=1e-10)


def test_units_are_those_of_the_quotient(receptor):
    found = quantal.gradient(
        receptor, ["peak(i)", "decay(open)"], ["k_on", "pulse(glu)"], protocol(), until="12 ms"
    )
    assert found.unit("k_on").text == "pA mM ms"
    assert found.unit("pulse(glu)", 1).text == "ms/mM"
    assert found.relative("k_on") == pytest.approx(found["k_on"][0] * 10.0 / found.values[0])
    assert found.value == pytest.approx(quantal.measure(found.trajectory, "peak(i)"), rel=1e-12)


def test_a_current_is_proportional_to_its_channels(receptor):
    """n d(peak)/dn = peak: a relative sensitivity of one, exactly."""
    found = quantal.gradient(receptor, "peak(i)", "n", protocol(), until="12 ms")
    assert found.relative("n") == pytest.approx(1.0, rel=1e-9)


def recording(time):
    return -20.0 * (np.exp(-time / 4.0) - np.exp(-time / 0.6))


def squares(traces):
    """Sum of squared deviations, with its derivatives."""
    miss = traces["i"] - recording(traces["time"])
    return float(miss @ miss), {"i": 2.0 * miss}


def plain_squares(traces):
    """The same without derivatives."""
    return squares(traces)[0]


@pytest.mark.parametrize("parameters", [RATES, ["initial(B)", "pulse(glu)", "hold(V)", "g"]])
def test_a_loss_by_both_ways(receptor, parameters):
    given = receptor, squares, parameters, protocol()
    more = {"until": "12 ms", "sample": "0.05 ms", "record": "i"}
    tangents = quantal.gradient(*given, method="tangents", **more)
    adjoint = quantal.gradient(*given, method="adjoint", **more)
    assert (tangents.method, adjoint.method) == ("tangents", "adjoint")
    assert tangents.value == adjoint.value
    size = np.abs(tangents.jacobian).max()
    np.testing.assert_allclose(adjoint.jacobian, tangents.jacobian, rtol=0.0, atol=1e-12 * size)


def test_a_loss_without_derivatives_is_differenced_along_its_traces(receptor):
    more = {"until": "12 ms", "sample": "0.05 ms", "record": ["i"], "method": "tangents"}
    written = quantal.gradient(receptor, squares, RATES, protocol(), **more)
    differenced = quantal.gradient(receptor, plain_squares, RATES, protocol(), **more)
    np.testing.assert_allclose(differenced.jacobian, written.jacobian, rtol=1e-7)


def test_many_parameters_take_the_adjoint(receptor):
    parameters = [*RATES, "g", "n", "initial(B)", "initial(O)", "pulse(glu)", "hold(V)"]
    more = {"until": "12 ms", "sample": "0.05 ms", "record": ["i"]}
    assert quantal.gradient(receptor, squares, parameters, protocol(), **more).method == "adjoint"
    found = quantal.gradient(receptor, plain_squares, parameters, protocol(), **more)
    assert found.method == "tangents"


def test_traces_know_how_they_change(receptor):
    result = quantal.run(
        receptor, protocol(), until="12 ms", sample="0.1 ms", record=["open", "i"],
        sensitivities=["n", "k_on", "pulse(glu)"],
    )  # fmt: skip
    np.testing.assert_allclose(result.sensitivity("i", "n"), result["i"] / 80.0, rtol=1e-12)
    assert result.sensitivity_unit("i", "n").text == "pA/channels"
    assert result.sensitivity_unit("open", "k_on").text == "mM ms"
    # Before transmitter comes nothing changes; then glu and k_on enter as their product.
    by_rate, by_glu = (result.sensitivity("open", each) for each in ("k_on", "pulse(glu)"))
    assert (by_rate[result.time < 0.5] == 0.0).all()
    np.testing.assert_allclose(by_glu, 10.0 * by_rate, rtol=1e-9, atol=1e-15)


def test_without_samples_the_rows_are_those_of_a_plain_run(receptor):
    plain = quantal.run(receptor, protocol(), until="12 ms", record=["i"])
    result = quantal.run(receptor, protocol(), until="12 ms", record=["i"], sensitivities=["g"])
    np.testing.assert_allclose(result.time, plain.time, rtol=1e-15)
    np.testing.assert_allclose(result["i"], plain["i"], atol=1e-5 * np.ptp(plain["i"]))


def test_a_second_pulse_is_varied_by_itself(receptor):
    twice = protocol() + quantal.protocols.pulse("glu", "0.3 mM", duration="1 ms", at="6 ms")
    found = quantal.gradient(
        receptor, ["peak(open, until = 5 ms)", "at(open, 7 ms)"],
        ["pulse(glu, 1)", "pulse(glu, 2)"], twice, until="12 ms",
    )  # fmt: skip
    assert found["pulse(glu, 2)"][0] == 0.0
    assert found["pulse(glu, 2)"][1] > found["pulse(glu, 1)"][1] > 0.0


def test_a_decaying_pulse(receptor):
    def done(height):
        return quantal.protocols.decaying("glu", f"{height} mM", tau="1.2 ms", at="1 ms") + (
            quantal.protocols.hold("V", "-70 mV")
        )

    found = quantal.gradient(
        receptor, "peak(open)", "pulse(glu)", done(0.4), until="12 ms", sample=SAMPLES,
        relative=1e-9,
    )  # fmt: skip
    exact = differences(lambda s: measured(receptor, done(0.4 + s), ["peak(open)"]), 4e-4)
    assert found["pulse(glu)"] == pytest.approx(exact[0], rel=1e-6)


@pytest.mark.parametrize(
    ("unit", "by", "text"),
    [
        ("1", "/mM/ms", "mM ms"), ("pA", "mM", "pA/mM"), ("mV", "degC", "mV/K"),
        ("uA/cm2", "mS/cm2", "uA/mS"), ("1", "1", "1"), ("%", "ms", "%/ms"), ("mM", "mM", "1"),
    ],
)  # fmt: skip
def test_the_quotient_of_units(unit, by, text):
    over, under = parse_unit(unit), parse_unit(by)
    found = quotient(over, under)
    assert found.text == text
    assert found.dimension == over.dimension.over(under.dimension)
    assert found.scale == pytest.approx(over.scale / under.scale)


def refused(receptor, of, parameters, **more):
    done = more.pop("protocol", protocol())
    with pytest.raises(UsageError) as caught:
        quantal.gradient(receptor, of, parameters, done, until="12 ms", **more)
    return str(caught.value)


def test_all_strange_names_are_told_at_once(receptor):
    text = refused(receptor, "peak(open)", ["k_onn", "bta", "O", "glu", "initial(Q)", "hold(glu)"])
    assert text == "\n".join([
        "`two_steps` has no parameter `k_onn`; did you mean `k_on`?",
        "`two_steps` has no parameter `bta`; did you mean `beta`?",
        "`two_steps` has no parameter `O`; did you mean `initial(O)`?",
        "`two_steps` has no parameter `glu`; did you mean `pulse(glu)`?",
        "`two_steps` has no state `Q`",
        "the protocol has no value `hold(glu)`; its values: `pulse(glu)`, `hold(V)`",
    ])  # fmt: skip


def test_an_input_is_varied_through_the_protocol():
    text = refused("receptors/nmda_destexhe_1996", "peak(open)", "Mg")
    assert text == (
        "`nmda_destexhe_1996` has no parameter `Mg`; it is an input: hold it in the protocol, "
        "and vary `hold(Mg)`"
    )


def test_what_has_no_derivative_is_refused(receptor):
    assert refused(receptor, "count(open > 0.1)", "k_on") == (
        "`count(open > 0.1)` counts; a count has no derivative"
    )
    assert "takes `tangents`" in refused(receptor, "peak(open)", "k_on", method="adjoint")
    assert "did you mean `adjoint`" in refused(receptor, squares, "k_on", method="adjont")
    assert "named twice" in refused(receptor, "peak(open)", ["k_on", "k_on"])
    assert "in `record`" in refused(receptor, squares, "k_on")
    stepped = protocol() + quantal.protocols.application("k_on", "5 /mM/ms", at="2 ms")
    text = refused(receptor, "peak(open)", "k_on", protocol=stepped)
    assert text == (
        "`two_steps` cannot be differentiated so: `k_on` takes a new value on the way; "
        "start there instead"
    )


@pytest.mark.parametrize(
    ("engine", "why"), [("ssa", "its runs differ by chance"), ("algebraic", "it solves nothing")]
)
def test_engines_without_gradients_say_so(receptor, engine, why):
    text = refused(receptor, "peak(open)", "k_on", engine=engine)
    assert text == (
        f"engine `{engine}` gives no gradients: {why}; use `stiff`, or leave the engine out"
    )


def test_a_run_without_sensitivities_says_how_to_get_them(receptor):
    result = quantal.run(receptor, protocol(), until="12 ms", record=["open"])
    with pytest.raises(UsageError, match="name it in `sensitivities`"):
        result.sensitivity("open", "k_on")


def test_a_loss_that_gives_no_number_is_refused(receptor):
    assert "gives a number" in refused(receptor, lambda traces: "much", "k_on", record="open")
    wrong = refused(receptor, lambda traces: (1.0, {"open": [1.0]}), "k_on", record="open")
    assert "one number for each sample" in wrong
