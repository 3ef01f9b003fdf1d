"""Events, delays, links, crossings: what acts when, against closed forms."""

import numpy as np
import pytest
from tests.engines.programs import call, names, program, pulses, stimulus, tree

from quantal.engines.base import Settings
from quantal.engines.stiff import ENGINE
from quantal.errors import RunError
from quantal.program import Assignment, Crossing, Emission, Firing, Handler, Link

GRID = np.linspace(0.0, 10.0, 101)


def run(made, driven, sample=GRID, relative=1e-9):
    return ENGINE.run(made, driven, Settings(relative, 1e-12, sample))


def jump(index, value, trigger="hit", delay=None):
    return Handler(
        trigger, (Assignment(index, tree(value)),), None if delay is None else tree(delay)
    )


def test_an_event_acts_at_its_time_and_a_sample_there_sees_what_it_did():
    x, _ = names("x y")
    made = program({"x": (-x, 1.0)}, events=["hit"], handlers=[jump(0, x + 1.0)])
    trajectory = run(made, stimulus(made, 10.0, events=((3.0, "hit"), (3.0, "hit"))))
    after = (np.exp(-3.0) + 2.0) * np.exp(-(GRID - 3.0))
    exact = np.where(GRID < 3.0, np.exp(-GRID), after)
    assert np.allclose(trajectory["x"], exact, rtol=1e-8)
    assert trajectory.events == {"hit": [3.0, 3.0]}


def test_along_the_steps_both_sides_of_a_jump_are_kept():
    (x,) = names("x")
    made = program({"x": (-x, 1.0)}, events=["hit"], handlers=[jump(0, x + 1.0)])
    trajectory = run(made, stimulus(made, 10.0, events=((3.0, "hit"),)), sample=None)
    left, right = trajectory["x"][trajectory.time == 3.0]
    assert right - left == pytest.approx(1.0, rel=1e-12)


def test_events_at_the_very_start_and_end_act():
    (x,) = names("x")
    made = program({"x": (0.0, 0.0)}, events=["hit"], handlers=[jump(0, x + 1.0)])
    trajectory = run(made, stimulus(made, 10.0, events=((0.0, "hit"), (10.0, "hit"))))
    assert trajectory["x"][0] == 1.0
    assert trajectory["x"][-1] == 2.0


def test_along_the_steps_the_last_row_shows_what_an_event_at_the_end_did():
    (x,) = names("x")
    made = program({"x": (0.0, 0.0)}, events=["hit"], handlers=[jump(0, x + 1.0)])
    trajectory = run(made, stimulus(made, 10.0, events=((10.0, "hit"),)), None)
    assert trajectory["x"][-2:].tolist() == [0.0, 1.0]


def test_actions_see_what_earlier_ones_did():
    x, y = names("x y")
    handler = Handler("hit", (Assignment(0, tree(x * 2)), Assignment(1, tree(x + y))))
    made = program({"x": (0.0, 3.0), "y": (0.0, 1.0)}, events=["hit"], handlers=[handler])
    trajectory = run(made, stimulus(made, 10.0, events=((5.0, "hit"),)))
    assert trajectory["x"][-1] == 6.0
    assert trajectory["y"][-1] == 7.0


def test_definitions_in_an_action_follow_the_changed_state():
    x, twice = names("x twice")
    handler = Handler("hit", (Assignment(0, tree(x + 1)), Assignment(1, tree(twice))))
    made = program(
        {"x": (0.0, 3.0), "y": (0.0, 0.0)}, definitions={"twice": 2 * x},
        events=["hit"], handlers=[handler],
    )  # fmt: skip
    assert run(made, stimulus(made, 10.0, events=((5.0, "hit"),)))["y"][-1] == 8.0


