"""The rate of release behind a mean current, given the current of one quantum.

Where every quantum adds the same current, the mean EPSC is the rate of release convolved
with the mini. `peeled` undoes that exactly where the mini is a difference of exponentials;
`deconvolved` takes a mini of any shape, as recorded, and an answer as smooth as the noise
demands. What receptors lose by saturation or desensitisation, or gain from transmitter that
lingers, looks like release to both (Neher & Sakaba 2001 J Neurosci 21:444).
"""

from __future__ import annotations

import numpy as np


def peeled(
    time: np.ndarray, current: np.ndarray, quantum: float, decay: float, rise: float = 0.0
) -> np.ndarray:
    """Quanta per ms (n,), exact for a mini that is a difference of exponentials.

    A mini q exp(-t/tau) turns a rate r into I with I + tau dI/dt = q tau r; a rise adds a
    second factor of the same kind (Richardson & Silberberg 2008 J Neurophysiol 99:1020 for
    the exponential). In samples: the rate that is constant between two samples and leads
    from one value to the next.

    Args:
        time: (n,) ms, evenly spaced.
        current: (n,), the mean over trials, at rest at its first sample.
        quantum: peak of a mini, signed, in the unit of the current.
        decay, rise: time constants of a mini, ms; rise 0 for an immediate one.

    Raises:
        ValueError: a decay that is not slower than the rise.
    """
    if not decay > rise >= 0.0:
        raise ValueError("the decay of a mini must be slower than its rise")
    time, current = np.asarray(time, dtype=float), np.asarray(current, dtype=float)
    interval = float(time[1] - time[0])
    rate = _undo(current - current[0], decay, interval)
    area = decay
    if rise > 0.0:
        rate = _undo(rate, rise, interval)
        top = np.log(decay / rise) * decay * rise / (decay - rise)
        area = (decay - rise) / (np.exp(-top / decay) - np.exp(-top / rise))
    return rate / (quantum * area)


def _undo(values: np.ndarray, constant: float, interval: float) -> np.ndarray:
    """What an exponential filter of this time constant has smoothed."""
    kept = np.exp(-interval / constant)
    before = np.concatenate([[values[0]], values[:-1]])
    return np.asarray((values - kept * before) / (1.0 - kept))


def deconvolved(
    time: np.ndarray, current: np.ndarray, mini: np.ndarray, noise: float = 0.0
) -> np.ndarray:
    """Quanta per ms (n,) by regularised Fourier deconvolution.

    Each frequency is divided by that of the mini where the mini has power and held back where
    it has little: R = I K*/(|K|^2 + a). The one number a is the largest at which what remains
    between the current and the convolved rate is the noise (Morozov's discrepancy principle),
    so that noise is not taken for release. Both ends are taken to be at rest.

    Args:
        time: (n,) ms, evenly spaced.
        current: (n,), the mean over trials, zero at rest.
        mini: (m,) current of one quantum from its onset, at the same spacing.
        noise: standard deviation of the mean current at one sample.

    Raises:
        ValueError: a mini that is longer than the trace, or zero.
    """
    current, mini = np.asarray(current, dtype=float), np.asarray(mini, dtype=float)
    if not 0 < len(mini) <= len(current) or not mini.any():
        raise ValueError("a mini must be no longer than the trace, and not zero")
    interval, length = float(time[1] - time[0]), len(current) + len(mini)
    kernel, signal = np.fft.rfft(mini, length), np.fft.rfft(current, length)
    power = np.abs(kernel) ** 2
    held = _held_back(signal, power, length, len(current), noise) * float(power.max())
    rate = np.fft.irfft(signal * np.conj(kernel) / (power + held), length)
    return np.asarray(rate[: len(current)] / interval)


def _held_back(signal: np.ndarray, power: np.ndarray, length: int, n: int, noise: float) -> float:
    """The share a of the largest power at which the remainder is as large as the noise."""
    least, most = -12.0, 2.0
    if noise <= 0.0:
        return float(10.0**least)
    share = power / power.max()
    for _ in range(40):
        middle = (least + most) / 2.0
        rest = np.fft.irfft(signal * 10.0**middle / (share + 10.0**middle), length)[:n]
        if np.sqrt(np.mean(rest**2)) > noise:
            most = middle
        else:
            least = middle
    return float(10.0**least)
