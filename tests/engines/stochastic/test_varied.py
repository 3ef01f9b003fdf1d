"""Parameters that vary: distributions, copies, classes; what cannot vary is refused by name."""

import threading
import time

import numpy as np
import pytest
from tests.statistics.models import loaded
from tests.statistics.test_vesicles import FIRING, SITES, SPIKE

import quantal
from quantal import engines
from quantal.compiler.bind import bind
from quantal.engines.base import Settings
from quantal.engines.stiff import ENGINE as STIFF
from quantal.engines.stochastic import spread
from quantal.engines.stochastic.varied.copies import with_copies
from quantal.engines.stochastic.varied.distributions import classes, quantiles
from quantal.engines.stochastic.varied.trials import run_each
from quantal.errors import UsageError
from quantal.experiments.loading import prepare
from quantal.experiments.varying import vary
from quantal.program import ParameterSlot, Spread
from quantal.protocols.protocol import Protocol
from quantal.units import parse_unit

MIDDLES = (np.arange(200_000) + 0.5) / 200_000


def slot(family, between=(None, None), **arguments):
    spread = Spread(family, tuple(arguments.items()), "trial")
    return ParameterSlot("p", 0.3, parse_unit("1"), *between, spread)


@pytest.mark.parametrize("family", ["gamma", "lognormal", "beta", "normal"])
@pytest.mark.parametrize("cv", [0.05, 0.25])
def test_a_distribution_has_the_value_as_its_mean_and_its_cv(family, cv):
    values = quantiles(slot(family, cv=cv), 0.3, MIDDLES)
    assert values.min() > 0.0
    assert values.mean() == pytest.approx(0.3, rel=2e-4)
    assert values.std() == pytest.approx(0.3 * cv, rel=2e-3)
    few = classes(slot(family, cv=cv), 0.3, 32)
    assert (np.diff(few) > 0.0).all()
    assert few.mean() == pytest.approx(0.3, rel=2e-4)
    assert few.std() == pytest.approx(0.3 * cv, rel=2e-3)


def test_a_uniform_distribution_lies_between_its_ends():
    values = quantiles(slot("uniform", low=35.0, high=50.0), 42.0, MIDDLES)
    assert (values.min(), values.max()) == pytest.approx((35.0, 50.0), rel=1e-4)


def test_a_distribution_is_cut_off_at_the_parameters_bounds():
    values = quantiles(slot("normal", (0.1, 0.5), cv=0.6), 0.3, MIDDLES)
    assert 0.1 <= values.min() < 0.11
    assert 0.49 < values.max() <= 0.5


@pytest.mark.parametrize(("made", "value", "said"), [
    (slot("beta", cv=0.5), 1.3, "`p` is 1.3; a beta distribution is of a probability"),
    (slot("beta", cv=3.0), 0.3, "no probability of mean 0.3 varies by a cv of 3"),
    (slot("gamma", cv=0.0), 0.3, "a coefficient of variation is above zero"),
    (slot("uniform", low=2.0, high=1.0), 0.3, "`low` of a uniform distribution is below `high`"),
])  # fmt: skip
def test_distributions_that_are_none(made, value, said):
    with pytest.raises(UsageError, match=said):
        quantiles(made, value, MIDDLES)


def run(text, vary=None, engine="ssa", trials=3, **more):
    return quantal.run(loaded(text), more.pop("protocol", None), until=2, sample="1 ms",
                       engine=engine, trials=trials, vary=vary, **more)  # fmt: skip


@pytest.mark.parametrize(("text", "vary", "said"), [
    (FIRING, {"n": "gamma(cv = 0.2) per firing"}, "`n` varies per firing, but decides"),
    (FIRING, {"q": "gamma(cv = 0.2) per copy"}, "`q` varies per copy, but decides no step"),
    (FIRING, {"w": "gamma(cv = 0.2) per copy"}, "has no parameter `w`"),
    (FIRING, {"q": "gama(cv = 0.2) per copy"}, "`gama` is no distribution of the language"),
    (FIRING, {"q": "gamma(cv = 0.2)"}, "write for example `gamma"),
    (SITES.replace("n = 10", "n = 9000"), {"p": "beta(cv = 0.2) per copy"},
     "`site` has 9000 members"),
])  # fmt: skip
def test_what_cannot_vary(text, vary, said):
    with pytest.raises(UsageError, match=said):
        run(text, vary)


