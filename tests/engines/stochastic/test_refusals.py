"""What cannot be counted is refused by name, before it starts."""

import time

import numpy as np
import pytest
from tests.statistics.models import BIRTH_DEATH, IMMIGRATION, counts

import quantal
from quantal.errors import RunError, UsageError

HEAD = 'mechanism x "x"\n'


def refusal(text, trials=2, error=UsageError, **more):
    with pytest.raises(error) as caught:
        quantal.run(quantal.load(HEAD + text), until=more.pop("until", 10), engine="ssa",
                    trials=trials, **more)  # fmt: skip
    return str(caught.value)


def test_a_species_without_a_volume():
    text = "species A = 1 [uM] inside\nreaction gone = A -> nothing : 1 [/ms]\n"
    assert (
        "a stochastic run counts molecules, but `A` has a concentration and no volume: "
        "give its place a volume"
    ) in refusal(text)


def test_a_scheme_without_a_count():
    text = "scheme s = A B\n  A <-> B : 1 [/ms], 1 [/ms]\n"
    assert ("the scheme `s` has no count: write `scheme s = ... count n`") in refusal(text)


def test_gates_membranes_and_equations_are_continuous():
    said = refusal(
        "membrane V = -65 [mV] capacitance 1 [pF] inside\ngate m\n  alpha = 1 [/ms]\n"
        "  beta = 1 [/ms]\nstate u = 1\n  u' = -u/1 [ms]\n"
        "current i = 1 [nS]*m*u*V\n"
    )
    assert "`V` is a membrane, which is continuous: use `hybrid`" in said
    assert "`m` is a gate, which is continuous: use `hybrid`" in said
    assert "`u` follows an equation of its own, which is continuous: use `hybrid`" in said


def test_a_crossing():
    said = refusal(
        "species X = 1 [molecules] inside\nspecies Y = 0 [molecules] inside\n"
        "reaction born = nothing -> X rate 1 [/ms]\n"
        "on X crosses 5 [molecules] up\n  Y += 1\n"
    )
    assert "<text>:5: an event waits for a value to cross a threshold" in said


def test_a_one_way_rate_that_turns_negative_names_its_line():
    said = refusal(
        "species X = 50 [molecules] inside\nspecies Y = 0 [molecules] inside\n"
        "reaction born = nothing -> Y rate 1 [/ms]\n"
        "reaction bad = X -> nothing rate (3 [molecules] - Y)*1 [/ms]\n", error=RunError, until=50,
    )  # fmt: skip
    assert "<text>:5: the one-way rate is negative (-1 /ms) in a stochastic run: " in said
    assert "write `<->` with a forward and a backward law" in said


def test_a_negative_rate_constant_is_seen_before_anything_happens():
    said = refusal(
        "parameter k = -2 [/ms]\nspecies X = 0 [molecules] inside\n"
        "reaction bad = X -> nothing : k\n", error=RunError,
    )  # fmt: skip
    assert "<text>:4: the one-way rate is negative (-2 /ms)" in said


def test_a_drive_that_turns_a_rate_negative():
    from quantal.protocols.protocol import Protocol
    from quantal.protocols.text import parse_action

    model = quantal.load(HEAD + "input u [/ms] inside\nspecies X = 0 [molecules] inside\n"
                         "reaction a = nothing -> X rate u\n"
                         "reaction b = nothing -> X rate 500 [/ms]\n")  # fmt: skip
    down = Protocol((parse_action("drive", "u = 1 [/ms]*(5 - time/1 [ms])"),))
    with pytest.raises(RunError, match="<text>:4: the one-way rate is negative"):
        quantal.run(model, down, until=10, engine="ssa", trials=1)


@pytest.mark.parametrize(("count", "said"), [
    ("2.5", "starts with 2.5 molecules; a stochastic run counts whole ones"),
    ("-3", "starts with -3 molecules; a count cannot be negative"),
    ("1e17", "more than can be counted one by one"),
])  # fmt: skip
def test_counts_that_are_none(count, said):
    text = f"state n = {count}\nspecies X [molecules] = n inside\n"
    text += "reaction dies = X -> nothing : 1e-20 [/ms]\n"
    assert said in refusal(text, error=RunError)


def test_rounding_of_a_start_is_forgiven():
    text = BIRTH_DEATH.replace("X = 100", "X = 24.999999999999996")
    assert (counts(text, 3, until=1, sample=np.array([0.0]))["X"][:, 0] == 25.0).all()


def test_too_many_events_are_refused_within_a_second_with_the_estimate():
    text = "species X = 1e9 [molecules] inside\nreaction dies = X -> nothing : 1 [/ms]\n"
    quantal.load(HEAD + text)
    began = time.perf_counter()
    said = refusal(text, trials=1, until=1)
    assert time.perf_counter() - began < 1.0
    assert "about 1e+09 events are expected (1e+09 in each trial)" in said
    assert (
        "use `leap` or `langevin`, which take many events at a time, `stiff`, or `hybrid`" in said
    )


def test_growth_that_no_estimate_foresees_is_stopped():
    grows = BIRTH_DEATH.replace("death = 0.11", "death = 0.01").replace("birth = 0.1", "birth = 5")
    with pytest.raises(RunError, match=r"more than 1e\+07 events have happened, .* `born`"):
        counts(grows, 1, until=20, sample="1 ms")


def test_too_much_output_is_refused_with_its_size():
    said = refusal("species X = 1 [molecules] inside\nreaction dies = X -> nothing : 1 [/ms]\n",
                   trials=10_000, until=100, sample="0.001 ms")  # fmt: skip
    assert "10000 trials of 100001 samples of 1 states are 8 GB" in said


@pytest.mark.parametrize(("more", "said"), [
    ({"trials": 0}, "at least one trial"), ({"seed": -1}, "a seed is a whole number from 0"),
])  # fmt: skip
def test_trials_and_seeds_that_are_none(more, said):
    with pytest.raises(UsageError, match=said):
        quantal.run(quantal.load(IMMIGRATION), until=1, engine="ssa", **{"trials": 1, **more})


def test_an_event_that_leaves_half_a_molecule():
    text = "event spike\nspecies X = 5 [molecules] inside\non spike\n  X *= 0.5\n"
    from quantal.protocols.protocol import Protocol
    from quantal.protocols.text import parse_action

    train = Protocol((parse_action("train", "spike every 1 ms count 1"),))
    with pytest.raises(RunError, match=r"the event leaves 2.5 of `X`.*binomial"):
        quantal.run(quantal.load(HEAD + text), train, until=3, engine="ssa", trials=1)
