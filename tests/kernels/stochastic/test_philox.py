"""The random numbers are Philox4x32-10, at the places that seed and trial say."""

import numpy as np
import pytest
from tests.statistics.fit import check_law
from tests.statistics.models import IMMIGRATION, loaded

from quantal.compiler.bind import bind
from quantal.engines.base import Settings
from quantal.engines.stochastic.chunk import Chunk
from quantal.engines.stochastic.trials import make_plan
from quantal.experiments.loading import prepare
from quantal.kernels.stochastic.philox import PAIRS
from quantal.protocols.protocol import Protocol

MASK = 0xFFFFFFFF

KNOWN = [  # Random123's known answers: counter, key, result.
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((MASK,) * 4, (MASK,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


def philox(counter, key):
    """Ten rounds, written from the paper."""
    (a, b, c, d), (k, m) = counter, key
    for _ in range(10):
        first, second = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = (second >> 32) ^ b ^ k, second & MASK, (first >> 32) ^ d ^ m, first & MASK
        k, m = (k + 0x9E3779B9) & MASK, (m + 0xBB67AE85) & MASK
    return a, b, c, d


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_the_reference_gives_the_published_answers(counter, key, answer):
    assert philox(counter, key) == answer


def chunk(seed, trials):
    import threading

    program = prepare(loaded(IMMIGRATION))
    stimulus = bind(program, Protocol(until=1.0)).stimulus
    settings = Settings(sample=np.array([1.0]), seed=seed)
    return Chunk(make_plan(program, stimulus, settings, threading.Event())[0], trials)


@pytest.mark.parametrize(("seed", "trial"), [(0, 0), (1, 0), (2**40 + 7, 5), (2**63 - 1, 2**46)])
def test_the_compiled_numbers_are_the_references(seed, trial):
    made = chunk(seed, range(trial, trial + 1))
    made.estimate()
    uniforms, waits = (made._context.array(name) for name in ("uniforms", "waits"))
    for place in range(PAIRS):
        counter = (place, 0, trial & MASK, trial >> 32)
        words = philox(counter, (seed & MASK, seed >> 32))
        exact = [((b << 20 | a >> 12) + 0.5) * 2.0**-52 for a, b in (words[:2], words[2:])]
        assert uniforms[place] == exact[0]
        assert waits[place] == pytest.approx(-np.log(exact[1]), rel=4e-16)


def test_waiting_times_are_exponential_over_trials():
    waits = []
    for trial in range(60):
        made = chunk(3, range(trial, trial + 1))
        made.estimate()
        waits.append(made._context.array("waits").copy())
    check_law(np.concatenate(waits), lambda t: 1.0 - np.exp(-t))
