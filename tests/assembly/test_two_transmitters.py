"""The synapse of the language page: one vesicle, two transmitters, two receptors."""

import pytest
from tests.assembly.texts import checked, flat

from quantal.assembly.connections import connections
from quantal.expression import Name, to_text
from quantal.model.model import Model
from quantal.units import parse_unit

CALCIUM = """mechanism calcium
event spike
parameter jump = 20 [uM]
parameter tau = 0.5 [ms]
species Ca = 0.05 [uM] inside charge 2
reaction Ca -> nothing : 1/tau
on spike
  Ca += jump
"""
SITES = """mechanism sites
input Ca [uM] inside
exchange gaba [mM] outside
exchange gly [mM] outside
parameter n = 10 [sites]
parameter size = 5000 [molecules]
parameter kon = 0.1 [/uM/ms]
scheme site = V0 V1 empty count n
  V0 + Ca <-> V1 : kon, 4 [/ms]
  release = V1 -> empty + (size*0.7) gaba + (size*0.3) gly : 6 [/ms]
"""
GABAA = """mechanism gabaa
temperature 22 [degC]
input gaba [mM] outside
membrane V inside
parameter n = 50 [channels]
parameter g = 20 [pS]
parameter E = -70 [mV]
scheme receptor = C O count n
  C + gaba <-> O : 5 [/mM/ms], 0.18 [/ms]
current i = n*g*O*(V - E)
role open = O
q10 2 for receptor
"""
GLYR = """mechanism glyr
input gly [mM] outside
membrane V inside
parameter n = 50 [channels]
parameter g = 40 [pS]
parameter E = -70 [mV]
scheme receptor = C O count n
  C + gly <-> O : 5 [/mM/ms], 0.18 [/ms]
current i = n*g*O*(V - E)
role open = O
"""
SYNAPSE = """synapse two "one vesicle, two transmitters"
temperature 35 [degC]
place terminal volume = 0.5 [fL]
place cleft volume = 0.002 [fL]
place dendrite
place active_zone between terminal and cleft
place psd between dendrite and cleft
membrane V = -50 [mV] capacitance 30 [pF] in dendrite
species gaba = 0 [mM] in cleft
species gly = 0 [mM] in cleft
use calcium = calcium at terminal
use sites = sites at active_zone
use gabaa = gabaa at psd
use glyr = glyr at psd with n = 30
connect spike -> calcium.spike
role ipsc_fast = glyr.i
"""
PARTS = {"calcium": CALCIUM, "sites": SITES, "gabaa": GABAA, "glyr": GLYR}


@pytest.fixture(scope="module")
def model() -> Model:
    return flat(SYNAPSE, **PARTS)


def test_seven_ports_are_connected_by_role_and_side(model: Model) -> None:
    assert [(row.port, row.provider, row.place) for row in connections(model)] == [
        ("sites.Ca", "calcium.Ca", "terminal"),
        ("sites.gaba", "gaba", "cleft"),
        ("sites.gly", "gly", "cleft"),
        ("gabaa.gaba", "gaba", "cleft"),
        ("gabaa.V", "V", "dendrite"),
        ("glyr.gly", "gly", "cleft"),
        ("glyr.V", "V", "dendrite"),
    ]
    assert model.ports == ()
    assert model.uses == ()


def test_what_is_inside_and_outside_has_a_place(model: Model) -> None:
    assert {s.name: s.place for s in model.species} == {
        "gaba": "cleft",
        "gly": "cleft",
        "calcium.Ca": "terminal",
    }
    assert {scheme.name: scheme.site for scheme in model.schemes} == {
        "sites.site": "active_zone",
        "gabaa.receptor": "psd",
        "glyr.receptor": "psd",
    }
    # No reaction says `in PLACE`: each is where its reactants are.
    assert {reaction.place for reaction in model.reactions} == {None}
    assert [place.inside for place in model.places[:3]] == [None, None, None]


def test_an_input_multiplies_and_an_exchange_is_consumed(model: Model) -> None:
    bind, release = [r for r in model.reactions if r.scheme == "sites.site"]
    # Calcium is only read: in a reaction it is a let, which no reaction can change.
    assert [name for _, name in bind.left] == ["sites.V0", "sites.Ca"]
    lets = {let.name: let for let in model.lets}
    assert lets["sites.Ca"].expression == Name("calcium.Ca")
    # The transmitters are the cleft's own species.
    assert [name for _, name in release.right] == ["sites.empty", "gaba", "gly"]
    assert to_text(release.right[1][0]) == "sites.size*0.7"
    assert release.name == "sites.release"


def test_currents_leave_the_membrane_they_are_connected_to(model: Model) -> None:
    assert {c.name: (c.from_membrane, c.site) for c in model.currents} == {
        "gabaa.i": ("V", "psd"),
        "glyr.i": ("V", "psd"),
    }
    assert "V - gabaa.E" in to_text(model.currents[0].expression)


def test_a_setting_changes_the_used_parameter(model: Model) -> None:
    values = {p.name: p.value.value for p in model.parameters}
    assert (values["gabaa.n"], values["glyr.n"]) == (50.0, 30.0)


def test_each_q10_keeps_the_temperature_of_its_own_file(model: Model) -> None:
    (q10,) = model.q10s
    assert q10.names == ("gabaa.receptor",)
    assert q10.reference is not None
    assert q10.reference.value == pytest.approx(parse_unit("degC").to_internal(22.0))
    assert model.temperature is not None
    assert model.temperature.value == pytest.approx(parse_unit("degC").to_internal(35.0))


def test_the_synapse_own_event_reaches_the_terminal(model: Model) -> None:
    assert [event.name for event in model.events] == ["calcium.spike", "spike"]
    (link,) = [c for c in model.connections if c.is_event]
    assert (link.source, link.target) == ("spike", "calcium.spike")


def test_roles_are_dotted_and_own_roles_plain(model: Model) -> None:
    assert {role.name: role.expression for role in model.roles} == {
        "ipsc_fast": Name("glyr.i"),
        "gabaa.open": Name("gabaa.O"),
        "glyr.open": Name("glyr.O"),
    }


def test_everything_used_can_be_cited(model: Model) -> None:
    assert [used.name for used in model.used] == ["calcium", "sites", "gabaa", "glyr"]


def test_the_synapse_fits_together() -> None:
    synapse = checked(SYNAPSE, **PARTS)
    assert set(synapse.readings.values()) == {
        ("volume", None),
        ("whole", "whole"),
        ("whole", None),
    }
    assert synapse.units["sites.Ca"].text == "uM"
    assert synapse.units["calcium.Ca"].text == "uM"