def test_a_firing_changes_all_its_states_at_one_moment():
    """binomial(docked, p) is its mean, taken before docked changes."""
    docked, p = names("docked p")
    times = call("binomial", docked, p)
    firing = Firing(tree(times), ((0, tree(-1)), (1, tree(1)), (2, tree(5000))))
    made = program(
        {"docked": (0.0, 10.0), "empty": (0.0, 0.0), "glu": (0.0, 0.0)}, {"p": 0.3},
        events=["hit"], handlers=[Handler("hit", (firing,))],
    )  # fmt: skip
    trajectory = run(made, stimulus(made, 10.0, events=((1.0, "hit"), (2.0, "hit"))))
    assert trajectory["docked"][-1] == pytest.approx(4.9, rel=1e-14)
    assert trajectory["empty"][-1] == pytest.approx(5.1, rel=1e-14)
    assert trajectory["glu"][-1] == pytest.approx(25500.0, rel=1e-14)


def test_a_delay_is_read_when_the_event_fires_and_the_values_when_it_acts():
    x, wait = names("x wait")
    made = program(
        {"x": (1.0, 0.0), "y": (0.0, 0.0)}, {"wait": 2.5},
        events=["hit"], handlers=[jump(1, x, delay=wait)],
    )  # fmt: skip
    driven = stimulus(made, 10.0, events=((3.0, "hit"),), changes=((4.0, 0, 9.0),), stops=(4.0,))
    trajectory = run(made, driven)
    assert trajectory["y"][-1] == pytest.approx(5.5, rel=1e-9)
    assert trajectory.events["hit"] == [3.0]


def test_links_pass_events_on_after_their_delay():
    x, lag = names("x lag")
    made = program(
        {"x": (0.0, 0.0)}, {"lag": 1.5}, events=["here", "there", "beyond"],
        handlers=[jump(0, x + 1.0, trigger="beyond")],
        links=[Link("here", "there", tree(lag)), Link("there", "beyond")],
    )  # fmt: skip
    trajectory = run(made, stimulus(made, 10.0, events=((2.0, "here"),)))
    assert trajectory.events == {"here": [2.0], "there": [3.5], "beyond": [3.5]}
    assert trajectory["x"][-1] == 1.0


def test_an_emission_fires_after_the_round_that_emits_it():
    (x,) = names("x")
    emits = Handler("hit", (Emission("echo"), Assignment(0, tree(x + 1.0))))
    made = program(
        {"x": (0.0, 0.0), "y": (0.0, 0.0)}, events=["hit", "echo"],
        handlers=[jump(1, x, trigger="echo"), emits],
    )  # fmt: skip
    trajectory = run(made, stimulus(made, 10.0, events=((2.0, "hit"),)))
    assert trajectory["y"][-1] == 1.0
    assert trajectory.events["echo"] == [2.0]


def test_what_happens_at_one_moment_is_ordered_changes_first_then_handlers():
    """Neither the order of the events in the protocol nor of their names matters."""
    x, k = names("x k")
    handlers = [jump(0, x * 2, trigger="z"), jump(0, x + k, trigger="a")]
    made = program({"x": (0.0, 1.0)}, {"k": 1.0}, events=["a", "z"], handlers=handlers)
    for order in ("az", "za"):
        events = tuple((4.0, name) for name in order)
        driven = stimulus(made, 10.0, events=events, changes=((4.0, 0, 10.0),), stops=(4.0,))
        assert run(made, driven)["x"][-1] == 12.0


def test_events_that_fire_each_other_for_ever_are_named():
    made = program(
        {"x": (0.0, 0.0)}, events=["ping", "pong"],
        handlers=[Handler("ping", (Emission("pong"),)), Handler("pong", (Emission("ping"),))],
    )  # fmt: skip
    with pytest.raises(RunError, match=r"t = 2 ms: events fire each other without end"):
        run(made, stimulus(made, 10.0, events=((2.0, "ping"),)))


