"""What is release in a synapse, and what is done to it where nothing is said."""

from tests.statistics.models import AMPA, loaded
from tests.statistics.test_planted_faults import QUANTA

from quantal.experiments.loading import load, prepare
from quantal.experiments.releases import released_by, usual_trials


def test_the_release_of_the_calyx_is_fusion_of_both_pools_and_ways():
    names = released_by(prepare(load("synapses/calyx_of_held")))
    assert len(names) == 24
    assert {name[:-1] for name in names} == {
        "sites.near_full", "sites.near_partial", "sites.far_full", "sites.far_partial",
    }  # fmt: skip


def test_a_reaction_that_is_called_fusion_is_release():
    assert released_by(prepare(loaded("release/sensor_schneggenburger_2000"))) == ["fusion"]
    assert released_by(prepare(loaded(AMPA))) == []


def test_a_synapse_is_stimulated_under_voltage_clamp():
    usual = usual_trials(prepare(load("synapses/calyx_of_held")))
    assert usual.text == (
        "hold soma.V = -70 mV; train stimulus every 20 ms count 5 at 500 ms; rest 200 ms; "
        "until 700 ms"
    )
    assert usual.record == ["terminal_V", "epsc"]
    assert usual.protocol.until == 700.0


def test_what_is_no_synapse_has_no_usual_trials():
    assert usual_trials(prepare(loaded(AMPA))) is None
    assert usual_trials(prepare(loaded(QUANTA))) is None
