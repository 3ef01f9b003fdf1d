"""One axon, two boutons, with delays: events are only ever connected by hand."""

import numpy as np
import pytest
from tests.assembly.texts import checked, flat

from quantal.experiments.run import run
from quantal.model.model import Model
from quantal.protocols.protocol import Protocol, Times
from quantal.units import parse_unit

AXON = """mechanism axon
membrane V = -65 [mV] capacitance 1 [uF/cm2]
event spike out
parameter g = 0.3 [mS/cm2]
current leak = g*(V + 65 [mV])
on V crosses 0 [mV] up
  emit spike
"""
RELEASE = """mechanism release
event spike
parameter q = 5000 [molecules]
parameter late = 0.6 [ms]
exchange glu [mM] outside
species docked = 10 [vesicles]
species empty = 0 [vesicles]
on spike after late
  docked -> empty + q glu times binomial(docked, 0.2)
"""
BOUTON = """synapse bouton
place terminal volume = 0.5 [fL]
place cleft volume = 0.002 [fL]
place zone between terminal and cleft
event spike
species glu = 0 [mM] in cleft
use release = release at zone
connect spike -> release.spike
role glu = glu
"""
CIRCUIT = """circuit two_boutons
parameter length = 2.5 [ms]
use axon = axon
use near = bouton
use far = bouton
connect axon.spike -> near.spike delay 0.3 [ms]
connect axon.spike -> far.spike delay length
"""
PARTS = {"axon": AXON, "bouton": BOUTON, "release": RELEASE}


@pytest.fixture(scope="module")
def model() -> Model:
    return flat(CIRCUIT, **PARTS)


def test_events_are_linked_with_their_delays(model: Model) -> None:
    links = [(c.source, c.target) for c in model.connections if c.is_event]
    assert links == [
        ("near.spike", "near.release.spike"),
        ("far.spike", "far.release.spike"),
        ("axon.spike", "near.spike"),
        ("axon.spike", "far.spike"),
    ]
    delays = [getattr(c.delay, "value", None) for c in model.connections if c.is_event]
    assert delays == [None, None, 0.3, None]


def test_each_bouton_releases_into_its_own_cleft(model: Model) -> None:
    fires = {on.trigger: on.actions[0] for on in model.handlers if isinstance(on.trigger, str)}
    near = [name for _, name in fires["near.release.spike"].right]
    assert near == ["near.release.empty", "near.glu"]
    far = [name for _, name in fires["far.release.spike"].right]
    assert far == ["far.release.empty", "far.glu"]
    assert {s.name: s.place for s in model.species if s.name.endswith(".glu")} == {
        "near.glu": "near.cleft",
        "far.glu": "far.cleft",
    }


def test_a_species_without_a_side_lives_where_it_was_put(model: Model) -> None:
    (docked,) = [s for s in model.species if s.name == "near.release.docked"]
    assert docked.place == "near.zone"


def test_the_axon_emits_under_its_dotted_name(model: Model) -> None:
    (crossing,) = [on for on in model.handlers if not isinstance(on.trigger, str)]
    assert crossing.actions[0].event == "axon.spike"
    assert crossing.trigger.expression.name == "axon.V"


def test_the_circuit_fits_together() -> None:
    circuit = checked(CIRCUIT, **PARTS)
    assert circuit.capacitance_readings == {"axon.V": "surface"}
    assert circuit.current_readings == {"axon.leak": "surface"}


def test_transmitter_arrives_when_the_delays_say() -> None:
    """Spike at 1.22 ms; arrivals after 0.3 and 2.5 ms; release 0.6 ms later."""
    spike = Protocol((Times("axon.spike", (1.22,)),), until=6.0)
    trajectory = run(flat(CIRCUIT, **PARTS), spike)
    assert trajectory.events["near.spike"] == pytest.approx([1.52])
    assert trajectory.events["far.spike"] == pytest.approx([3.72])
    # Two of ten vesicles of 5000 molecules in 2e-18 L.
    exact = parse_unit("mM").from_internal(2 * 5000 / 0.002)
    for name, release in (("near.glu", 2.12), ("far.glu", 4.32)):
        glu = trajectory[name]
        assert np.max(glu[trajectory.time < release - 1e-6]) == 0.0
        assert glu[trajectory.time > release + 1e-6] == pytest.approx(exact)
