"""The sparse Jacobian, with or without intermediates, is the derivative of the rates."""

import numpy as np
import pytest
from tests.agreement.problems import SYNAPSE_STATES, calcium, synapse_program, synapse_rates
from tests.engines.programs import call, names, program
from tests.kernels.interpreter import interpret

from quantal.kernels.symbolic import intermediates
from quantal.kernels.symbolic.dag import Graph
from quantal.kernels.symbolic.equations import DRIVE, PARAMETER, STATE, TIME, Equations
from quantal.kernels.symbolic.jacobian import CLAMP_SLOPE, DRIVE_SLOPE, FREE, linearise


class Numbers:
    """A Program's f, J and df/dt as numbers at one point."""

    def __init__(self, made):
        self.graph = Graph()
        self.size = len(made.states)
        self.made = made
        self.linear = linearise(self.graph, Equations(self.graph, made), made)

    def leaves(self, y, drives=(), time=0.0, free=None, slopes=(), clamp_slopes=None):
        size, level = self.size, {PARAMETER: 1}
        given = {
            STATE: y, DRIVE: drives, TIME: [time], DRIVE_SLOPE: slopes,
            PARAMETER: [p.value for p in self.made.parameters],
            FREE: np.ones(size) if free is None else free,
            CLAMP_SLOPE: np.zeros(size) if clamp_slopes is None else clamp_slopes,
        }  # fmt: skip
        return {
            self.graph.leaf(kind, index, level.get(kind, 2)): complex(value)
            for kind, values in given.items()
            for index, value in enumerate(values)
        }

    def rates(self, **point):
        return np.array(interpret(self.graph, self.linear.rates, self.leaves(**point))).real

    def slopes(self, **point):
        return np.array(interpret(self.graph, self.linear.slopes, self.leaves(**point))).real

    def jacobian(self, **point):
        """df/dy with the intermediates eliminated: A + B (I - D)^-1 C."""
        whole = np.zeros((self.size + self.linear.intermediates,) * 2)
        values = interpret(self.graph, list(self.linear.jacobian.values()), self.leaves(**point))
        for place, value in zip(self.linear.jacobian, values, strict=True):
            whole[place] = value.real
        n = self.size
        inner = np.eye(self.linear.intermediates) - whole[n:, n:]
        return whole[:n, :n] + whole[:n, n:] @ np.linalg.solve(inner, whole[n:, :n])


def differences(function, y, h=1e-6):
    columns = [
        (function(y + h * step) - function(y - h * step)) / (2.0 * h) for step in np.eye(len(y))
    ]
    return np.array(columns).T


def hub(clampable=()):
    """A firing rate of many states that moves many others, and a gate behind another gate."""
    states = [f"s{i}" for i in range(6)]
    sites, goes = names(" ".join(states)), names("goes")[0]
    firing = sum((i + 1.0) * s * s for i, s in enumerate(sites[:4]))
    definitions = {"firing": firing, "goes": call("tanh", names("firing")[0] + names("u")[0])}
    derivatives = {
        name: (goes * (0.5 - s) - 0.1 * (i + 1.0) * s * names("k")[0] * names("u")[0], 0.1 * i)
        for i, (name, s) in enumerate(zip(states, sites, strict=True))
    }
    return program(
        derivatives, {"k": 0.3}, drives=["u"], definitions=definitions, clampable=clampable
    )


def test_a_hub_becomes_an_unknown_and_the_derivative_stays_exact():
    numbers = Numbers(hub())
    assert numbers.linear.intermediates >= 1
    y, point = np.linspace(0.1, 0.7, 6), {"drives": [0.2], "slopes": [0.0]}
    simulated = numbers.jacobian(y=y, **point)
    exact = differences(lambda state: numbers.rates(y=state, **point), y)
    assert np.allclose(simulated, exact, atol=1e-9)
    assert len(numbers.linear.jacobian) < np.count_nonzero(exact)


def test_without_gain_there_are_no_intermediates(monkeypatch):
    monkeypatch.setattr(intermediates, "LEAST_GAIN", 10_000)
    numbers = Numbers(hub())
    assert numbers.linear.intermediates == 0
    y, point = np.linspace(0.1, 0.7, 6), {"drives": [0.2], "slopes": [0.0]}
    exact = differences(lambda state: numbers.rates(y=state, **point), y)
    assert np.allclose(numbers.jacobian(y=y, **point), exact, atol=1e-9)


def test_the_slope_in_time_goes_through_drives_and_intermediates():
    numbers = Numbers(hub())
    y, speed, h = np.linspace(0.1, 0.7, 6), 1.7, 1e-6
    ahead, behind = (numbers.rates(y=y, drives=[0.2 + s * speed * h], slopes=[0]) for s in (1, -1))
    simulated = numbers.slopes(y=y, drives=[0.2], slopes=[speed])
    assert np.allclose(simulated, (ahead - behind) / (2.0 * h), atol=1e-8)


def test_a_clamped_state_leaves_the_matrix_and_enters_the_slope():
    numbers = Numbers(hub(clampable=("s1",)))
    y, free, held = np.linspace(0.1, 0.7, 6), np.ones(6), np.zeros(6)
    free[1], held[1] = 0.0, 2.5
    point = {"drives": [0.2], "slopes": [0.0]}
    open_ = numbers.jacobian(y=y, **point)
    clamped = numbers.jacobian(y=y, free=free, **point)
    assert np.all(clamped[1] == 0.0)
    assert np.all(clamped[:, 1] == 0.0)
    others = [0, 2, 3, 4, 5]
    assert np.allclose(clamped[np.ix_(others, others)], open_[np.ix_(others, others)], rtol=1e-12)
    slopes = numbers.slopes(y=y, free=free, clamp_slopes=held, **point)
    assert slopes[1] == 0.0
    assert np.allclose(slopes[others], 2.5 * open_[others, 1], rtol=1e-12)
    assert numbers.rates(y=y, free=free, **point)[1] == 0.0


@pytest.mark.parametrize("time", [5.1, 11.0])
def test_the_synapse_against_independent_rates(time):
    numbers = Numbers(synapse_program())
    centres = np.array([5.0])
    independent = synapse_rates(centres)
    random = np.random.default_rng(5)
    y = random.random(len(SYNAPSE_STATES))
    y[-1] = -60.0
    point = {"drives": [calcium(time, centres)], "slopes": [0.0]}
    assert np.allclose(numbers.rates(y=y, **point), independent(time, y), rtol=1e-12, atol=1e-12)
    exact = differences(lambda state: independent(time, state), y, 1e-5)
    assert np.allclose(numbers.jacobian(y=y, **point), exact, rtol=1e-6, atol=1e-6)
