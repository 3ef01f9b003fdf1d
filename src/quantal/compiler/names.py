"""Definitions while they are collected, and the temperature factors that scale them.

`q10 3 for m receptor kon` makes one factor 3^((T - T0)/10 K) for each named thing:
gates, states, schemes and reactions are multiplied by it; a parameter is multiplied wherever
it is used.
"""

from __future__ import annotations

from quantal.compiler.check import Checked
from quantal.compiler.expand import TEMPERATURE, expand
from quantal.expression import Apply, Expression, Name, Number, multiply, substitute
from quantal.program import Definition
from quantal.units import NUMBER, Unit
from quantal.units import TEMPERATURE as KELVIN

_TEN_KELVIN = Number(10.0, KELVIN, "10 [K]")


class Names:
    """The definitions of one Program in the making, by name."""

    def __init__(self, checked: Checked) -> None:
        model = checked.model
        self.definitions: dict[str, Definition] = {}
        self._factors: dict[str, Name] = {}
        # A parameter that an assembly computes (`with k = …`) is a let by now.
        parameters = {item.name for item in model.parameters} | {let.name for let in model.lets}
        for number, q10 in enumerate(model.q10s):
            reference = q10.reference or model.temperature
            if reference is None:
                continue
            factor = Name(f"q10 factor {number + 1}")
            difference = Apply("-", (TEMPERATURE, Number(reference.value, KELVIN)))
            exponent = Apply("/", (difference, _TEN_KELVIN))
            power = Apply(
                "exp", (Apply("*", (exponent, Apply("log", (Number(q10.factor.value, NUMBER),)))),)
            )
            self.definitions[factor.name] = Definition(factor.name, power, None)
            self._factors |= dict.fromkeys(q10.names, factor)
        self._scaled_parameters = {
            name: factor for name, factor in self._factors.items() if name in parameters
        }

    def rewrite(self, expression: Expression) -> Expression:
        """Primitives only, with temperature-dependent parameters at their temperature."""
        expanded = expand(expression)
        if not self._scaled_parameters:
            return expanded

        def scale(name: Name) -> Expression:
            factor = self._scaled_parameters.get(name.name)
            return name if factor is None else Apply("*", (name, factor))

        return substitute(expanded, scale)

    def scaled(self, name: str | None, rate: Expression) -> Expression:
        """A rate times the temperature factor of what it belongs to, if that has one."""
        factor = self._factors.get(name or "")
        return rate if factor is None else multiply(rate, factor)

    def define(self, name: str, expression: Expression, unit: Unit | None) -> Name:
        """Add a definition and give the name to refer to it by."""
        self.definitions[name] = Definition(name, self.rewrite(expression), unit)
        return Name(name)
