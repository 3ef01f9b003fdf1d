"""What is rare in a lane: samples, the end of a cell or a trial, an event that may be rejected."""

from __future__ import annotations

from quantal.kernels.generate.ir import DOUBLE, INFINITY, INTEGER, POINTER, Function, real
from quantal.kernels.stochastic import slots as codes
from quantal.kernels.stochastic.choice import true_factor
from quantal.kernels.stochastic.lanes.board import LANE as _LANE
from quantal.kernels.stochastic.lanes.board import expose
from quantal.kernels.stochastic.lanes.choice import ENTRY, INLINE
from quantal.kernels.stochastic.lanes.weights import WIDTH
from quantal.kernels.stochastic.network import WIDTH as PLACES
from quantal.kernels.stochastic.parts import Parts
from quantal.kernels.stochastic.slots import SLOTS, WATCHED, keep, slot
from quantal.kernels.stochastic.sums import amount_of


def attend(parts: Parts) -> str:
    """`attend(context, crossing, unsure)`: bits of lanes; gives 0, or the status of an error."""
    arguments = [(POINTER, "context"), (INTEGER, "crossing"), (INTEGER, "unsure")]
    f = Function("attend", arguments, INTEGER, attributes="nounwind noinline")
    if any(parts.bounds):
        with _Marked(f, "%unsure") as lane:
            status = f.call("judge", (POINTER, "%context"), (INTEGER, lane), returns=INTEGER)
            with f.when(f.compare("ne", status, "0", INTEGER), ends=True):
                f.give(status)
    with _Marked(f, "%crossing") as lane:
        status = f.call("cross", (POINTER, "%context"), (INTEGER, lane), returns=INTEGER)
        with f.when(f.compare("ne", status, "0", INTEGER), ends=True):
            f.give(status)
    f.give("0")
    return f.text()


class _Marked:
    """A loop over the lanes whose bits are set, lowest first."""

    def __init__(self, f: Function, bits: str) -> None:
        self._f, self._bits = f, f.variable(INTEGER, bits)
        self._repeat = f.repeat()

    def __enter__(self) -> str:
        loop = self._repeat.__enter__()
        f = self._f
        left = f.get(self._bits, INTEGER)
        loop.leave_if(f.compare("eq", left, "0", INTEGER))
        less = f.emit(f"and i64 {left}, {f.integer_add(left, -1)}")
        f.put(self._bits, less, INTEGER)
        return f.emit(f"call i64 @llvm.cttz.i64(i64 {left}, i1 true)")

    def __exit__(self, *error: object) -> None:
        self._repeat.__exit__(None, None, None)


def place_of(f: Function, lane: str) -> str:
    """The number of the place whose event happens in a lane."""
    offset = f.load(slot(f, "lane_place"), lane, INTEGER)
    return f.emit(f"sdiv i64 {offset}, {ENTRY}")


def judge(parts: Parts) -> str:
    """`judge(context, lane)`: whether the lane's event is real; takes it back where not."""
    f = Function("judge", [(POINTER, "context"), (INTEGER, "lane")], INTEGER)
    place = place_of(f, "%lane")
    with f.when(f.compare("sge", place, str(PLACES * len(parts.blocks)), INTEGER), ends=True):
        f.give("0")
    block = f.emit(f"sdiv i64 {place}, {PLACES}")
    own = f.integer_add(f.emit(f"mul i64 {block}, {WIDTH}"), "%lane")
    level, weight = _inside(f, place, block)
    bound = f.load(slot(f, "lane_factors"), own)
    level = f.real_op("fmul", level, bound)
    least = f.load(slot(f, "lane_floors"), own)
    with f.when(f.compare("ult", level, f.real_op("fmul", weight, least)), ends=True):
        f.give("0")
    then = f.load(slot(f, "lane_then"), "%lane")
    end = f.integer_add(f.emit(f"mul i64 {block}, {PLACES}"), PLACES - 1)
    f.store(f.load(slot(f, "lane_running"), _entry(f, end)), slot(f, "sums"), block)
    tables = parts.network.tables
    cursor = f.address(slot(f, "lane_cursor"), f.emit(f"mul i64 %lane, {max(tables, 1)}"), INTEGER)
    f.store(cursor, "%context", SLOTS["cursor"], POINTER)

    def leave_if(condition: str, status: int) -> None:
        with f.when(condition, ends=True):
            expose(f, parts, "%lane", then)
            f.give(str(status))

    factor = true_factor(f, parts, block, bound, then, leave_if)
    rejected = f.compare("uge", level, f.real_op("fmul", weight, factor))
    with f.when(rejected):
        f.call("take_back", (POINTER, "%context"), (INTEGER, "%lane"))
        keep(f, "rejected", f.integer_add(slot(f, "rejected", INTEGER), 1), INTEGER)
    f.give("0")
    return f.text()


def _entry(f: Function, place: str) -> str:
    return f.integer_add(f.emit(f"mul i64 {place}, {WIDTH}"), "%lane")


