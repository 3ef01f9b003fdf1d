"""The event-driven engine: what it refuses, how it finds the pulses, its propagators."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm
from tests.engines.programs import call, names, program, stimulus

import quantal
from quantal import protocols
from quantal.engines import get
from quantal.engines.base import Settings
from quantal.engines.event import ENGINE
from quantal.engines.propagators.cascade import cascade
from quantal.engines.propagators.decay import Decay
from quantal.engines.propagators.exponential import exponential
from quantal.engines.propagators.panels import rule, solve
from quantal.errors import RunError, UsageError
from quantal.experiments.loading import load, prepare
from quantal.stimulus import Piecewise


def test_it_is_found_by_its_name():
    assert get("event") is ENGINE


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ("receptors/nmda_kampa_2004", "the transitions of `receptor` depend on the voltage `V`"),
        ("channels/calcium_p_ghk", "the transitions of `m` depend on the voltage `V`"),
        ("signalling/gpcr_ternary_complex", "the equation of `RL` is not linear in `G`"),
        ("enzymes/faah_cui_2016", "the equation of `AEA` is not linear in `AEA`"),
        ("vesicles/packing_three_pools",
         "the rates of `in_recycling` have corners (`if`, `min`, `max` or `abs`)"),
        ("calcium/domain_shells", "90 states act on one another, `Ca0` among them; "
         "propagators are made for up to 64"),
    ],
)  # fmt: skip
def test_what_cannot_be_reduced_is_refused_with_the_reason(model, reason):
    assert reason in ENGINE.supports(prepare(load(model)))


def test_the_message_of_a_refusal():
    held = protocols.hold("V", "-60 mV") + protocols.hold("glu", "0 mM")
    with pytest.raises(UsageError) as caught:
        quantal.run("receptors/nmda_kampa_2004", held, engine="event", until=1.0)
    assert str(caught.value) == (
        "engine `event` cannot run `nmda_kampa_2004`: "
        "the transitions of `receptor` depend on the voltage `V`"
    )


def test_thresholds_time_and_nothing_at_all_are_refused():
    x, time = names("x time")
    assert ENGINE.supports(program({"x": (-x * time, 1.0)})) == [
        "the rates of `x` follow the time itself"
    ]
    assert ENGINE.supports(program({})) == ["it has no states"]
    squid = prepare(load("channels/hodgkin_huxley_1952"))
    assert ENGINE.supports(squid)[0].startswith("a threshold is watched (")


def test_the_receptors_of_the_library_are_reduced_but_for_those_that_follow_the_voltage():
    paths = [entry.path for entry in quantal.catalogue() if entry.stage == "receptors"]
    programs = {path.stem: prepare(load(path)) for path in paths}
    reasons = {name: ENGINE.supports(made) for name, made in programs.items() if made.states}
    refused = {name: found for name, found in reasons.items() if found}
    assert "nmda_kampa_2004" in refused
    assert len(reasons) - len(refused) >= 35
    for found in refused.values():
        assert any("depend on the voltage" in reason or "corners" in reason for reason in found)


def test_causes_come_before_effects():
    g, a, b = names("g a b")
    made = program({"a": (-g * a + b, 1.0), "b": (g * a - b, 0.0), "g": (-g, 1.0)})
    assert [block.indices for block in cascade(made).blocks] == [(2,), (0, 1)]


def test_a_state_that_is_no_number_is_said_with_its_time():
    x, g = names("x g")
    made = program({"g": (g, 1.0), "x": (call("exp", g) - x, 0.0)})
    with pytest.raises(RunError, match=r"at t = 50 ms: `x` is not a number any more"):
        ENGINE.run(made, stimulus(made, 50.0), Settings(sample=np.array([50.0])))


def test_an_input_that_nothing_drives_is_refused():
    x, g = names("x g")
    made = program({"x": (-g * x, 1.0)}, drives=["g"])
    with pytest.raises(RunError, match="`g` must be driven by the protocol"):
        ENGINE.run(made, stimulus(made, 1.0), Settings())


@pytest.mark.parametrize("size", [1e-3, 1.0, 50.0])
def test_exponentials_of_many_matrices(size):
    matrices = np.random.default_rng(2).normal(size=(7, 5, 5)) * size
    exact = np.array([expm(matrix) for matrix in matrices])
    assert np.abs(exponential(matrices) / exact - 1.0).max() <= 1e-9


def test_equal_rates_in_series_have_no_eigenbasis_and_decay_all_the_same():
    """An alpha function: t exp(-t)."""
    decay = Decay(np.array([[-1.0, 0.0], [1.0, -1.0]]), np.zeros(2))
    assert not decay.is_modal
    times = np.linspace(0.0, 20.0, 401)
    exact = times * np.exp(-times)
    assert np.abs(decay.at(np.array([1.0, 0.0]), times)[:, 1] - exact).max() <= 1e-14


def test_where_a_decay_ends():
    decay = Decay(np.array([[-1.0, 2.0], [1.0, -2.0]]), np.zeros(2))
    assert decay.limit(np.array([0.3, 0.7])) == pytest.approx([2 / 3, 1 / 3], abs=1e-15)
    assert Decay(np.array([[0.1]]), np.zeros(1)).limit(np.ones(1)) is None


def test_the_radau_rule_integrates_polynomials_exactly():
    made = rule()
    for power in range(2 * len(made.points) - 4):
        # The last row is the whole panel: exact to twice the number of points, less two.
        last = made.integrals[-1] @ made.points[1:] ** power
        assert last == pytest.approx(1.0 / (power + 1.0), rel=1e-13)


def test_a_panel_beside_scipy_inside_and_at_the_end():
    def coefficients(t):
        rate = 40.0 * np.exp(-t / 0.3)
        zero = np.zeros_like(t)
        matrix = np.array([[-rate, 2.0 + zero], [rate, -2.0 + zero]])
        return np.moveaxis(matrix, -1, 0), np.zeros((len(t), 2))

    times = np.linspace(0.0, 5.0, 101)
    panels = solve(coefficients, np.array([1.0, 0.0]), 5.0, 1.0, np.ones(2))
    exact = solve_ivp(
        lambda t, y: coefficients(np.array([t]))[0][0] @ y, (0.0, 5.0), [1.0, 0.0], "DOP853",
        times, rtol=1e-13, atol=1e-15,
    ).y.T  # fmt: skip
    assert np.abs(panels.at(times) - exact).max() <= 1e-12
    assert np.abs(panels.end - exact[-1]).max() <= 1e-12


def test_a_growing_drive_never_clears_and_is_followed_to_the_end():
    x, g = names("x g")
    made = program({"x": (-g * x, 1.0)}, drives=["g"])
    ramp = Piecewise(np.array([-1e300, 0.0]), np.array([[0.0] * 6, [0.0, 1.0, 0, 0, 0, 0]]))
    times = np.linspace(0.0, 4.0, 9)
    run = ENGINE.run(made, stimulus(made, 4.0, [ramp]), Settings(sample=times))
    assert np.abs(run.internal("x") - np.exp(-0.5 * times**2)).max() <= 1e-13
