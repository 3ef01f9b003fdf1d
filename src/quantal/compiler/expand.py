"""Replace what the language knows as one word by primitives that every engine can compute.

`ghk` and `nernst` become exponentials and logarithms of the temperature; `pi` and
`elementary_charge` become numbers.
"""

from __future__ import annotations

import math

from quantal.constants import BOLTZMANN, ELEMENTARY_CHARGE
from quantal.expression import Apply, Expression, Name, Number, divide, multiply, negate
from quantal.units import CHARGE, NUMBER, VOLTAGE

CONSTANTS = {
    "pi": Number(math.pi, NUMBER, "pi"),
    "elementary_charge": Number(ELEMENTARY_CHARGE, CHARGE, "elementary_charge"),
}
TEMPERATURE = Name("temperature")
_KT_PER_E = Apply(
    "*", (Number(BOLTZMANN / ELEMENTARY_CHARGE, VOLTAGE), TEMPERATURE)
)  # thermal voltage, mV


def nernst(charge: Expression, inside: Expression, outside: Expression) -> Expression:
    """Reversal potential kT/(z e) ln(outside/inside), mV (Nernst 1888)."""
    return multiply(divide(_KT_PER_E, charge), Apply("log", (divide(outside, inside),)))


def ghk(
    voltage: Expression, charge: Expression, inside: Expression, outside: Expression
) -> Expression:
    """Flux of charge per permeability, pA ms/um3 (Goldman 1943; Hodgkin & Katz 1949).

    With x = z e V/kT it is z e (inside x/(1 - exp(-x)) - outside x/(exp(x) - 1)), written
    with exprel so that V = 0 is no 0/0.
    """
    x = divide(multiply(charge, voltage), _KT_PER_E)
    outward = divide(inside, Apply("exprel", (negate(x),)))
    inward = divide(outside, Apply("exprel", (x,)))
    return multiply(multiply(charge, CONSTANTS["elementary_charge"]), Apply("-", (outward, inward)))


def expand(expression: Expression) -> Expression:
    """The same expression in primitives only."""
    if isinstance(expression, Name):
        return CONSTANTS.get(expression.name, expression)
    if isinstance(expression, Number):
        return expression
    arguments = tuple(expand(argument) for argument in expression.arguments)
    if expression.function == "nernst":
        return nernst(*arguments)
    if expression.function == "ghk":
        return ghk(*arguments)
    return Apply(expression.function, arguments)