def _inside(f: Function, place: str, block: str) -> tuple[str, str]:
    """How far the point lies inside its member, and the member's weight."""
    running = slot(f, "lane_running")
    reached = f.load(running, _entry(f, place))
    first = f.compare("eq", place, f.emit(f"mul i64 {block}, {PLACES}"), INTEGER)
    before = f.select(first, place, f.integer_add(place, -1), INTEGER)
    passed = f.select(first, real(0.0), f.load(running, _entry(f, before)))
    point = f.load(slot(f, "lane_point"), "%lane")
    return f.real_op("fsub", point, passed), f.real_op("fsub", reached, passed)


def take_back(parts: Parts) -> str:
    """`take_back(context, lane)`: nothing happens in this lane after all."""
    f = Function("take_back", _LANE, attributes="nounwind noinline")
    nothing = str(ENTRY * PLACES * len(parts.blocks))
    f.store(nothing, slot(f, "lane_place"), "%lane", INTEGER)
    fired = slot(f, "lane_fired")
    f.store(f.integer_add(f.load(fired, "%lane", INTEGER), -1), fired, "%lane", INTEGER)
    f.give()
    return f.text()


def cross(parts: Parts) -> str:
    """`cross(context, lane)`: samples up to the lane's event or the end of its cell."""
    f = Function("cross", [(POINTER, "context"), (INTEGER, "lane")], INTEGER)
    total = f.load(slot(f, "lane_total"), "%lane")
    then = f.load(slot(f, "lane_then"), "%lane")
    # A total that is not a number, or has no end.
    bad = f.compare("uge", total, INFINITY)
    with f.when(bad, ends=True):
        expose(f, parts, "%lane", f.load(slot(f, "lane_t"), "%lane"))
        f.give(str(codes.NOT_FINITE))
    boundary = f.load(slot(f, "lane_boundary"), "%lane")
    _samples(f, parts, f.smaller(then, boundary))
    with f.when(f.compare("uge", then, boundary)):
        f.store(boundary, slot(f, "lane_t"), "%lane")
        over = f.compare("oge", boundary, slot(f, "horizon", DOUBLE))
        with f.when(over, ends=True):
            f.call("land", (POINTER, "%context"), (INTEGER, "%lane"))
            f.call("board", (POINTER, "%context"), (INTEGER, "%lane"))
            f.give("0")
        cell = f.load(slot(f, "lane_cell"), "%lane", INTEGER)
        f.store(f.integer_add(cell, 1), slot(f, "lane_cell"), "%lane", INTEGER)
        f.call("enter", (POINTER, "%context"), (INTEGER, "%lane"))
    f.call("look_ahead", (POINTER, "%context"), (INTEGER, "%lane"))
    f.give("0")
    return f.text()


def _samples(f: Function, parts: Parts, reach: str) -> None:
    states = len(parts.network.program.states)
    counts, index_of = slot(f, "lane_counts"), slot(f, "lane_sample")
    trial = f.load(slot(f, "lane_trial"), "%lane", INTEGER)
    first = f.emit(f"mul i64 {trial}, {slot(f, 'sample_count', INTEGER)}")
    with f.repeat() as loop:
        index = f.load(index_of, "%lane", INTEGER)
        loop.leave_if(f.compare("uge", f.load(slot(f, "samples"), index), reach))
        row = f.address(slot(f, "rows"), f.emit(f"mul i64 {f.integer_add(first, index)}, {states}"))
        with f.count(states) as state:
            where = f.integer_add(f.emit(f"mul i64 {state}, {WIDTH}"), "%lane")
            f.store(f.load(counts, where), row, state)
        f.store(f.integer_add(index, 1), index_of, "%lane", INTEGER)


def note(parts: Parts) -> str:
    """`note(context)`: times of events that are watched, and changes that are not inline."""
    f = Function("note", [(POINTER, "context")], attributes="nounwind noinline")
    more = [m for m in parts.members if len(m.channel.changes) > INLINE]
    with f.count(WIDTH) as lane:
        place = place_of(f, lane)
        mark = f.load(
            slot(f, "effects"),
            f.integer_add(f.emit(f"mul i64 {place}, {WIDTH}"), 2 * INLINE),
            INTEGER,
        )
        with f.when(f.compare("ne", f.emit(f"and i64 {mark}, {WATCHED}"), "0", INTEGER)):
            index = slot(f, "fire_count", INTEGER)
            f.store(f.load(slot(f, "lane_then"), lane), slot(f, "fire_times"), index)
            f.store(place, slot(f, "fire_channels"), index, INTEGER)
            key = f.load(slot(f, "lane_key"), lane, INTEGER)
            f.store(key, slot(f, "fire_trials"), index, INTEGER)
            keep(f, "fire_count", f.integer_add(index, 1), INTEGER)
        own = f.address(slot(f, "lane_counts"), lane)
        for member in more:
            with f.when(f.compare("eq", place, str(member.slot), INTEGER)):
                for index_, change in member.channel.changes[INLINE:]:
                    amount = amount_of(f, parts, change)
                    value = f.real_op("fadd", f.load(own, WIDTH * index_), amount)
                    f.store(value, own, WIDTH * index_)
    room = f.integer_add(slot(f, "fire_capacity", INTEGER), -WIDTH)
    with f.when(f.compare("sgt", slot(f, "fire_count", INTEGER), room, INTEGER)):
        keep(f, "budget", "0", INTEGER)
    f.give()
    return f.text()
