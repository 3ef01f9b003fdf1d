"""Which reaction a uniform number chooses, and whether the event it would be is real."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from quantal.kernels.generate.ir import DOUBLE, INFINITY, INTEGER, Function, Loop, real
from quantal.kernels.stochastic import slots as codes
from quantal.kernels.stochastic.network import DRIVEN, MIXED, WIDTH
from quantal.kernels.stochastic.parts import Parts
from quantal.kernels.stochastic.slots import keep, slot
from quantal.kernels.stochastic.sums import UNROLLED, accused, refuse_below_zero
from quantal.kernels.stochastic.tables import look

LeaveIf = Callable[[str, int], None]


def search(f: Function, prefix: str, count: int, chosen: str) -> str:
    """How many running totals lie at or below the chosen point."""
    if count <= UNROLLED:
        found = "0"
        for b in range(count):
            below = f.compare("ole", f.load(prefix, b), chosen)
            found = f.emit(f"add i64 {found}, {f.emit(f'zext i1 {below} to i64')}")
        return found
    place = f.variable(INTEGER, "0")
    with f.repeat() as loop:
        here = f.get(place, INTEGER)
        loop.leave_if(f.compare("sge", here, str(count), INTEGER))
        loop.leave_if(f.compare("ogt", f.load(prefix, here), chosen))
        f.put(place, f.integer_add(here, 1), INTEGER)
    return f.get(place, INTEGER)


@dataclass(frozen=True)
class Choice:
    """A member's `place` and `block`; how far `inside` it the point lies, of its `weight`."""

    place: str
    block: str
    inside: str
    weight: str


def member_at(f: Function, loop: Loop, block: str, chosen: str) -> Choice:
    """The member of a block at the chosen point, by the block's running sums of weights."""
    prefix, running, factors = slot(f, "prefix"), slot(f, "running"), slot(f, "factors")
    first = f.compare("eq", block, "0", INTEGER)
    previous = f.select(first, "0", f.integer_add(block, -1), INTEGER)
    before = f.select(first, real(0.0), f.load(prefix, previous))
    point = f.real_op("fdiv", f.real_op("fsub", chosen, before), f.load(factors, block))
    base = f.emit(f"mul i64 {block}, {WIDTH}")
    row = f.address(running, base)
    totals = [f.load(row, place) for place in range(WIDTH)]
    found, passed, reached = "0", real(0.0), totals[-1]
    for total in totals:
        below = f.compare("ole", total, point)
        found = f.emit(f"add i64 {found}, {f.emit(f'zext i1 {below} to i64')}")
        passed = f.select(below, total, passed)
    for total in reversed(totals):
        reached = f.select(f.compare("ole", total, point), reached, total)
    # Only where rounding carries the point past the end: nothing happens.
    loop.again_if(f.compare("sge", found, str(WIDTH), INTEGER))
    place_ = f.emit(f"add i64 {base}, {found}")
    inside, weight = f.real_op("fsub", point, passed), f.real_op("fsub", reached, passed)
    return Choice(place_, block, inside, weight)


def thin_driven(
    f: Function, parts: Parts, loop: Loop, choice: Choice, then: str, leave_if: LeaveIf
) -> None:
    """Members of a driven block are accepted with (factor now)/(its bound).

    Below the least value that the factor has in this cell nothing need be computed.
    """
    if not any(parts.bounds):
        return
    bound = f.load(slot(f, "factors"), choice.block)
    level = f.real_op("fmul", choice.inside, bound)
    least = f.load(slot(f, "floors"), choice.block)
    unsure = f.compare("uge", level, f.real_op("fmul", choice.weight, least))
    with f.when(unsure):
        factor = true_factor(f, parts, choice.block, bound, then, leave_if)
        reject_if(f, loop, f.compare("uge", level, f.real_op("fmul", choice.weight, factor)))


def reject_if(f: Function, loop: Loop, condition: str) -> None:
    """Nothing happens where the condition holds; that is counted."""
    rejected = slot(f, "rejected", INTEGER)
    more = f.emit(f"zext i1 {condition} to i64")
    keep(f, "rejected", f.emit(f"add i64 {rejected}, {more}"), INTEGER)
    loop.again_if(condition)


def true_factor(
    f: Function, parts: Parts, block: str, ceiling: str, then: str, leave_if: LeaveIf
) -> str:
    """A driven factor at this very time; it must lie between zero and its bound."""
    factor = f.variable(DOUBLE, ceiling)
    for b in f.cases(block, len(parts.blocks)):
        if parts.blocks[b].kind == DRIVEN:
            node = parts.blocks[b].factor
            look(f, parts.network.drives_in(node), parts.network.tables, then)
            f.put(factor, parts.values(f, [node])[0])
    value = f.get(factor)
    first = f.emit(f"mul i64 {block}, {WIDTH}")
    whole = f.real_op("fmul", value, f.load(slot(f, "sums"), block))
    refuse_below_zero(f, whole, first)
    leave_if(accused(f), codes.NEGATIVE)
    leave_if(f.compare("ugt", value, _slack(f, ceiling)), codes.EXCEEDED)
    return value


def _slack(f: Function, bound: str) -> str:
    """Bounds and values are rounded separately."""
    return f.real_op("fmul", bound, real(1.0 + 1e-9))


def thin_mixed(
    f: Function, parts: Parts, loop: Loop, choice: Choice, then: str, leave_if: LeaveIf
) -> None:
    """Members whose drives and counts do not separate are accepted one by one."""
    mixed = [m for m in parts.members if parts.blocks[m.block].kind == MIXED]
    if not mixed:
        return
    value = f.variable(DOUBLE, INFINITY)
    for number in f.cases(choice.place, WIDTH * len(parts.blocks)):
        member = parts.by_slot.get(number)
        if member in mixed:
            node = member.channel.weight
            look(f, parts.network.drives_in(node), parts.network.tables, then)
            exact = parts.values(f, [node])[0]
            refuse_below_zero(f, exact, number)
            leave_if(accused(f), codes.NEGATIVE)
            bound = f.load(slot(f, "weights"), number)
            leave_if(f.compare("ugt", exact, _slack(f, bound)), codes.EXCEEDED)
            f.put(value, exact)
    reject_if(f, loop, f.compare("oge", choice.inside, f.get(value)))
