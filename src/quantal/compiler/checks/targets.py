"""Check targets: what is measured exists, and comes to the unit that is expected."""

from __future__ import annotations

from quantal.compiler.checks.protocols import INPUTS, ProtocolChecks
from quantal.compiler.dimensions import UNKNOWN
from quantal.compiler.symbols import Symbols
from quantal.errors import Where, did_you_mean
from quantal.expression import Apply, Expression, Name, Number, to_text
from quantal.model.target import MEASURED, Target
from quantal.protocols.protocol import Pulse
from quantal.units import NUMBER, TIME, Dimension

LEVELS = ("peak", "highest", "lowest", "initial", "final", "mean", "at")
DURATIONS = ("time_of_peak", "rise", "decay", "half_decay", "half_width", "onset")
OCCURRENCES = {"count": NUMBER, "time_of_first": TIME}
WINDOW = ("since", "until")


class TargetChecks:
    """Checks every target of a flat model, with its protocol."""

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self.infer = symbols.infer
        self.say = symbols.infer.say
        self.protocols = ProtocolChecks(symbols)

    def run(self) -> None:
        for target in self.symbols.model.targets:
            self._target(target)

    def _target(self, target: Target) -> None:
        self.protocols.run(target.protocol, target.where)
        found = self.infer.of(self._measured(target.measured, target), target.where)
        if found is None:
            return
        if found != target.unit.dimension:
            shown = target.text or to_text(target.measured)
            self.infer.report(
                target.where,
                f"`{shown}` comes to {self.say.named(found, target.where)}, but the target is "
                f"in {self.say.named(target.unit.dimension, target.where)}",
            )
        tolerance = target.tolerance
        if not target.relative and tolerance.dimension != target.unit.dimension:
            self.infer.report(
                target.where,
                f"the tolerance `{to_text(tolerance)}` is not in {target.unit}; "
                f"expected one in {target.unit}, or in %",
            )

    def _measured(self, node: Expression, target: Target) -> Expression:
        """The same expression with each measured quantity as a number of its dimension."""
        if not isinstance(node, Apply):
            return node
        if node.function in MEASURED:
            dimension = self._dimension(node, target)
            return _UNKNOWN if dimension is None else Number(1.0, dimension, node.function)
        return Apply(
            node.function, tuple(self._measured(argument, target) for argument in node.arguments)
        )

    def _dimension(self, node: Apply, target: Target) -> Dimension | None:
        where, function = target.where, node.function
        given = [argument for argument in node.arguments if not _is_window(argument)]
        for argument in node.arguments:
            if isinstance(argument, Apply) and _is_window(argument):
                self.infer.expect(argument.arguments[0], TIME, f"`{argument.function}`", where)
        if function in ("response", "train_error"):
            return self._of_train(function, given, target)
        if len(given) != (2 if function in ("at", "least") else 1):
            takes = {"at": "a quantity and a time", "least": "a parameter and a condition"}
            self.infer.report(
                where, f"`{function}` takes {takes.get(function, 'one quantity')}, not {len(given)}"
            )
            return None
        if function in OCCURRENCES:
            self._occurrence(given[0], where)
            return OCCURRENCES[function]
        if function == "least":
            return self._least(given[0], given[1], target)
        inner = self.infer.of(self._measured(given[0], target), where)
        if function == "at":
            self.infer.expect(given[1], TIME, "the time of `at`", where)
        if function in LEVELS or inner is None:
            return inner
        if function in DURATIONS:
            return TIME
        if function == "area":
            return inner.times(TIME)
        return self._swept(target) if function == "ec50" else NUMBER

    def _of_train(self, function: str, given: list[Expression], target: Target) -> Dimension | None:
        """`response(x, event, 2)` is of x; `train_error(x, event, 0.5, …)` is a number."""
        enough = len(given) == 3 if function == "response" else len(given) >= 3
        if not (enough and isinstance(given[1], Name)):
            number = "the number of a stimulus" if function == "response" else "a row of shares"
            self.infer.report(target.where, f"`{function}` takes a quantity, an event and {number}")
            return None
        self._occurrence(given[1], target.where)
        for share in given[2:]:
            self.infer.expect(share, NUMBER, f"each number of `{function}`", target.where)
        inner = self.infer.of(self._measured(given[0], target), target.where)
        return inner if function == "response" else NUMBER

    def _occurrence(self, what: Expression, where: Where) -> None:
        """`count` and `time_of_first` take an event or a condition."""
        if not isinstance(what, Name):
            self.infer.of(what, where)
            return
        events = [event.name for event in self.symbols.model.events]
        if what.name not in events:
            near = did_you_mean(what.name, events)
            self.infer.report(where, f"no event is called `{what.name}`{near}")

    def _least(self, what: Expression, condition: Expression, target: Target) -> Dimension | None:
        self.infer.of(self._measured(condition, target), target.where)
        written = what.name if isinstance(what, Name) else to_text(what)
        name = self.protocols.resolve(written, (*INPUTS, "parameter"))
        if name is not None:
            return self.symbols.dimension_of(name, target.where)
        near = did_you_mean(written, self.symbols.table)
        self.infer.report(
            target.where, f"`least` varies a parameter or an input; `{written}` is neither{near}"
        )
        return None

    def _swept(self, target: Target) -> Dimension | None:
        """`ec50` is a value of what the sweep varies, or of the height of the pulse."""
        protocol = target.protocol
        if protocol.sweep is not None:
            return protocol.sweep.values[0].dimension
        heights = [action.value for action in protocol.actions if isinstance(action, Pulse)]
        if heights:
            return heights[0].dimension
        self.infer.report(
            target.where, "`ec50` needs a `sweep`, or a `pulse` whose height it can vary"
        )
        return None


# A measured quantity whose own problem has been reported: it has no dimension and no name.
_UNKNOWN = Apply(UNKNOWN, ())


def _is_window(argument: Expression) -> bool:
    return isinstance(argument, Apply) and argument.function in WINDOW
