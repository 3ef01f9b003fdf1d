"""How long machine code for a Program takes, from its expressions to callable functions.

Two kinds of models of 20 to 500 states: a ring of states of one molecule, and a cable of
compartments with the four equations of Hodgkin and Huxley each. Every build starts from an
empty cache; the processor's seconds are given, because a busy machine makes walls longer.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from row import Row

sys.path.append(str(Path(__file__).parents[1]))

from tests.agreement.problems import chain
from tests.engines.programs import call, names, program

from quantal.engines.stiff import ENGINE
from quantal.kernels import cache
from quantal.program import Program

GOALS = {20: 0.1, 50: 0.3, 150: 1.0, 500: 5.0}
"""States, and the seconds that a build may take."""
ROUNDS = 3


def ring(size: int) -> Program:
    """A molecule that goes round `size` states, forward at a rate times a drive."""
    rates = {f"k{i}": 1.0 + i % 7 for i in range(size)}
    states, k = names(" ".join(f"S{i}" for i in range(size))), names(" ".join(rates))
    (u,) = names("u")
    steps = [(i, (i + 1) % size) for i in range(size)]
    fluxes = [(f"S{i}", f"S{j}", k[i] * u * states[i] - 0.5 * k[j] * states[j]) for i, j in steps]
    derivatives = chain(fluxes)
    start = dict.fromkeys(derivatives, 0.0) | {"S0": 1.0}
    made = {f"S{i}": (derivatives[f"S{i}"], start[f"S{i}"]) for i in range(size)}
    return program(made, rates, drives=["u"], name=f"ring_{size}")


def cable(size: int) -> Program:
    """size/4 compartments with sodium, potassium and leak, joined to a cable."""
    count = size // 4
    states: dict[str, tuple] = {}
    (current,) = names("current")
    for i in range(count):
        v, m, h, n = names(f"V{i} m{i} h{i} n{i}")
        am = 1.0 / call("exprel", -(v + 40.0) / 10.0)
        an = 0.1 / call("exprel", -(v + 55.0) / 10.0)
        bm, bn = 4.0 * call("exp", -(v + 65.0) / 18.0), 0.125 * call("exp", -(v + 65.0) / 80.0)
        ah = 0.07 * call("exp", -(v + 65.0) / 20.0)
        bh = 1.0 / (call("exp", -(v + 35.0) / 10.0) + 1.0)
        ionic = 120.0 * m**3 * h * (v - 50.0) + 36.0 * n**4 * (v + 77.0) + 0.3 * (v + 54.4)
        slope = -ionic if i else current - ionic
        for j in (i - 1, i + 1):
            if 0 <= j < count:
                slope = slope + 10.0 * (names(f"V{j}")[0] - v)
        states |= {
            f"V{i}": (slope, -65.0), f"m{i}": (am * (1.0 - m) - bm * m, 0.05),
            f"h{i}": (ah * (1.0 - h) - bh * h, 0.6), f"n{i}": (an * (1.0 - n) - bn * n, 0.32),
        }  # fmt: skip
    return program(states, drives=["current"], name=f"cable_{size}")


def rows() -> list[Row]:
    """The time and memory of a build for each kind and size of model."""
    _built(ring(8))
    found = []
    for make in (ring, cable):
        for size, goal in GOALS.items():
            seconds = min(_built(make(size)) for _ in range(ROUNDS if size < 500 else 1))
            found.append(_row(make, size, goal, seconds))
    return found


def _row(make: Callable[[int], Program], size: int, goal: float, seconds: float) -> Row:
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    problem = f"build of a {make.__name__} of {size} states"
    return Row(problem, seconds, "s", memory=memory, goal=f"{goal:g} s", note="of processor")


def _built(model: Program) -> float:
    """Processor seconds of one build into an empty cache."""
    kept = os.environ.get("QUANTAL_CACHE")
    with tempfile.TemporaryDirectory() as empty:
        os.environ["QUANTAL_CACHE"] = empty
        cache.forget()
        started = time.process_time()
        cache.kernel_for(model, ENGINE.tableau, ENGINE.pair)
        taken = time.process_time() - started
    if kept is None:
        del os.environ["QUANTAL_CACHE"]
    else:
        os.environ["QUANTAL_CACHE"] = kept
    return taken
