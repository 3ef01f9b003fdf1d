"""Release that is known, convolved with a mini, comes back."""

import numpy as np
import pytest
from tests.statistics.models import counts
from tests.statistics.test_channels_and_sensors import following

from quantal.observables import deconvolution
from quantal.observables.deconvolution import deconvolved, peeled
from quantal.observables.minis import event_template

INTERVAL, DECAY, RISE, QUANTUM = 0.02, 3.0, 0.3, -15.0
TIME = np.arange(0.0, 40.0, INTERVAL)


def burst(time, at=10.0, width=0.4, quanta=50.0):
    """Vesicles per ms: a normal curve that holds so many quanta."""
    return quanta * np.exp(-((time - at) ** 2) / (2 * width**2)) / (width * np.sqrt(2 * np.pi))


def response(constant):
    """The current of `burst` through one exponential, in closed form (Gauss times exponential)."""
    from scipy.special import erfcx

    width, away = 0.4, TIME - 10.0
    argument = (width / constant - away / width) / np.sqrt(2.0)
    # erfcx overflows far after the burst, where the exponential alone is left.
    late = 50.0 * np.exp(width**2 / (2 * constant**2) - away / constant)
    with np.errstate(over="ignore", invalid="ignore"):
        near = 25.0 * np.exp(-((away / width) ** 2) / 2) * erfcx(argument)
    return np.where(argument < -5.0, late, near)


def two_exponentials():
    top = np.log(DECAY / RISE) * DECAY * RISE / (DECAY - RISE)
    height = np.exp(-top / DECAY) - np.exp(-top / RISE)
    return QUANTUM / height * (response(DECAY) - response(RISE))


def off(simulated, exact):
    """Root mean square error over the largest exact value."""
    return np.sqrt(np.mean((simulated - exact) ** 2)) / exact.max()


def test_a_constant_rate_comes_back_to_the_last_digit():
    rate = np.where(TIME > 5.0, 2.0, 0.0)
    kept = np.exp(-INTERVAL / DECAY)
    current = np.zeros(len(TIME))
    for k in range(1, len(TIME)):
        current[k] = kept * current[k - 1] + QUANTUM * DECAY * (1.0 - kept) * rate[k]
    assert peeled(TIME, current, QUANTUM, DECAY) == pytest.approx(rate, abs=1e-10)


def test_a_burst_comes_back_from_exponential_minis():
    found = peeled(TIME, QUANTUM * response(DECAY), QUANTUM, DECAY)
    # A sample's rate is the mean over the interval that ends there.
    assert off(found, burst(TIME - INTERVAL / 2)) < 1e-4
    assert found.sum() * INTERVAL == pytest.approx(50.0, rel=1e-4)


def test_a_burst_comes_back_from_minis_that_rise():
    found = peeled(TIME, two_exponentials(), QUANTUM, DECAY, RISE)
    assert off(found, burst(TIME - INTERVAL)) < 1e-3
    assert found.sum() * INTERVAL == pytest.approx(50.0, rel=1e-3)


def test_forgetting_the_rise_is_caught():
    found = peeled(TIME, two_exponentials(), QUANTUM, DECAY)
    assert off(found, burst(TIME)) > 0.02


def test_any_shape_of_mini_does():
    mini = QUANTUM * event_template(INTERVAL, RISE, DECAY, decays=10.0)
    found = deconvolved(TIME, two_exponentials(), mini)
    assert off(found, burst(TIME)) < 2e-3
    assert found.sum() * INTERVAL == pytest.approx(50.0, rel=2e-3)


def test_noise_is_not_taken_for_release():
    mini = QUANTUM * event_template(INTERVAL, RISE, DECAY, decays=10.0)
    noisy = two_exponentials() + np.random.default_rng(6).normal(0.0, 5.0, len(TIME))
    held_back = off(deconvolved(TIME, noisy, mini, noise=5.0), burst(TIME))
    assert held_back < 0.03
    assert off(deconvolved(TIME, noisy, mini), burst(TIME)) > 5 * held_back


def test_a_kernel_the_wrong_way_round_is_caught(monkeypatch):
    monkeypatch.setattr(deconvolution.np, "conj", lambda kernel: kernel)
    mini = QUANTUM * event_template(INTERVAL, RISE, DECAY, decays=10.0)
    found = deconvolution.deconvolved(TIME, two_exponentials(), mini)
    monkeypatch.undo()
    assert off(found, burst(TIME)) > 0.05


SYNAPSE = """mechanism linear_synapse "Each vesicle adds the same current; release is known"
event spike
parameter n = 300 [sites]
state hot = 0
  hot' = -hot/0.8 [ms]
state rising = 0
  rising' = -rising/0.3 [ms]
state falling = 0
  falling' = -falling/3 [ms]
scheme site = full used count n
  fusion = full -> used : 0.4 [/ms]*hot
"""


def test_the_known_release_of_a_simulation_comes_back():
    # Rate after a spike: n p'(t), where p = 1 - exp(-0.4 * 0.8 (1 - exp(-t/0.8))).
    text = SYNAPSE.replace("state hot = 0\n  hot' = -hot/0.8 [ms]\n", "input hot = 0 inside\n")
    text = text[: text.index("state rising")] + text[text.index("scheme") :]
    many = counts(text, 400, protocol=following("hot = 1 decaying 0.8 ms at 5 ms", "pulse"),
                  until=40, sample=TIME)  # fmt: skip
    template = event_template(INTERVAL, RISE, DECAY, decays=10.0)
    trains = np.stack([np.histogram(t, np.append(TIME, 40.0))[0] for t in many.firings["fusion"]])
    mean = np.convolve(trains.mean(axis=0), QUANTUM * template)[: len(TIME)]
    since = np.maximum(TIME - 5.0, 0.0)
    released = 300 * (1.0 - np.exp(-0.4 * 0.8 * (1.0 - np.exp(-since / 0.8))))
    for found in (peeled(TIME, mean, QUANTUM, DECAY, RISE),
                  deconvolved(TIME, mean, QUANTUM * template)):  # fmt: skip
        total = np.cumsum(found) * INTERVAL
        assert np.abs(total - released).max() < 0.02 * 300
        assert total[-1] == pytest.approx(300 * (1.0 - np.exp(-0.32)), rel=0.02)


def test_what_cannot_be_a_mini_is_refused():
    with pytest.raises(ValueError, match="slower than its rise"):
        peeled(TIME, TIME, -1.0, 1.0, 2.0)
    with pytest.raises(ValueError, match="no longer than the trace"):
        deconvolved(TIME, TIME, np.zeros(3))
