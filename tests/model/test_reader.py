"""Reading whole texts."""

import pytest

from quantal.constants import AVOGADRO
from quantal.expression import Apply, Name, Number
from quantal.model.reader import read_text
from quantal.units import CONCENTRATION, PER_TIME

AMPA = """mechanism ampa_jonas_1993 "AMPA receptor, mossy fibre onto CA3"
source Jonas, Major & Sakmann 1993 J Physiol 472:615
preparation rat CA3 patch
temperature 22 [degC]
input glu [mM] outside
membrane V inside
parameter n = 80 [channels]
parameter g = 8 [pS] "one open channel"
scheme receptor = C0 C1 C2 C3 C4 C5 O count n
  C0 + glu <-> C1 : 4.59 [/mM/ms], 4.26 [/ms]
  C2 <-> O        : 4.24 [/ms],    0.90 [/ms]
current i = n*g*O*(V - 0 [mV])
role open = O
target peak(open) = 0.595 +- 0.5 %
  pulse glu = 1 [mM] for 1 [ms]
  until 20 [ms]
"""


def test_a_receptor_reads_as_it_is_written():
    model = read_text(AMPA, "ampa.syn")
    assert (model.kind, model.name) == ("mechanism", "ampa_jonas_1993")
    assert model.title == "AMPA receptor, mossy fibre onto CA3"
    assert model.source == ("Jonas, Major & Sakmann 1993 J Physiol 472:615",)
    assert model.preparation == "rat CA3 patch"
    assert model.temperature is not None
    assert model.temperature.value == pytest.approx(295.15)
    glu, voltage = model.ports
    assert (glu.kind, glu.role, glu.side, glu.unit.text) == ("input", "glu", "outside", "mM")
    assert (voltage.kind, voltage.side, voltage.default) == ("membrane", "inside", None)
    assert [p.description for p in model.parameters] == ["", "one open channel"]
    (receptor,) = model.schemes
    assert receptor.states == ("C0", "C1", "C2", "C3", "C4", "C5", "O")
    assert receptor.count == Name("n")


def test_rate_constants_are_in_internal_units_and_keep_their_text():
    binding = read_text(AMPA).reactions[0]
    assert isinstance(binding.forward, Number)
    assert binding.forward.text == "4.59 [/mM/ms]"
    assert binding.forward.dimension == CONCENTRATION.power(-1).times(PER_TIME)
    assert binding.forward.value == pytest.approx(4.59 / (AVOGADRO * 1e-18))
    assert binding.text == "C0 + glu <-> C1"
    assert (binding.scheme, binding.law) == ("receptor", "mass action")


def test_every_item_knows_its_line():
    model = read_text(AMPA, "ampa.syn")
    assert [str(reaction.where) for reaction in model.reactions] == ["ampa.syn:10", "ampa.syn:11"]
    assert str(model.targets[0].where) == "ampa.syn:14"


def test_a_target_carries_its_protocol():
    (target,) = read_text(AMPA).targets
    assert target.measured == Apply("peak", (Name("open"),))
    assert [value.value for value in target.values] == [0.595]
    assert (target.tolerance.value, target.relative) == (pytest.approx(0.005), True)
    (pulse,) = target.protocol.actions
    assert (pulse.name, pulse.value.text, pulse.duration.value) == ("glu", "1 [mM]", 1.0)
    assert target.protocol.until == 20.0
