"""The statement `target` and its block: what is measured, expected, and done to the model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from quantal.expression import Apply, Expression, Name, Number, to_text, walk
from quantal.model.reading.context import Context
from quantal.model.reading.expressions import (
    WINDOW,
    expect,
    expression,
    literal,
    unit_of,
    whole,
)
from quantal.model.reading.names import name
from quantal.model.reading.parser import Node, Token, Tree
from quantal.model.target import MEASURED, Target
from quantal.protocols.protocol import (
    Action,
    Drive,
    Hold,
    Protocol,
    Pulse,
    Set,
    Step,
    Sweep,
    Train,
)
from quantal.units import NUMBER, TIME, Unit

ZERO_TIME = Number(0.0)


@dataclass
class _Block:
    """What the lines under a target have said so far."""

    actions: list[Action] = field(default_factory=list)
    until: float | None = None
    rest: float = 0.0
    sweep: Sweep | None = None
    figure: str = ""
    notes: list[str] = field(default_factory=list)


def target(tree: Tree, context: Context) -> Target:
    """`target peak(open) = 0.595 +- 0.5 %` with its protocol."""
    measured_node, *value_nodes, tolerance_node, percent, lines = tree.parts
    measured = expression(measured_node, context, measured=True)
    unit = unit_of(value_nodes[-1])
    values = tuple(_in_unit(node, unit, context) for node in value_nodes)
    tolerance = _tolerance(tolerance_node, percent is not None, unit, context)
    block = _Block()
    for line in lines.parts if isinstance(lines, Tree) else ():
        assert isinstance(line, Tree)
        LINES[line.rule](line, block, context)
    swept = len(block.sweep.values) if block.sweep else 1
    if _is_slope(measured):
        swept -= 1
    if len(values) > 1 and len(values) != swept:
        message = f"the target has {len(values)} values and its sweep gives {swept}"
        context.report(tree, f"{message}; expected as many")
    return Target(
        measured,
        values,
        unit,
        tolerance,
        percent is not None,
        Protocol(tuple(block.actions), block.until, block.rest, block.sweep),
        context.where(tree),
        block.figure,
        "\n".join(block.notes),
        measured_text(measured),
    )


def measured_text(measured: Expression) -> str:
    """A measured quantity as the language writes it, with `since = …` for its window."""
    return to_text(_calls_as_names(measured))


def _calls_as_names(node: Expression) -> Expression:
    if not isinstance(node, Apply):
        return node
    arguments = tuple(_calls_as_names(argument) for argument in node.arguments)
    if node.function in WINDOW:
        return Name(f"{node.function} = {to_text(arguments[0])}")
    if node.function in MEASURED:
        return Name(f"{node.function}({', '.join(to_text(argument) for argument in arguments)})")
    return Apply(node.function, arguments)


def _is_slope(measured: Expression) -> bool:
    """Whether there is one value less than the sweep has: one between each two neighbours."""
    return any(isinstance(node, Apply) and node.function == "slope" for node in walk(measured))


def _in_unit(node: Node, unit: Unit, context: Context) -> Number:
    """A target's value; one without a unit is in the unit of the last."""
    value = literal(node, context)
    if value.dimension == NUMBER and "[" not in value.text and unit.text != "1":
        written = f"{value.text} [{unit.text}]"
        value = Number(unit.to_internal(float(value.text)), unit.dimension, written)
    return expect(value, unit.dimension, node, context, "the value")


def _tolerance(node: Node, relative: bool, unit: Unit, context: Context) -> Number:
    assert isinstance(node, Tree)
    if relative:
        share = literal(node, context)
        tolerance = Number(share.value / 100.0, NUMBER, f"{share.text} %")
    elif unit.offset:
        # A difference of temperatures has no zero point.
        written = literal(node, context)
        tolerance = Number(float(written.text.split()[0]), unit.dimension, written.text)
    else:
        tolerance = _in_unit(node, unit, context)
    if not tolerance.value > 0.0:
        context.report(node, f"the tolerance `{tolerance.text}` is not more than 0")
    return tolerance


