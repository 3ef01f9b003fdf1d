"""Check events: their triggers, what they change, and the delays between them."""

from __future__ import annotations

from quantal.compiler.checks.closure import ClosureChecks
from quantal.compiler.symbols import Symbols
from quantal.errors import Where, a_or_an, did_you_mean
from quantal.expression import to_text
from quantal.model.processes import Assign, Crosses, Emit, Fire, On
from quantal.units import NUMBER, TIME

CHANGEABLE = ("species", "state", "membrane", "exchange", "scheme state", "gate")


class EventChecks:
    """Checks every `on` block and every event connection of a flat model."""

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self.infer = symbols.infer
        self.say = symbols.infer.say
        self.events = [event.name for event in symbols.model.events]
        self.closure = ClosureChecks(symbols)

    def run(self) -> None:
        for on in self.symbols.model.handlers:
            self._handler(on)
        for link in self.symbols.model.connections:
            if link.is_event:
                self._event(link.source, link.where)
                self._event(link.target, link.where)
                if link.delay is not None:
                    self.infer.expect(link.delay, TIME, "the delay", link.where)

    def _handler(self, on: On) -> None:
        if isinstance(on.trigger, Crosses):
            self._crossing(on.trigger, on.where)
        else:
            self._event(on.trigger, on.where)
        if on.after is not None:
            self.infer.expect(on.after, TIME, "the delay", on.where)
        for action in on.actions:
            if isinstance(action, Assign):
                self._assign(action)
            elif isinstance(action, Fire):
                self._fire(action)
            elif isinstance(action, Emit):
                self._event(action.event, action.where)

    def _event(self, name: str, where: Where) -> None:
        if name not in self.events:
            self.infer.report(
                where, f"no event is called `{name}`{did_you_mean(name, self.events)}"
            )

    def _crossing(self, trigger: Crosses, where: Where) -> None:
        level = self.infer.of(trigger.expression, where)
        threshold = self.infer.of(trigger.threshold, where)
        if level is not None and threshold is not None and level != threshold:
            self.infer.report(
                where,
                f"`{to_text(trigger.expression)}` is "
                f"{self.say.shown(trigger.expression, level, where)} and cannot cross "
                f"`{to_text(trigger.threshold)}`"
                f"{self.say.hint(trigger.threshold, level, where)}",
            )

    def _assign(self, action: Assign) -> None:
        where, target = action.where, action.target
        held = self.symbols.dimension_of(target, where)
        found = self.infer.of(action.expression, where, draws=True)
        kind = self.symbols.kind(target)
        if kind is not None and kind not in CHANGEABLE:
            self.infer.report(
                where,
                f"an event cannot change `{target}`, which is {a_or_an(kind)}; "
                "expected a state, a species or a membrane",
            )
            return
        if held is None or found is None:
            return
        expected = NUMBER if action.operator == "*=" else held
        if found != expected:
            self.infer.report(
                where,
                f"`{target} {action.operator} {to_text(action.expression)}` puts "
                f"{self.say.named(found, where)} into {self.say.named(held, where)}; "
                f"expected {self.say.named(expected, where)}"
                f"{self.say.hint(action.expression, expected, where)}",
            )

    def _fire(self, fire: Fire) -> None:
        self.closure.fire(fire)
        for coefficient, name in (*fire.left, *fire.right):
            self.infer.expect(coefficient, NUMBER, f"the coefficient of `{name}`", fire.where)
        times = self.infer.of(fire.times, fire.where, draws=True)
        if times is not None and times != NUMBER:
            self.infer.report(
                fire.where,
                f"`times {to_text(fire.times)}` is {self.say.named(times, fire.where)}; "
                "expected a pure number",
            )
