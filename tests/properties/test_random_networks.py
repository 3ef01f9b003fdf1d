"""Whatever network: counts stay whole and never negative, add up, and never freeze."""

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import quantal
from quantal.errors import RunError

SPECIES = "ABC"
RATE = st.sampled_from([0.1, 1.0, 7.0])
NAME = st.sampled_from(SPECIES)
TRIALS, END = 8, 4.0


@st.composite
def reactions(draw):
    """(text, what it takes, what it gives, law of the counts) of one reaction."""
    form = draw(st.sampled_from(
        ["arrive", "pump", "saturating", "first", "pair", "twins", "split", "triple"]
    ))  # fmt: skip
    k, x, y, z = draw(RATE), draw(NAME), draw(NAME), draw(NAME)
    if form == "arrive":
        return f"nothing -> {x} rate {k} [/ms]", {}, {x: 1}, lambda n: k
    if form == "pump":
        # A constant law takes even from the last molecule, but never from none.
        return f"{x} -> nothing rate {k} [/ms]", {x: 1}, {}, lambda n: k * (n[x] >= 1)
    if form == "saturating":
        law = f"{k} [/ms]*{x}/(2 [molecules] + {x})"
        # Of `2 A -> A` one is taken, so one is enough.
        least = 1 if x == y else 2
        return (
            f"2 {x} -> {y} rate {law}",
            {x: 2},
            {y: 1},
            (lambda n: k * n[x] / (2.0 + n[x]) * (n[x] >= least)),
        )
    if form == "first":
        return f"{x} -> {y} : {k} [/ms]", {x: 1}, {y: 1}, lambda n: k * n[x]
    if form == "pair":
        if x == y:
            return (
                f"{x} + {x} -> {z} : {k} [/ms]",
                {x: 2},
                {z: 1},
                (lambda n: k * n[x] * (n[x] - 1)),
            )
        return f"{x} + {y} -> {z} : {k} [/ms]", {x: 1, y: 1}, {z: 1}, lambda n: k * n[x] * n[y]
    if form == "twins":
        return f"2 {x} -> {y} : {k} [/ms]", {x: 2}, {y: 1}, lambda n: k * n[x] * (n[x] - 1)
    if form == "triple":
        return (
            f"3 {x} -> {y} + {z} : {k} [/ms]",
            {x: 3},
            {},
            (lambda n: k * n[x] * (n[x] - 1) * (n[x] - 2)),
        )
    return f"{x} -> {y} + {z} : {k / 10} [/ms]", {x: 1}, {}, lambda n: k / 10 * n[x]


def gives(text):
    """What the right side of a written reaction adds."""
    right = text.split("->")[1].split(" rate ")[0].split(" : ")[0]
    found = dict.fromkeys(SPECIES, 0)
    for term in right.split("+"):
        word = term.strip()
        if word != "nothing":
            found[word] += 1
    return found


NETWORKS = (
    st.lists(reactions(), min_size=1, max_size=5),
    st.lists(st.sampled_from([0.0, 1.0, 2.0, 9.0, 24.999999999999996]), min_size=3, max_size=3),
    st.integers(0, 2**40),
)


@settings(max_examples=200, deadline=None)
@given(*NETWORKS)
def test_counts_stay_whole_and_events_add_up(network, start, seed):
    check("ssa", network, start, seed)


@settings(max_examples=50, deadline=None)
@given(*NETWORKS)
def test_so_they_do_in_leaps(network, start, seed):
    check("leap", network, start, seed)


def check(engine, network, start, seed):
    lines = ['mechanism random_network "Any network"']
    lines += [f"species {x} = {n!r} [molecules] inside"
              for x, n in zip(SPECIES, start, strict=True)]  # fmt: skip
    lines += [f"reaction r{i} = {text}" for i, (text, *_) in enumerate(network)]
    names = [f"r{i}" for i in range(len(network))]
    try:
        run = quantal.run(
            quantal.load("\n".join(lines) + "\n"), until=END, sample=np.linspace(0.0, END, 9),
            engine=engine, trials=TRIALS, seed=seed, record=[*SPECIES, *names], max_events=2e5,
            workers=1,
        )  # fmt: skip
    except RunError as error:
        assume("events have happened" not in str(error))
        raise
    except quantal.errors.UsageError as error:
        assume("are expected" not in str(error))
        raise
    counts = np.stack([run[x] for x in SPECIES], axis=-1)
    assert (counts >= 0.0).all()
    assert (counts == np.rint(counts)).all()
    net = np.array([[gives(text)[x] - takes.get(x, 0) for x in SPECIES]
                    for text, takes, *_ in network])  # fmt: skip
    times = [run.firings[name] for name in names]
    for trial in range(TRIALS):
        fired = np.array([len(each[trial]) for each in times])
        assert (counts[trial, -1] == np.rint(start) + fired @ net).all()
        last = max((float(each[trial][-1]) for each in times if len(each[trial])), default=0.0)
        n = dict(zip(SPECIES, counts[trial, -1], strict=True))
        total = sum(law(n) for *_, law in network)
        # Nothing for so long has a probability of e^-40.
        assert total * (END - last) < 40.0, "the network is frozen"