def _sweep(line: Tree, block: _Block, context: Context) -> None:
    token, *nodes = line.parts
    if block.sweep is not None:
        context.report(line, "a target has one `sweep`; this is the second")
    unit = unit_of(nodes[-1])
    values = tuple(_in_unit(node, unit, context) for node in nodes)
    block.sweep = Sweep(_name(token, context), values)


def _hold(line: Tree, block: _Block, context: Context) -> None:
    token, value = line.parts
    block.actions.append(Hold(_name(token, context), literal(value, context)))


def _set(line: Tree, block: _Block, context: Context) -> None:
    token, value = line.parts
    block.actions.append(Set(_name(token, context), literal(value, context)))


def _step(line: Tree, block: _Block, context: Context) -> None:
    token, value, at = line.parts
    block.actions.append(Step(_name(token, context), literal(value, context), _at(at, context)))


def _drive(line: Tree, block: _Block, context: Context) -> None:
    token, value = line.parts
    block.actions.append(Drive(_name(token, context), expression(value, context)))


def _train(line: Tree, block: _Block, context: Context) -> None:
    token, every, at = line.parts
    interval, count = _every(every, context)
    block.actions.append(Train(_name(token, context), interval, count, _at(at, context)))


def _pulse(line: Tree, block: _Block, context: Context) -> None:
    token, value, span, *repeat = line.parts
    assert isinstance(span, Tree)
    rectangular = span.rule == "duration"
    length = _time(span.parts[0], context, "the duration" if rectangular else "the decay")
    first = repeat[0] if repeat else None
    parts = first.parts if isinstance(first, Tree) and first.rule == "both" else repeat
    every = next((part for part in parts if _is(part, "every")), None)
    at = next((part for part in parts if _is(part, "time")), None)
    interval, count = _every(every, context) if every is not None else (None, 1)
    block.actions.append(
        Pulse(
            _name(token, context),
            literal(value, context),
            length if rectangular else None,
            None if rectangular else length,
            _at(at, context),
            interval,
            count,
        )
    )


def _rest(line: Tree, block: _Block, context: Context) -> None:
    block.rest = _time(line.parts[0], context, "the rest").value


def _until(line: Tree, block: _Block, context: Context) -> None:
    if block.until is not None:
        context.report(line, "a target has one `until`; this is the second")
    block.until = _time(line.parts[0], context, "the end").value


def _words(line: Tree, block: _Block, context: Context) -> None:
    word, _, text = str(line.parts[0]).partition(" ")
    if word == "figure":
        block.figure = text.strip()
    else:
        block.notes.append(text.strip())


LINES: dict[str, Callable[[Tree, _Block, Context], None]] = {
    "sweep": _sweep,
    "hold": _hold,
    "pulse": _pulse,
    "step": _step,
    "drive": _drive,
    "train": _train,
    "set": _set,
    "rest": _rest,
    "until": _until,
    "figure": _words,
}


def _time(node: Node, context: Context, what: str) -> Number:
    """A time that is not negative."""
    value = expect(literal(node, context), TIME, node, context, what)
    assert isinstance(node, Tree)
    if value.value < 0.0:
        context.report(node, f"{what} `{value.text}` is negative")
    return value


def _at(node: Node, context: Context) -> Number:
    return _time(node.parts[0], context, "the time") if isinstance(node, Tree) else ZERO_TIME


def _every(node: Node, context: Context) -> tuple[Number, int]:
    assert isinstance(node, Tree)
    interval = _time(node.parts[0], context, "the interval")
    return interval, whole(node.parts[1], context, "the count")


def _is(node: Node, rule: str) -> bool:
    return isinstance(node, Tree) and node.rule == rule


def _name(node: Node, context: Context) -> str:
    assert isinstance(node, Token)
    return name(node, context)
