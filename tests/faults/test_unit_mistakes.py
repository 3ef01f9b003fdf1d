"""Unit mistakes planted in library texts, one at a time, are caught and named.

Each row: a mechanism, what it says, the mistake, and what the message must mention.
A factor of 1000 between two units of one dimension (`s` for `ms`) is out of reach of
dimensions; of those, only what no molecule can do is caught here, and a mechanism's
published targets catch the rest.
"""

from __future__ import annotations

import re

import pytest

from quantal.assembly.flatten import flatten
from quantal.compiler.check import Checked, check
from quantal.errors import ModelError
from quantal.library.catalogue import catalogue, find, load
from quantal.model.reader import read_text

CAUGHT = 0.95
"""Share of the planted mistakes that must be caught with the right name."""

FAULTS = [
    # A rate constant of the wrong order.
    ("receptors/ampa_jonas_1993", "4.59 [/mM/ms]", "4.59 [/ms]", "`C0 + glu <-> C1`"),
    ("receptors/ampa_jonas_1993", "4.26 [/ms]", "4.26 [/mM/ms]", "`C0 + glu <-> C1`"),
    ("receptors/ampa_jonas_1993", "4.24 [/ms]", "4.24 [/mM/ms]", "`C2 <-> O`"),
    ("receptors/ampa_jonas_1993", "0.1904 [/ms]", "0.1904 [ms]", "`C4 <-> C5`"),
    ("receptors/nmda_destexhe_1996", "kon = 5 [/mM/ms]", "kon = 5 [/ms]", "`kon`"),
    ("receptors/nmda_destexhe_1996", "koff = 12.9 [/s]", "koff = 12.9 [/mM/s]", "`koff`"),
    ("receptors/nmda_destexhe_1996", "Rd = 8.4 [/s]", "Rd = 8.4 [s]", "`Rd`"),
    ("receptors/ampa_raman_1992", "13 [/mM/ms], 0.3", "13 [/mM2/ms], 0.3", "`C0 + glu <-> C1`"),
    ("release/sensor_lou_2005", "kon = 0.1 [/uM/ms]", "kon = 0.1 [/ms]", "`V0 + Ca <-> V1`"),
    ("release/sensor_lou_2005", "koff = 4 [/ms]", "koff = 4 [/uM/ms]", "`V0 + Ca <-> V1`"),
    ("calcium/buffer_endogenous_delvendahl_2015", "kon = 0.5 [/uM/ms]", "kon = 0.5 [/ms]",
     "`kon` is [/ms], expected [/uM/ms]"),
    ("calcium/buffer_endogenous_delvendahl_2015", "koff = 16 [/ms]", "koff = 16 [/uM/ms]",
     "`koff`"),
    ("uptake/eaat_binding", "kon = 10 [/mM/ms]", "kon = 10 [/ms]", "`kon*Km`"),
    ("uptake/eaat_binding", "turnover = 25 [/s]", "turnover = 25 [/mM/s]", "`turnover`"),
    ("uptake/eaat_binding", "Km = 20 [uM]", "Km = 20 [molecules]", "`kon*Km`"),
    # An amount for a concentration, or the other way round.
    ("receptors/ampa_jonas_1993", "n = 80 [channels]", "n = 80 [mM]", "`receptor`"),
    ("release/sensor_lou_2005", "n = 1 [vesicles]", "n = 1 [uM]", "`vesicle`"),
    ("calcium/pump_michaelis_menten", "kd = 0.5 [uM]", "kd = 0.5 [molecules]", "`kd`"),
    ("calcium/pump_michaelis_menten", "kt = 1 [mM/ms]", "kt = 1 [/ms]", "`pumped`"),
    ("calcium/pump_michaelis_menten", "kt = 1 [mM/ms]", "kt = 1 [mM]", "`pumped`"),
    ("calcium/buffer_endogenous_delvendahl_2015", "rest = 0.05 [uM]", "rest = 0.05 [molecules]",
     "`kon*rest`"),
    ("transmitters/glutamate_glutamine_cycle", "filling_Km = 2 [mM]", "filling_Km = 2 [molecules]",
     "`filling_Km`"),
    ("transmitters/glutamate_glutamine_cycle", "glu_x = 0 [mM]", "glu_x = 0 [molecules]",
     "`glu_x`"),
    ("transmitters/glutamate_glutamine_cycle", "bouton_volume = 0.5 [fL]",
     "bouton_volume = 0.5 [um2]", "`cytosol`"),
    ("vesicles/filling_vglut", "Km = 2 [mM]", "Km = 2 [molecules]", "`Km`"),
    ("vesicles/filling_vglut", "tau = 15 [s]", "tau = 15 [/s]", "`Vmax`"),
    ("cleft/diffusion_rings", "q = 6000 [molecules]", "q = 6000 [mM]", "`vesicle`"),
    ("cleft/diffusion_rings", "D = 0.3 [um2/ms]", "D = 0.3 [um/ms]", "`glu0 <-> glu1`"),
    ("cleft/diffusion_rings", "eaat_density = 5000 [/um2]", "eaat_density = 5000 [molecules]",
     "`eaat1.n`"),
    # A current, conductance or capacitance of the whole cell for one per surface.
    ("channels/hodgkin_huxley_1952", "gNa = 120 [mS/cm2]", "gNa = 120 [nS]", "`iNa`"),
    ("channels/hodgkin_huxley_1952", "injected [uA/cm2] = 0 [uA/cm2]", "injected [nA] = 0 [nA]",
     "`electrode`"),
    ("channels/hodgkin_huxley_1952", "capacitance 1 [uF/cm2]", "capacitance 1 [pF]", "`iNa`"),
    ("channels/hodgkin_huxley_1952", "EL = -54.387 [mV]", "EL = -54.387 [ms]", "`EL`"),
    ("channels/hodgkin_huxley_1952", "18 [mV])", "18 [ms])", "`exp`"),
    ("channels/hodgkin_huxley_1952", "shock = 15 [mV]", "shock = 15 [uA/cm2]", "`V += shock`"),
    ("receptors/ampa_jonas_1993", "g = 8 [pS]", "g = 8 [pA]", "`i`"),
    ("channels/calcium_p_borst_1998", "g = 48.9 [nS]", "g = 48.9 [pF]", "`i`"),
    ("channels/calcium_p_borst_1998", "E = 43.9 [mV]", "E = 43.9 [pA]", "`E`"),
    ("channels/calcium_p_borst_1998", "V/23.3 [mV]", "V/23.3", "`exp`"),
    ("cells/passive", "C = 200 [pF]", "C = 200 [nS]", "`V`"),
    ("cells/passive", "Q = 1 [fC]", "Q = 1 [pA]", "`V += Q/C`"),
    ("plasticity/tsodyks_markram_1998", "tau_recovery = 800 [ms]", "tau_recovery = 800 [/s]",
     "`x`"),
    ("plasticity/tsodyks_markram_1998", "U = 0.5", "U = 0.5 [mM]", "`u += U*(1 - u)`"),
    # What an assembly sets, and what a protocol does.
    ("circuits/temporal_summation", "g = 10 [nS]", "g = 10 [pA]", "`cell.g`"),
    ("circuits/dopamine_clearance", "Vmax = 4 [uM/s]", "Vmax = 4 [uM]", "`dat.Vmax`"),
    ("receptors/ampa_jonas_1993", "pulse glu = 1 [mM] for 1 [ms]\n  until 20",
     "pulse glu = 1 [mV] for 1 [ms]\n  until 20", "`glu`"),
    ("receptors/ampa_jonas_1993", "rise(open) = 0.410 [ms]", "rise(open) = 0.410 [mM]",
     "`rise(open)`"),
    # A factor of 1000 that no molecule can follow.
    ("receptors/ampa_jonas_1993", "28.4 [/mM/ms]", "28.4 [/uM/ms]", "`C1 + glu <-> C2`"),
    ("receptors/ampa_destexhe_1996", "13 [/mM/ms], 5.9", "13 [/uM/ms], 5.9", "`C0 + glu <-> C1`"),
]  # fmt: skip


