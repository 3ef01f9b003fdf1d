"""What cannot be differentiated says why."""

from dataclasses import replace

from tests.engines.programs import names, program, stimulus, tree

from quantal.engines.sensitivity.obstacles import obstacles
from quantal.engines.sensitivity.varied import Varied
from quantal.program import Assignment, Crossing, Emission, Equilibrium, Handler, Link
from quantal.stimulus import Piecewise


def cell(**more):
    v, x, k = names("V x k")
    return program(
        {"V": (-k * v, 1.0), "x": (-x, 0.0)}, {"k": 1.0, "wait": 2.0}, clampable=["V"],
        events=["spike", "late"], **more,
    )  # fmt: skip


K, WAIT = Varied("k", parameter=0), Varied("wait", parameter=1)


def test_plain_problems_have_none():
    made = cell()
    assert obstacles(made, stimulus(made, 5.0), [K, Varied("initial(x)", initial=1)]) == []


def test_a_state_that_is_held_has_no_start():
    made = cell()
    held = stimulus(made, 5.0, clamps={0: Piecewise.constant(-70.0)})
    (reason,) = obstacles(made, held, [Varied("initial(V)", initial=0)])
    assert "the state is held" in reason


def test_a_scheme_at_rest_has_no_start_of_its_own():
    made = replace(cell(), equilibria=(Equilibrium((0, 1)),))
    (reason,) = obstacles(made, stimulus(made, 5.0), [Varied("initial(x)", initial=1)])
    assert "starts at rest" in reason


def test_a_delay_that_depends_on_what_is_varied():
    v, wait = names("V wait")
    made = cell(handlers=[Handler("spike", (Assignment(1, tree(1.0)),), delay=tree(wait * 2.0))])
    assert obstacles(made, stimulus(made, 5.0), [K]) == []
    (reason,) = obstacles(made, stimulus(made, 5.0), [K, WAIT])
    assert reason == "a delay depends on `wait`, so that events move with it"
    moved = cell(handlers=[Handler("spike", (Assignment(1, tree(1.0)),), delay=tree(v + 2.0))])
    (reason,) = obstacles(moved, stimulus(moved, 5.0), [K])
    assert reason == "a delay depends on `V`, so that events move with it"


def test_what_a_crossing_sets_off_later_has_no_fixed_time():
    (v,) = names("V")
    crossed = Handler(Crossing(tree(v - 0.5), "down"), (Emission("spike"),))
    late = Link("spike", "late", delay=tree(1.0))
    acts = Handler("late", (Assignment(1, tree(1.0)),))
    made = cell(handlers=[crossed, acts], links=[late])
    (reason,) = obstacles(made, stimulus(made, 5.0), [K])
    assert "after a delay has no fixed time" in reason
    delayed = cell(handlers=[crossed, replace(acts, trigger="spike", delay=tree(1.0))])
    assert obstacles(delayed, stimulus(delayed, 5.0), [K]) == [reason]
    # What only tells of itself, or acts at once, is followed.
    silent = cell(handlers=[crossed], links=[late])
    assert obstacles(silent, stimulus(silent, 5.0), [K]) == []
    prompt = cell(handlers=[crossed, replace(acts, trigger="spike")])
    assert obstacles(prompt, stimulus(prompt, 5.0), [K]) == []
