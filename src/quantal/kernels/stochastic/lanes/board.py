"""Trials that enter a lane, go from cell to cell in it, and leave it."""

from __future__ import annotations

from quantal.kernels.generate.ir import DOUBLE, INFINITY, INTEGER, POINTER, Function, real
from quantal.kernels.stochastic.lanes.choice import INLINE
from quantal.kernels.stochastic.lanes.weights import WIDTH
from quantal.kernels.stochastic.network import WIDTH as PLACES
from quantal.kernels.stochastic.parts import Parts
from quantal.kernels.stochastic.slots import MORE, SLOTS, keep, slot
from quantal.kernels.stochastic.sums import amount_of, at_least_zero, refuse_below_zero
from quantal.kernels.stochastic.tables import next_boundary

LANE = [(POINTER, "context"), (INTEGER, "lane")]


def lay_effects(parts: Parts) -> str:
    """`lay_effects(context)`: for each place which counts change, by how much, and its mark.

    Unused entries, and the place behind the last, change a count that nobody reads; the sums
    behind the last block are never reached.
    """
    f = Function("lay_effects", [(POINTER, "context")])
    effects, recorded = slot(f, "effects"), slot(f, "recorded")
    spare = str(8 * WIDTH * len(parts.network.program.states))
    places = PLACES * len(parts.blocks)
    with f.count(places + 1) as place:
        entry = f.address(effects, f.emit(f"mul i64 {place}, {WIDTH}"))
        for number in range(INLINE):
            f.store(spare, entry, number, INTEGER)
            f.store(real(0.0), entry, INLINE + number)
        f.store(f.load(recorded, place, INTEGER), entry, 2 * INLINE, INTEGER)
    with f.count(WIDTH * PLACES) as index:
        f.store(INFINITY, slot(f, "lane_running"), f.integer_add(index, WIDTH * places))
    for member in parts.members:
        entry = f.address(effects, WIDTH * member.slot)
        for number, (state, change) in enumerate(member.channel.changes[:INLINE]):
            f.store(str(8 * WIDTH * state), entry, number, INTEGER)
            f.store(amount_of(f, parts, change), entry, INLINE + number)
        if len(member.channel.changes) > INLINE:
            mark = f.load(entry, 2 * INLINE, INTEGER)
            f.store(f.emit(f"or i64 {mark}, {MORE}"), entry, 2 * INLINE, INTEGER)
    f.give()
    return f.text()


def board(parts: Parts) -> str:
    """`board(context, lane)`: the next trial goes on where its last segment ended."""
    f, states = Function("board", LANE), len(parts.network.program.states)
    counts = slot(f, "lane_counts")
    trial = slot(f, "next_trial", INTEGER)
    none = f.compare("sge", trial, slot(f, "trial_count", INTEGER), INTEGER)
    with f.when(none, ends=True):
        f.store("0", slot(f, "lane_active"), "%lane", INTEGER)
        keep(f, "lanes_left", f.integer_add(slot(f, "lanes_left", INTEGER), -1), INTEGER)
        with f.count(states + 1) as state:
            f.store(real(0.0), counts, _column(f, state))
        f.give()
    keep(f, "next_trial", f.integer_add(trial, 1), INTEGER)
    own = f.address(slot(f, "all_counts"), f.emit(f"mul i64 {trial}, {states}"))
    with f.count(states) as state:
        f.store(f.load(own, state), counts, _column(f, state))
    draw = f.load(slot(f, "used"), trial, INTEGER)
    key = f.integer_add(slot(f, "first_trial", INTEGER), trial)
    for name, value in (("trial", trial), ("draw", draw), ("key", key), ("active", "-1"),
                        ("fired", "0"), ("cell", slot(f, "first_cell", INTEGER)),
                        ("sample", slot(f, "first_sample", INTEGER))):  # fmt: skip
        f.store(value, slot(f, f"lane_{name}"), "%lane", INTEGER)
    f.store(slot(f, "start", DOUBLE), slot(f, "lane_t"), "%lane")
    tables = parts.network.tables
    first, row = slot(f, "table_first"), f.emit(f"mul i64 %lane, {max(tables, 1)}")
    cursor = f.address(slot(f, "lane_cursor"), row, INTEGER)
    with f.count(tables) as index:
        f.store(f.load(first, index, INTEGER), cursor, index, INTEGER)
    f.call("enter", (POINTER, "%context"), (INTEGER, "%lane"))
    f.call("look_ahead", (POINTER, "%context"), (INTEGER, "%lane"))
    f.give()
    return f.text()


