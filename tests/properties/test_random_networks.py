"""Whatever network: counts stay whole and never negative, add up, and never freeze.

A network is a structure (which reactions) with its rates and its starting counts. Hypothesis
makes the structures; each is run with many sets of rates and starts, because only a structure
needs new code. By default that is 100 structures and 10,000 networks; `make proof` runs
10,000 structures.
"""

import os
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import quantal
from quantal import engines
from quantal.compiler.bind import bind
from quantal.engines.base import Settings
from quantal.errors import RunError, UsageError
from quantal.experiments.loading import prepare
from quantal.protocols.protocol import Protocol

SPECIES = "ABC"
RATES = (0.1, 1.0, 7.0)
STARTS = (0.0, 1.0, 2.0, 9.0, 24.999999999999996)
NAME = st.sampled_from(SPECIES)
END = 4.0
STRUCTURES = int(os.environ.get("QUANTAL_PROOF_STRUCTURES", "100"))
SETS = 100
"""Sets of rates and starts for each structure."""

ran = {"ssa": 0, "leap": 0}


def few(n, x, least):
    return n[x] >= least


@st.composite
def reactions(draw):
    """(text with `k` for its rate, what it takes, law of the counts and the rate)."""
    form = draw(st.sampled_from(
        ["arrive", "pump", "saturating", "first", "pair", "twins", "split", "triple"]
    ))  # fmt: skip
    x, y, z = draw(NAME), draw(NAME), draw(NAME)
    if form == "arrive":
        return f"nothing -> {x} rate k", {}, lambda n, k: k
    if form == "pump":
        # A constant law takes even from the last molecule, but never from none.
        return f"{x} -> nothing rate k", {x: 1}, lambda n, k: k * few(n, x, 1)
    if form == "saturating":
        # Of `2 A -> A` one is taken, so one is enough.
        least = 1 if x == y else 2
        return (
            f"2 {x} -> {y} rate k*{x}/(2 [molecules] + {x})",
            {x: 2},
            lambda n, k: k * n[x] / (2.0 + n[x]) * few(n, x, least),
        )
    if form == "first":
        return f"{x} -> {y} : k", {x: 1}, lambda n, k: k * n[x]
    if form == "pair" and x != y:
        return f"{x} + {y} -> {z} : k", {x: 1, y: 1}, lambda n, k: k * n[x] * n[y]
    if form == "pair":
        return f"{x} + {x} -> {z} : k", {x: 2}, lambda n, k: k * n[x] * (n[x] - 1)
    if form == "twins":
        return f"2 {x} -> {y} : k", {x: 2}, lambda n, k: k * n[x] * (n[x] - 1)
    if form == "triple":
        law = lambda n, k: k * n[x] * (n[x] - 1) * (n[x] - 2)  # noqa: E731
        return f"3 {x} -> {y} + {z} : k", {x: 3}, law
    return f"{x} -> {y} + {z} : 0.1*k", {x: 1}, lambda n, k: 0.1 * k * n[x]


def gives(text):
    """What the right side of a written reaction adds."""
    right = text.split("->")[1].split(" rate ")[0].split(" : ")[0]
    found = dict.fromkeys(SPECIES, 0)
    for term in right.split("+"):
        word = term.strip()
        if word != "nothing":
            found[word] += 1
    return found


def program_of(structure):
    lines = ['mechanism random_network "Any network"']
    lines += [f"parameter k{i} = 1 [/ms]" for i in range(len(structure))]
    lines += [f"parameter start_{x} = 0 [molecules]" for x in SPECIES]
    lines += [f"species {x} [molecules] = start_{x} inside" for x in SPECIES]
    for i, (text, *_) in enumerate(structure):
        left, law, right = text.partition(" rate ") if " rate " in text else text.partition(" : ")
        lines.append(f"reaction r{i} = {left}{law}{right.replace('k', f'k{i}')}")
    return prepare(quantal.load("\n".join(lines) + "\n"))


NETWORKS = (st.lists(reactions(), min_size=1, max_size=5), st.integers(0, 2**40))


@settings(max_examples=STRUCTURES * 4 // 5, deadline=None)
@given(*NETWORKS)
def test_counts_stay_whole_and_events_add_up(structure, seed):
    check("ssa", structure, seed)


@settings(max_examples=STRUCTURES // 5, deadline=None)
@given(*NETWORKS)
def test_so_they_do_in_leaps(structure, seed):
    check("leap", structure, seed)


def check(engine, structure, seed):
    program = program_of(structure)
    names = [f"r{i}" for i in range(len(structure))]
    stimulus = bind(program, Protocol((), END)).stimulus
    draw = np.random.default_rng(seed)
    net = np.array([[gives(text)[x] - takes.get(x, 0) for x in SPECIES]
                    for text, takes, _ in structure])  # fmt: skip
    for number in range(SETS):
        rates = draw.choice(RATES, len(structure))
        start = draw.choice(STARTS, len(SPECIES))
        values = np.array(stimulus.parameters)
        values[: len(structure) + len(SPECIES)] = [*rates, *start]
        own = Settings(
            sample=np.linspace(0.0, END, 9), trials=1, seed=(seed + number) % 2**60, workers=1,
            record=(*SPECIES, *names), max_events=2e4,
        )  # fmt: skip
        try:
            run = engines.get(engine).run(program, replace(stimulus, parameters=values), own)
        except (RunError, UsageError) as error:
            # It grows without limit: that is told, and nothing is wrong.
            if "events have happened" in str(error) or "are expected" in str(error):
                continue
            raise
        verify(structure, names, rates, start, net, run)
        ran[engine] += 1


def verify(structure, names, rates, start, net, run):
    counts = np.stack([run[x][0] for x in SPECIES], axis=-1)
    assert (counts >= 0.0).all()
    assert (counts == np.rint(counts)).all()
    times = [run.firings[name][0] for name in names]
    fired = np.array([len(each) for each in times])
    assert (counts[-1] == np.rint(start) + fired @ net).all()
    last = max((float(each[-1]) for each in times if len(each)), default=0.0)
    n = dict(zip(SPECIES, counts[-1], strict=True))
    total = sum(law(n, k) for (*_, law), k in zip(structure, rates, strict=True))
    # Nothing for so long has a probability of e^-40.
    assert total * (END - last) < 40.0, "the network is frozen"


def test_most_of_them_ran_to_their_end():
    if ran["ssa"] and ran["leap"]:
        assert ran["ssa"] + ran["leap"] > 0.8 * STRUCTURES * SETS
