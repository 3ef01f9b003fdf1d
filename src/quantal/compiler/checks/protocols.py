"""Check what a target's protocol does: to things that exist, with values of their units."""

from __future__ import annotations

from collections.abc import Iterable

from quantal.compiler.symbols import Symbols
from quantal.errors import Where, a_or_an, did_you_mean
from quantal.expression import Expression, Name, Number, to_text
from quantal.protocols.protocol import (
    Action,
    Drive,
    Hold,
    Protocol,
    Pulse,
    Set,
    Step,
    Sweep,
    Times,
    Train,
)

INPUTS = ("input", "exchange", "membrane", "species")
_DOES = {Hold: "holds", Pulse: "pulses", Step: "steps", Drive: "drives", Set: "sets"}
_AN_INPUT = "an input"
_A_PARAMETER = "a parameter"


class ProtocolChecks:
    """Reports every line of a protocol that cannot be carried out."""

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self.infer = symbols.infer
        self.events = [event.name for event in symbols.model.events]

    def run(self, protocol: Protocol, where: Where) -> None:
        for action in protocol.actions:
            self._action(action, where)
        if protocol.sweep is not None:
            self._sweep(protocol.sweep, where)

    def resolve(self, written: str, kinds: Iterable[str]) -> str | None:
        """The quantity meant: itself, what a role stands for, or the only `….written`."""
        known = self._known(kinds)
        role = self.symbols.roles.get(written)
        held = role.expression.name if role and isinstance(role.expression, Name) else written
        for name in (written, held):
            if name in known:
                return name
        endings = [name for name in known if name.endswith(f".{written}")]
        return endings[0] if len(endings) == 1 else None

    def _known(self, kinds: Iterable[str]) -> list[str]:
        wanted = tuple(kinds)
        known = [name for name, symbol in self.symbols.table.items() if symbol.kind in wanted]
        return [*known, "temperature"] if "parameter" in wanted else known

    def _action(self, action: Action, where: Where) -> None:
        if isinstance(action, Train):
            self._event(action.event, "trains", where)
        elif isinstance(action, Times):
            self._event(action.event, "fires", where)
        elif isinstance(action, Hold | Pulse):
            self._value(action.name, action.value, _DOES[type(action)], INPUTS, where)
        elif isinstance(action, Step):
            self._value(action.name, action.value, "steps", (*INPUTS, "parameter"), where)
        elif isinstance(action, Set):
            self._value(action.name, action.value, "sets", ("parameter",), where)
        elif isinstance(action, Drive):
            self._value(action.name, action.expression, "drives", INPUTS, where)

    def _sweep(self, sweep: Sweep, where: Where) -> None:
        for value in sweep.values:
            self._value(sweep.name, value, "sweeps", (*INPUTS, "parameter"), where)

    def _event(self, written: str, does: str, where: Where) -> None:
        endings = [name for name in self.events if name.endswith(f".{written}")]
        if written not in self.events and len(endings) != 1:
            near = did_you_mean(written, self.events)
            self.infer.report(
                where, f"the protocol {does} an event that does not exist, `{written}`{near}"
            )

    def _value(
        self, written: str, value: Expression, does: str, kinds: tuple[str, ...], where: Where
    ) -> None:
        what = _A_PARAMETER if kinds == ("parameter",) else _AN_INPUT
        name = self.resolve(written, kinds)
        if name is None:
            self._missing(written, does, what, kinds, where)
            return
        expected = self.symbols.dimension_of(name, where)
        found = self.infer.of(value, where)
        if expected is not None and found is not None and found != expected:
            unit = self.symbols.display_unit(name)
            self.infer.report(
                where,
                f"the protocol {does} `{written}` with `{to_text(value)}`; expected a value in "
                f"{unit}{self._fix(value, f'{unit}')}",
            )

    def _missing(
        self, written: str, does: str, what: str, kinds: tuple[str, ...], where: Where
    ) -> None:
        kind = self.symbols.kind(written)
        if kind is None:
            near = did_you_mean(written, self._known(kinds))
            self.infer.report(
                where, f"the protocol {does} {what} that does not exist, `{written}`{near}"
            )
        else:
            self.infer.report(
                where, f"the protocol {does} `{written}`, which is {a_or_an(kind)}; expected {what}"
            )

    def _fix(self, value: Expression, unit: str) -> str:
        bare = isinstance(value, Number) and "[" not in value.text
        return f"; write `{to_text(value)} {unit}`?" if bare else ""