def test_a_crossing_is_located_to_1e_9():
    """A ball under gravity: the times of its bounces are known."""
    h, v = names("h v")
    bounce = Handler(
        Crossing(tree(h), "down"),
        (Assignment(0, tree(0)), Assignment(1, tree(-0.5 * v)), Emission("bounce")),
    )
    made = program({"h": (v, 1.0), "v": (-2.0, 0.0)}, events=["bounce"], handlers=[bounce])
    trajectory = run(made, stimulus(made, 2.4), None)
    assert np.allclose(trajectory.events["bounce"], [1.0, 2.0], atol=1e-9)


def test_a_nonlinear_crossing_is_located_to_1e_9():
    (x,) = names("x")
    made = program(
        {"x": (-x, 1.0)}, events=["low"],
        handlers=[Handler(Crossing(tree(x - 0.1), "down"), (Emission("low"),))],
    )  # fmt: skip
    trajectory = run(made, stimulus(made, 10.0), relative=1e-11)
    assert trajectory.events["low"] == [pytest.approx(np.log(10.0), abs=1e-9)]


@pytest.mark.parametrize(
    ("direction", "quarters"), [("up", [3]), ("down", [1, 5]), ("both", [1, 3, 5])]
)
def test_a_direction_is_heeded(direction, quarters):
    x, y = names("x y")
    made = program(
        {"x": (-y, 1.0), "y": (x, 0.0)}, events=["seen"],
        handlers=[Handler(Crossing(tree(x), direction), (Emission("seen"),))],
    )  # fmt: skip
    trajectory = run(made, stimulus(made, 8.5), None, 1e-11)
    assert np.allclose(trajectory.events["seen"], np.array(quarters) * np.pi / 2, atol=1e-9)


def test_a_dip_within_one_step_is_seen_at_its_middle():
    """x is linear, so steps are long; the watched value dips below zero in between."""
    (x,) = names("x")
    made = program(
        {"x": (1.0, 0.0)}, events=["in"],
        handlers=[Handler(Crossing(tree((x - 5.0) ** 2 - 4.0), "down"), (Emission("in"),))],
    )  # fmt: skip
    trajectory = run(made, stimulus(made, 10.0))
    assert trajectory.events["in"] == [pytest.approx(3.0, abs=1e-9)]


def test_a_reset_does_not_cross_again_but_a_jump_across_does():
    """Integrate and fire: period known; the kick of an event carries V over at once."""
    (v,) = names("v")
    fire = Handler(Crossing(tree(v - 1.0), "up"), (Assignment(0, tree(0)), Emission("spike")))
    made = program(
        {"v": (2.0 - v, 0.0)}, events=["kick", "spike"],
        handlers=[fire, jump(0, v + 5.0, trigger="kick")],
    )  # fmt: skip
    period = np.log(2.0)
    trajectory = run(made, stimulus(made, 2.0, events=((1.0, "kick"),)), None, 1e-11)
    exact = [period, 1.0, 1.0 + period]
    assert np.allclose(trajectory.events["spike"], exact, atol=1e-9)


def test_a_step_of_a_drive_can_carry_a_value_across():
    x, u = names("x u")
    made = program(
        {"x": (0.0, 0.0)}, drives=["u"], events=["on"],
        handlers=[Handler(Crossing(tree(u - 0.5 + x), "up"), (Emission("on"),))],
    )  # fmt: skip
    driven = stimulus(made, 10.0, [pulses([2.0, 6.0], 1.0, 0.0, 1.0)], stops=(2.0, 3.0, 6.0, 7.0))
    assert run(made, driven).events["on"] == [2.0, 6.0]


def test_events_are_counted_and_recorded_even_without_handlers():
    (x,) = names("x")
    made = program({"x": (-x, 1.0)}, events=["mark"])
    trajectory = run(made, stimulus(made, 10.0, events=((1.0, "mark"), (2.0, "mark"))))
    assert trajectory.events == {"mark": [1.0, 2.0]}
