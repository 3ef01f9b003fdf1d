"""Responses against concentration: half-effective concentration and local slope."""

from __future__ import annotations

import math

import numpy as np

from quantal.errors import UsageError


def ec50(doses: np.ndarray, responses: np.ndarray) -> float:
    """The dose at half the largest response, on the rising side.

    Linear in the logarithm of the dose between the last dose below half and the next.
    nan where the smallest dose already gives more than half.

    Raises:
        UsageError: fewer than two doses, or one that is not above zero.
    """
    doses, responses = _checked(doses, responses)
    top = int(np.argmax(responses))
    half = 0.5 * responses[top]
    below = np.flatnonzero(responses[: top + 1] < half)
    if below.size == 0:
        return math.nan
    i = int(below[-1])
    share = (half - responses[i]) / (responses[i + 1] - responses[i])
    low, high = math.log(doses[i]), math.log(doses[i + 1])
    return math.exp(low + float(share) * (high - low))


def local_slopes(doses: np.ndarray, responses: np.ndarray) -> np.ndarray:
    """d log(response)/d log(dose) between neighbouring doses, (n - 1,).

    Raises:
        UsageError: fewer than two doses, or a dose that is not above zero.
    """
    doses, responses = _checked(doses, responses)
    positive = np.where(responses > 0.0, responses, np.nan)
    return np.asarray(np.diff(np.log(positive)) / np.diff(np.log(doses)))


def _checked(doses: np.ndarray, responses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    doses, responses = np.asarray(doses, dtype=float), np.asarray(responses, dtype=float)
    if doses.size < 2 or np.any(doses <= 0.0):
        raise UsageError("a dose-response curve needs two or more doses, all above zero")
    order = np.argsort(doses)
    return doses[order], responses[order]
