"""The loop over events of eight trials at once; what is rare is left to `attend` and `note`.

Each round gives every lane one pair of random numbers, the next of its own trial's stream, and
at most one event. A lane whose trial has ended takes the next trial.
"""

from __future__ import annotations

from quantal.kernels.generate.ir import INTEGER, POINTER, Function
from quantal.kernels.stochastic import philox
from quantal.kernels.stochastic import slots as codes
from quantal.kernels.stochastic.lanes.choice import (
    ENTRY,
    INFINITY,
    TRUTHS,
    WHOLE,
    add_up,
    change,
    choose,
    find,
    widened,
)
from quantal.kernels.stochastic.lanes.weights import LANES, WIDTH
from quantal.kernels.stochastic.network import WIDTH as PLACES
from quantal.kernels.stochastic.parts import Parts
from quantal.kernels.stochastic.slots import keep, slot


def sweep(parts: Parts) -> str:
    """`sweep_lanes(context)`: all trials of a chunk up to the horizon; gives a status."""
    f, v = Function("sweep_lanes", [(POINTER, "context")], INTEGER, internal=False), LANES
    with f.when(f.compare("ne", slot(f, "fresh", INTEGER), "0", INTEGER)):
        _begin(f)
    seed = philox._fill(f, slot(f, "seed", INTEGER))
    key = philox.keys(f, [philox._low(f, seed), philox._high(f, seed)])
    names = ("lane_t", "lane_limit", "lane_boundary", "lane_draw", "lane_key", "lane_active",
             "lane_fired", "lane_place", "lane_point", "lane_then", "lane_total")  # fmt: skip
    at = {name: slot(f, name) for name in names}
    with f.repeat():
        _leave_where_done(f)
        active = _load(f, at["lane_active"])
        uniform, wait = _draw(f, at, key, active)
        sums = add_up(f, parts)
        t = v.load(f, at["lane_t"], 0)
        then = v.op(f, "fadd", t, v.op(f, "fdiv", wait, sums.total))
        point = choose(f, parts, sums, v.op(f, "fmul", uniform, sums.total), at["lane_point"])
        limit, boundary = (v.load(f, at[name], 0) for name in ("lane_limit", "lane_boundary"))
        late = widened(f, v.compare(f, "uge", then, limit))
        endless = widened(f, v.compare(f, "uge", sums.total, v.splat(INFINITY)))
        within = widened(f, v.compare(f, "ult", then, boundary))
        crossing = _both(f, active, f.emit(f"or {WHOLE} {late}, {endless}"))
        live = _both(f, active, within)
        happens = _both(f, live, point.found)
        nothing = v.splat_whole(ENTRY * PLACES * len(parts.blocks))
        base = f.emit(
            f"select {TRUTHS} {_true(f, happens)}, {WHOLE} {point.base}, {WHOLE} {nothing}"
        )
        _store(f, base, at["lane_place"])
        v.store(f, v.select(f, _true(f, live), then, t), at["lane_t"], 0)
        fired = _load(f, at["lane_fired"])
        _store(f, f.emit(f"sub {WHOLE} {fired}, {happens}"), at["lane_fired"])
        v.store(f, then, at["lane_then"], 0)
        v.store(f, sums.total, at["lane_total"], 0)
        find(f, parts, at["lane_place"], at["lane_point"])
        _attend(f, crossing, point.varies, happens)
        noted = change(f, at["lane_place"])
        with f.when(f.compare("ne", noted, "0", INTEGER)):
            f.call("note", (POINTER, "%context"))
    f.do("unreachable")
    return f.text()


def _load(f: Function, base: str) -> str:
    return f.emit(f"load {WHOLE}, ptr {base}, align 8")


def _store(f: Function, value: str, base: str) -> None:
    f.do(f"store {WHOLE} {value}, ptr {base}, align 8")


def _both(f: Function, a: str, b: str) -> str:
    """Where both masks are set."""
    return f.emit(f"and {WHOLE} {a}, {b}")


def _true(f: Function, mask: str) -> str:
    return f.emit(f"icmp slt {WHOLE} {mask}, zeroinitializer")


def _begin(f: Function) -> None:
    """Trials into all lanes."""
    keep(f, "fresh", "0", INTEGER)
    keep(f, "next_trial", "0", INTEGER)
    keep(f, "lanes_left", str(WIDTH), INTEGER)
    f.call("lay_effects", (POINTER, "%context"))
    with f.count(WIDTH) as lane:
        f.call("board", (POINTER, "%context"), (INTEGER, lane))


def _leave_where_done(f: Function) -> None:
    with f.when(f.compare("ne", slot(f, "culprit", INTEGER), "-1", INTEGER), ends=True):
        f.give(str(codes.NEGATIVE))
    with f.when(f.compare("eq", slot(f, "lanes_left", INTEGER), "0", INTEGER), ends=True):
        f.give(str(codes.REACHED))
    left = slot(f, "budget", INTEGER)
    with f.when(f.compare("sle", left, "0", INTEGER), ends=True):
        f.call("tell", (POINTER, "%context"))
        f.give(str(codes.BUDGET))
    keep(f, "budget", f.integer_add(left, -WIDTH), INTEGER)


def _draw(f: Function, at: dict[str, str], key: list[list[str]], active: str) -> tuple[str, str]:
    """A uniform number and a waiting time for each lane, and its place in its stream moved on."""
    place, trial = _load(f, at["lane_draw"]), _load(f, at["lane_key"])
    words = [philox._low(f, place), philox._high(f, place),
             philox._low(f, trial), philox._high(f, trial)]  # fmt: skip
    words = philox.rounds(f, words, key)
    uniform = philox._uniform(f, words[0], words[1])
    wait = philox._minus_log(f, philox._uniform(f, words[2], words[3]))
    _move_on(f, at["lane_draw"], place, active)
    return uniform, wait


def _move_on(f: Function, draws: str, place: str, active: str) -> None:
    """A trial that runs has used one more pair."""
    _store(f, f.emit(f"sub {WHOLE} {place}, {active}"), draws)


def _attend(f: Function, crossing: str, varies: str, happens: str) -> None:
    """Lanes that pass a sample or the end of a cell, or whose event may have to be rejected."""
    bits = f.emit(f"bitcast {TRUTHS} {_true(f, crossing)} to i{WIDTH}")
    doubts = "0"
    if varies:
        unsure = _both(f, varies, happens)
        doubts = f.emit(f"bitcast {TRUTHS} {_true(f, unsure)} to i{WIDTH}")
    any_ = f.emit(f"or i{WIDTH} {bits}, {doubts}")
    with f.when(f.emit(f"icmp ne i{WIDTH} {any_}, 0")):
        wide = [f.emit(f"zext i{WIDTH} {each} to i64") for each in (bits, doubts)]
        arguments = [(POINTER, "%context"), *((INTEGER, each) for each in wide)]
        status = f.call("attend", *arguments, returns=INTEGER)
        with f.when(f.compare("ne", status, "0", INTEGER), ends=True):
            f.give(status)