def _column(f: Function, state: str) -> str:
    return f.integer_add(f.emit(f"mul i64 {state}, {WIDTH}"), "%lane")


def look_ahead() -> str:
    """`look_ahead(context, lane)`: the next time at which there is more to do than events."""
    f = Function("look_ahead", LANE)
    index = f.load(slot(f, "lane_sample"), "%lane", INTEGER)
    sample = f.load(slot(f, "samples"), index)
    limit = f.smaller(sample, f.load(slot(f, "lane_boundary"), "%lane"))
    f.store(limit, slot(f, "lane_limit"), "%lane")
    f.give()
    return f.text()


def enter(parts: Parts) -> str:
    """`enter(context, lane)`: the bounds of all driven factors in the lane's cell."""
    f = Function("enter", LANE)
    keep(f, "cell", f.load(slot(f, "lane_cell"), "%lane", INTEGER), INTEGER)
    driven = [(b, pair) for b, pair in enumerate(parts.bounds) if pair is not None]
    values = parts.values(f, [node for _, pair in driven for node in pair])
    negative = "false"
    for place, (b, _) in enumerate(driven):
        low, high = values[2 * place], values[2 * place + 1]
        own = f.emit(f"add i64 {WIDTH * b}, %lane")
        f.store(at_least_zero(f, high), slot(f, "lane_factors"), own)
        same = f.compare("oeq", low, high)
        f.store(f.select(same, INFINITY, low), slot(f, "lane_floors"), own)
        below = f.compare("olt", high, real(0.0))
        negative = f.emit(f"or i1 {negative}, {below}")
    next_boundary(f)
    f.store(slot(f, "boundary", DOUBLE), slot(f, "lane_boundary"), "%lane")
    with f.when(negative):
        expose(f, parts, "%lane", f.load(slot(f, "lane_t"), "%lane"))
        for place, (b, _) in enumerate(driven):
            whole = f.real_op("fmul", values[2 * place + 1], f.load(slot(f, "sums"), b))
            refuse_below_zero(f, whole, PLACES * b)
    f.give()
    return f.text()


def expose(f: Function, parts: Parts, lane: str, t: str) -> None:
    """What an error is told from: the trial, its time, its counts and their propensities."""
    states = len(parts.network.program.states)
    trial = f.load(slot(f, "lane_trial"), lane, INTEGER)
    row = f.address(slot(f, "all_counts"), f.emit(f"mul i64 {trial}, {states}"))
    with f.count(states) as state:
        where = f.integer_add(f.emit(f"mul i64 {state}, {WIDTH}"), lane)
        f.store(f.load(slot(f, "lane_counts"), where), row, state)
    f.store(row, "%context", SLOTS["counts"], POINTER)
    f.call("load", (POINTER, "%context"))
    keep(f, "trial", trial, INTEGER)
    keep(f, "t", t)


def land(parts: Parts) -> str:
    """`land(context, lane)`: keep what the lane's trial has come to."""
    f, states = Function("land", LANE), len(parts.network.program.states)
    trial = f.load(slot(f, "lane_trial"), "%lane", INTEGER)
    own = f.address(slot(f, "all_counts"), f.emit(f"mul i64 {trial}, {states}"))
    with f.count(states) as state:
        f.store(f.load(slot(f, "lane_counts"), _column(f, state)), own, state)
    f.store(f.load(slot(f, "lane_draw"), "%lane", INTEGER), slot(f, "used"), trial, INTEGER)
    _count(f, "%lane", trial)
    f.give()
    return f.text()


def _count(f: Function, lane: str, trial: str) -> None:
    """The lane's events to the trial's."""
    mine, fired = slot(f, "lane_fired"), slot(f, "fired")
    done = f.integer_add(f.load(fired, trial, INTEGER), f.load(mine, lane, INTEGER))
    f.store(done, fired, trial, INTEGER)
    f.store("0", mine, lane, INTEGER)


def tell(parts: Parts) -> str:
    """`tell(context)`: how far all lanes are, before compiled code is left."""
    f = Function("tell", [(POINTER, "context")])
    with f.count(WIDTH) as lane:
        active = f.load(slot(f, "lane_active"), lane, INTEGER)
        with f.when(f.compare("ne", active, "0", INTEGER)):
            _count(f, lane, f.load(slot(f, "lane_trial"), lane, INTEGER))
            expose(f, parts, lane, f.load(slot(f, "lane_t"), lane))
    f.give()
    return f.text()
