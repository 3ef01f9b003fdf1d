"""The loop over groups of vectors and steps, with the events of single instances in between.

A group of a few vectors is carried through all steps of a call before the next one begins, in
memory of its own beside all else that a step reads: so nothing of it is ever pushed out of the
nearest cache by where arrays happen to lie. An instance to which something happens inside a step
is advanced by itself, piece by piece with steps of its own lengths; its lane's result from
the common step is then replaced. So what an instance does never depends on its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence

from quantal.kernels.generate.ir import INTEGER, POINTER, Function
from quantal.kernels.population.lanes import Lanes
from quantal.kernels.population.layout import Layout
from quantal.kernels.population.slots import SLOTS
from quantal.kernels.population.writer import Writer

GROUP = 8
"""Vectors that are carried through all steps together."""


def advance(layout: Layout, lanes: Lanes) -> Function:
    """`advance(context)`: all groups through all steps."""
    w = Writer(layout, lanes, "advance", ())
    f = w.f
    act = f.variable(INTEGER, "0")
    with f.count(w.count("groups")) as group:
        first = f.emit(f"mul i64 {group}, {GROUP}")
        there = lanes.place(f, w.slot("state"), f.emit(f"mul i64 {first}, {layout.states}"))
        state = w.slot("group")
        _copy(w, there, state)
        f.store(f.emit(f"mul i64 {first}, {lanes.width}"), "%context", SLOTS["first"], INTEGER)
        own = lanes.place(f, w.slot("own"), f.emit(f"mul i64 {first}, {layout.own}"))
        last = f.emit(f"mul i64 {f.integer_add(group, 1)}, {GROUP * lanes.width}")
        seen = f.variable(INTEGER, "0")
        with f.count(w.count("steps")) as step:
            _stream(w, own, step, first)
            _look_between(w, seen, step, group)
            begin = f.get(act, INTEGER)
            _act_on_some(w, act, step, last)
            end = f.get(act, INTEGER)
            w.call("step", state, own, w.slot("shared"), w.row("rows", step), str(GROUP))
            _put_back(w, begin, end)
            row = w.item("out_row", step)
            with f.when(f.compare("sge", row, "0", INTEGER)):
                start = f.emit(f"mul i64 {group}, {GROUP * lanes.width}")
                f.call("write_row", (POINTER, "%context"), (INTEGER, row), (INTEGER, start))
        _copy(w, state, there)
    f.give()
    return f


def _copy(w: Writer, source: str, target: str) -> None:
    """The states of one group."""
    with w.f.count(GROUP * w.layout.states) as index:
        w.v.store(w.f, w.v.load(w.f, source, index), target, index)


def _stream(w: Writer, own: str, step: str, first: str) -> None:
    """Own drives that change from step to step: their values in this one."""
    f, v = w.f, w.v
    with f.count(w.count("streams")) as number:
        row = f.integer_add(f.emit(f"mul i64 {step}, {w.count('streams')}"), number)
        start = w.element(w.slot("stream"), f.emit(f"mul i64 {row}, {w.count('lanes')}"))
        place = w.item("stream_place", number)
        with f.count(GROUP) as inside:
            value = v.load(f, start, f.integer_add(first, inside))
            entry = f.integer_add(f.emit(f"mul i64 {inside}, {w.layout.own}"), place)
            v.store(f, value, own, entry)


def _look_between(w: Writer, seen: str, step: str, group: str) -> None:
    """All sample times inside this step."""
    f = w.f
    with f.repeat() as loop:
        here = f.get(seen, INTEGER)
        loop.leave_if(f.compare("sge", here, w.count("looks"), INTEGER))
        loop.leave_if(f.compare("ne", w.item("look_step", here), step, INTEGER))
        f.call("look", (POINTER, "%context"), (INTEGER, here), (INTEGER, group))
        f.put(seen, f.integer_add(here, 1), INTEGER)


def _act_on_some(w: Writer, act: str, step: str, last: str) -> None:
    """All that happens to single instances of this group in this step."""
    f = w.f
    with f.repeat() as loop:
        here = f.get(act, INTEGER)
        loop.leave_if(f.compare("sge", here, w.count("acts"), INTEGER))
        loop.leave_if(f.compare("ne", w.item("act_step", here), step, INTEGER))
        loop.leave_if(f.compare("sge", w.item("act_lane", here), last, INTEGER))
        f.call("act", (POINTER, "%context"), (INTEGER, here))
        f.put(act, f.integer_add(here, 1), INTEGER)


def _put_back(w: Writer, begin: str, end: str) -> None:
    """The instances that were advanced by themselves take their own results."""
    f, states = w.f, w.layout.states
    here = f.variable(INTEGER, begin)
    with f.repeat() as loop:
        number = f.get(here, INTEGER)
        loop.leave_if(f.compare("sge", number, end, INTEGER))
        f.put(here, f.integer_add(number, 1), INTEGER)
        with f.when(f.compare("ne", w.item("act_last", number), "0", INTEGER)):
            inside = w.inside(w.item("act_lane", number))
            first = f.emit(f"mul i64 {number}, {states}")
            with f.count(states) as index:
                value = w.load(w.element(w.slot("done"), f.integer_add(first, index)))
                w.store(value, w.lane("group", states, inside, index))


def act(layout: Layout, lanes: Lanes, handlers: Sequence[int]) -> Function:
    """`act(context, number)`: one instance up to its next event, or a look at a sample time."""
    w = Writer(layout, lanes, "act", ["number"])
    f, states = w.f, layout.states
    instance = w.item("act_lane", "%number")
    work, own, shared = w.slot("work"), w.slot("own_work"), w.slot("shared_work")
    with f.when(f.compare("ne", w.item("act_first", "%number"), "0", INTEGER)):
        with f.count(states) as index:
            value = lanes.spread(f, w.load(w.lane("group", states, w.inside(instance), index)))
            lanes.store(f, value, work, index)
        with f.count(layout.own) as index:
            value = lanes.spread(f, w.load(w.lane("own", layout.own, instance, index)))
            lanes.store(f, value, own, index)
    length = w.load(w.element(w.slot("act_length"), "%number"))
    moves = f.emit(f"fcmp une {lanes.element} {length}, {lanes.number(0.0)}")
    row = w.row("act_rows", "%number")
    out = w.item("act_out", "%number")
    looks = f.compare("sge", out, "0", INTEGER)
    target = f.select(looks, w.slot("trial"), work, POINTER)
    with f.when(looks), f.count(states) as index:
        lanes.store(f, lanes.load(f, work, index), target, index)
    with f.when(moves):
        lanes.store_shared(f, lanes.spread(f, length), shared, 0)
        w.call("prepare_shared", work, own, shared, row, "1")
        w.call("prepare_own", work, own, shared, row, "1")
        w.call("step", target, own, shared, row, "1")
    with f.when(looks), f.count(w.count("kept_count")) as index:
        value = w.load(w.element(target, f.emit(
            f"mul i64 {w.item('kept', index)}, {lanes.width}")))  # fmt: skip
        w.store(value, _output(w, out, index, instance))
    _handle(w, handlers, work, own, shared)
    with f.when(f.compare("ne", w.item("act_last", "%number"), "0", INTEGER)):
        first = f.emit(f"mul i64 %number, {states}")
        with f.count(states) as index:
            value = w.load(w.element(work, f.emit(f"mul i64 {index}, {lanes.width}")))
            w.store(value, w.element(w.slot("done"), f.integer_add(first, index)))
    f.give()
    return f


def _handle(w: Writer, handlers: Sequence[int], work: str, own: str, shared: str) -> None:
    f = w.f
    which = w.item("act_handler", "%number")
    row = w.row("act_event_rows", "%number")
    for position, handler in enumerate(handlers):
        with f.when(f.compare("eq", which, str(position), INTEGER)):
            w.call(f"handler_{handler}", work, own, shared, row, "1")


def _output(w: Writer, row: str, index: str, instance: str) -> str:
    """The address of one kept state of one instance in the output, (row, kept, instance)."""
    f = w.f
    first = f.emit(f"mul i64 {row}, {w.count('kept_count')}")
    place = f.emit(f"mul i64 {f.integer_add(first, index)}, {w.count('lanes')}")
    return w.element(w.slot("out"), f.integer_add(place, instance))


def write_row(layout: Layout, lanes: Lanes) -> Function:
    """`write_row(context, row, start)`: the kept states of one group, from instance `start`."""
    w = Writer(layout, lanes, "write_row", ["row", "start"])
    f = w.f
    state = w.slot("group")
    with f.count(w.count("kept_count")) as index:
        kept = w.item("kept", index)
        with f.count(GROUP) as vector:
            place = f.emit(f"mul i64 {vector}, {layout.states}")
            value = lanes.load(f, state, f.integer_add(place, kept))
            inside = f.emit(f"mul i64 {vector}, {lanes.width}")
            where = _output(w, "%row", index, f.integer_add("%start", inside))
            lanes.store(f, value, where, 0)
    f.give()
    return f


def look(layout: Layout, lanes: Lanes) -> Function:
    """`look(context, number, group)`: a group a trial step ahead, to a time between the steps.

    The result goes into a row of the output; the states stay as they are.
    """
    w = Writer(layout, lanes, "look", ["number", "group"])
    f, states = w.f, layout.states
    trial, own, shared = w.slot("trial"), w.slot("own_work"), w.slot("shared_work")
    length = w.load(w.element(w.slot("look_length"), "%number"))
    lanes.store_shared(f, lanes.spread(f, length), shared, 0)
    row = w.row("look_rows", "%number")
    w.call("prepare_shared", trial, own, shared, row, "1")
    with f.count(GROUP) as inside:
        vector = f.integer_add(f.emit(f"mul i64 %group, {GROUP}"), inside)
        state = lanes.place(f, w.slot("group"), f.emit(f"mul i64 {inside}, {states}"))
        with f.count(states) as index:
            lanes.store(f, lanes.load(f, state, index), trial, index)
        given = lanes.place(f, w.slot("own"), f.emit(f"mul i64 {vector}, {layout.own}"))
        with f.count(layout.own) as index:
            lanes.store(f, lanes.load(f, given, index), own, index)
        w.call("prepare_own", trial, own, shared, row, "1")
        w.call("step", trial, own, shared, row, "1")
        first = f.emit(f"mul i64 {vector}, {lanes.width}")
        with f.count(w.count("kept_count")) as index:
            value = lanes.load(f, trial, w.item("kept", index))
            lanes.store(f, value, _output(w, w.item("look_row", "%number"), index, first), 0)
    f.give()
    return f
