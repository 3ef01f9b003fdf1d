"""What could happen in each lane, and what does: sums, search and changes of eight trials."""

from __future__ import annotations

from dataclasses import dataclass

from quantal.kernels.generate.ir import DOUBLE, INTEGER, POINTER, Function
from quantal.kernels.stochastic.lanes.weights import LANES, WIDTH, Weights
from quantal.kernels.stochastic.network import DRIVEN
from quantal.kernels.stochastic.network import WIDTH as PLACES
from quantal.kernels.stochastic.parts import Parts
from quantal.kernels.stochastic.slots import slot

TRUTHS, WHOLE = LANES.truth, LANES.whole
INFINITY = float("inf")
INLINE = 2
"""Changes of an event that the loop makes itself; what has more is left to `note`."""
ENTRY = 8 * WIDTH
"""Bytes of what is kept for each place: running sums of all lanes, or the effects of an event.

`lane_place` holds the offset of an entry, which serves both.
"""


@dataclass(frozen=True)
class Sums:
    """Vectors: the factor of each block, and running totals of factor*sum over blocks."""

    factors: list[str]
    prefix: list[str]

    @property
    def total(self) -> str:
        """The total rate of each lane."""
        return self.prefix[-1]


def add_up(f: Function, parts: Parts) -> Sums:
    """All propensities from the counts alone, in the order of `sums`.

    Running sums go to memory at once: the search looks at few of them, and registers are few.
    """
    v, weights, running = LANES, Weights(f, parts), slot(f, "lane_running")
    driven, factors, prefix = slot(f, "lane_factors"), [], [v.splat(0.0)]
    members = {b: [m for m in parts.members if m.block == b] for b in range(len(parts.blocks))}
    for b, block in enumerate(parts.blocks):
        total = v.splat(0.0)
        for member in members[b]:
            total = v.op(f, "fadd", total, weights.of(member.bound))
            v.store(f, total, running, member.slot)
        for place in range(PLACES * b + len(members[b]), PLACES * (b + 1)):
            v.store(f, total, running, place)
        factor = v.load(f, driven, b) if block.kind == DRIVEN else weights.of(block.factor)
        factors.append(factor)
        prefix.append(v.op(f, "fadd", prefix[-1], v.op(f, "fmul", total, factor)))
    return Sums(factors, prefix[1:])


@dataclass(frozen=True)
class Point:
    """Vectors: the offset of the chosen block; masks: whether there is one, and it varies."""

    base: str
    found: str
    varies: str


def choose(f: Function, parts: Parts, sums: Sums, chosen: str, points: str) -> Point:
    """The block at the chosen point of each lane; how far into it goes to `points`."""
    v = LANES
    below = [v.compare(f, "ole", total, chosen) for total in sums.prefix]
    before, factor, least = v.splat(0.0), sums.factors[0], ""
    if any(parts.bounds):
        floors = _floors(f, parts)
        least = floors[0]
    base = v.splat_whole(0)
    for b, less in enumerate(below[:-1]):
        before = v.select(f, less, sums.prefix[b], before)
        factor = v.select(f, less, sums.factors[b + 1], factor)
        if least:
            least = v.select(f, less, floors[b + 1], least)
        base = f.emit(f"sub {WHOLE} {base}, {widened(f, less)}")
    v.store(f, v.op(f, "fdiv", v.op(f, "fsub", chosen, before), factor), points, 0)
    shift = (ENTRY * PLACES).bit_length() - 1
    place = f.emit(f"shl {WHOLE} {base}, {v.splat_whole(shift)}")
    varies = widened(f, v.compare(f, "one", least, v.splat(INFINITY))) if least else ""
    return Point(place, widened(f, v.compare(f, "ugt", sums.total, chosen)), varies)


def _floors(f: Function, parts: Parts) -> list[str]:
    """The least value of each driven factor in the lane's cell; none where nothing varies."""
    stored = slot(f, "lane_floors")
    return [
        LANES.load(f, stored, b) if block.kind == DRIVEN else LANES.splat(INFINITY)
        for b, block in enumerate(parts.blocks)
    ]


def find(f: Function, parts: Parts, places: str, points: str) -> None:
    """From a block to its member at the point, by halving, lane by lane; both as offsets."""
    running = slot(f, "lane_running")
    for lane in range(WIDTH):
        where, point = f.load(places, lane, INTEGER), f.load(points, lane)
        last = _at(f, running, where, PLACES - 1, lane)
        for step in (4, 2, 1):
            below = f.compare("ole", _at(f, running, where, step - 1, lane), point)
            further = f.integer_add(where, ENTRY * step)
            where = f.select(below, further, where, INTEGER)
        f.store(where, places, lane, INTEGER)
        with f.when(f.compare("ole", last, point)):
            # Only where rounding carries the point past the end: nothing happens.
            f.call("take_back", (POINTER, "%context"), (INTEGER, str(lane)))


def _at(f: Function, base: str, offset: str, entry: int, number: int, kind: str = DOUBLE) -> str:
    """A number of an entry `entry` places behind an offset."""
    start = f.emit(f"getelementptr i8, ptr {base}, i64 {offset}")
    return f.load(start, 8 * entry + number, kind)


def change(f: Function, places: str) -> str:
    """The first changes of all lanes' events; gives a number that is not 0 if `note` has more."""
    effects, counts, noted = slot(f, "effects"), slot(f, "lane_counts"), "0"
    for lane in range(WIDTH):
        where = f.load(places, lane, INTEGER)
        own = f.address(counts, lane)
        for number in range(INLINE):
            state = _at(f, effects, where, 0, number, INTEGER)
            amount = _at(f, effects, where, 0, INLINE + number)
            count = f.emit(f"getelementptr i8, ptr {own}, i64 {state}")
            f.store(f.real_op("fadd", f.load(count), amount), count)
        noted = f.emit(f"or i64 {noted}, {_at(f, effects, where, 0, 2 * INLINE, INTEGER)}")
    return noted


def widened(f: Function, truths: str) -> str:
    """Minus one where true: all bits of a comparison are set."""
    return f.emit(f"sext {TRUTHS} {truths} to {WHOLE}")
