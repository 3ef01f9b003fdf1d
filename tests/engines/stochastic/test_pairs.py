"""Equal partners: none or one of them left is no pair, and stops nothing else."""

import numpy as np
import pytest

import quantal

HEAD = 'mechanism pairs "Pairs"\n'


def run(text, **more):
    return quantal.run(quantal.load(HEAD + text), until=5, sample=np.array([0.0, 5.0]),
                       engine="ssa", trials=20, seed=2, **more)  # fmt: skip


@pytest.mark.parametrize("start", [0, 1])
def test_without_a_pair_nothing_happens_and_the_run_ends(start):
    text = f"species A = {start} [molecules] inside\nreaction meet = A + A -> A : 3 [/ms]\n"
    assert (run(text)["A"] == start).all()


def test_a_count_shared_by_many_rates_is_not_taken_out_of_a_pair():
    # Of n(n - 1) neither half is a propensity: at n = 0 the second would be negative.
    text = (
        "species A = 0 [molecules] inside\nspecies B = 0 [molecules] inside\n"
        "reaction meet = A + A -> A : 3 [/ms]\nreaction a = A -> B : 1 [/ms]\n"
        "reaction b = A + B -> B : 1 [/ms]\nreaction c = A + B -> A : 1 [/ms]\n"
        "reaction d = A + B -> nothing : 1 [/ms]\nreaction in = nothing -> B rate 1 [/ms]\n"
    ).replace("reaction in", "reaction enter")
    made = run(text)
    assert (made["A"] == 0.0).all()
    assert made["B"][:, -1].mean() > 2.0