def examine(name: str, old: str, new: str) -> Checked:
    text = find(name).read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"{name} no longer says {old!r}"
    model = read_text(text.replace(old, new, 1), f"{name}.syn", load)
    return check(flatten(model, load))


def said_about(name: str, old: str, new: str) -> str:
    """Every problem and warning of the text with the mistake in it."""
    try:
        return "\n".join(map(str, examine(name, old, new).warnings))
    except ModelError as error:
        return str(error)


def test_planted_unit_mistakes_are_caught_by_name() -> None:
    missed = []
    for name, old, new, expected in FAULTS:
        said = said_about(name, old, new)
        if expected not in said:
            missed.append(f"{name}: {old} -> {new}: {said or 'nothing'}")
    assert len(missed) <= (1.0 - CAUGHT) * len(FAULTS), "\n".join(missed)


@pytest.mark.parametrize("name", [entry.name for entry in catalogue()])
def test_the_library_raises_no_false_alarm(name: str) -> None:
    """A published constant that nature would not allow is kept, and its text says so."""
    model = load(name)
    admitted = [
        warning
        for warning, said in (
            ("drives itself", "drives? (itself|themselves)"),
            ("faster than diffusion", "(exceeds?|faster than|above|beyond).*diffusion"),
        )
        if any(re.search(said, note) for note in model.notes)
    ]
    warnings = [warning.message for warning in check(flatten(model, load)).warnings]
    assert [said for said in warnings if not any(word in said for word in admitted)] == []
