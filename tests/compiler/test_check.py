"""A model that fits together has a dimension, a unit and a reading for everything."""

import pytest
from tests.assembly.texts import checked

from quantal.units import (
    CAPACITANCE,
    CHARGE,
    CONCENTRATION,
    CONDUCTANCE,
    CURRENT,
    DENSITY,
    NUMBER,
    PER_TIME,
    SURFACE,
    VOLTAGE,
)

RECEPTOR = """mechanism receptor
temperature 22 [degC]
input glu [mM] outside
membrane V inside
parameter n = 80 [channels]
parameter g = 8 [pS]
let gmax = n*g
scheme receptor = C O count n
  C + glu <-> O : 4.59 [/mM/ms], 4.26 [/ms]
  desensitise = O -> C : 0.1 [/ms]
current i = gmax*O*(V - 0 [mV])
role open = O
role charge_per_mV = gmax*1 [ms]
"""


def test_every_name_has_a_dimension() -> None:
    dimensions = checked(RECEPTOR).dimensions
    assert dimensions["glu"] == CONCENTRATION
    assert dimensions["gmax"] == CONDUCTANCE
    assert dimensions["i"] == CURRENT
    assert dimensions["V"] == VOLTAGE
    assert dimensions["O"] == dimensions["receptor.count"] == NUMBER
    assert dimensions["desensitise"] == PER_TIME
    assert dimensions["charge_per_mV"] == CAPACITANCE
    assert dimensions["elementary_charge"] == CHARGE


def test_every_name_has_a_unit_stated_or_natural() -> None:
    units = checked(RECEPTOR).units
    expected = {
        "g": "pS", "gmax": "nS", "glu": "mM", "V": "mV", "i": "pA", "open": "1",
        "charge_per_mV": "pF", "desensitise": "/ms", "time": "ms", "temperature": "K",
    }  # fmt: skip
    assert {name: units[name].text for name in expected} == expected


def test_units_follow_the_prefix_of_the_file() -> None:
    units = checked("mechanism x\nspecies Ca = 0.1 [uM]\nlet twice = 2*Ca\n").units
    assert (units["Ca"].text, units["twice"].text) == ("uM", "uM")
    assert checked("mechanism x\nspecies Ca = 2 [mM]\nlet twice = 2*Ca\n").units[
        "twice"
    ].text == "mM"  # fmt: skip


READINGS = {
    "scheme": ("scheme r = C O\n  C <-> O : 1 [/ms], 2 [/ms]\n", ("whole", "whole")),
    "mass action": (
        "reaction A + B <-> AB : 1 [/uM/ms], 2 [/ms]\n", ("volume", "volume"),
    ),
    "one way": ("reaction A -> nothing : 1 [/ms]\n", ("volume", None)),
    "from nothing": ("reaction nothing -> A rate 1 [uM/ms]\n", ("volume", None)),
    "clearance": ("reaction A -> nothing : 3 [um3/ms]\n", ("whole", None)),
    "molecules a time": ("reaction A -> nothing rate 3 [/ms]\n", ("whole", None)),
    "counted": ("reaction N -> M : 3 [/ms]\n", ("whole", None)),
    "density": ("reaction S + A <-> SA : 1 [/uM/ms], 1 [/ms]\n", ("surface", "surface")),
    "flux through a surface": ("reaction A -> nothing rate 1 [um/ms]*A\n", ("surface", None)),
    "catalysed": ("reaction A -> B rate 200 [/uM/h]*A*B\n", ("volume", None)),
}  # fmt: skip


@pytest.mark.parametrize("case", READINGS)
def test_the_dimension_of_a_rate_is_its_reading(case: str) -> None:
    text, expected = READINGS[case]
    species = "species A = 1 [uM]\nspecies B = 1 [uM]\nspecies AB = 0 [uM]\n"
    species += "species N = 5 [vesicles]\nspecies M = 0 [vesicles]\n"
    species += "species S = 100 [/um2]\nspecies SA = 0 [/um2]\n"
    assert checked("mechanism x\n" + species + text).readings == {0: expected}


def test_currents_capacitances_and_counts_are_whole_or_per_surface() -> None:
    text = """cell x
place soma surface = 100 [um2]
membrane V = -65 [mV] capacitance 1 [uF/cm2] in soma
parameter gbar = 0.3 [mS/cm2]
parameter g = 1 [nS]
current dense = gbar*(V + 65 [mV])
current whole = g*(V + 65 [mV])
scheme few = A B count 20
  A <-> B : 1 [/ms], 1 [/ms]
scheme many = C D count 20 [/um2]
  C <-> D : 1 [/ms], 1 [/ms]
"""
    result = checked(text)
    assert result.current_readings == {"dense": "surface", "whole": "whole"}
    assert result.capacitance_readings == {"V": "surface"}
    assert result.count_readings == {"few": "whole", "many": "surface"}
    assert result.dimensions["dense"] == CURRENT.over(SURFACE)
    assert result.dimensions["many.count"] == DENSITY


def test_definitions_come_after_what_they_use() -> None:
    text = """mechanism x
membrane V inside
let a = b + 1
let b = i/(1 [nS]*V) + flow*1 [ms]
species A = 5 [molecules]
parameter g = 1 [nS]
reaction flow = A -> nothing : k
reaction unused = A -> nothing : k
let k = 2 [/ms]
current i = g*V
"""
    order = checked(text).order
    assert set(order) == {"a", "b", "k", "i", "flow"}
    assert order.index("k") < order.index("flow") < order.index("b") < order.index("a")
    assert order.index("i") < order.index("b")


def test_functions_of_the_language_have_dimensions() -> None:
    text = """mechanism x
temperature 22 [degC]
membrane V inside
input Ca_in as Ca [mM] inside
input Ca_out as Ca [mM] outside
parameter p = 3 [um3/ms]
let E = nernst(2, Ca_in, Ca_out)
let flux = p*ghk(V, 2, Ca_in, Ca_out)
let root = sqrt(4 [um2])
let cube = (2 [um])^3
let fourth = (Ca_in/1 [mM])^0.25
let chosen = if(V > 0 [mV], 1 [ms], 2 [ms])
let limited = max(0 [mV], min(V, 10 [mV]))
let gate = 1/exprel(-(V + 40 [mV])/10 [mV])
"""
    dimensions = checked(text).dimensions
    names = ("E", "flux", "root", "cube", "fourth", "chosen", "limited", "gate")
    expected = {
        "E": VOLTAGE, "flux": CURRENT, "root": SURFACE._replace(length=1),
        "cube": SURFACE._replace(length=3), "fourth": NUMBER,
        "chosen": PER_TIME.power(-1), "limited": VOLTAGE, "gate": NUMBER,
    }  # fmt: skip
    assert {name: dimensions[name] for name in names} == expected


def test_a_named_reaction_counts_events_where_its_volume_is_known() -> None:
    text = "mechanism x\nplace a{}\nspecies A = 1 [uM] in a\n"
    text += "reaction loss = A -> nothing : 1 [/ms]\n"
    assert checked(text.format(" volume = 1 [fL]")).units["loss"].text == "/ms"
    # Without a volume it is a rate per volume, and says so.
    assert checked(text.format("")).units["loss"].text == "mM/ms"