def test_a_run_without_chance_uses_the_mean_and_says_so():
    smooth = quantal.run(loaded(FIRING), until=2, sample="1 ms")
    assert smooth.made_by["notes"] == ["`q` varies per firing; this run uses its mean"]
    assert run(FIRING).made_by["notes"] == [
        "`q` varies per firing: gamma(cv = 0.3), carried by single events into `glu`; its mean is "
        "used elsewhere"
    ]


def test_a_run_has_the_last_word_on_how_a_parameter_varies():
    changed = run(FIRING, {"q": "uniform(low = 1000, high = 3000) per firing"})
    assert "uniform(low = 1000, high = 3000), carried" in changed.made_by["notes"][0]


def test_names_of_copies_and_classes_are_not_among_the_results():
    varied = run(SITES, {"p": "beta(cv = 0.2) per copy"}, protocol=SPIKE)
    assert {"ready", "empty", "fused"} <= set(varied.names())
    assert not [name for name in varied.names() if "[" in name]
    assert varied["ready"].max() <= 1.0


def test_trials_with_their_own_parameters_do_not_depend_on_their_company():
    law = {"q": "gamma(cv = 0.5) per trial"}
    many, few = run(FIRING, law, trials=6, seed=4), run(FIRING, law, trials=2, seed=4, workers=1)
    assert (many["glu"][:2] == few["glu"]).all()
    assert len(set(many.made_by["drawn per trial"]["q"])) == 6


def test_means_of_copies_follow_the_equations():
    """The copies' own equations are right: without chance among equal members nothing changes."""
    text = (
        FIRING.replace("n = 40", "n = 3")
        .replace("0.5 [/ms]", "k")
        .replace("scheme", "parameter k = 0.5 [/ms]\nscheme")
    )
    program = prepare(loaded(text))
    settings = Settings(sample=np.array([0.0, 1.0, 3.0]))
    plain = STIFF.run(program, bind(program, Protocol((), 3.0)).stimulus, settings)
    varied = vary(program, {"k": "gamma(cv = 0.3) per copy"})
    copied = with_copies(varied, np.array([p.value for p in program.parameters]))
    stimulus = bind(copied, Protocol((), 3.0)).stimulus
    parted = STIFF.run(copied, stimulus, settings)
    for name in ("docked", "glu", "fusion"):
        assert parted[name] == pytest.approx(plain[name], rel=1e-5)


def test_ctrl_c_stops_trials_with_their_own_parameters_at_once(monkeypatch):
    called, waited = [], spread.wait

    def interrupted(*arguments, **more):
        # The trials' own runs wait in threads; the interrupt reaches the first thread alone.
        if threading.current_thread() is threading.main_thread():
            called.append(time.process_time())
            if len(called) == 3:
                raise KeyboardInterrupt
        return waited(*arguments, **more)

    busy = FIRING.replace("0.5 [/ms]", "0.5 [/ms]\n  gone -> docked : 1000 [/ms]")
    monkeypatch.setattr(spread, "wait", interrupted)
    program = vary(prepare(loaded(busy)), {"q": "gamma(cv = 0.5) per trial"})
    stimulus = bind(program, Protocol((), 1e6)).stimulus
    settings = Settings(sample=np.array([1.0]), trials=4, seed=1, max_events=1e12, workers=2)
    with pytest.raises(KeyboardInterrupt):
        run_each(engines.get("ssa"), program, stimulus, settings)
    assert time.process_time() - called[-1] < 0.5


def test_where_many_reactions_carry_a_content_it_has_fewer_classes():
    from quantal.engines.stochastic.varied.firings import with_classes

    lines = "\n".join(f"  docked -> gone + q glu : {i}.5 [/ms]" for i in range(16))
    text = FIRING.replace("  fusion = docked -> gone + q glu : 0.5 [/ms]", lines)
    made, into = with_classes(prepare(loaded(text)))
    assert len(made.reactions) == 16 * 12
    assert into == {"q": ["glu"]}


def test_a_content_that_no_event_carries_is_said_to_be_a_mean():
    text = FIRING.replace("+ q glu", "+ 5 glu") + "let shown = q*glu\n"
    assert run(text).made_by["notes"] == [
        "`q` varies per firing; no single event of this model carries it: its mean is used"
    ]
