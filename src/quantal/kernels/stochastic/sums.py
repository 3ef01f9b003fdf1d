"""Propensities, their sums and bounds: afresh from the counts, and after each event."""

from __future__ import annotations

from quantal.kernels.generate.ir import DOUBLE, INFINITY, INTEGER, POINTER, Function, real
from quantal.kernels.stochastic.network import DRIVEN, MIXED, WIDTH
from quantal.kernels.stochastic.parts import Member, Parts
from quantal.kernels.stochastic.slots import keep, slot
from quantal.kernels.stochastic.tables import next_boundary
from quantal.kernels.symbolic.equations import STATE

SLIGHT = 1e-3
"""Events that a slightly negative rate may undo in a whole run before it counts as an error."""
UNROLLED = 24
"""Blocks up to which their search is straight-line code."""


def enter_cell(parts: Parts) -> str:
    """`enter_cell(context)`: the bounds of all driven factors in the present cell."""
    f = Function("enter_cell", [(POINTER, "context")])
    factors, floors = slot(f, "factors"), slot(f, "floors")
    driven = [(b, pair) for b, pair in enumerate(parts.bounds) if pair is not None]
    values = parts.values(f, [node for _, pair in driven for node in pair])
    for place, (b, _) in enumerate(driven):
        low, high = values[2 * place], values[2 * place + 1]
        whole = f.real_op("fmul", high, f.load(slot(f, "sums"), b))
        refuse_below_zero(f, whole, WIDTH * b)
        f.store(at_least_zero(f, high), factors, b)
        # A factor that does not change has its bound as its least value, which no point
        # inside a member reaches but by rounding.
        same = f.compare("oeq", low, high)
        f.store(f.select(same, INFINITY, low), floors, b)
    next_boundary(f)
    if any(block.kind == MIXED for block in parts.blocks):
        f.call("load", (POINTER, "%context"))
    else:
        keep(f, "total", weigh(f, parts))
    f.give()
    return f.text()


def load(parts: Parts) -> str:
    """`load(context)`: all members, sums and counts as factors, from the counts alone."""
    f = Function("load", [(POINTER, "context")])
    weights, sums, factors = slot(f, "weights"), slot(f, "sums"), slot(f, "factors")
    values = parts.values(f, [member.bound for member in parts.members])
    known = {}
    for member, value in zip(parts.members, values, strict=True):
        refuse_below_zero(f, value, member.slot)
        known[member.slot] = at_least_zero(f, value)
        f.store(known[member.slot], weights, member.slot)
    for b, block in enumerate(parts.blocks):
        f.store(run_up(f, parts, b, known, weights), sums, b)
        if block.kind != DRIVEN:
            f.store(parts.values(f, [block.factor])[0], factors, b)
            # Mixed members are judged one by one; a count is what it is.
            f.store(INFINITY, slot(f, "floors"), b)
    keep(f, "total", weigh(f, parts))
    f.give()
    return f.text()


def at_least_zero(f: Function, value: str) -> str:
    """NaN stays what it is, and stops the run."""
    return f.select(f.compare("olt", value, real(0.0)), real(0.0), value)


def refuse_below_zero(f: Function, rate: str, place: int | str) -> None:
    """A negative rate is an error, unless it would undo less than a thousandth of an event.

    A drive that is fitted to a curve may pass zero by a billionth of its height.
    """
    undone = f.real_op("fmul", rate, slot(f, "span", DOUBLE))
    with f.when(f.compare("olt", undone, real(-SLIGHT))):
        keep(f, "culprit", str(place), INTEGER)
        keep(f, "rate", rate)


def run_up(f: Function, parts: Parts, b: int, known: dict[int, str], weights: str) -> str:
    """A block's running sums, afresh from the first member that is `known`; gives their end.

    No difference is ever taken, so none can drift. Places without a member repeat the end.
    """
    running = slot(f, "running")
    places = range(WIDTH * b, WIDTH * b + len(parts.blocks[b].channels))
    first = min((place for place in places if place in known), default=places[0])
    total = f.load(running, first - 1) if first > places[0] else ""
    for place in range(first, places.stop):
        weight = known[place] if place in known else f.load(weights, place)
        # None of a pair is left: 0*(0 - 1) is -0, by which no waiting time can be divided.
        total = f.real_op("fadd", total or real(0.0), weight)
        f.store(total, running, place)
    for place in range(places.stop, WIDTH * (b + 1)):
        f.store(total, running, place)
    return total


def weigh(f: Function, parts: Parts) -> str:
    """Running totals of factor*sum over the blocks into `prefix`; gives the grand total."""
    sums, factors, prefix = slot(f, "sums"), slot(f, "factors"), slot(f, "prefix")
    count = len(parts.blocks)
    if count <= UNROLLED:
        total = real(0.0)
        for b in range(count):
            part = f.real_op("fmul", f.load(sums, b), f.load(factors, b))
            total = f.real_op("fadd", total, part)
            f.store(total, prefix, b)
        return total
    running = f.variable(DOUBLE, real(0.0))
    with f.count(count) as number:
        part = f.real_op("fmul", f.load(sums, number), f.load(factors, number))
        f.put(running, f.real_op("fadd", f.get(running), part))
        f.store(f.get(running), prefix, number)
    return f.get(running)


def accused(f: Function) -> str:
    """Whether a rate has been found negative."""
    return f.compare("sge", slot(f, "culprit", INTEGER), "0", INTEGER)


def amount_of(f: Function, parts: Parts, change: int) -> str:
    """What an event adds to a count: a number, or one that depends on parameters."""
    if parts.graph.is_number(change):
        return real(parts.graph.value[change])
    if change in parts.given:
        return f.load(slot(f, "constants"), parts.given[change])
    return f.load(slot(f, "constants"), parts.graph.leaf_of[change][1])


def fire(f: Function, parts: Parts, member: Member) -> None:
    """What one event changes: counts, the members that depend on them, sums and factors."""
    graph = parts.graph
    counts, weights = slot(f, "counts"), slot(f, "weights")
    known: dict[int, str] = {}
    for index, change in member.channel.changes:
        value = f.real_op("fadd", f.load(counts, index), amount_of(f, parts, change))
        f.store(value, counts, index)
        known[graph.leaf(STATE, index)] = value
    changed = [index for index, _ in member.channel.changes]
    affected = parts.affected(changed)
    fresh = parts.code(f, known).values([each.bound for each in affected])
    by_slot = {}
    for each, value in zip(affected, fresh, strict=True):
        if parts.can_turn_negative(each):
            refuse_below_zero(f, value, each.slot)
            value = at_least_zero(f, value)
        f.store(value, weights, each.slot)
        by_slot[each.slot] = value
    sums = slot(f, "sums")
    for b in sorted({each.block for each in affected}):
        f.store(run_up(f, parts, b, by_slot, weights), sums, b)
    factors = slot(f, "factors")
    for index in changed:
        for b in parts.factored_by(index):
            f.store(known[graph.leaf(STATE, index)], factors, b)
