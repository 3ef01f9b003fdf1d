"""Every instance of a population knows how its traces change."""

import numpy as np
import pytest

import quantal
from quantal.errors import UsageError

RECEPTOR = """
mechanism two_steps "a receptor of two steps, at rest in a little transmitter"
source made for a test
input glu [mM] outside
parameter k_on = 10 [/mM/ms]
parameter k_off = 3 [/ms]
parameter beta = 1.5 [/ms]
scheme receptor = C B O start equilibrium
  C + glu <-> B : k_on, k_off
  B <-> O : 4 [/ms], beta
role open = O
"""
PULSE = quantal.protocols.hold("glu", "0.05 mM") + quantal.protocols.pulse(
    "glu", "1 mM", duration="1 ms", at="0.5 ms"
)
OWN = {"k_on": np.array([5.0, 10.0, 20.0]), "beta": np.array([1.0, 1.5, 2.0])}


def receptors(own, sensitivities=None, protocol=PULSE, **more):
    return quantal.run_population(
        RECEPTOR, protocol, size=3, parameters=own, until="6 ms", sample="0.25 ms",
        record=["O", "open"], sensitivities=sensitivities, **more,
    )  # fmt: skip


def moved(values, name, share):
    return values | {name: values[name] * (1.0 + share)}


def differences(run, values, name, share=1e-3):
    """df/d(name) by central differences of fourth order."""
    near = run(moved(values, name, share)) - run(moved(values, name, -share))
    far = run(moved(values, name, 2 * share)) - run(moved(values, name, -2 * share))
    return (8.0 * near - far) / (12.0 * share * values[name][:, None])


def test_linear_schemes_give_the_derivative_of_the_discrete_solution():
    """Also where the scheme starts at rest, in every instance with its own rates."""
    coarse = {"method": "midpoint", "dt": "0.1 ms"}
    found = receptors(OWN, ["k_on", "beta"], **coarse)
    for name in ("k_on", "beta"):
        exact = differences(lambda v: receptors(v, **coarse)["O"], OWN, name)
        simulated = found.sensitivity("O", name)
        assert np.abs(simulated - exact).max() < 1e-8 * np.abs(exact).max()
        np.testing.assert_array_equal(found.sensitivity("open", name), simulated)
    assert np.abs(found.sensitivity("O", "k_on")[:, 0]).min() > 0.0


def test_states_are_those_of_the_plain_population():
    found, plain = receptors(OWN, ["k_on"]), receptors(OWN)
    np.testing.assert_array_equal(found["O"], plain["O"])
    assert found.names() == plain.names()
    assert found.sensitivity_unit("O", "k_on").text == "mM ms"


def test_an_input_that_each_instance_holds():
    own = {"glu": np.array([0.1, 0.3, 1.0])}
    found = receptors(own, ["glu"], protocol=None)
    exact = differences(lambda v: receptors(v, protocol=None)["O"], own, "glu")
    np.testing.assert_allclose(found.sensitivity("O", "glu"), exact, rtol=1e-8, atol=1e-12)


def plastic(own, sensitivities=None, **more):
    trains = [[10.0, 20.0, 35.0, 80.0], [5.0, 90.0], [1.0, 2.0, 3.0, 4.0]]
    return quantal.run_population(
        "plasticity/tsodyks_markram_1998", size=3, parameters=own, spikes={"spike": trains},
        until="120 ms", sample="5 ms", record=["x", "released"], sensitivities=sensitivities,
        **more,
    )  # fmt: skip


def test_spikes_carry_tangents_along():
    own = {"U": np.array([0.2, 0.45, 0.7])}
    found = plastic(own, ["U"])
    for name in ("x", "released"):
        exact = differences(lambda v, name=name: plastic(v)[name], own, "U")
        simulated = found.sensitivity(name, "U")
        assert np.abs(simulated - exact).max() < 1e-8 * np.abs(exact).max()


def test_initial_values_of_each_instance():
    start = np.array([0.3, 0.6, 0.9])
    found = plastic({}, ["initial(x)"], initial={"x": start})
    shifted = [plastic({}, initial={"x": start + step})["x"] for step in (1e-4, -1e-4)]
    exact = (shifted[0] - shifted[1]) / 2e-4
    np.testing.assert_allclose(found.sensitivity("x", "initial(x)"), exact, atol=1e-9)


SATURATING = """
mechanism saturating "two places joined by a flux that saturates"
source made for a test
parameter vmax = 2 [/ms]
parameter km = 0.5 [1]
state a = 1
  a' = -vmax*a/(km + a) + 0.3 [/ms]*b
state b = 0
  b' = vmax*a/(km + a) - 0.3 [/ms]*b
"""


@pytest.mark.parametrize("method", ["midpoint", "damped"])
@pytest.mark.parametrize(("text", "names", "name"), [
    (SATURATING, ["km", "vmax"], "b"), (RECEPTOR, ["k_off", "beta"], "O"),
])  # fmt: skip
def test_tangents_converge_with_the_square_of_the_step(method, text, names, name):
    protocol = PULSE if text is RECEPTOR else None
    times = np.array([1.0, 2.0])
    more = {"until": "2 ms", "sample": times, "record": [name], "sensitivities": names}
    exact = quantal.run(text, protocol, relative=1e-11, absolute=1e-13, **more)

    def error(dt):
        found = quantal.run_population(text, protocol, size=1, dt=dt, method=method, **more)
        return max(
            np.abs(found.sensitivity(name, each)[0] - exact.sensitivity(name, each)).max()
            for each in names
        )

    coarse, fine = error(0.025), error(0.0125)
    assert np.log2(coarse / fine) == pytest.approx(2.0, abs=0.2)


def test_means_and_single_instances_keep_their_sensitivities():
    found = receptors(OWN, ["beta"])
    whole = found.sensitivity("O", "beta")
    np.testing.assert_array_equal(found.instance(2).sensitivity("O", "beta"), whole[2])
    mean = found.mean().sensitivity("O", "beta")
    np.testing.assert_allclose(mean, whole.mean(axis=0), rtol=1e-14)
    kept = receptors(OWN, ["beta"], keep="mean")
    np.testing.assert_allclose(kept.sensitivity("O", "beta"), mean, rtol=1e-12)


def test_strange_names_are_told_at_once():
    with pytest.raises(UsageError) as caught:
        receptors(OWN, ["k_onn", "glu", "pulse(glu)", "initial(Q)"])
    assert str(caught.value) == "\n".join([
        "`two_steps` has no parameter `k_onn`; did you mean `k_on`?",
        "`glu` is driven by the protocol; give each instance a level of its own in `parameters`",
        "`pulse(glu)`: a population is differentiated to parameters, `initial(...)` and inputs "
        "of which each instance holds its own level",
        "`two_steps` has no state `Q`",
    ])  # fmt: skip


def test_what_was_not_recorded_is_refused():
    found = receptors(OWN, ["beta"])
    with pytest.raises(UsageError, match="no sensitivity to `k_on`"):
        found.sensitivity("O", "k_on")
