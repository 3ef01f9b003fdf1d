"""What is discrete: declared by a mechanism, changed by a run, chosen where nothing is said."""

import numpy as np
import pytest
from scipy import stats
from tests.statistics.fit import check_counts
from tests.statistics.models import IMMIGRATION, loaded

import quantal
from quantal.errors import ModelError, UsageError

TEXT = """mechanism sites "Sites that release into a cleft"
parameter n = 20 [vesicles]
parameter spare = 40 [vesicles]
place cleft volume = 0.01 [fL]
scheme site = ready empty count n
  fusion = ready -> empty + 3000 [molecules] glu : 0.5 [/ms]
species glu = 0 [mM] in cleft
species pool [vesicles] = spare inside
reaction clear = glu -> nothing : 2 [/ms]
reaction lost = pool -> nothing : 0.1 [/ms]
state seen = 0
  seen' = glu/1 [mM]/1 [ms]
"""


def run(text, **more):
    return quantal.run(loaded(text), until=4, sample="1 ms", trials=20, seed=1, **more)


def test_a_mechanism_declares_what_is_discrete():
    plain = run(TEXT)
    assert plain.made_by["split"].startswith("Counted one by one: `site`. ")
    declared = run(TEXT + "discrete pool\n")
    assert declared.made_by["split"].startswith("Counted one by one: `site`, `pool`. ")
    assert (declared["pool"] == np.rint(declared["pool"])).all()
    assert declared["pool"][:, -1].std() > 0.0
    calm = run(TEXT + "discrete pool\ncontinuous site\n")
    assert "`site` (declared continuous)" in calm.made_by["split"]


def test_a_declared_species_has_its_law():
    many = quantal.run(loaded(TEXT), until=4, sample="4 ms", trials=400, seed=1, engine="hybrid",
                       discrete="pool")  # fmt: skip
    check_counts(many["pool"][:, -1], stats.binom.pmf(np.arange(41), 40, np.exp(-0.4)))


def test_a_run_has_the_last_word():
    text = TEXT + "continuous site\ndiscrete pool\n"
    changed = run(text, discrete="site", continuous=["pool"])
    assert changed.made_by["split"].startswith("Counted one by one: `site`. ")


def test_a_declared_scheme_may_have_many_members():
    many = TEXT.replace("n = 20", "n = 6000")
    assert "`site` (6e+03 members)" in run(many + "discrete pool\n").made_by["split"]
    counted = quantal.run(loaded(many), until=0.2, sample="0.1 ms", trials=1, discrete=["site"])
    assert counted.made_by["split"].startswith("Counted one by one: `site`. ")


def test_an_assembly_says_it_with_dotted_names_and_above_its_parts(tmp_path):
    (tmp_path / "sites.syn").write_text(TEXT + "discrete pool\n")
    (tmp_path / "both.syn").write_text(
        'synapse both "Two"\nuse one = sites\nuse two = sites\ncontinuous two.pool\n'
    )
    split = quantal.run(quantal.load(tmp_path / "both.syn"), until=1, trials=1).made_by["split"]
    assert "`one.pool`" in split
    assert "`two.pool` (" not in split
    assert split.startswith("Counted one by one: `one.site`, `two.site`, `one.pool`. ")


def test_what_is_declared_discrete_and_cannot_be_is_an_error():
    text = TEXT.replace("place cleft volume = 0.01 [fL]", "place cleft")
    text = text.replace("ready -> empty + 3000 [molecules] glu", "ready -> empty")
    with pytest.raises(UsageError, match="`glu` is declared discrete, but its place has no volume"):
        run(text + "discrete glu\n", engine="hybrid")


@pytest.mark.parametrize(("more", "said"), [
    ({"discrete": "sit"}, "no scheme or species `sit` .*; did you mean `site`"),
    ({"continuous": "ready"}, "`ready` is a state of the scheme `site`: name the scheme"),
    ({"discrete": "site", "continuous": "site"}, "cannot be both discrete and continuous"),
])  # fmt: skip
def test_names_that_cannot_be_declared(more, said):
    with pytest.raises(UsageError, match=said):
        run(TEXT, **more)


def test_a_text_that_declares_something_else():
    with pytest.raises(ModelError, match="`discrete` takes schemes and species; none is called"):
        quantal.run(quantal.load(TEXT + "discrete seen\n"), until=1)


def test_auto_takes_the_exact_engine_where_it_can_be_afforded():
    few = quantal.run(loaded(IMMIGRATION), until=50, trials=2)
    assert few.made_by["choice"] == (
        "The engine `ssa` was chosen (exact stochastic simulation, every event) because all is "
        "counted, in about 1e+02 events."
    )


def test_auto_leaps_where_events_are_too_many():
    many = IMMIGRATION.replace("arrival = 1 ", "arrival = 1e8 ")
    run_ = quantal.run(loaded(many), until=50, trials=2, sample="50 ms")
    assert run_.made_by["engine"] == "leap"
    assert (
        "`ssa` would take about 1e+10 events, more than the 5e+08 allowed; `hybrid` cannot: "
        in (run_.made_by["choice"])
    )


def test_auto_is_hybrid_where_something_is_continuous():
    assert (
        "because `ssa` cannot: `seen` follows an equation of its own"
        in (run(TEXT).made_by["choice"])
    )
