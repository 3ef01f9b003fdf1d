"""What two mechanisms, or two protocols, say together: published orders, and exact limits."""

import numpy as np
import pytest

import quantal
from quantal.protocols import hold, parameter, pulse, train


def measured(model, protocol, until, *quantities):
    """The quantities, in their own units, of one run."""
    trajectory = quantal.run(model, protocol, until=until)
    return [quantal.measure(trajectory, quantity) for quantity in quantities]


def test_without_a_junction_a_cell_fires_as_if_it_were_alone():
    """g = 0: the cell that was not kicked follows the single membrane to rounding."""
    kick = train("kick", every="1 ms", count=1, start="40 ms")
    apart = parameter("g", "0 nS") + kick
    time = np.arange(0.0, 120.0, 0.1)
    pair = quantal.run("electrical_synchrony", apart, until="120 ms", sample=time)
    drive = hold("injected", "10 uA/cm2")
    alone = quantal.run("hodgkin_huxley_1952", drive, until="120 ms", sample=time)
    simulated, exact = pair["second.V"], alone["V"]
    assert np.max(np.abs(simulated - exact)) < 0.2  # mV; a spike rises by 300 mV/ms
    assert np.max(np.abs(pair["first.V"] - exact)) > 50.0


def test_weak_single_and_strong_burst_of_gaba_b():
    """Ten spikes open some two thousand times as much GIRK as one (Destexhe & Sejnowski 1995)."""
    spike = {"value": "0.5 mM", "duration": "0.3 ms", "every": "5 ms"}
    (one,) = measured(
        "gabab_destexhe_1995", pulse("gaba", count=1, **spike), "800 ms", "peak(open)"
    )
    (ten,) = measured(
        "gabab_destexhe_1995", pulse("gaba", count=10, **spike), "800 ms", "peak(open)"
    )
    simulated, published = ten / one, 6.48e-2 / 3.32e-5
    assert simulated == pytest.approx(published, rel=0.01)


@pytest.mark.parametrize("receptor", ["nmda", "mglur"])
def test_blocked_uptake_lengthens_what_is_beside_the_cleft_but_not_ampa(receptor):
    """Zheng, Scimemi & Rusakov 2008 Biophys J 95:4584, the signs."""
    quantity = {"nmda": "decay(nmda.open)", "mglur": "area(mglur.IP3)"}[receptor]
    fusion = train("fusion", every="1 ms", count=1)
    blocked = parameter("transporters", 0) + fusion
    beside, ampa = measured("uptake_block", fusion, "600 ms", quantity, "decay(ampa.open)")
    longer, same = measured("uptake_block", blocked, "600 ms", quantity, "decay(ampa.open)")
    assert longer > 1.05 * beside
    assert same == pytest.approx(ampa, rel=0.01)


def test_without_tryptophan_55_alpha_7_desensitises_slower_and_recovers_faster():
    """Gay et al. 2008 J Physiol 586:1105."""
    two = pulse("ach", "1 mM", duration="1 s", every="3 s", count=2)
    quantities = ("decay(open)", "peak(open, since = 3 s)/peak(open, until = 1 s)")
    step = pulse("ach", "1 mM", duration="4 s")
    wild = measured("nachr_alpha7_gay_2008", step, "4 s", quantities[0])
    mutant = measured("nachr_alpha7_gay_2008_w55a", step, "4 s", quantities[0])
    assert mutant[0] > 10.0 * wild[0]
    wild = measured("nachr_alpha7_gay_2008", two, "4 s", quantities[1])
    mutant = measured("nachr_alpha7_gay_2008_w55a", two, "4 s", quantities[1])
    assert mutant[0] > 5.0 * wild[0]


def test_the_three_terminals_of_dittman_order_as_published():
    """At 20 Hz the parallel fibre facilitates most, then the Schaffer collateral; the climbing
    fibre depresses, and the Schaffer collateral does so at 100 Hz.

    Dittman, Kreitzer & Regehr 2000 J Neurosci 20:1374.
    """

    def steady(terminal, every):
        spikes = train("spike", every=f"{every} ms", count=51)
        (value,) = measured(f"dittman_2000_{terminal}", spikes, f"{50 * every} ms",
                            "final(normalised)")  # fmt: skip
        return value

    assert steady("parallel_fibre", 50) > steady("schaffer_collateral", 50) > 1.0
    assert steady("climbing_fibre", 50) < 1.0
    assert steady("schaffer_collateral", 10) < 1.0
