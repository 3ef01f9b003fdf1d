"""A model that fits together has a dimension, a unit and a reading for everything."""

import pytest

from quantal.assembly.flatten import flatten
from quantal.compiler.check import check
from quantal.errors import ModelError, Where
from quantal.expression import ONE, Apply, Name, Number
from quantal.model.model import Model
from quantal.model.processes import Current, Reaction
from quantal.model.quantities import Let, Parameter, Port, Role, Scheme
from quantal.units import CONDUCTANCE, CURRENT, NUMBER, PER_TIME, parse_unit

AT = Where("x.syn", 1)


def literal(value: float, unit: str) -> Number:
    parsed = parse_unit(unit)
    return Number(parsed.to_internal(value), parsed.dimension, f"{value:g} [{unit}]")


def receptor(binding: str) -> Model:
    bind = Reaction(
        None,
        ((ONE, "C"), (ONE, "glu")),
        ((ONE, "O"),),
        "mass action",
        literal(4.59, binding),
        literal(0.9, "/ms"),
        Where("x.syn", 4),
        scheme="receptor",
    )
    volts = Apply("-", (Name("V"), literal(0.0, "mV")))
    current = Apply("*", (Apply("*", (Name("gmax"), Name("O"))), volts))
    return Model(
        "mechanism",
        "r",
        AT,
        parameters=(
            Parameter("n", literal(80, "channels"), parse_unit("channels"), AT),
            Parameter("g", literal(8, "pS"), parse_unit("pS"), AT),
        ),
        lets=(Let("gmax", Apply("*", (Name("n"), Name("g"))), None, AT),),
        schemes=(Scheme("receptor", ("C", "O"), AT, Name("n")),),
        ports=(
            Port("input", "glu", "glu", parse_unit("mM"), AT, "outside"),
            Port("membrane", "V", "V", parse_unit("mV"), AT, "inside"),
        ),
        reactions=(bind,),
        currents=(Current("i", current, AT),),
        roles=(Role("open", Name("O"), AT),),
    )


def no_lookup(name: str, beside: object) -> Model:
    raise AssertionError(name)


def test_a_receptor_has_dimensions_units_and_readings() -> None:
    checked = check(flatten(receptor("/mM/ms"), no_lookup))
    assert checked.dimensions["gmax"] == CONDUCTANCE
    assert checked.dimensions["i"] == CURRENT
    assert checked.dimensions["receptor.count"] == NUMBER
    assert checked.units["gmax"].text == "nS"
    assert checked.units["g"].text == "pS"
    assert checked.order == ("gmax",)
    assert checked.readings == {0: ("whole", "whole")}
    assert checked.current_readings == {"i": "whole"}
    assert checked.model.currents[0].from_membrane == "V"
    assert checked.dimensions["temperature"].temperature == 1
    assert PER_TIME not in (checked.dimensions["C"], checked.dimensions["open"])


def test_a_first_order_constant_for_a_binding_step_is_refused() -> None:
    with pytest.raises(ModelError) as caught:
        check(flatten(receptor("/ms"), no_lookup))
    assert str(caught.value) == (
        "x.syn:4: the rate of `C + glu <-> O` comes to [mM/ms]; expected [/ms]; "
        "`4.59 [/ms]` is [/ms], expected [/mM/ms]"
    )
